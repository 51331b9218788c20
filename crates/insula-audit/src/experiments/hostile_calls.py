# Hostile calls. Every case is one expression in terms of `module` and of the names in `hostile.py`, so that a
# reproducer is nothing but that file and the expression.

VALUES = (
    "None", "0", "-1", "'a'", "b'a'", "[]", "{}", "1.5", "object()",
    "RaisingEq('a')", "RaisingHash('a')", "Unhashable('a')", "NothingEq('a')", "Everything()", "chr(0xd800)",
    "'a' + chr(0) + 'b'", "chr(0x10ffff) * 3", "-sys.maxsize - 1", "sys.maxsize", "2 ** 70", "-2 ** 70", "2 ** 31",
    "HugeLen([1])", "ShrinkingList([1, 2, 3])", "StrangeIndex()", "NotAString('a')", "BadIterator()", "BadMapping(a=1)",
    "BadReader()", "float('nan')", "bytearray(b'ab')", "memoryview(b'abcd')[::2]", "(1, 'a', None)", "[None]", "{'a': None}",
    "''", "b''", "'a' * 5000", "type", "Endless()", "[['a', 1], [2]]", "fresh()", "clearing_list()", "emptying()",
    "{'a' + chr(0): 1}", "{chr(0xd800): chr(0xd800)}",
)
# What reaches the end of a number's range, or of the stack.
EXTREMES = ("1e300", "float('inf')", "1, float('inf')", "deep()", "'a', deep()")
# What anybody might pass comes first.
PLAIN = ("", "0", "'a'", "None", "b'a'", "[]", "1.5", "'a', 'a'", "'a', 1", "1, 'a'", "1, 1", "None, None", "[], []")
FIRST = ("'a'", "1", "None", "b'a'", "[]")
SKIPPED = frozenset("__new__ __getattribute__ __del__ __class__ __init_subclass__ __subclasshook__".split())
WRAPPER = type(object.__dict__["__init__"])


def subjects_of(module, types, made, names):
    """(type's name, type, [(expression of an instance, made by `__new__` alone, its type's expression)])."""
    shown = own_types(module)
    for name, cls in sorted(types.items()):
        if cls.__flags__ & (1 << 30):
            continue
        type_text = "module." + name
        if shown.get(name) is not cls:
            type_text = "kind(%r)" % "%s.%s" % (cls.__module__, type_name(cls))
            try:
                if names["kind"]("%s.%s" % (cls.__module__, type_name(cls))) is not cls:
                    type_text = None
            except Exception:
                type_text = None
        subjects = [(made[name][0], False)] if name in made else []
        if type_text:
            subjects.append(("%s.__new__(%s)" % (type_text, type_text), True))
        yield name, cls, type_text, subjects


def callables_of(module, types, made, names):
    """(group, expression up to its arguments, expression of its subject or None, callable)."""
    for name, function in functions_of(module):
        yield name, "module.%s(" % name, None, function
    for name, cls, type_text, subjects in subjects_of(module, types, made, names):
        if type_text:
            yield name, "%s(" % type_text, None, cls
            yield name + ".__new__", "%s.__new__(%s, " % (type_text, type_text), None, None
        for subject, is_bare in subjects:
            for method, descriptor in sorted(dict(cls.__dict__).items()):
                if method in SKIPPED or not safe(method, UNSAFE_METHODS) or isinstance(descriptor, ATTRIBUTES):
                    continue
                if isinstance(descriptor, WRAPPER) or callable(descriptor) or isinstance(descriptor, METHOD_DESCRIPTOR):
                    group = "%s%s.%s" % (BARE if is_bare else "", name, method)
                    yield group, "%s.%s(" % (subject, method), subject, descriptor


