# What repetitions leave behind beside what is kept on purpose, in a registry for instance.
import gc


def beyond_what_is_kept(action, left):
    """What repetitions leave behind beside what is held by something that was there before: a registry, and no leak.

    Also whether that is clear. It is not where what is held may have memory of which nothing is known.
    """
    gc.collect()
    old = all_containers()
    # It lives on meanwhile, so that nothing new can have the address of something that was there.
    held = [holds(one) for one in old]
    known = {id(child) for children in held for child in children}
    sizes = [sys.getsizeof(one) if type(one) in EMPTY else None for one in old]
    replaced = []
    known.update(map(id, old), map(id, (old, held, known, sizes, replaced)))
    before = heap()
    for _ in range(OFTEN):
        quietly(action)
    gc.collect()
    # A table that grew while this was measured did so now, too, or it does not count.
    left = [min(earlier, now - then) for earlier, now, then in zip(left, heap(), before)]
    least, most, queue = [0, 0], [0, 0], []
    for owner, children, size in zip(old, held, sizes):
        fresh, more = what_came(owner, children, known)
        if not fresh:
            replaced += [child for child in holds(owner) if id(child) not in known]
        queue += zip(fresh, [more] * len(fresh))
        grown = 64 * len(fresh) if size is None else max(0, sys.getsizeof(owner) - size)
        add(most, [len(fresh) if size is None else grown > 0, grown])
    while queue:
        one, more = queue.pop()
        if id(one) in known:
            continue
        known.add(id(one))
        bounds = memory_of(one)
        if bounds is None:
            return [0, 0], False
        add(least, bounds[0] if more else [0, 0])
        add(most, bounds[1])
        queue += [(child, more) for child in holds(one)]
    if leads_to_new(replaced, known, OFTEN):
        # A persistent map, or a chain: each time another one takes the place of the one before, and holds all that it
        # held and something more.
        return [0, 0], False
    surely, perhaps = [left[0] - most[0], left[1] - most[1]], [left[0] - least[0], left[1] - least[1]]
    return (surely, True) if leaves(surely) else ([0, 0], not leaves(perhaps))


def all_containers():
    """All that may come to hold something: what the collector knows, and dictionaries that it need not know yet."""
    found = gc.get_objects()
    seen = set(map(id, found))
    for number in range(len(found)):
        for child in gc.get_referents(found[number]):
            if type(child) is dict and id(child) not in seen:
                seen.add(id(child))
                found.append(child)
    return found


def holds(one):
    # A dictionary does not tell the collector of keys that are text.
    return [*one, *one.values()] if type(one) is dict else gc.get_referents(one)


def what_came(owner, children, known):
    """What an object holds that is new, and whether all of that is more than it held."""
    now = holds(owner)
    more = len(now) - len(children)
    # What takes the place of something else is no more than that.
    fresh = [child for child in now if id(child) not in known] if more > 0 else []
    return fresh, len(fresh) <= more


def leads_to_new(queue, known, many):
    """Whether these, and what they lead to, are so many objects that were not there before."""
    seen = set()
    while queue and len(seen) < many:
        one = queue.pop()
        if id(one) not in known and id(one) not in seen and type(one) is not type(sys):
            seen.add(id(one))
            queue += holds(one)
    return len(seen) >= many


def add(total, more):
    total[:] = [one + other for one, other in zip(total, more)]


# What is held without anything in it, by type: the rest is one allocation more.
EMPTY = {type(one): sys.getsizeof(one) for one in ([], {}, set(), bytearray())}
# What is one allocation.
CELL = type((lambda one: lambda: one)(0).__closure__[0])
ONE = frozenset((int, str, bytes, float, complex, tuple, type(lambda: 0), type([].append), CELL))


def memory_of(one):
    """The least and the most that an object has: blocks of Python's allocator, and bytes of the C library's."""
    kind = type(one)
    if sys.getrefcount(one) >= 1 << 28 or kind is type(sys) or kind is int and -6 < one < 257:
        # It was there before, or is nobody's in particular.
        return [0, 0], [0, 0]
    if kind in EMPTY:
        first, rest = allocation(EMPTY[kind]), allocation(sys.getsizeof(one) - EMPTY[kind])
        return tuple([one + other for one, other in zip(*bounds)] for bounds in zip(first, rest))
    return allocation(sys.getsizeof(one)) if kind in ONE else None


def allocation(size):
    if size <= 0:
        return [0, 0], [0, 0]
    # What is large is the C library's, which adds something of its own; where that begins depends on the allocator.
    own = 48 if size < 1 << 16 else 1 << 13
    return [1, size + own if size > 512 else 0], [1, size + 2 * own if size > 440 else 0]
