# The contract with the garbage collector, from inside: each type is probed with instances that were made blindly.
# One experiment after the other is numbered, so that the auditor can go on behind one that ended the process.

REPEATS = 60
# For instances that take longer than this to make, in seconds of processor time, fewer have to do.
SLOW, FEW = 0.05, 12


class Spy:
    """An object that the target is made to hold: it, or an attribute of it, which is the object itself."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __call__(self, *arguments):
        return self


class Watcher(Spy):
    """Looks, when it dies, whether the object that held it is still tracked."""

    def __del__(self):
        looked_for = self.__dict__.get("container")
        if looked_for is not None:
            look_for(looked_for, "a member")


def look_for(container, by):
    tracked = False
    for candidate in gc.get_objects():
        if id(candidate) == container:
            tracked = True
            # Looking revived an object that is being destroyed: this process cannot go on.
            say_untracked(of=CURRENT[0], tracked=True, by=by)
            posix._exit(0)
    if not tracked:
        say_untracked(of=CURRENT[0], tracked=False, by=by)


CURRENT = [""]


def ways_in(cls, make):
    """Ways to put an object into a new instance: (label, whether the instance exists before, function)."""
    yield "constructor", False, lambda x: cls(x)
    yield "constructor", False, lambda x: cls("a", x)
    yield "constructor", False, lambda x: cls([x])
    yield "constructor", False, lambda x: cls({"a": x})
    closed = avoided()
    for name, function in FUNCTIONS:
        if "module." + name in closed:
            continue
        yield "function " + name, False, lambda x, function=function: function(x)
        yield "function " + name, False, lambda x, function=function: function([x])
    if make is None:
        return

    def fresh(change):
        def way(x, made=None):
            made = make() if made is None else made
            change(made, x)
            return made
        return way

    for name, value in sorted(dict(cls.__dict__).items()):
        if isinstance(value, ATTRIBUTES):
            if name not in ("__dict__", "__weakref__", "__doc__", "__module__"):
                yield "attribute " + name, True, fresh(lambda o, x, name=name: setattr(o, name, x))
    for name, _ in methods_of(cls):
        if any(one.endswith(")." + name) for one in closed):
            continue
        yield "method " + name, True, fresh(lambda o, x, name=name: getattr(o, name)(x))
        yield "method " + name, True, fresh(lambda o, x, name=name: getattr(o, name)("a", x))
    yield "item", True, fresh(lambda o, x: o.__setitem__("a", x))
    yield "item", True, fresh(lambda o, x: o.__setitem__(0, x))
    yield "attribute", True, fresh(lambda o, x: setattr(o, "insula_probe", x))


def reaches(owner, wanted, depth=4):
    """Whether the collector's view of an object leads to another one, without passing through types and modules."""
    level = [owner]
    for _ in range(depth):
        below = []
        for one in level:
            for child in gc.get_referents(one):
                if child is wanted:
                    return True
                if not isinstance(child, type) and type(child) is not type(sys) and len(below) < 200:
                    below.append(child)
        level = below
    return False


def references(box):
    # One place for all counts that are compared: from 3.14 on, the interpreter borrows the references of some local
    # variables, so that the same question gets another answer elsewhere.
    return sys.getrefcount(box[0])


def holding_ways(cls, make, kind=Spy):
    """The ways after which the instance owns the object: while it lives there are more references, then no more."""
    for label, mutates, way in ways_in(cls, make):
        box = [kind()]
        before = references(box)
        try:
            made = checked(lambda: way(box[0]))
        except BaseException:
            continue
        if type(made) is not cls:
            continue
        during = references(box)
        visited = reaches(made, box[0])
        del made
        gc.collect()
        if during > before and references(box) == before:
            yield label, mutates, way, visited


def repeats_of(make):
    import time

    begun = time.process_time()
    make()
    return REPEATS if time.process_time() - begun < SLOW else FEW