def plain_cases_of(module, types, made, names):
    """(group, expression): plain arguments, keywords, the subject as its own argument, `__new__` of every type."""
    for group, before, subject, function in callables_of(module, types, made, names):
        for arguments in PLAIN:
            if function is None and not arguments:
                # Made by `__new__` alone, and gone at once: what destroys it must bear that.
                bare = before.partition(".__new__(")[0]
                yield BARE + group.rpartition(".")[0], "%s.__new__(%s)" % (bare, bare)
            else:
                yield group, "%s%s)" % (before, arguments)
        if function is not None and not isinstance(function, WRAPPER):
            keywords = named_arguments(function)
            for keyword in keywords:
                yield group, "%s%s='a')" % (before, keyword)
                yield group, "%s'a', %s='a')" % (before, keyword)
            yield group, "%s%s)" % (before, ", ".join("%s='a'" % one for one in keywords))
            yield group, "emptied(lambda a, b: %sa, b))" % before
        if subject is not None:
            tail = before[len(subject):]
            for arguments in ("s", "s, s", "'a', s"):
                yield group, "(lambda s: s%s%s))(%s)" % (tail, arguments, subject)
    for name, cls, _, subjects in subjects_of(module, types, made, names):
        for subject, is_bare in subjects:
            group = "%s%s" % (BARE if is_bare else "", name)
            for attribute, descriptor in sorted(dict(cls.__dict__).items()):
                if attribute not in SKIPPED and safe(attribute, UNSAFE_METHODS) and isinstance(descriptor, ATTRIBUTES):
                    yield "%s.%s" % (group, attribute), "%s.%s" % (subject, attribute)
                    yield "%s.%s" % (group, attribute), "delattr(%s, %r)" % (subject, attribute)
                    yield ("%s.%s" % (group, attribute),
                           "(lambda s: (delattr(s, %r), s.%s))(%s)" % (attribute, attribute, subject))
            for operation in ("repr(%s)", "str(%s)", "hash(%s)", "list(%s)", "bool(%s)", "len(%s)", "%s.__reduce_ex__(2)",
                              "%s()", "%s.__sizeof__()", "(lambda s: s == s)(%s)", "(lambda s: s + s)(%s)",
                              "__import__('gc').get_referents(%s)", "next(%s)", "next(iter(%s))", "bytes(%s)",
                              "__import__('copy').copy(%s)", "while_iterating(%s)", "exhausted(%s)"):
                yield group, operation % subject


def hostile_cases_of(module, types, made, names):
    """(group, expression): every value in every place."""
    for group, before, subject, _ in callables_of(module, types, made, names):
        for value in VALUES:
            yield group, "%s%s)" % (before, value)
        for value in VALUES:
            for first in FIRST:
                yield group, "%s%s, %s)" % (before, first, value)
            yield group, "%s%s, 'a')" % (before, value)
            yield group, "%s%s, %s)" % (before, value, value)
            yield group, "%s'a', %s, 'a')" % (before, value)
            yield group, "%s%s, %s, %s)" % (before, value, value, value)
        if subject is not None:
            tail = before[len(subject):]
            yield group, "reentrant(%s, lambda s, x: s%sx))" % (subject, tail)
            yield group, "reentrant(%s, lambda s, x: s%sx, 'a'))" % (subject, tail)
            yield group, "reentrant(%s, lambda s, x: s%s'a', x))" % (subject, tail)
    for name, cls, _, subjects in subjects_of(module, types, made, names):
        for subject, is_bare in subjects:
            bare = BARE if is_bare else ""
            for attribute, descriptor in sorted(dict(cls.__dict__).items()):
                if attribute in SKIPPED or not safe(attribute, UNSAFE_METHODS) or not isinstance(descriptor, ATTRIBUTES):
                    continue
                group = "%s%s.%s" % (bare, name, attribute)
                for value in VALUES:
                    yield group, "setattr(%s, %r, %s)" % (subject, attribute, value)
                yield group, "reentrant(%s, lambda s, x: setattr(s, %r, x))" % (subject, attribute)
            group = "%s%s" % (bare, name)
            for value in VALUES:
                for operation in ("%s[%s]", "%s == %s", "%s + %s", "%s < %s"):
                    yield group, operation % (subject, value)
                yield group, "%s[%s]" % (value, subject)
                yield group, "%s + %s" % (value, subject)


def keyword_cases_of(module, types, made, names):
    """(group, expression): each keyword with a text that has no UTF-8."""
    for group, before, _, function in callables_of(module, types, made, names):
        if function is None or isinstance(function, WRAPPER):
            continue
        for keyword in named_arguments(function):
            for arguments in ("", "'a', "):
                yield group, "%s%s%s=chr(0xd800))" % (before, arguments, keyword)


def extreme_cases_of(module, types, made, names):
    """(group, expression): each callable of what was made properly with each extreme."""
    for group, before, _, function in callables_of(module, types, made, names):
        if function is not None and not group.startswith(BARE):
            for arguments in EXTREMES:
                yield group, "%s%s)" % (before, arguments)


def only_made(expression):
    """Whether this makes an instance by `__new__` alone, and nothing else."""
    kind, _, given = expression.partition(".__new__(")
    return given == kind + ")"


def cases_of(module, types, made, names):
    """The plain cases and the hostile ones, each in an order that is the same in every run. One group is one callable."""
    plain = list(plain_cases_of(module, types, made, names))
    # Instances that were made properly first: what the others do is often one defect of many faces.
    plain.sort(key=lambda case: case[0].startswith(BARE) and not only_made(case[1]))
    known = set(plain)
    return plain, [case for case in hostile_cases_of(module, types, made, names) if case not in known]


MOST_CASES = 3500
MOST_KEYWORDS, MOST_EXTREMES = 400, 400
# What in the arguments says that much may be asked for.
MUCH = ("maxsize", "**", "Huge", "StrangeIndex", "1e300", "float('inf')")
# How the group of what was made by `__new__` alone begins.
BARE = "uninitialised "
# Processor time after which a call that comes to its end is slow, not endless.
TIME_ENOUGH = 0.8
CONTRACT = ("without setting an exception", "with an exception set", "without setting an error", "with an error set",
            "bad argument to internal function", "bad call flags")
