import gc, weakref

module = load()
for backwards in (False, True):
    for lacking in (0, 3):
        group = [make() for _ in range(9)]
        for number in range(0, lacking * 3, 3):
            group[number] = None
        weak = [weakref.ref(one, lambda _: None) for one in group if one is not None]
        again = [weakref.ref(one) for one in group if one is not None]
        alive = [one for one in group if one is not None]
        assert all(first() is second() is one for first, second, one in zip(weak, again, alive))
        del group
        while alive:
            alive.pop(0 if backwards else -1)
            gc.collect()
        assert all(one() is None for one in weak + again)
        del weak, again