def probe_visits(name, cls, make):
    """How often the collector is told of each referent, against how many references an instance adds."""
    sample = make()
    referents = gc.get_referents(sample)
    members = []
    for referent in referents:
        if mortal(referent) and not any(referent is one for one in members):
            members.append(referent)
    count = sum(1 for one in referents if one is cls)
    del referents
    repeats = repeats_of(make)
    before = [sys.getrefcount(one) for one in members]
    more = {id(one): one for one in [make() for _ in range(repeats)]}
    after = [sys.getrefcount(one) for one in members]
    over = []
    for number, member in enumerate(members):
        visits = 0
        for one in more.values():
            visits += sum(1 for child in gc.get_referents(one) if child is member)
        owned = after[number] - before[number]
        # Who makes one object, or few, again and again adds no references; a free list keeps those of the dead. What
        # cannot be is that all who are tracked visit more often than there are references.
        if visits > owned and visits >= len(more) and visits_of_all(member) > sys.getrefcount(member):
            over.append([describe_member(member, cls), visits // len(more), owned // len(more)])
    say_visits(of=name, of_type=count, over=over)


def visits_of_all(member):
    """How often all tracked objects tell the collector of this one."""
    return sum(1 for one in gc.get_objects() for child in gc.get_referents(one) if child is member)


def describe_member(member, cls):
    if member is cls:
        return "its type"
    if isinstance(member, type):
        return "the type " + type_name(member)
    return "a member (%s)" % type_name(type(member))


def probe_slope(name, cls, make):
    """What happens to the type's reference count when instances come and go."""
    repeats = repeats_of(make)
    gc.collect()
    alive = sum(1 for one in gc.get_objects() if type(one) is cls)
    before, blocks = sys.getrefcount(cls), sys.getallocatedblocks()
    for _ in range(repeats):
        make()
    gc.collect()
    slope = sys.getrefcount(cls) - before
    blocks = sys.getallocatedblocks() - blocks
    alive = sum(1 for one in gc.get_objects() if type(one) is cls) - alive
    say_slope(of=name, references=slope, repeats=repeats, blocks=blocks, alive=alive)


KEPT = []
PADDING = []
FUNCTIONS = []


def probe_members(name, cls, make):
    """Whether what an instance owns is shown to the collector."""
    missed = []
    ways = 0
    for label, _, _, visited in holding_ways(cls, make):
        ways += 1
        if not visited and label not in missed:
            missed.append(label)
    say_members(of=name, missed=missed, ways=ways)


def probe_untrack(name, cls, make):
    """Whether an instance is still tracked while its members are released."""
    CURRENT[0] = name
    # A collection clears what is still tracked: only the end of the last reference is of interest here.
    gc.disable()
    if make is not None:
        try:
            made = make()
            weak = _weakref.ref(made, lambda _, container=id(made): look_for(container, "a weak reference's callback"))
        except TypeError:
            weak = None
        made = None
        del weak
    for label, mutates, way, visited in list(holding_ways(cls, make)):
        watcher = Watcher()
        try:
            made = checked(lambda: way(watcher))
        except BaseException:
            continue
        watcher.container = id(made)
        weak = _weakref.ref(watcher)
        del watcher
        del made
        watcher = weak()
        if watcher is not None:
            watcher.container = None
        del watcher
    gc.enable()


class Canary(Spy):
    """Lives as long as the cycle that it is part of."""


def canaries():
    # Weak references are cleared before the collector finds out that it cannot break a cycle: only its lists tell.
    return sum(1 for one in gc.get_objects() if type(one) is Canary)


def probe_cycle(name, cls, make):
    """Whether a cycle through an instance goes away."""
    stuck = []
    for label, mutates, way, visited in list(holding_ways(cls, make)):
        if not visited or label in stuck:
            continue
        before = canaries()
        canary = Canary()
        if mutates and make is not None:
            made = make()
            # A tuple cannot be cleared: only the target's own type can break this cycle.
            knot = (made, canary)
            try:
                checked(lambda: way(knot, made))
            except BaseException:
                made = canary = knot = None
                continue
        else:
            knot = []
            canary.knot = knot
            try:
                made = checked(lambda: way(canary))
            except BaseException:
                continue
            knot.append(made)
        held = reaches(made, canary)
        made = canary = knot = None
        gc.collect()
        gc.collect()
        if held and canaries() > before:
            stuck.append(label)
    say_cycle_stays(of=name, stuck=stuck)


PROBES = (
    ("visits", probe_visits), ("slope", probe_slope), ("members", probe_members), ("cycle", probe_cycle),
    ("untrack", probe_untrack),
)


def probe_lifetime(module):
    """Whether a module that nobody uses any more dies, with its types."""
    before = set(all_types())
    copy = fresh_copy()
    if copy is module:
        say_lifetime(same=True, survivors=[])
        return
    weak = {}
    for name, cls in own_types(copy).items():
        if id(cls) not in before and cls.__flags__ & (1 << 9):
            weak[name] = _weakref.ref(cls)
    try:
        weak["the module"] = _weakref.ref(copy)
    except TypeError:
        pass
    cls = copy = None
    for _ in range(4):
        gc.collect()
    say_lifetime(same=False, survivors=sorted(name for name, one in weak.items() if one() is not None))


def scenario_gc_contract():
    prepare()
    say_step(name="import")
    module = first_import()
    if module is None:
        return
    types = target_types(module)
    # A reserve, so that a type which is released too often is not freed while it is examined.
    PADDING.extend([cls] * 2000 for cls in types.values())
    say_step(name="constructor attempts")
    made = factories(module, types, CONFIG["functions"])
    # The auditor's own time, while it looks at this process, does not count.
    limit_time(20.0, 0.0)
    if CONFIG["start"] == 0:
        say_made(by={name: text for name, (text, _) in made.items()})
        referents = [id(one) for one in gc.get_referents(module)]
        addresses = {name: id(cls) for name, cls in types.items()}
        wait_at_state(known=known(), module=id(module), referents=referents, types=addresses)
        samples = {}
        for name, (_, make) in made.items():
            group = [make() for _ in range(8)]
            samples[name] = [[id(one), [id(child) for child in gc.get_referents(one)]] for one in group]
            KEPT.append(group)
        wait_at_instances(known=known(), samples=samples)
        del KEPT[:]
    if CONFIG["functions"]:
        FUNCTIONS.extend(functions_of(module))
        if CONFIG["start"] == 0:
            offer(Spy, module, types, made)
    experiments = []
    for name, cls in types.items():
        make = made[name][1] if name in made else None
        exception = bool(cls.__flags__ & (1 << 30))
        if exception:
            # Most inherit everything from their base. What one has of its own shows in an instance.
            try:
                make = cls if type(cls()) is cls else None
            except BaseException:
                make = None
        for probe, run in PROBES:
            if exception and (make is None or probe not in ("visits", "slope")):
                continue
            if make is not None or probe in ("members", "untrack", "cycle"):
                experiments.append(("%s of %s" % (probe, name), lambda run=run, a=(name, cls, make): run(*a)))
    if CONFIG["functions"]:
        # What releases its result too often soon hands out a freed one, and may have ended earlier workers. Here each
        # has a worker of its own if need be, and its results get references in reserve before they are released. What
        # a method is called on has them before the first call.
        # Static types have no contract with the collector, but methods all the same.
        counted = target_types(module, static=True)
        ways = made if counted.keys() == types.keys() else factories(module, counted, True)
        for label, probe in (("what methods are called on", probe_receivers), ("results", probe_results)):
            for one in [None] + sorted(avoided()):
                run = lambda probe=probe, one=one: probe(module, counted, ways, one)
                experiments.append(("reference counts of " + label, run))
        experiments.append(("reference counts of arguments", lambda: probe_arguments(module, counted, ways)))
    if CONFIG["copies"]:
        experiments.append(("lifetime", lambda: probe_lifetime(module)))
    for number in range(CONFIG["start"], len(experiments)):
        label, run = experiments[number]
        say_experiment(number=number, label=label)
        limit_time(20.0, 12.0)
        try:
            run()
        except BaseException as error:
            say_experiment_raised(label=label, class_=type_name(type(error)))