# The half of a reference count that lies in freed memory, which PYTHONMALLOC=debug overwrites.
OVERWRITTEN = 0xDDDDDDDD


def spread(cases, most):
    """All of them, or so many, evenly."""
    if len(cases) <= most:
        return cases
    return [cases[number * len(cases) // most] for number in range(most)]


def chosen(plain, hostile):
    """What there is time for: the plain cases first, then as many others, but of those never less than a third."""
    first = spread(plain, MOST_CASES - min(len(hostile), MOST_CASES // 3))
    return first + spread(hostile, MOST_CASES - len(first))


def scenario_hostile_calls():
    hostile_calls()
    if FREED[0]:
        # The interpreter's end would free once more what is held.
        say_done()
        posix._exit(0)


def hostile_calls():
    import time

    prepare()
    say_step(name="import")
    module = first_import()
    if module is None:
        return
    names = {"module": module}
    exec(compile(HOSTILE, "<hostile>", "exec"), names)
    if CONFIG["only"]:
        for expression in CONFIG["only"]:
            say_step(name=expression)
            before = time.process_time()
            judge("", expression, names)
            if time.process_time() - before > TIME_ENOUGH:
                say_slow(expression=expression)
        return
    types = target_types(module, static=True)
    say_step(name="constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    plain, hostile = cases_of(module, types, made, names)
    keywords = list(keyword_cases_of(module, types, made, names))
    extremes = list(extreme_cases_of(module, types, made, names))
    # By themselves: how many of these there are changes nothing about which of the others are made.
    cases = chosen(plain, hostile) + spread(keywords, MOST_KEYWORDS) + spread(extremes, MOST_EXTREMES)
    skipped = set(CONFIG["skip"])
    total = len(plain) + len(hostile) + len(keywords) + len(extremes)
    say_cases(chosen=len(cases), all=total, groups=len({group for group, _ in cases}))
    # Processor time: how far this comes is not to depend on what else the machine does.
    end = time.process_time() + CONFIG["seconds"]
    for number in range(CONFIG["start"], len(cases)):
        group, expression = cases[number]
        if group in skipped or group.partition(".")[0] + ".*" in skipped:
            continue
        if number % 16 == 0 and time.process_time() > end:
            say_time_up(at=number, of=len(cases))
            break
        say_case(number=number, group=group, expression=expression, bare=group.startswith(BARE))
        judge(group, expression, names)
    lift_time_limit()


# Results: one that is freed already is not to be freed again. Made beforehand: what is made later may get its memory.
HELD = [None] * 1000
FREED = [0]


def references(code, names):
    """How many references there are to what a call returns: those that are held here are among them."""
    result = HELD[FREED[0]] = eval(code, names)
    return sys.getrefcount(result)


def is_freed(count):
    """Whether so few references are those of an object that nobody has, or its count was overwritten.

    What CPython keeps for the next object of the type is not overwritten. Either way somebody else may get it.
    """
    return count < OWNED or 0 <= (count & 0xFFFFFFFF) - OVERWRITTEN < 8


# To an object that only that function holds. Which of its own references count differs from version to version.
OWNED = references(compile("[]", "<case>", "eval"), {})


def broken_contract(error):
    """What CPython says, which names the probe's own functions where it noticed behind the call."""
    message = text_of(error)
    if any(sign in message for sign in ("function eval>", "function apply at ", "PyEval_EvalFrame")):
        cause = error.__cause__
        of = " (%s)" % type_name(type(cause)) if cause is not None else ""
        return "it gives a result with an exception set" + of
    return message


def judge(group, expression, names):
    # What is called once more, alone, may take longer: not all that is slow is endless.
    if CONFIG["only"]:
        limit_time(5.0, 30.0)
    else:
        limit_time()

    def evaluate():
        # What it gives is destroyed here, too, unless that has happened already.
        if is_freed(references(compile(expression, "<case>", "eval"), names)):
            # Held for good.
            FREED[0] = min(FREED[0] + 1, len(HELD) - 1)
            message = "it returns an object that is freed already; the caller has to get a reference of its own"
            say_broken_contract(group=group, expression=expression, message=message)
        else:
            HELD[FREED[0]] = None

    try:
        checked(evaluate)
    except SystemError as error:
        message = broken_contract(error)
        if any(sign in message for sign in CONTRACT):
            say_broken_contract(group=group, expression=expression, message=message)
    except MemoryError:
        if not any(sign in expression for sign in MUCH):
            say_out_of_memory(group=group, expression=expression)
    except Exception:
        return
    except BaseException as error:
        if type_name(type(error)) == "PanicException":
            say_broken_contract(group=group, expression=expression, message="panic: " + text_of(error))
