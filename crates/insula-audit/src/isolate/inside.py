# What each interpreter of an audit with --isolate runs, the main one too: it isolates, imports the target, makes the
# recorded calls, and tells what it has.

MODULES = {}  # by name
RECORDED = []  # module, label, call, what it always came to (None: not always the same)
HERE = [None]  # what the standard library says of this interpreter
STRAYS = []  # calls that ran a callback in another interpreter, until they are told
CALLING = [None]
AT_FIRST = set()  # names of sys.modules before the target was imported


if not CONFIG["timed"]:
    # The timers are the process's: one interpreter would end all of them for what another one does.
    def limit_time(computing=1.0, waiting=8.0):
        pass

    def lift_time_limit():
        pass


def begin(number):
    NUMBER[0] = number
    HERE[0] = current()
    here = posix.getcwd()
    sys.path[:] = [entry for entry in sys.path if entry not in ("", here)]
    sys.path[:0] = CONFIG["roots"]
    if CONFIG["isolate"]:
        import insula_isolate

        insula_isolate.install()


def current():
    try:
        import _interpreters as api
    except ImportError:
        import _xxsubinterpreters as api
    number = api.get_current()
    return int(number[0] if isinstance(number, tuple) else number)


def callback(*arguments):
    """What native code is given to call: it has to do so in the interpreter that gave it."""
    if current() != HERE[0] and CALLING[0] is not None and CALLING[0] not in STRAYS:
        STRAYS.append(CALLING[0])


def calls_with_callback(module, types, made):
    """The calls of all functions and methods with something that can be called."""
    closed = avoided()
    attempts = ("callback", (callback,)), ("1, callback", (1, callback)), ("callback, 1", (callback, 1))
    for text, arguments in attempts:
        for name, function in functions_of(module):
            if "module." + name not in closed:
                yield "module.%s(%s)" % (name, text), lambda f=function, a=arguments: f(*a)
        for name, (maker, make) in sorted(made.items()):
            for method, _ in methods_of(types[name]):
                if "%s.%s" % (maker, method) not in closed:
                    yield ("%s.%s(%s)" % (maker, method, text),
                           lambda make=make, m=method, a=arguments: getattr(make(), m)(*a))


def bring_in():
    """Imports the target and each of its modules; in a control, what the target imported of the standard library."""
    AT_FIRST.update(sys.modules)
    BEFORE.update(all_types())
    names = CONFIG["dependencies"] if CONFIG["control"] else CONFIG["first"] + CONFIG["modules"]
    for name in names:
        tell_import_begun(module=name)
        say_step(name="import of %s" % name)
        try:
            __import__(name)
        except BaseException as error:
            missing = error.name if isinstance(error, ModuleNotFoundError) and type(error.name) is str else None
            tell_not_imported(module=name, class_=type(error).__name__, message=text_of(error), missing=missing)
        else:
            if name in CONFIG["modules"] and name in sys.modules:
                MODULES[name] = sys.modules[name]


def is_extension(module):
    loader = getattr(getattr(module, "__spec__", None), "loader", None)
    return isinstance(loader, sys.modules["_frozen_importlib_external"].ExtensionFileLoader)


def functions_of(module):
    """The module's functions; many say that they belong to the package."""
    package = CONFIG["name"].partition(".")[0]
    for name, value in sorted(namespace(module).items()):
        kinds = ("cython_function_or_method", "fused_cython_function", "nb_func")
        if safe(name) and (isinstance(value, BUILTIN_FUNCTION) or type_name(type(value)) in kinds):
            home = getattr(value, "__module__", None)
            own = isinstance(home, str) and home.partition(".")[0] == package
            if own or home is None or getattr(value, "__self__", None) is module:
                yield name, value


def parts_of(name):
    """The module, and the modules that it made itself and holds, with what the labels of their calls begin with."""
    found = [("", MODULES[name])]
    for prefix, part in found:
        for key, value in sorted(namespace(part).items()):
            its_name = getattr(value, "__name__", None) if type(value) is type(sys) else None
            made_here = isinstance(its_name, str) and getattr(value, "__file__", None) is None
            if made_here and value not in [one for _, one in found] and getattr(value, "__spec__", None) is None:
                found.append((prefix + key + "::", value))
    return found


