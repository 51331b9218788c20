# The same over again: what each call leaves behind, `__init__` a second time, and weak references to instances that
# come and go. It runs with an allocator that overwrites what is freed. In a control nothing is done a second time.
import time

# How often in one window, of which there are three.
OFTEN = 40
# What each repetition leaves at least, if it leaves anything: blocks of Python's, bytes of the C library's.
BLOCKS, BYTES = 0.9, 16


class Plain:
    """An object with attributes, which no cache knows."""


def words():
    # As long as it takes to be a new object each time.
    return "".join(("insula", " probe"))


# Fresh arguments for each call: a reference that is not given back shows as a block only if nobody else has it.
FRESH = (
    ("", lambda: ()),
    ("'insula probe'", lambda: (words(),)),
    ("10 ** 12", lambda: (int("1" + "0" * 12),)),
    ("1", lambda: (1,)),
    ("b'insula probe'", lambda: (bytes(bytearray(b"insula probe")),)),
    ("[]", lambda: ([],)),
    ("{}", lambda: ({},)),
    ("[('insula probe', 'insula probe')]", lambda: ([(words(), words())],)),
    ("{'insula probe': []}", lambda: ({words(): []},)),
    ("{'insula probe': 'insula probe'}", lambda: ({words(): words()},)),
    ("[[1, 2]]", lambda: ([[1, 2]],)),
    ("Plain()", lambda: (Plain(),)),
    ("None", lambda: (None,)),
    ("'insula probe', 'insula probe'", lambda: (words(), words())),
    ("'insula probe', []", lambda: (words(), [])),
    ("'insula probe', 1", lambda: (words(), 1)),
    ("1, 2", lambda: (1, 2)),
    ("Plain(), Plain()", lambda: (Plain(), Plain())),
    ("'(', 'insula probe'", lambda: ("(", words())),
)


# What `OPERATIONS` lacks, because it does not matter to a crash: `k` is what fresh arguments are keyed by.
MORE_OPERATIONS = (
    ("a & b", lambda a, b: a & b), ("a | b", lambda a, b: a | b), ("a ^ b", lambda a, b: a ^ b),
    ("a & {k}", lambda a, b: a & {words()}), ("{k} | a", lambda a, b: {words()} | a),
    ("a | [k]", lambda a, b: a | [words()]), ("a ^ {k}", lambda a, b: a ^ {words()}),
    ("a - {k}", lambda a, b: a - {words()}), ("a == {k: k}", lambda a, b: a == {words(): words()}),
    ("list(a)", lambda a, b: list(a)), ("a[k]", lambda a, b: a[words()]), ("a[0]", lambda a, b: a[0]),
    ("a[:]", lambda a, b: a[:]), ("k in a", lambda a, b: words() in a), ("[] in a", lambda a, b: [] in a),
    ("a[k] = []", lambda a, b: a.__setitem__(words(), [])), ("a[0] = []", lambda a, b: a.__setitem__(0, [])),
    ("del a[k]", lambda a, b: a.__delitem__(words())), ("hash(a)", lambda a, b: hash(a)), ("str(a)", lambda a, b: str(a)),
    ("format(a)", lambda a, b: format(a)), ("int(a)", lambda a, b: int(a)), ("bytes(a)", lambda a, b: bytes(a)),
    ("memoryview(a)", lambda a, b: memoryview(a)), ("a(k)", lambda a, b: a(words())),
    ("a.__reduce_ex__(4)", lambda a, b: a.__reduce_ex__(4)), ("vars(a)", lambda a, b: vars(a)),
)


def quietly(action):
    try:
        checked(action)
    except BaseException:
        return False
    return True


def growth(action, often=OFTEN):
    """What many repetitions leave behind, once all that is collected; the least of three windows."""
    least = [1 << 60, 1 << 60]
    for _ in range(3):
        gc.collect()
        before = heap()
        for _ in range(often):
            quietly(action)
        gc.collect()
        least = [min(known, now - then) for known, now, then in zip(least, heap(), before)]
        if not leaves(least, often):
            break
    return least


def leaves(amount, often=OFTEN):
    return amount[0] >= BLOCKS * often or amount[1] >= BYTES * often


def leaves_each_time(action):
    """Whether five times as many repetitions leave as much each: memory that grows now and then by itself does not."""
    limit_time(20.0, 30.0)
    return leaves(growth(action, 5 * OFTEN), 5 * OFTEN)


