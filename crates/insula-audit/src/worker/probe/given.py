# What calls give to one interpreter.
GIVEN = []
# What any interpreter may have in common with others: CPython keeps one of each small value.
PLAIN = frozenset((bool, int, float, complex, str, bytes, type(None), type(NotImplemented), type(Ellipsis)))
# How many instances are made to see whose memory they get. Larger ones do not come from the interpreter's allocator.
MANY, LARGEST = 24, 400


def give(module):
    """Makes all calls and keeps what they return; then makes instances, and says where they lie."""
    types = target_types(module, static=True)
    made = factories(module, types, CONFIG["functions"])
    results = []
    for label, call in calls_of(module, types, made):
        if len(results) >= 2000:
            break
        limit_time()
        say_attempt(expression=label)
        try:
            result = checked(call)
        except BaseException as error:
            kind = type(error)
            # The type of what it raises is given, too. It lives as long as its module.
            if kind.__flags__ & (1 << 9) and not is_foreign(kind) and mortal(kind):
                GIVEN.append(kind)
                results.append([callee(label), label, id(kind), "the type of what it raises, " + type_name(kind)])
            continue
        if type(result) in PLAIN or type(result) in (tuple, frozenset) and not result or not mortal(result):
            continue
        GIVEN.append(result)
        results.append([callee(label), label, id(result), type_name(type(result))])
    lift_time_limit()
    memory = []
    for name, (text, make) in sorted(made.items()):
        if types[name].__basicsize__ > LARGEST or types[name].__itemsize__:
            continue
        try:
            group = [make() for _ in range(MANY)]
        except BaseException:
            continue
        memory.append([name, sorted({id(one) for one in group})])
        # The first interpreter gives its instances back; the second one keeps its own.
        if WHERE == "the second interpreter":
            GIVEN.append(group)
        group = None
    say_given(results=results, memory=memory)
