# References that calls release: more than they own?


def probe_results(module, types, made, one=None):
    """Whether calls hand out more references to their results than they own."""
    for label, call in calls_of(module, types, made, one):
        limit_time(1.0 if one else 20.0)
        try:
            first, second = checked(call), checked(call)
        except BaseException:
            continue
        if first is not second or not mortal(first) or isinstance(first, type):
            continue
        KEPT.append([first] * (4 * REPEATS))
        second = None
        before = sys.getrefcount(first)
        for _ in range(REPEATS):
            try:
                checked(call)
            except BaseException:
                break
        if sys.getrefcount(first) - before <= -REPEATS:
            say_over_released(call=label, part="result", kind=type_name(type(first)))


def probe_receivers(module, types, made, one=None):
    """Whether methods release more references to the object that they are called on than they own.

    What returns this object without a reference of its own has it freed, unless somebody else keeps it, as here.
    """
    closed = avoided()
    for name, (text, make) in sorted(made.items()):
        for method, _ in methods_of(types[name]):
            callable_ = callee("%s.%s()" % (text, method))
            if callable_ != one if one else callable_ in closed:
                continue
            limit_time(1.0 if one else 20.0)
            try:
                receiver = make()
                KEPT.append([receiver] * (8 * REPEATS))
                bound = getattr(receiver, method)
            except BaseException:
                continue
            for arguments in METHOD_ATTEMPTS:
                before = sys.getrefcount(receiver)
                for _ in range(REPEATS):
                    try:
                        checked(lambda: bound(*arguments))
                    except BaseException:
                        break
                if sys.getrefcount(receiver) - before <= -REPEATS:
                    label = "%s.%s%s" % (text, method, written(arguments))
                    say_over_released(call=label, part="receiver", kind=name)
                    break


def probe_arguments(module, types, made):
    """Whether calls release more references to their arguments than they own."""
    takers = list(functions_of(module))
    for name, (text, make) in sorted(made.items()):
        for method, _ in methods_of(types[name]):
            takers.append(("%s.%s" % (text, method), lambda *a, make=make, m=method: getattr(make(), m)(*a)))
    for label, function in takers:
        limit_time(20.0)
        for arguments in (lambda x: (x,), lambda x: (x, x), lambda x: ("a", x)):
            spy = Spy()
            KEPT.append([spy] * (8 * REPEATS))
            before = sys.getrefcount(spy)
            for _ in range(REPEATS):
                try:
                    checked(lambda: function(*arguments(spy)))
                except BaseException:
                    continue
            if sys.getrefcount(spy) - before <= -REPEATS:
                say_over_released(call=label, part="argument", kind="")
                break