def adopt(name):
    """Tells the module's own types from those of others: the probe's functions ask for them."""
    CONFIG["name"] = name
    CONFIG["avoid"] = CONFIG["avoided"].get(name, [])
    if NUMBER[0] != 1:
        # What ends the process where several interpreters do it can be made by one, and seen from outside.
        CONFIG["avoid"] = CONFIG["avoid"] + CONFIG["only_first"].get(name, [])
    FOREIGN.clear()
    JUDGED.clear()
    package = name.partition(".")[0]
    for address, cls in all_types().items():
        if address in BEFORE:
            continue
        JUDGED.add(address)
        try:
            home = cls.__module__
        except Exception:
            continue
        if not isinstance(home, str) or home == name:
            continue
        # Many modules say that their types belong to the package, whose Python part passes them on.
        if home.partition(".")[0] != package or is_extension(sys.modules.get(home)):
            FOREIGN.add(address)


def record():
    """Makes the calls three times; what differs by itself tells nothing later."""
    for name in CONFIG["modules"]:
        if name not in MODULES or CONFIG["calls"] == "nothing":
            continue
        adopt(name)
        tell_call_begun(module=name, call=None)
        say_step(name="calls of %s" % name)
        functions = CONFIG["calls"] == "all" and name not in CONFIG["unsafe"]
        known_calls = CONFIG["known_calls"].get(name)
        calls = []
        for prefix, part in parts_of(name):
            types = own_types(part)
            made = factories(part, types, functions)
            for kind in (calls_of, calls_with_callback) if functions else ():
                most = len(calls) + CONFIG["most_calls"] // 2
                for label, call in kind(part, types, made):
                    if len(calls) >= most:
                        break
                    if known_calls is None or prefix + label in known_calls:
                        calls.append((prefix + label, call))
        rounds = []
        for _ in range(3):
            outcomes = []
            for label, call in calls:
                say_attempt(expression=label)
                CALLING[0] = [name, label]
                outcomes.append(outcome_of(call))
            rounds.append(outcomes)
        # The first round brings the module into the state that the others begin with.
        for (label, call), _, one, two in zip(calls, *rounds):
            RECORDED.append((name, label, call, one if one == two else None))
    lift_time_limit()


def replay(when):
    for name, label, call, expected in RECORDED:
        tell_call_begun(module=name, call=label)
        say_step(name="%s of %s, %s" % (label, name, when))
        CALLING[0] = [name, label]
        now = outcome_of(call)
        if expected is not None and now != expected:
            tell_changed(module=name, call=label, before=expected, after=now, when=when)
    CALLING[0] = None
    # Not by the callback itself, which may run where it should not.
    for name, label in STRAYS:
        tell_stray(module=name, call=label)
    del STRAYS[:]


def tell_calls():
    tell_outcomes(of=[[name, label, expected] for name, label, _, expected in RECORDED])


def stdlib_names():
    """What the target imported of the standard library, in that order."""
    return [
        name for name, module in list(sys.modules.items())
        if name not in AT_FIRST and name.partition(".")[0] in sys.stdlib_module_names
        and getattr(module, "__spec__", None) is not None
    ]


def tell(reading):
    """Everything about this interpreter that can be known from inside only."""
    import gc

    images = []
    if CONFIG["isolate"]:
        import insula_isolate._native

        for image in insula_isolate._native.images():
            images.append({"path": image["path"], "address": image["address"], "size": image["size"],
                           "is_extension": image["kind"] == "extension"})
    loaded = [
        [name, module.__spec__.loader.path]
        for name, module in list(sys.modules.items())
        if is_extension(module) and isinstance(module.__spec__.loader.path, str)
    ]
    tell_images(reading=reading, images=images, loaded=loaded, known=known())
    gc.collect()
    addresses = sorted(mortal_objects(gc))
    tell_objects(reading=reading, gaps=[one - other for one, other in zip(addresses, [0] + addresses)])


flags_of = type.__dict__["__flags__"].__get__


def mortal_objects(gc):
    """The addresses of this interpreter's objects that can be found, and that do not live as long as the process."""
    fresh = gc.get_objects()
    own = [id(fresh)]
    seen = {}
    while fresh:
        for one in fresh:
            # Not `isinstance`, which asks the object.
            static = type(one).__flags__ & 1 << 31 and not flags_of(one) & 1 << 9
            seen[id(one)] = not static and sys.getrefcount(one) < 1 << 28
        referents = gc.get_referents(*fresh)
        # Their own referents are known to the collector, or have not been seen.
        fresh = list({id(one): one for one in referents if id(one) not in seen}.values())
    for address in own + [id(seen)]:
        seen.pop(address, None)
    return [address for address, is_mortal in seen.items() if is_mortal]
