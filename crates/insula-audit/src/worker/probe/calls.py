# Blind calls: how the target's types are instantiated and its functions called without knowing what they are for.
import _weakref
import gc

# Functions never called blindly, by a part of the name: what acts on processes, files or the system.
UNSAFE = frozenset(
    "abort affinity chdir chmod chown close closefd closerange dlclose dup dup2 exec execv execve exit fork forkpty "
    "ioprio kill killpg mkdir mkfifo mknod mount pause pread prctl priority pwrite raise reboot remove rename rlimit "
    "rmdir setgid setgroups setpgid setsid setuid shutdown sleep sigwait spawn symlink system truncate umount unlink "
    "wait waitpid".split()
)
# Methods act on what the probe made itself; these do not.
UNSAFE_METHODS = frozenset("abort exec fork kill killpg system terminate unlink".split())


# How many callables may end the process before no more are offered anything, and for how long all may take.
MOST_OFFERS, OFFER_SECONDS = 12, 8
KEYWORDS = ("key", "value", "default", "arg", "data", "name", "obj")


class Duck:
    """Has every attribute, and can be called."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Duck()

    def __call__(self, *arguments):
        return Duck()


DUCK = Duck()
MORE_ATTEMPTS = (("i",), (DUCK,), (DUCK, DUCK), ({},), ((),), (1.5,), (print,), (1, "a"), ("a", 1), ([1],), (b"a", b"b"), (1, 2, 3))
BUILTIN_FUNCTION = type(len)
METHOD_DESCRIPTOR = type(str.join)
CLASS_METHOD_DESCRIPTOR = type(dict.__dict__["fromkeys"])
ATTRIBUTES = (type(slice.__dict__["start"]), type(type.__dict__["__name__"]))


def apply(call):
    return call()


def checked(call):
    """What it returns, unless it leaves an exception set beside that.

    Between calls of Python code nobody looks for one, and what is called next fails by it. Who is called by C code is
    looked at.
    """
    return next(map(apply, (call,)))


def safe(name, words=UNSAFE):
    parts = name.lower().strip("_").split("_")
    return not any(part in words for part in parts)


def target_types(module, static=False):
    """The types that came with the target, also those it does not show, by a name that is the same in every run."""
    found = dict(own_types(module))
    shown = {id(cls) for cls in found.values()}
    hidden = []
    for address, cls in all_types().items():
        if address in BEFORE or address in FOREIGN or address in shown or address not in JUDGED:
            continue
        hidden.append(cls)
    for cls in hidden:
        name = type_name(cls)
        while name in found:
            name += "'"
        found[name] = cls
    return {name: cls for name, cls in sorted(found.items()) if static or cls.__flags__ & (1 << 9)}


def written(arguments):
    """Arguments as source text."""
    return "(%s)" % "".join("%s, " % ("Duck()" if one is DUCK else "print" if one is print else repr(one)) for one in arguments).rstrip(" ")


def functions_of(module, unsafe=UNSAFE):
    for name, value in sorted(namespace(module).items()):
        if not safe(name, unsafe) or isinstance(value, type):
            continue
        if isinstance(value, BUILTIN_FUNCTION):
            if getattr(value, "__self__", None) is module or getattr(value, "__module__", None) == CONFIG["name"]:
                yield name, value
        elif type_name(type(value)) in ("cython_function_or_method", "fused_cython_function", "nb_func"):
            if getattr(value, "__module__", None) == CONFIG["name"]:
                yield name, value


def methods_of(cls, unsafe=UNSAFE_METHODS):
    for name, value in sorted(dict(cls.__dict__).items()):
        if isinstance(value, METHOD_DESCRIPTOR) or type_name(type(value)) in ("cython_function_or_method", "nb_method"):
            if safe(name, unsafe) and not name.startswith("__"):
                yield name, value


def callee(text):
    """The callable of a call: all in front of its arguments."""
    depth = 0
    for position in range(len(text) - 1, -1, -1):
        depth += {")": 1, "(": -1}.get(text[position], 0)
        if depth == 0:
            return text[:position]
    return text


def avoided():
    """The callables that ended an earlier worker."""
    return {callee(text) for text in CONFIG["avoid"]}


def factories(module, types, call_functions):
    """For each type a way to make an instance of exactly that type, if one is found: (text, function)."""
    found = {}
    wanted = {id(cls): name for name, cls in types.items()}
    shown = {id(cls) for cls in own_types(module).values()}
    closed = avoided()

    def attempt(text, make):
        if callee(text) in closed:
            return
        say_attempt(expression=text)
        limit_time()
        try:
            # The instance is destroyed there, too.
            made = checked(lambda: id(type(make())))
        except BaseException:
            return
        name = wanted.get(made)
        if name is not None and name not in found:
            found[name] = (text, make)

    for name, cls in types.items():
        if cls.__flags__ & (1 << 30) or id(cls) not in shown:
            continue  # exceptions: their base type does the work; what is not shown is not for others to make
        for arguments in ATTEMPTS + MORE_ATTEMPTS:
            attempt("module.%s%s" % (name, written(arguments)), lambda cls=cls, arguments=arguments: cls(*arguments))
            if name in found:
                break
    if not call_functions:
        lift_time_limit()
        return found
    for name, function in functions_of(module):
        if len(found) == len(types):
            break
        for arguments in ATTEMPTS:
            attempt("module.%s%s" % (name, written(arguments)),
                    lambda function=function, arguments=arguments: function(*arguments))
    for name, (text, make) in list(found.items()):
        for method, descriptor in list(methods_of(types[name])) + [("__iter__", None)]:
            if len(found) < len(types):
                attempt("%s.%s()" % (text, method), lambda make=make, method=method: getattr(make(), method)())
        for label, operate in OPERATIONS:
            if len(found) < len(types):
                attempt("(lambda a, b: %s)(%s, %s)" % (label, text, text),
                        lambda make=make, operate=operate: operate(make(), make()))
    samples = list(found.values())[:8]
    for name, cls in types.items():
        if name in found or cls.__flags__ & (1 << 30) or id(cls) not in shown:
            continue
        for text, make in samples:
            for extra in ((), (1,)):
                attempt("module.%s(%s)" % (name, ", ".join((text,) + tuple(repr(one) for one in extra))),
                        lambda cls=cls, make=make, extra=extra: cls(make(), *extra))
    lift_time_limit()
    return found


def named_arguments(function):
    """The names that a callable seems to take by keyword, by its signature or the first line of its documentation."""
    try:
        text = getattr(function, "__text_signature__", None) or getattr(function, "__doc__", None)
    except Exception:
        return KEYWORDS
    # A class may have anything there.
    if not isinstance(text, str):
        return KEYWORDS
    inside = text.split("\n")[0].partition("(")[2].rpartition(")")[0]
    words = [part.partition("=")[0].partition(":")[0].strip(" *[]$/") for part in inside.split(",")]
    found = [word for word in words if word.isidentifier() and word not in ("self", "cls", "module", "type")]
    return tuple(found[:7]) or KEYWORDS


METHOD_ATTEMPTS = ((), (1,), ("a",), ("a", 1))


def calls_of(module, types, made, one=None):
    """The calls of all callables but those that ended an earlier worker, or of one of these."""
    closed = avoided()
    for label, call in all_calls_of(module, types, made):
        callable_ = callee(label)
        if callable_ == one if one else callable_ not in closed:
            yield label, call


def all_calls_of(module, types, made):
    """Calls with ordinary arguments, in an order that is the same in every run: (label, function of no arguments)."""
    for name, function in functions_of(module):
        for arguments in ATTEMPTS:
            yield "module.%s%s" % (name, written(arguments)), lambda f=function, a=arguments: f(*a)
    for name, (text, make) in sorted(made.items()):
        for method, _ in methods_of(types[name]):
            for arguments in METHOD_ATTEMPTS:
                yield ("%s.%s%s" % (text, method, written(arguments)),
                       lambda make=make, m=method, a=arguments: getattr(make(), m)(*a))
        for label, operate in OPERATIONS:
            yield "%s on %s" % (label, text), lambda make=make, operate=operate: operate(make(), make())


OPERATIONS = (
    ("a + b", lambda a, b: a + b), ("a + 1", lambda a, b: a + 1), ("a * 2", lambda a, b: a * 2),
    ("a - b", lambda a, b: a - b), ("a / 2", lambda a, b: a / 2), ("a >= 1", lambda a, b: a >= 1),
    ("a == b", lambda a, b: a == b), ("a < b", lambda a, b: a < b), ("len(a)", lambda a, b: len(a)),
    ("bool(a)", lambda a, b: bool(a)), ("iter(a)", lambda a, b: iter(a)), ("repr(a)", lambda a, b: type(repr(a))),
    ("a()", lambda a, b: a()), ("a[0]", lambda a, b: a[0]), ("1 in a", lambda a, b: 1 in a),
)


def offer(kind, module, types, made):
    """Gives a new object of a kind to each callable that may keep it, to know those that end the process.

    One that did so in the middle of an experiment would take along what all others had to show there. Where there is
    no end to them, or to the time that they take, the experiments have to do with that.
    """
    import time

    alone, listed, second = ("x", lambda x: (x,)), ("[x]", lambda x: ([x],)), ("'a', x", lambda x: ("a", x))
    takers = [("module." + name, (alone, listed), function) for name, function in functions_of(module)]
    for name, (text, make) in sorted(made.items()):
        for method, _ in methods_of(types[name]):
            function = lambda *given, make=make, method=method: getattr(make(), method)(*given)
            takers.append((text + "." + method, (alone, second), function))
    closed = avoided()
    end = time.process_time() + OFFER_SECONDS
    for label, forms, function in takers if len(closed) < MOST_OFFERS else ():
        if time.process_time() > end:
            break
        for text, arguments in forms if label not in closed else ():
            say_attempt(expression="%s(%s)" % (label, text))
            limit_time()
            try:
                checked(lambda: function(*arguments(kind())))
            except BaseException:
                pass
    lift_time_limit()


def outcome_of(call, kinds=None):
    """In words; a list may be given the type that these are about, as two may have one name."""
    limit_time()
    try:
        result = checked(call)
    except BaseException as error:
        if kinds is not None:
            kinds.append(type(error))
        return "raises " + type_name(type(error))
    if kinds is not None:
        kinds.append(type(result))
    if type(result) in (bool, int, float, str, bytes, type(None)):
        return "returns " + repr(result)[:80]
    # A static type that its author did not make ready gets so by the first look at it, and is known from then on.
    try:
        type.__getattribute__(type(result), "__mro__")
    except BaseException:
        pass
    return "returns a " + type_name(type(result))


def mortal(value):
    return sys.getrefcount(value) < 1 << 28
