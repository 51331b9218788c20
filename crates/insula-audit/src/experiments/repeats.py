# What repeats show: leaks per import and per interpreter, calls before and after another interpreter, and what an
# import leaves behind outside of the module.


def heap():
    """Blocks of Python's allocator, and bytes of the C library's."""
    # The cache of type attributes holds the names of what was looked up, up to its size: a module with many classes fills it for
    # hundreds of imports.
    clear = getattr(sys, "_clear_internal_caches", None) or getattr(sys, "_clear_type_cache", None)
    if clear is not None:
        clear()
    return [sys.getallocatedblocks(), MALLOC_BYTES[0]()]


def no_bytes():
    return 0


MALLOC_BYTES = [no_bytes]


def find_mallinfo():
    try:
        import _ctypes

        class Size(_ctypes._SimpleCData):
            _type_ = "L"

        class Info(_ctypes.Structure):
            _fields_ = [(name, Size) for name in (
                "arena", "ordblks", "smblks", "hblks", "hblkhd", "usmblks", "fsmblks", "uordblks", "fordblks", "keepcost")]

        class Call(_ctypes.CFuncPtr):
            _flags_ = _ctypes.FUNCFLAG_CDECL
            _restype_ = Info

        call = Call(_ctypes.dlsym(_ctypes.dlopen(None, 2), "mallinfo2"))

        def used():
            found = call()
            number = lambda value: getattr(value, "value", value)
            return number(found.uordblks) + number(found.hblkhd)

        used()
        MALLOC_BYTES[0] = used
    except BaseException as error:
        send("no-mallinfo", message=text_of(error))


def scenario_slope_import():
    """The module is made and dropped many times; in a control, nothing is made."""
    prepare()
    step("import")
    if CONFIG["control"]:
        load()
    elif first_import() is None:
        return
    find_mallinfo()

    def cycle():
        if not CONFIG["control"]:
            fresh_copy()

    step("repeated imports")
    measure(cycle, CONFIG["cycles"], 10)


def measure(cycle, cycles, every):
    for _ in range(cycles):
        cycle()
    for _ in range(3):
        gc.collect()
    # Three, of which the least counts: a table of the process that grows to twice its size falls into one of them, and the
    # first may still be one of those that sink.
    windows = []
    for _ in range(3):
        before = heap()
        for number in range(cycles):
            cycle()
            if number % every == every - 1:
                gc.collect()
        for _ in range(3):
            gc.collect()
        after = heap()
        windows.append([after[0] - before[0], after[1] - before[1]])
    send("slopes", windows=windows, cycles=cycles, bytes=MALLOC_BYTES[0] is not no_bytes)


def parents():
    """The packages around the target, with their folders."""
    names = CONFIG["name"].split(".")[:-1]
    folders = CONFIG["path"].split("/")[:-1]
    found = []
    for depth in range(len(names)):
        above = len(names) - 1 - depth
        found.append((".".join(names[: depth + 1]), "/".join(folders[: len(folders) - above])))
    return found


def scenario_slope_interpreter():
    """Interpreters come and go; each imports the target; in a control, only what the target itself imported.

    The packages around the target are empty: Python code leaves memory of its own behind.
    """
    api = Interpreters()
    prepare()
    preload()
    find_mallinfo()
    script = "\n".join([
        "true, false, null = True, False, None", "WHERE = 'a sub-interpreter'", "CONFIG = %r" % (CONFIG,),
        "exec(compile(%r, '<insula probe>', 'exec'))" % CORE,
        "if CONFIG['override']:\n    import _imp\n    _imp._override_multi_interp_extensions_check(-1)",
        "before = set(sys.modules)",
        "prepare()",
        "for name, folder in %r:" % (parents(),),
        "    sys.modules[name] = type(sys)(name)",
        "    sys.modules[name].__path__ = [folder]",
        "module = load()",
        "names = set(namespace(module) if module else ())",
        "for one in (own_types(module).values() if module else ()):",
        "    names.update(one.__dict__)",
        "loaded = [name for name in sys.modules if name not in before and name not in %r]"
        % ([CONFIG["name"]] + [name for name, _ in parents()],),
        "send('loaded', names=loaded, own=len(names))",
    ])

    def cycle():
        one = api.create(CONFIG["gil"])
        try:
            problem = api.api.run_string(one, script)
        except Exception as error:
            problem = error
        if problem is not None:
            send("failed", stage="script", type="RunFailed", message=str(problem)[:500])
        api.destroy(one)

    step("interpreters that come and go")
    measure(cycle, CONFIG["cycles"], 5)


def scenario_replay():
    """Calls are recorded in the main interpreter, and repeated after another one imported the target, and ended."""
    api = Interpreters()
    prepare()
    preload()
    step("import in the main interpreter")
    module = first_import()
    if module is None:
        return
    types = target_types(module, static=True)
    step("constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    step("recording of calls")
    calls = []
    for label, call in calls_of(module, types, made):
        if len(calls) >= 600:
            break
        calls.append((label, call))
    # The first round brings the module into the state that every later round begins with. What differs by itself
    # from one round to the next tells nothing.
    rounds = []
    for number in range(4):
        outcomes = []
        for label, call in calls:
            if number == 0:
                send("attempt", expression=label)
            outcomes.append(outcome_of(call))
        rounds.append(outcomes)
    expected = [one if one == two == three else None for _, one, two, three in zip(*rounds)]
    lift_time_limit()
    send("recorded", count=len(calls) - expected.count(None))

    def replay(when):
        for (label, call), outcome in zip(calls, expected):
            step("%s, %s" % (label, when))
            now = outcome_of(call)
            if outcome is not None and now != outcome:
                send("changed", call=label, before=outcome, after=now, when=when)
        lift_time_limit()

    step("import in the second interpreter")
    one = api.create("legacy")
    if CONFIG["absent"]:
        # What the second interpreter would make and keep is made here.
        api.run(one, "second interpreter", "prepare()")
        use(own_types(module))
    else:
        api.run(one, "second interpreter", "visit(False)")
    send("second")
    replay("after the second interpreter imported it")
    step("end of the second interpreter")
    api.destroy(one)
    replay("after the second interpreter ended")


def snapshot():
    """What an import can change outside of its module."""
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
    encodings = sys.modules.get("encodings")
    search = getattr(encodings, "search_function", None)
    for one in gc.get_objects():
        if type(one) is list and 0 < len(one) < 50 and one[0] is search:
            seen["codec search functions"] = len(one)
        elif type(one) is dict and len(one) < 50 and "xmlcharrefreplace" in one and "strict" in one:
            for name in one:
                seen["codec error handler %s" % name] = id(one[name])
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
        snapshot()
        before = snapshot()
        step("second import")
        fresh_copy()
    else:
        snapshot()
        before = snapshot()
        step("import")
        load()
    after = snapshot()
    changed = sorted(key for key in set(before) | set(after) if before.get(key) != after.get(key))
    send("effects", changed=changed)
