from propcache.api import cached_property, under_cached_property


class Thing:
    def __init__(self, turn):
        self.turn, self.calls, self._cache = turn, 0, {}

    @cached_property
    def twice(self):
        self.calls += 1
        return self.turn * 2

    @under_cached_property
    def thrice(self):
        self.calls += 1
        return self.turn * 3


def use(turn):
    thing = Thing(turn)
    try:
        thing.thrice = 1
        raise AssertionError("set")
    except AttributeError as error:
        said = str(error)
    return (
        thing.twice,
        thing.twice,
        thing.thrice,
        thing.thrice,
        thing.calls,
        said,
        type(Thing.__dict__["thrice"]).__module__,
    )
