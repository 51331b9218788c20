# What every interpreter of a worker runs: the main one and each sub-interpreter.
# It imports nothing but built-in modules, so that it does not disturb what it measures, and it has to
# run on CPython 3.8 and later.
import _signal
import posix
import sys

BEFORE = set()  # ids of the types that existed before the target was loaded
FOREIGN = set()  # ids of types that came while the target was executed, but belong to another module
JUDGED = set()  # ids of all types that came since
NAMES = []  # the names the target had right after it was executed
TYPES = {}  # its own types, by name
INSTANCES = []  # objects made by light use: kept alive for the X-ray
IMPORT_SYSTEM = ("__name__", "__doc__", "__package__", "__file__", "__loader__", "__spec__")
ATTEMPTS = ((), (1,), ("a",), (b"a",), ([],), (None,), ("a", "b"), (1, 2))


def limit_time(computing=1.0, waiting=8.0):
    """Ends the process by SIGPROF if it computes for too long from now on, and by SIGALRM if it merely waits."""
    _signal.setitimer(_signal.ITIMER_PROF, computing)
    _signal.setitimer(_signal.ITIMER_REAL, waiting)


def lift_time_limit():
    _signal.setitimer(_signal.ITIMER_PROF, 0)
    _signal.setitimer(_signal.ITIMER_REAL, 0)


def text_of(error):
    try:
        return str(error)[:2000]
    except BaseException:
        return "(the exception's text could not be made)"


def failed(error, stage):
    # The import system names the module of its own errors; who raises ImportError without one refuses to be imported.
    deliberate = type(error) is ImportError and error.name is None and error.path is None
    missing = error.name if isinstance(error, ModuleNotFoundError) and type(error.name) is str else None
    said = text_of(error)
    say_failed(stage=stage, class_=type(error).__name__, message=said, missing=missing, deliberate=deliberate)


def all_types():
    seen = {}
    stack = [object]
    while stack:
        cls = stack.pop()
        if id(cls) not in seen:
            seen[id(cls)] = cls
            stack.extend(type.__subclasses__(cls))
    return seen


# Not `cls.__name__`: a metaclass may give that another meaning.
type_name = type.__dict__["__name__"].__get__


def known():
    return [[address, type_name(cls)] for address, cls in all_types().items()]


class Finder:
    """Finds the target, always in the file under audit, and notes what existed just before."""

    def __init__(self):
        external = sys.modules["_frozen_importlib_external"]
        self.spec_class = sys.modules["_frozen_importlib"].ModuleSpec

        class Loader(external.ExtensionFileLoader):
            def exec_module(self, module):
                external.ExtensionFileLoader.exec_module(self, module)
                NAMES[:] = sorted(namespace(module))
                judge_new_types()

        self.loader_class = Loader

    def find_spec(self, fullname, path=None, target=None):
        if fullname != CONFIG["name"]:
            return None
        if not BEFORE:
            BEFORE.update(all_types())
        loader = self.loader_class(fullname, CONFIG["path"])
        spec = self.spec_class(fullname, loader, origin=CONFIG["path"])
        spec.has_location = True
        return spec

    def invalidate_caches(self):
        pass


def prepare():
    # The folder of the probe's own script is no place to import from. A workload may change into a folder that is one:
    # the first interpreter asks before that, and the others are told.
    if "here" not in CONFIG:
        CONFIG["here"] = posix.getcwd()
    here = CONFIG["here"]
    sys.path[:] = [entry for entry in sys.path if entry not in ("", here)]
    sys.path[:0] = CONFIG["roots"]
    sys.meta_path.insert(0, Finder())


def load():
    """Imports the target (in a control: only what it depends on) and returns it."""
    if CONFIG["control"]:
        for name in CONFIG["dependencies"]:
            try:
                __import__(name)
            except BaseException as error:
                failed(error, name)
                raise
        return None
    __import__(CONFIG["name"])
    return sys.modules[CONFIG["name"]]


def is_a(value, kind):
    """`isinstance`, without asking the object for its `__class__`.

    A module may hold an object of another interpreter, whose static type the one that looks at it has never made ready:
    the first look at an attribute of such an object crashes.
    """
    return issubclass(type(value), kind)


def namespace(module):
    """The module's names; a create slot may return an object that is no module at all."""
    names = getattr(module, "__dict__", None)
    return {key: value for key, value in dict(names or {}).items() if is_a(key, str)}


def identity_of(path):
    try:
        found = posix.stat(path)
        return (found.st_dev, found.st_ino)
    except Exception:
        return None


def is_other_extension(module):
    """Whether it is an extension module with a file, and not the target's."""
    path = getattr(module, "__file__", None)
    if not isinstance(path, str) or not path.endswith(".so"):
        return False
    return identity_of(path) not in (identity_of(CONFIG["path"]), None)


def is_python_class(cls):
    """Whether a class statement of Python code made it: in a function, or on a version that notes the line."""
    name, names = type.__dict__["__qualname__"].__get__(cls), type.__dict__["__dict__"].__get__(cls)
    return "<locals>" in name or "__firstlineno__" in names


def other_files():
    """The files of all modules but the target."""
    files = {identity_of(getattr(module, "__file__", None)) for module in list(sys.modules.values())}
    return files - {identity_of(CONFIG["path"]), None}


