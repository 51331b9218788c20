# How entries are imported: in the main interpreter, and in each other one.

# Where imports begin, before any entry changes it.
START = list(sys.path)


def start(entry):
    """Imports one entry as its user would."""
    if entry["script"]:
        return script(entry["name"], entry["folder"])
    name, _, attribute = entry["name"].partition(":")
    found = LOAD(name)
    for part in filter(None, attribute.split(".")):
        found = getattr(found, part)


def script(file, folder):
    """As `python script.py` has it, but without what that does behind `if __name__ == "__main__"`."""
    module = type(sys)("__mp_main__")
    module.__file__, module.__builtins__ = file, builtins
    # A script is a program of its own: what it does to the path is not for the entries behind it.
    path, sys.path, sys.argv = sys.path, [folder] + START[1:], [file]
    try:
        if zipped(file):
            import runpy
            runpy.run_path(file, run_name="__mp_main__")
            return
        with open(file, "rb") as source:
            code = _frozen_importlib_external.SourceLoader.source_to_code(None, source.read(), file)
        # Its classes look for their module under its name.
        sys.modules["__mp_main__"] = module
        exec(code, vars(module))
    finally:
        sys.path = path


def zipped(file):
    import zipimport
    try:
        zipimport.zipimporter(file)
    except ImportError:
        return False
    return True


def settle(threads):
    """Waits for threads that an entry started, as long as they import: a server's would go on for ever."""
    begun = changed = CLOCK()
    known = None
    while THREADS() > threads and CLOCK() < min(changed + 0.25, begun + 5):
        if known != (len(sys.modules), SAID):
            known, changed = (len(sys.modules), SAID), CLOCK()
        SLEEP(0.01)


def settled(entry):
    """Imports an entry with what its threads import; what ended one of those, as nothing goes on without that."""
    threads = THREADS()
    del ENDED[:]
    start(entry)
    settle(threads)
    return ENDED[0] if ENDED else None


def enter(stage):
    for entry in CONFIG["entries"]:
        name = entry["name"]
        say("entering", name=name, stage=stage)
        try:
            ended = settled(entry)
        except BaseException as error:
            # An extension module that was not asked for by its name counts as its package has it.
            spared = WHERE != "main" and bool(entry["packages"]) and Sources(entry["packages"]).spare(name)
            say("failed", name=name, stage=stage, message=reason_of(error), spared=spared)
            continue
        if ended is None or WHERE == "main":
            say("entered", name=name, stage=stage)
        else:
            say("failed", name=name, stage=stage, message="in a thread: " + reason_of(ended), spared=False)


def alone(extensions):
    """Loads each extension module of the main interpreter that was not reached, by itself."""
    for name, file in extensions:
        if name in SEEN or name in sys.modules or name in CONFIG["crashing"]:
            continue
        try:
            LOAD(name)
        except BaseException:
            pass
        if name not in SEEN:
            of_file(name, file)


def of_file(name, file):
    # A package on the way does not load, so that its own code cannot import it.
    made, parts, folders = [], name.split(".")[:-1], [os.path.dirname(file)]
    for _ in parts[1:]:
        folders.append(os.path.dirname(folders[-1]))
    for number in range(len(parts)):
        package = ".".join(parts[:number + 1])
        if package not in sys.modules:
            stand = sys.modules[package] = type(sys)(package)
            stand.__path__ = [folders[len(parts) - 1 - number]]
            made.append(package)
    try:
        loader = _frozen_importlib_external.ExtensionFileLoader(name, file)
        spec = _frozen_importlib_external.spec_from_file_location(name, file, loader=loader)
        module = _frozen_importlib.module_from_spec(spec)
        sys.modules[name] = module
        loader.exec_module(module)
    except BaseException:
        sys.modules.pop(name, None)
    for package in made:
        sys.modules.pop(package, None)


def isolated():
    """The entries, with a private copy of each extension module."""
    try:
        insula_isolate = LOAD("insula_isolate")
    except ImportError:
        say("no isolate")
        return
    insula_isolate.install()
    enter("isolated")


def exit_hooks():
    """Runs what the application left to be done at its end: it would leave files of its own behind."""
    import atexit
    atexit._run_exitfuncs()