def suspicious(action):
    """A quick look, without a full collection: most calls leave nothing."""
    few = 10
    for _ in range(4):
        quietly(action)
    # What earlier calls left to the collector would hide as much of what these leave, if it came to that meanwhile.
    gc.collect(1)
    before = heap()
    for _ in range(few):
        quietly(action)
    after = heap()
    return after[0] - before[0] >= BLOCKS * few or after[1] - before[1] >= BYTES * few


def takers(module, types, made):
    """(the callable as text, by which it is known; function that makes what is called, and that is called)."""
    for name, function in functions_of(module):
        yield "module." + name, name, lambda function=function: function
    for name, cls in types.items():
        if name in made and not cls.__flags__ & (1 << 30) and own_types(module).get(name) is cls:
            yield "module." + name, name, lambda cls=cls: cls
    for name, text, make in subjects(module, types, made):
        for method, _ in methods_of(types[name]):
            yield "%s.%s" % (text, method), "%s.%s" % (name, method), lambda make=make, m=method: getattr(make(), m)


def subjects(module, types, made):
    """(type's name, an instance as text, what makes it): as others make it, and if possible with something in it."""
    filled = []
    for name, (text, make) in sorted(made.items()):
        yield name, text, make
        cls = types[name]
        if own_types(module).get(name) is not cls:
            continue
        for written_, arguments in FRESH:
            try:
                one = cls(*arguments())
                if type(one) is not cls or len(one) == 0:
                    continue
            except BaseException:
                continue
            filled.append((name, "module.%s(%s)" % (name, written_), lambda cls=cls, a=arguments: cls(*a())))
            yield filled[-1]
            break
    # Views and iterators of what has something in it.
    wanted = {id(types[name]): name for name in made if all(name != one[0] for one in filled)}
    closed = avoided()
    for name, text, make in filled:
        for method, _ in list(methods_of(types[name])) + [("__iter__", None)]:
            if "%s.%s" % (made[name][0], method) in closed:
                continue
            try:
                found = wanted.pop(checked(lambda: id(type(getattr(make(), method)()))), None)
            except BaseException:
                continue
            if found is not None:
                yield found, "%s.%s()" % (text, method), lambda make=make, m=method: getattr(make(), m)()


def operators(module, types, made):
    for name, text, make in subjects(module, types, made):
        for label, operate in OPERATIONS + MORE_OPERATIONS:
            yield ("(lambda a, b: %s)(%s, %s)" % (label, text, text), "%s: %s" % (name, label),
                   lambda make=make, operate=operate: operate(make(), make()))
        for attribute, value in sorted(dict(types[name].__dict__).items()):
            if not isinstance(value, ATTRIBUTES) or attribute in ("__dict__", "__weakref__"):
                continue
            key = "%s.%s" % (name, attribute)
            yield "%s.%s" % (text, attribute), key, lambda make=make, n=attribute: getattr(make(), n)
            for written_, arguments in FRESH:
                if len(arguments()) == 1:
                    yield ("setattr(%s, %r, %s)" % (text, attribute, written_), key + " =",
                           lambda make=make, n=attribute, a=arguments: setattr(make(), n, *a()))
            yield "delattr(%s, %r)" % (text, attribute), key + " =", lambda make=make, n=attribute: delattr(make(), n)


def all_repeated(module, types, made):
    """(call as text, callable, type whose instances it makes first or None, function)."""
    others = list(subjects(module, types, made))
    for text, name, get in takers(module, types, made):
        owner = name.rpartition(".")[0] or None
        for written_, arguments in FRESH:
            yield "%s(%s)" % (text, written_), name, owner, lambda get=get, a=arguments: get()(*a())
        for kind, other, make in others:
            if owner in (None, kind):
                yield "%s(%s)" % (text, other), name, owner, lambda get=get, make=make: get()(make())
        try:
            keywords = named_arguments(get())[:3]
        except BaseException:
            continue
        for number, keyword in enumerate(keywords):
            first = keywords[:number + 1]
            yield ("%s(%s)" % (text, ", ".join("%s='insula probe'" % one for one in first)), name, owner,
                   lambda get=get, first=first: get()(**{one: words() for one in first}))
            yield ("%s('insula probe', %s=[])" % (text, keyword), name, owner,
                   lambda get=get, k=keyword: get()(words(), **{k: []}))
    for text, name, operate in operators(module, types, made):
        yield text, name, name.partition(":")[0].partition(".")[0], operate