def file_at(address):
    """The file that is mapped at an address; variables without a value lie behind the mapping of theirs."""
    path, end = None, 0
    with open("/proc/self/maps", "rb") as maps:
        for line in maps:
            bounds, _, _, _, _, *name = line.split(None, 5)
            start, stop = (int(part, 16) for part in bounds.split(b"-"))
            if name and name[0].startswith(b"/"):
                path = name[0].rstrip(b"\n")
            elif name or start != end:
                path = None
            if start <= address < stop:
                return identity_of(path)
            end = stop
    return None


def judge_new_types():
    """Tells the target's own types from those of modules that it imported while it was executed.

    This has to be done right now: a package whose Python part says `from .native import *` soon looks like the home of
    types that it merely passes on.
    """
    statics = []
    for address, cls in all_types().items():
        if address in BEFORE or address in JUDGED:
            continue
        JUDGED.add(address)
        try:
            home = cls.__module__
        except Exception:
            continue
        if not isinstance(home, str) or home == CONFIG["name"]:
            continue
        module = sys.modules.get(home)
        if module is not None and namespace(module).get(type_name(cls)) is cls:
            FOREIGN.add(address)
        elif is_other_extension(module) or is_python_class(cls):
            # It does not show its type.
            FOREIGN.add(address)
        elif not cls.__flags__ & (1 << 9):
            statics.append(address)
    # Static types that no module shows are of the module in whose file they lie.
    if statics:
        files = other_files()
        FOREIGN.update(address for address in statics if file_at(address) in files)


def is_foreign(cls):
    """Whether another module is the home of this class: the target merely uses it."""
    return id(cls) in BEFORE or id(cls) in FOREIGN


def own_types(module):
    found = {}
    for name, value in sorted(namespace(module).items()):
        try:
            if issubclass(type(value), type) and not is_foreign(value):
                found[name] = value
        except Exception:
            continue
    return found


def table(types):
    return {name: [id(cls), bool(cls.__flags__ & (1 << 9))] for name, cls in types.items()}


def use(types):
    """Light use: a few blind constructor calls for each type. Lazily filled globals only appear after use."""
    outcomes = {}
    if not CONFIG["light_use"]:
        return outcomes
    for name, cls in types.items():
        outcome = ""
        for number, arguments in enumerate(ATTEMPTS):
            try:
                made = cls(*arguments)
            except BaseException as error:
                outcome = outcome or type(error).__name__
            else:
                INSTANCES.append(made)
                outcome = "made by attempt %d" % number
                break
        outcomes[name] = outcome
    return outcomes


def walk(module, limit=20000):
    """What can be reached from the module without entering other modules, built-in types or namespaces of others."""
    import gc

    module_type = type(sys)
    closed = {id(sys.modules), id(vars(sys.modules["builtins"]))}
    for other in list(sys.modules.values()):
        if other is not module and is_a(other, module_type):
            closed.add(id(other))
            closed.add(id(vars(other)))
    home = {id(cls) for cls in own_types(module).values()}
    function_type = type(walk)
    mine = id(getattr(module, "__dict__", None))
    queue = [(module, CONFIG["name"])]
    seen = {id(module)}
    found = []
    position = 0
    while position < len(queue) and position < limit:
        owner, path = queue[position]
        position += 1
        if id(owner) in closed:
            continue
        if is_a(owner, type) and not (owner.__flags__ & (1 << 9) and (id(owner) in home or not is_foreign(owner))):
            continue
        if type(owner) is function_type and id(owner.__globals__) != mine:
            continue
        names = {}
        if type(owner) is dict:
            names = {id(value): key for key, value in list(owner.items()) if is_a(key, str)}
            if id(owner) == mine:
                # Made by the import system (and by this probe).
                closed.update(id(owner[key]) for key in IMPORT_SYSTEM if key in owner)
        for child in gc.get_referents(owner):
            if id(child) in seen or child is queue or child is found or child is seen:
                continue
            seen.add(id(child))
            if id(child) in closed:
                continue
            step_name = names.get(id(child)) or "<%s>" % type_name(type(child))
            here = "%s.%s" % (path, step_name)
            queue.append((child, path if id(child) == mine else here[:200]))
            references = sys.getrefcount(child)
            found.append([id(child), type_name(type(child)), here[:200], references >= 1 << 28])
    return found


def of_others(module):
    """Plain objects that have nothing to do with the target: objects that can be found hold every reference to them, and the
    target leads to none of them. A global that seems to hold one holds a stale word: what was on the stack before, say.
    """
    import gc

    kinds = {dict, list, set, frozenset, tuple, str, bytes, int, float}
    counts, objects = {}, {}
    for owner in gc.get_objects():
        if owner is counts or owner is objects:
            continue
        for one in gc.get_referents(owner):
            if type(one) in kinds:
                counts[id(one)] = counts.get(id(one), 0) + 1
                objects[id(one)] = one
    sample = {0: []}
    for loop in sample.values():
        # What a loop like the next one adds to an object's count.
        added = sys.getrefcount(loop)
    for loop in objects.values():
        if sys.getrefcount(loop) - added != counts[id(loop)]:
            counts[id(loop)] = 0
    reached = walk(module)
    if len(reached) >= 20000:
        return []
    own = {row[0] for row in reached}
    return [address for address, count in counts.items() if count and address not in own]


def fresh_copy():
    """A module object that neither sys.modules nor the package's Python part knows."""
    bootstrap = sys.modules["_frozen_importlib"]
    spec = Finder().find_spec(CONFIG["name"])
    module = bootstrap.module_from_spec(spec)
    kept = sys.modules.get(CONFIG["name"])
    sys.modules[CONFIG["name"]] = module
    try:
        spec.loader.exec_module(module)
    finally:
        sys.modules[CONFIG["name"]] = kept
    return module
