# Whether a leak is the target's doing: the same test with stand-ins for the target's functions.


class StandIns:
    """Puts functions of our own in the place of the target's, in all namespaces of modules, and takes them away again.

    First they call the target's and keep what these return; then they return that, and the target is not called.
    """

    def __init__(self, watch):
        self.watch = watch
        self.sound, self.calls = True, False
        self.originals = {id(function): function for _, function in functions_of(watch.module, ())}
        self.results = {address: [] for address in self.originals}
        self.next = dict.fromkeys(self.originals, 0)

    def of(self, function):
        results, address = self.results[id(function)], id(function)

        def stand_in(*given, **named):
            if self.calls:
                # What it raises is not kept: of that nothing can be told.
                self.sound, sound = False, self.sound
                results.append(function(*given, **named))
                self.sound = sound and not self.watch.belongs(results[-1])
                return results[-1]
            number = self.next[address]
            if number >= len(results):
                self.sound = False
                return None
            self.next[address] = (number + 1) % len(results)
            return results[number]

        return stand_in

    def __enter__(self):
        self.changed = []
        for one in list(sys.modules.values()):
            space = vars(one) if type(one) is MODULE_TYPE else {}
            for name, value in list(space.items()):
                if self.originals.get(id(value)) is value and value is not None:
                    self.changed.append((space, name, value))
        stand_ins = {address: self.of(function) for address, function in self.originals.items()}
        for space, name, value in self.changed:
            space[name] = stand_ins[id(value)]
        return self

    def __exit__(self, *error):
        for space, name, value in self.changed:
            space[name] = value


def without_its_functions(watch, test, run, left):
    """Whether a test leaves as much behind where it does not come to call anything of the target."""
    stand_ins = StandIns(watch)
    with stand_ins:
        stand_ins.calls = True
        if not quietly(run) or not stand_ins.sound or not any(stand_ins.results.values()):
            return False
        stand_ins.calls = False
        watch.begin(None)
        watch.begin(test)
        with watch:
            passes = quietly(run)
        used = watch.used
        watch.begin(None)
        if not passes or used or not stand_ins.sound:
            return False
        beside = growth(run)
    least = (BLOCKS * OFTEN, BYTES * OFTEN)
    return leaves(beside) and all(now >= 0.9 * then for now, then, few in zip(beside, left, least) if then >= few)
