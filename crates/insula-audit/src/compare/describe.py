# Describes a module and its types from inside the interpreter: everything of a type that code could rely on.
import copyreg
import pickle
import re
import sys

FLAGS = {
    4: "SEQUENCE", 5: "MAPPING", 6: "MAPPING", 7: "DISALLOW_INSTANTIATION", 8: "IMMUTABLETYPE", 9: "HEAPTYPE", 10: "BASETYPE",
    11: "HAVE_VECTORCALL", 14: "HAVE_GC", 17: "METHOD_DESCRIPTOR", 24: "LONG_SUBCLASS", 25: "LIST_SUBCLASS",
    26: "TUPLE_SUBCLASS", 27: "BYTES_SUBCLASS", 28: "UNICODE_SUBCLASS", 29: "DICT_SUBCLASS", 30: "BASE_EXC_SUBCLASS",
    31: "TYPE_SUBCLASS",
}
if sys.version_info >= (3, 10):
    FLAGS[5], FLAGS[6] = "SEQUENCE", "MAPPING"
    del FLAGS[4]
else:
    for bit in (4, 5, 6, 7, 8):
        del FLAGS[bit]
if sys.version_info >= (3, 12):
    FLAGS[3], FLAGS[4] = "MANAGED_WEAKREF", "MANAGED_DICT"
ADDRESS = re.compile(r"0x[0-9a-fA-F]+")
NAME = CONFIG["name"]
SKIPPED = ("__name__", "__loader__", "__spec__", "__file__", "__package__", "__builtins__", "__cached__", "__doc__")


def line(text):
    text = ADDRESS.sub("0x...", str(text))
    # The module's own name says nothing, and two builds may have different ones.
    text = re.sub(r"(?<![\w.])%s\b" % re.escape(NAME), "MODULE", text)
    return text.encode("utf-8", "replace").decode("utf-8")


def said(error):
    try:
        return line("%s: %s" % (type(error).__name__, error))
    except Exception:
        return type(error).__name__


def attempt(action):
    try:
        return action()
    except BaseException as error:
        return said(error)


def full_name(cls):
    module = attempt(lambda: type.__getattribute__(cls, "__module__"))
    return line("%s.%s" % (module, cls.__qualname__))


def value_of(owner, name):
    return attempt(lambda: line(repr(getattr(owner, name, None))))


def kind(value):
    return line(type(value).__name__)


def instance_of(cls):
    """The first of a few attempts that makes an instance, and what each came to."""
    outcomes, made = {}, None
    for arguments in ATTEMPTS:
        try:
            instance = cls(*arguments)
            outcome = "makes an instance" if type(instance) is cls else "makes a %s" % kind(instance)
            if made is None and type(instance) is cls:
                made = (instance,)
        except BaseException as error:
            outcome = said(error)
        outcomes["called with (%s)" % ", ".join(map(repr, arguments))] = outcome
    return outcomes, made


def pickled(instance, protocol):
    def go():
        data = pickle.dumps(instance, protocol)
        back = pickle.loads(data)
        return "round trip" if type(back) is type(instance) else "comes back as %s" % full_name(type(back))
    return attempt(go)


def set_and_delete(owner, name):
    def go():
        setattr(owner, name, 1)
        delattr(owner, name)
        return "possible"
    return attempt(go)


def subclass(cls):
    def go():
        derived = type(cls)("Derived", (cls,), {})
        return "possible" if cls in derived.__mro__ else "possible, but not in the MRO"
    return attempt(go)


def of_instance(instance):
    import copy
    import weakref

    facts = {"pickle protocol %d" % number: pickled(instance, number) for number in range(pickle.HIGHEST_PROTOCOL + 1)}
    facts["copy.copy"] = attempt(lambda: kind(copy.copy(instance)))
    facts["copy.deepcopy"] = attempt(lambda: kind(copy.deepcopy(instance)))
    facts["set an attribute"] = set_and_delete(instance, "insula_attribute")
    facts["has __dict__"] = attempt(lambda: str(hasattr(instance, "__dict__")))
    facts["weak reference"] = attempt(lambda: "possible" if weakref.ref(instance)() is instance else "odd")
    facts["hash"] = attempt(lambda: kind(hash(instance)))
    facts["repr"] = attempt(lambda: line(repr(instance)))
    facts["bool"] = attempt(lambda: str(bool(instance)))
    facts["equal to itself"] = attempt(lambda: str(instance == instance))
    facts["buffer"] = attempt(lambda: line(memoryview(instance).format))
    facts["iter"] = attempt(lambda: kind(iter(instance)))
    facts["len"] = attempt(lambda: kind(len(instance)))
    facts["reduce"] = attempt(lambda: kind(instance.__reduce_ex__(2)))
    return facts


