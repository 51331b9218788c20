# The scenarios, run by the worker's main interpreter.


class Interpreters:
    """The private modules that make sub-interpreters, under one face."""

    def __init__(self):
        try:
            import _interpreters as api
        except ImportError:
            import _xxsubinterpreters as api
        self.api = api

    def create(self, gil):
        if self.api.__name__ == "_interpreters":
            return self.api.create("isolated" if gil == "own" else "legacy")
        try:
            return self.api.create(isolated=gil == "own")
        except TypeError:  # CPython 3.8: there is only one kind
            return self.api.create()

    def run(self, interpreter, where, call):
        lines = ["true, false, null = True, False, None"]
        lines.append("WHERE = %r" % where)
        lines.append("CONFIG = %r" % (CONFIG,))
        lines.append("exec(compile(%r, '<insula probe>', 'exec'))" % CORE)
        lines.append("exec(compile(%r, '<insula visit>', 'exec'))" % VISIT)
        lines.append(call)
        try:
            problem = self.api.run_string(interpreter, "\n".join(lines))
        except Exception as error:
            problem = error
        if problem is not None:
            send("failed", stage="script", type="RunFailed", message=str(problem)[:2000])

    def destroy(self, interpreter):
        self.api.destroy(interpreter)


VISIT = """
def visit(details):
    if CONFIG["override"]:
        import _imp
        _imp._override_multi_interp_extensions_check(-1)
    prepare()
    try:
        module = load()
    except BaseException as error:
        failed(error, "import")
        return
    if module is None:
        send("visited", names=[], types={}, outcomes={}, reached=[], known=[])
        return
    types = own_types(module)
    global KEEP
    KEEP = module
    outcomes = use(types)
    send("visited", names=NAMES, types=table(types), outcomes=outcomes,
         reached=walk(module) if details else [], known=known() if details else [])
"""


def first_import():
    """Imports the target in the main interpreter; returns it or None, the failure being reported."""
    try:
        return load()
    except BaseException as error:
        failed(error, "import")
        return None


def describe(module, before):
    types = own_types(module)
    send(
        "imported",
        module=id(module),
        names=NAMES,
        types=table(types),
        dependencies=[
            [name, getattr(found, "__file__", None) or ""]
            for name, found in list(sys.modules.items())
            # What an extension puts there itself, without a spec, cannot be imported by a control.
            if name not in before and getattr(found, "__spec__", None) is not None
        ],
    )
    return types


def scenario_plain():
    before = set(sys.modules)
    prepare()
    step("import")
    module = first_import()
    if module is None:
        return
    types = describe(module, before)
    pause("imported", known=known(), module=id(module), others=of_others(module))
    if CONFIG["use"]:
        step("light use")
        # A constructor that waits for something would have the audit wait too, and the other scenarios after this one.
        limit_time(20.0, 20.0)
        use(types)
        lift_time_limit()
        pause("used", known=known(), module=id(module), others=of_others(module))


def scenario_again():
    before = set(sys.modules)
    prepare()
    step("first import")
    module = first_import()
    if module is None:
        return
    types = describe(module, before)
    names = list(NAMES)
    outcomes = use(types)
    step("second import")
    del sys.modules[CONFIG["name"]]
    again = first_import()
    if again is None:
        return
    second = own_types(again)
    send(
        "again",
        same_module=again is module,
        names=list(NAMES) if again is not module else names,
        first_names=names,
        types=table(second),
        first_types=table(types),
    )
    step("use of the second module")
    use(second)
    step("use of the first module after the second import")
    send("replayed", before=outcomes, after=use(types))
    step("collection of the second module")
    import gc

    del again, second
    sys.modules[CONFIG["name"]] = module
    gc.collect()
    step("use of the first module after the second was collected")
    send("replayed", before=outcomes, after=use(types))


def preload():
    # Standard-library modules come from the main interpreter first: CPython itself fails where two interpreters
    # race for the first import of some of them.
    for name in CONFIG["preload"]:
        try:
            __import__(name)
        except BaseException:
            continue


def scenario_main_first():
    """Main imports, then two sub-interpreters one after the other."""
    api = Interpreters()
    prepare()
    preload()
    step("import in the main interpreter")
    module = first_import()
    if module is None and not CONFIG["control"]:
        return
    if module is not None:
        types = own_types(module)
        outcomes = use(types)
        reached = walk(module)
        send("imported", module=id(module), names=NAMES, types=table(types), dependencies=[], reached=reached)
        pause("main", known=known(), module=id(module))
    step("creation of the first sub-interpreter")
    one = api.create(CONFIG["gil"])
    step("import in the first sub-interpreter")
    api.run(one, "first sub-interpreter", "visit(True)")
    if module is not None:
        pause("second", known=known(), module=id(module))
    step("end of the first sub-interpreter")
    api.destroy(one)
    if module is not None:
        step("use in the main interpreter after the sub-interpreter ended")
        send("replayed", before=outcomes, after=use(types))
    step("import in the second sub-interpreter")
    two = api.create(CONFIG["gil"])
    api.run(two, "second sub-interpreter", "visit(False)")
    step("end of the second sub-interpreter")
    api.destroy(two)


