# Hostile calls. Every case is one expression in terms of `module` and of the names in `hostile.py`, so that a
# reproducer is nothing but that file and the expression.

VALUES = (
    "None", "0", "-1", "'a'", "b'a'", "[]", "{}", "1.5", "object()",
    "RaisingEq('a')", "RaisingHash('a')", "Unhashable('a')", "NothingEq('a')", "Everything()", "chr(0xd800)",
    "'a' + chr(0) + 'b'", "chr(0x10ffff) * 3", "-sys.maxsize - 1", "sys.maxsize", "2 ** 70", "-2 ** 70", "2 ** 31",
    "HugeLen([1])", "ShrinkingList([1, 2, 3])", "StrangeIndex()", "NotAString('a')", "BadIterator()", "BadMapping(a=1)",
    "BadReader()", "float('nan')", "bytearray(b'ab')", "memoryview(b'abcd')[::2]", "(1, 'a', None)", "[None]", "{'a': None}",
    "''", "b''", "'a' * 5000", "type", "Endless()", "[['a', 1], [2]]",
)
FIRST = ("'a'", "1", "None", "b'a'", "[]")
SKIPPED = frozenset("__new__ __getattribute__ __del__ __class__ __init_subclass__ __subclasshook__".split())
WRAPPER = type(object.__dict__["__init__"])


def cases_of(module, types, made):
    """(group, expression), in an order that is the same in every run. One group is one callable of the target."""
    def with_arguments(group, before):
        yield group, before + ")"
        for value in VALUES:
            yield group, "%s%s)" % (before, value)
        for value in VALUES:
            for first in FIRST:
                yield group, "%s%s, %s)" % (before, first, value)
            yield group, "%s%s, 'a')" % (before, value)
            yield group, "%s%s, %s)" % (before, value, value)
            yield group, "%s'a', %s, 'a')" % (before, value)
            yield group, "%s%s, %s, %s)" % (before, value, value, value)

    for name, _ in functions_of(module):
        for case in with_arguments(name, "module.%s(" % name):
            yield case
    shown = own_types(module)
    for name, cls in sorted(types.items()):
        subjects = [made[name][0]] if name in made else []
        if shown.get(name) is cls:
            new = "module.%s.__new__(module.%s)" % (name, name)
            subjects.append(new)
            if not cls.__flags__ & (1 << 30):
                for case in with_arguments(name, "module.%s(" % name):
                    yield case
                for case in with_arguments(name + ".__new__", "module.%s.__new__(module.%s, " % (name, name)):
                    yield case
        if cls.__flags__ & (1 << 30):
            continue
        for subject in subjects:
            bare = BARE if ".__new__(" in subject else ""
            for method, descriptor in sorted(dict(cls.__dict__).items()):
                group = "%s%s.%s" % (bare, name, method)
                if method in SKIPPED or not safe(method, UNSAFE_METHODS):
                    continue
                if isinstance(descriptor, ATTRIBUTES):
                    yield group, "%s.%s" % (subject, method)
                    yield group, "delattr(%s, %r)" % (subject, method)
                    yield group, "(lambda s: (delattr(s, %r), s.%s))(%s)" % (method, method, subject)
                    for value in VALUES:
                        yield group, "setattr(%s, %r, %s)" % (subject, method, value)
                    yield group, "reentrant(%s, lambda s, x: setattr(s, %r, x))" % (subject, method)
                elif isinstance(descriptor, WRAPPER) or callable(descriptor) or isinstance(descriptor, METHOD_DESCRIPTOR):
                    for case in with_arguments(group, "%s.%s(" % (subject, method)):
                        yield case
                    yield group, "reentrant(%s, lambda s, x: s.%s(x))" % (subject, method)
                    yield group, "reentrant(%s, lambda s, x: s.%s(x, 'a'))" % (subject, method)
                    yield group, "reentrant(%s, lambda s, x: s.%s('a', x))" % (subject, method)
            group = "%s%s" % (bare, name)
            for operation in ("repr(%s)", "str(%s)", "hash(%s)", "list(%s)", "bool(%s)", "%s.__reduce_ex__(2)", "%s()",
                              "%s.__sizeof__()", "(lambda s: s == s)(%s)", "(lambda s: s + s)(%s)",
                              "__import__('gc').get_referents(%s)", "next(%s)", "bytes(%s)"):
                yield group, operation % subject
            for value in VALUES:
                for operation in ("%s[%s]", "%s == %s", "%s + %s", "%s < %s"):
                    yield group, operation % (subject, value)
                yield group, "%s[%s]" % (value, subject)
                yield group, "%s + %s" % (value, subject)


MOST_CASES = 3500
# How the group of what was made by `__new__` alone begins.
BARE = "uninitialised "
# Processor time after which a call that comes to its end is slow, not endless.
TIME_ENOUGH = 0.8
CONTRACT = ("without setting an exception", "with an exception set", "without setting an error", "with an error set",
            "bad argument to internal function", "bad call flags")


def chosen(cases):
    """All of them, or as many as there is time for, spread evenly."""
    if len(cases) <= MOST_CASES:
        return cases
    return [cases[number * len(cases) // MOST_CASES] for number in range(MOST_CASES)]


def scenario_hostile_calls():
    import time

    prepare()
    say_step(name="import")
    module = first_import()
    if module is None:
        return
    types = target_types(module, static=True)
    say_step(name="constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    names = {"module": module}
    exec(compile(HOSTILE, "<hostile>", "exec"), names)
    every = list(cases_of(module, types, made))
    cases = chosen(every)
    if CONFIG["only"]:
        for expression in CONFIG["only"]:
            say_step(name=expression)
            before = time.process_time()
            judge("", expression, names)
            if time.process_time() - before > TIME_ENOUGH:
                say_slow(expression=expression)
        return
    skipped = set(CONFIG["skip"])
    say_cases(chosen=len(cases), all=len(every), groups=len({group for group, _ in cases}))
    # Processor time: how far this comes is not to depend on what else the machine does.
    end = time.process_time() + CONFIG["seconds"]
    for number in range(CONFIG["start"], len(cases)):
        group, expression = cases[number]
        if group in skipped:
            continue
        if number % 16 == 0 and time.process_time() > end:
            say_time_up(at=number, of=len(cases))
            break
        say_case(number=number, group=group, expression=expression, bare=group.startswith(BARE))
        judge(group, expression, names)
    lift_time_limit()


def judge(group, expression, names):
    # What is called once more, alone, may take longer: not all that is slow is endless.
    if CONFIG["only"]:
        limit_time(5.0, 30.0)
    else:
        limit_time()
    try:
        eval(compile(expression, "<case>", "eval"), names)
    except SystemError as error:
        message = text_of(error)
        if any(sign in message for sign in CONTRACT):
            say_broken_contract(group=group, expression=expression, message=message)
    except MemoryError:
        if not any(sign in expression for sign in ("maxsize", "**", "Huge", "StrangeIndex")):
            say_out_of_memory(group=group, expression=expression)
    except Exception:
        return
    except BaseException as error:
        if type_name(type(error)) == "PanicException":
            say_broken_contract(group=group, expression=expression, message="panic: " + text_of(error))