def of_type(cls):
    names = dict(cls.__dict__)
    instantiation, made = instance_of(cls)
    facts = {
        "name": {"__module__": value_of(cls, "__module__"), "__qualname__": line(cls.__qualname__), "__name__": line(cls.__name__)},
        "metatype": {"type": full_name(type(cls))},
        "flags": {name: "set" for bit, name in FLAGS.items() if cls.__flags__ >> bit & 1},
        "bases": {str(number): full_name(base) for number, base in enumerate(cls.__bases__)},
        "mro": {str(number): full_name(base) for number, base in enumerate(type.mro(cls))},
        "layout": {
            name: str(getattr(cls, name)) for name in ("__basicsize__", "__itemsize__", "__dictoffset__", "__weakrefoffset__")
        },
        "slots": {name: "filled" for name, value in names.items() if kind(value) == "wrapper_descriptor"},
        "dict": {line(name): kind(value) for name, value in names.items() if name != "__module__" and kind(value) != "wrapper_descriptor"},
        "doc": {"__doc__": value_of(cls, "__doc__")},
        "text signatures": {"the type": value_of(cls, "__text_signature__")},
        "instantiation": instantiation,
        "subclassing": {"subclass": subclass(cls)},
        "type attributes": {"set an attribute": set_and_delete(cls, "insula_attribute")},
        "pickling": {
            "by reference": attempt(lambda: "round trip" if pickle.loads(pickle.dumps(cls)) is cls else "another object"),
            "copyreg": str(cls in copyreg.dispatch_table),
        },
        "instances": of_instance(made[0]) if made else {},
    }
    # A slot that is None was switched off on purpose, such as __hash__ of what compares by value.
    for name, value in names.items():
        if value is None and name != "__doc__":
            facts["slots"][line(name)] = "None"
            facts["dict"].pop(line(name), None)
    for name, value in names.items():
        if kind(value) != "wrapper_descriptor" and (callable(value) or hasattr(value, "__get__")):
            if callable(value):
                facts["text signatures"][line(name)] = value_of(value, "__text_signature__")
            facts["doc"][line(name)] = value_of(value, "__doc__")
    return facts


def described_types(module):
    import builtins

    types = {}
    for name, value in sorted(vars(module).items()):
        if isinstance(value, type):
            # A heap type whose spec has no dotted name has no home at all; a static one claims `builtins`.
            home = attempt(lambda: value.__module__)
            if home == NAME or home not in sys.modules or home == "builtins" and vars(builtins).get(value.__name__) is not value:
                types[name] = value
    # What no name of the module leads to, but what names it as its home.
    waiting, seen = [object], set()
    while waiting:
        cls = waiting.pop()
        if id(cls) in seen:
            continue
        seen.add(id(cls))
        waiting.extend(attempt(lambda: type.__subclasses__(cls)) or [])
        if attempt(lambda: type.__getattribute__(cls, "__module__")) == NAME and cls not in types.values():
            types.setdefault(cls.__qualname__, cls)
    return types


def of_module(module):
    names = vars(module)
    facts = {
        "names": {line(name): kind(value) for name, value in names.items() if name not in SKIPPED},
        "doc": {"__doc__": value_of(module, "__doc__")},
        "text signatures": {},
    }
    for name, value in names.items():
        if kind(value) == "builtin_function_or_method":
            facts["text signatures"][line(name)] = value_of(value, "__text_signature__")
            facts["doc"][line(name)] = value_of(value, "__doc__")
    return facts


def scenario_describe():
    prepare()
    __import__(NAME)
    module = sys.modules[NAME]
    types = {line(name): of_type(cls) for name, cls in described_types(module).items()}
    say_described(module=of_module(module), types=types)
    take_inventory(module)
