# What an import changes outside of its module.
import gc


def snapshot(modules):
    """What an import can change outside of its module; `modules` are those whose namespaces are looked at."""
    import _signal
    import atexit
    import builtins

    seen = {"built-in name " + name: id(value) for name, value in vars(builtins).items() if name != "_"}
    for number in range(1, 65):
        try:
            handler = _signal.getsignal(number)
            seen["signal handler %d" % number] = handler if isinstance(handler, int) else id(handler)
        except (ValueError, OSError):
            continue
    try:
        status = posix.open("/proc/self/status", posix.O_RDONLY)
        text = posix.read(status, 8000).decode("ascii", "replace")
        posix.close(status)
        for line in text.splitlines():
            if line.startswith(("SigCgt", "SigIgn")):
                # Signals 32 and 33 are the C library's own; it handles them from its first thread on.
                mask = int(line[7:], 16) & ~(3 << 31)
                seen["the process's signal mask " + line[:6]] = mask
    except OSError:
        pass
    seen["number of atexit callbacks"] = atexit._ncallbacks()
    for name in ("excepthook", "displayhook", "unraisablehook", "breakpointhook", "stdout", "stderr", "stdin"):
        seen["sys." + name] = id(getattr(sys, name, None))
    for name in ("meta_path", "path_hooks", "path"):
        seen["sys." + name] = [id(one) if name != "path" else one for one in getattr(sys, name)]
    seen["the trace function"] = id(sys.gettrace())
    seen["the profile function"] = id(sys.getprofile())
    seen["the recursion limit"] = sys.getrecursionlimit()
    seen["the switch interval"] = sys.getswitchinterval()
    seen["the collector's thresholds"] = list(gc.get_threshold()) + [gc.isenabled()]
    seen["gc.callbacks"] = len(gc.callbacks)
    seen["the working folder"] = posix.getcwd()
    mask = posix.umask(0o22)
    posix.umask(mask)
    seen["the umask"] = mask
    try:
        import _locale

        seen["the locale"] = _locale.setlocale(_locale.LC_ALL, None)
    except (ImportError, AttributeError):
        pass
    seen.update(names_of_others(modules))
    encodings = sys.modules.get("encodings")
    search = getattr(encodings, "search_function", None)
    for one in gc.get_objects():
        if type(one) is list and 0 < len(one) < 50 and one[0] is search:
            seen["codec search functions"] = len(one)
        elif type(one) is dict and len(one) < 50 and "xmlcharrefreplace" in one and "strict" in one:
            for name in one:
                seen["codec error handler %s" % name] = id(one[name])
    return seen


def names_of_others(modules):
    """The names in the namespaces of modules of other packages. What is no function and no class is only there or not:
    modules count, cache and remember in variables of their own."""
    seen = {}
    own = CONFIG["name"].partition(".")[0]
    types_of_code = (type, type(snapshot), type(len), type(sys))
    for home, module in modules.items():
        if type(module) is not type(sys) or home.partition(".")[0] in (own, "__main__", "builtins"):
            continue
        if sys.modules.get(module.__name__, module) is module and module.__name__ != home:
            continue  # another name of it
        for name, value in list(vars(module).items()):
            # The import system itself puts submodules there, and warnings say where they were given.
            if type(name) is not str or name == "__warningregistry__" or value is sys.modules.get("%s.%s" % (home, name)):
                continue
            seen["%s.%s" % (home, name)] = id(value) if isinstance(value, types_of_code) else True
    return seen


def scenario_effects():
    """What is different outside of the module after its import, once everything it depends on is there."""
    prepare()
    for name in CONFIG["dependencies"]:
        try:
            __import__(name)
        except BaseException:
            continue
    package = CONFIG["name"].rpartition(".")[0]
    if package:
        try:
            __import__(package)
        except BaseException:
            pass
    if CONFIG["name"] in sys.modules:
        # The package imports it: only a second module can be told from the package's Python part.
        modules = dict(sys.modules)
        snapshot(modules)
        before = snapshot(modules)
        say_step(name="second import")
        try:
            fresh_copy()
        except BaseException as error:
            failed(error, "second import")
            return
    else:
        modules = dict(sys.modules)
        snapshot(modules)
        before = snapshot(modules)
        say_step(name="import")
        load()
    after = snapshot(modules)
    changed = sorted(key for key in set(before) | set(after) if before.get(key) != after.get(key))
    say_effects(changed=changed)
