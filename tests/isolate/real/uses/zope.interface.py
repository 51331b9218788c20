from zope.interface import Attribute, Interface, adapter, implementer, verify
from zope.interface.adapter import AdapterRegistry


class IThing(Interface):
    n = Attribute("a number")

    def method(x):
        """A method."""


class IOther(Interface):
    pass


@implementer(IThing)
class Thing:
    def __init__(self, n):
        self.n = n

    def method(self, x):
        return self.n + x


def use(turn):
    assert verify.verifyObject(IThing, Thing(turn)) and IThing.providedBy(Thing(1))
    registry = AdapterRegistry()
    registry.register([IThing], IOther, "", lambda thing: thing.n * 2)
    made = registry.queryAdapter(Thing(turn), IOther)
    try:
        IOther(Thing(1))
        raise AssertionError("adapted")
    except TypeError as error:
        said = str(error)[:15]
    return made, said, sorted(IThing), adapter.LookupBase.__module__, [one.__name__ for one in Thing.__implemented__]