def probe_calls(module, types, made):
    end = time.process_time() + CONFIG["seconds"]
    closed, reached, leaking, unclear = avoided(), set(), set(), set()
    groups = set()
    for text, name, owner, call in all_repeated(module, types, made):
        groups.add(name)
        # Who leaks when it is made leaks with each of its methods.
        if name in leaking or owner in leaking or callee(text) in closed or time.process_time() > end:
            continue
        reached.add(name)
        say_repeated(callable=name, call=text)
        limit_time(4.0, 8.0)
        begun = time.process_time()
        quietly(call)
        # What takes long is left to others.
        if time.process_time() - begun > 0.02 or not suspicious(call):
            continue
        left = growth(call)
        if not leaves(left) or not leaves_each_time(call):
            continue
        left, clear = beyond_what_is_kept(call, left)
        if leaves(left):
            leaking.add(name)
            say_call_leaves(callable=name, call=text, blocks=left[0], bytes=left[1], repeats=OFTEN)
        elif not clear:
            unclear.add(name)
    say_calls_repeated(reached=len(reached), of=len(groups), unclear=sorted(unclear - leaking))


def probe_init(name, cls):
    """What a second call of `__init__` leaves behind once the instance is gone."""
    for written_, arguments in FRESH:
        try:
            if type(cls(*arguments())) is not cls:
                continue
            sample = cls(*arguments())
            if CONFIG["once"] is False:
                cls.__init__(sample, *arguments())
        except BaseException:
            continue

        def twice(arguments=arguments):
            sample = cls(*arguments())
            if CONFIG["once"] is False:
                cls.__init__(sample, *arguments())
            return sample

        for _, operate in OPERATIONS:
            quietly(lambda operate=operate: operate(twice(), twice()))
        once = growth(lambda arguments=arguments: cls(*arguments()))
        more = growth(twice)
        left = [max(0, b - max(0, a)) for a, b in zip(once, more)]
        if leaves(left) and not leaves_each_time(twice):
            left = [0, 0]
        limit_time(6.0, 10.0)
        say_init_again(of=name, call="%s(%s)" % (name, written_), blocks=left[0], bytes=left[1], repeats=OFTEN)


def probe_weak_references(name, make):
    """Weak references to some instances, while others die before, between and behind them."""
    if CONFIG["once"]:
        reference = lambda one, callback=None: lambda: None
    else:
        reference = _weakref.ref
    called = []
    wrong = None
    for order in (lambda n: range(n), lambda n: reversed(range(n)), lambda n: list(range(1, n, 2)) + list(range(0, n, 2))):
        for lacking in (0, 1, 2):
            group = [make() for _ in range(9)]
            addresses = {id(one) for one in group}
            if len(addresses) < len(group):
                return
            # Some die before anybody asks for a reference, and others before the second one is asked for.
            for number in range(0, 9, 3)[:lacking]:
                group[number] = None
            weak = [one is not None and reference(one, called.append) for one in group]
            again = [one is not None and reference(one) for one in group]
            for number in order(9):
                alive = group[number]
                if alive is None:
                    continue
                if CONFIG["once"] is False:
                    if weak[number]() is not alive or again[number]() is not alive:
                        wrong = wrong or "a weak reference to a live instance does not lead to it"
                del alive
                group[number] = None
                gc.collect(0)
            del weak, again
    fresh, number = make(), len(called)
    weak = reference(fresh, called.append)
    gone = id(fresh)
    del fresh
    gc.collect()
    if CONFIG["once"] is False and weak() is not None and not any(id(one) == gone for one in gc.get_objects()):
        if type(weak()).__flags__ & (1 << 14):
            wrong = wrong or "a weak reference outlives the instance"
    say_weak_references(of=name, wrong=wrong)


def scenario_repetition():
    prepare()
    say_step(name="import")
    module = first_import()
    if module is None:
        return
    types = target_types(module)
    say_step(name="constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    find_mallinfo()
    experiments = []
    for name, cls in types.items():
        exception = bool(cls.__flags__ & (1 << 30))
        own = [base for base in cls.__mro__ if "__init__" in base.__dict__][:1]
        if not exception and own and any(own[0] is one for one in types.values()):
            experiments.append(("__init__ again of " + name, lambda a=(name, cls): probe_init(*a)))
        if name in made and cls.__weakrefoffset__ and not exception:
            experiments.append(("weak references to " + name, lambda a=(name, made[name][1]): probe_weak_references(*a)))
    if CONFIG["functions"]:
        experiments.append(("calls", lambda: probe_calls(module, types, made)))
    for number in range(CONFIG["start"], len(experiments)):
        label, run = experiments[number]
        say_experiment(number=number, label=label)
        limit_time(6.0, 10.0)
        try:
            run()
        except BaseException as error:
            say_experiment_raised(label=label, class_=type_name(type(error)))
        if CONFIG["only"]:
            break
    lift_time_limit()