def scenario_sub_first():
    """A sub-interpreter imports before anybody else, then another, then the main interpreter."""
    api = Interpreters()
    prepare()
    preload()
    step("import in the first sub-interpreter")
    one = api.create(CONFIG["gil"])
    api.run(one, "first sub-interpreter", "visit(False)")
    step("end of the first sub-interpreter")
    api.destroy(one)
    step("import in the second sub-interpreter")
    two = api.create(CONFIG["gil"])
    api.run(two, "second sub-interpreter", "visit(False)")
    step("import in the main interpreter after two sub-interpreters")
    module = first_import()
    if module is not None:
        types = own_types(module)
        use(types)
    step("end of the second sub-interpreter")
    api.destroy(two)
    if module is not None:
        step("use in the main interpreter after the sub-interpreters ended")
        use(types)


def scenario_parallel():
    """Own-GIL interpreters import and use the target at the same time, and end in another order, in other threads."""
    import _thread

    api = Interpreters()
    prepare()
    preload()

    def run(work, items):
        gate = _thread.allocate_lock()
        gate.acquire()
        ends = []
        for item in items:
            end = _thread.allocate_lock()
            end.acquire()
            ends.append(end)

            def body(item=item, end=end):
                gate.acquire()
                gate.release()
                try:
                    work(item)
                except BaseException as error:
                    failed(error, "thread")
                finally:
                    end.release()

            _thread.start_new_thread(body, ())
        gate.release()
        for end in ends:
            end.acquire()

    for round_number in range(CONFIG["rounds"]):
        step("parallel import, round %d" % (round_number + 1))
        made = [api.create("own") for _ in range(CONFIG["width"])]
        run(lambda number: api.run(made[number], "a parallel interpreter", "visit(False)"), range(len(made)))
        step("end of the interpreters from other threads, round %d" % (round_number + 1))
        run(lambda number: api.destroy(made[number]), range(1, len(made), 2))
        for number in reversed(range(0, len(made), 2)):
            api.destroy(made[number])


def scenario_facts():
    """What the init function returns, and where the slots of a PyModExport module are."""
    import _ctypes

    handle = _ctypes.dlopen(CONFIG["path"], 2)

    class Address(_ctypes._SimpleCData):
        _type_ = "P"

    class Init(_ctypes.CFuncPtr):
        _flags_ = _ctypes.FUNCFLAG_CDECL | _ctypes.FUNCFLAG_PYTHONAPI
        _restype_ = Address

    found = {}
    for symbol in CONFIG["init"]:
        step(symbol)
        result = Init(_ctypes.dlsym(handle, symbol))()
        address = getattr(result, "value", result)
        if not address:
            continue
        if symbol.startswith("PyModExport"):
            pause("export", slots=address)
        else:
            kind = Address.from_address(address + 8).value
            name = {id(cls): cls.__name__ for cls in all_types().values()}.get(kind, "")
            found[symbol] = name
            if name == "moduledef":
                pause("definition", address=address)
    send("facts", returns=found)


def scenario_locate():
    """Where this interpreter would import a name from, without importing it."""
    external = sys.modules["_frozen_importlib_external"]
    import _imp

    sys.path[:0] = CONFIG["roots"]
    path = None
    parts = CONFIG["name"].split(".")
    spec = None
    if parts[0] in sys.builtin_module_names:
        send("located", kind="builtin")
        return
    for number, part in enumerate(parts):
        name = ".".join(parts[: number + 1])
        if number == 0:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec = find(name, None) if find else None
                if spec is not None:
                    break
        else:
            spec = external.PathFinder.find_spec(name, path)
        if spec is None:
            send("located", kind="missing", part=name)
            return
        path = spec.submodule_search_locations
        if path is not None:
            path = list(path)
    kind = "extension" if isinstance(spec.loader, external.ExtensionFileLoader) else "python"
    if spec.origin in ("built-in", "frozen"):
        kind = "builtin" if spec.origin == "built-in" else "python"
    send("located", kind=kind, file=spec.origin if isinstance(spec.origin, str) else None,
         folders=path or [], suffixes=_imp.extension_suffixes())


def main():
    import faulthandler

    faulthandler.enable(CONFIG["faults"], True)
    globals()["scenario_" + CONFIG["scenario"]]()
    send("done")
