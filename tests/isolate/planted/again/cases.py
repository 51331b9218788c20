"""Multi-phase initialisation: imported again in one interpreter, reloaded, guarded against a second interpreter."""

import importlib
import pickle
import sys
import weakref

from case import Case
from recipes import extension, package

BUILD = [
    package("again"),
    extension("again/_multi", "multi.c"),
    extension("again/_guarded", "multi.c"),
    extension("again/_created", "multi.c"),
    extension("again/_parent", "multi.c"),
]


class Fresh(Case):
    """Deleted from sys.modules and imported again: another module with a state of its own, from the same image."""

    shows = "two interpreters have the same"

    def use(self):
        from again import _multi as first

        kept = first.keep(self.number)
        del sys.modules["again._multi"]
        del sys.modules["again"].__dict__["_multi"]
        from again import _multi as second

        return {"other": first is not second and first.Thing is not second.Thing, "place": first.place(),
                "same": first.place() == second.place(), "kept": [kept, second.keep(-1)],
                "counted": [first.count(), second.count(), first.count()], "execs": second.executed()[1]}

    def judge(self, seen):
        expected = [[[number], [-1]] for number in range(len(seen.interpreters))]
        wrong = [] if seen.values("use", "kept") == expected else [f"kept is {seen.values('use', 'kept')}"]
        return (wrong + seen.alike(True, "use", "other") + seen.alike(True, "use", "same") + seen.apart("use", "place")
                + seen.alike([1, 2, 3], "use", "counted") + seen.alike(2, "use", "execs"))


class Many(Case):
    """Twenty imports one after another, each module object freed before the next."""

    shows = "has execs"

    def use(self):
        dead = 0
        for _ in range(20):
            import again._multi as module

            module.keep(module)
            reference = weakref.ref(module)
            execs = module.executed()[1]
            where = module.executed_in
            del sys.modules["again._multi"], module
            del sys.modules["again"].__dict__["_multi"]
            import gc

            gc.collect()
            dead += reference() is None
        return {"execs": execs, "dead": dead, "where": where}

    def judge(self, seen):
        return seen.alike(20, "use", "execs") + seen.alike(20, "use", "dead") + seen.own("use", "where")


class Reloaded(Case):
    """importlib.reload, and what sees the original path: `__file__`, `__spec__`, pickling by name."""

    control = None
    no_control = "names and reloads, not variables"

    def use(self):
        from again import _multi

        place = _multi.place()
        again = importlib.reload(_multi)
        thing = pickle.loads(pickle.dumps(_multi.Thing))
        return {"same": again is _multi and _multi.place() == place, "file": _multi.__file__.startswith(self.site),
                "spec": [_multi.__spec__.origin == _multi.__file__, _multi.__spec__.name, _multi.__spec__.has_location],
                "pickled": thing is _multi.Thing, "loader": _multi.__loader__ is _multi.__spec__.loader,
                "function": pickle.loads(pickle.dumps(_multi.count)) == _multi.count,
                "repr": self.site in repr(_multi)}

    def judge(self, seen):
        keys = "same", "file", "pickled", "loader", "function", "repr"
        return (sum((seen.alike(True, "use", key) for key in keys), [])
                + seen.alike([True, "again._multi", True], "use", "spec"))


class Guarded(Case):
    """A module that refuses a second interpreter, as Cython and PyO3 have it, is one for each."""

    legacy = True
    shows = "Interpreter change detected"

    def use(self):
        from again import _guarded

        return _guarded.place

    def judge(self, seen):
        return seen.apart("use")


class Created(Case):
    """Py_mod_create makes an object that is no module."""

    shows = "two interpreters have the same"

    def use(self):
        from again import _created

        return {"name": _created.made_for, "place": _created.place}

    def judge(self, seen):
        return seen.alike("again._created", "use", "name") + seen.apart("use", "place")


class Submodule(Case):
    """An exec slot that makes a submodule by PyModule_FromDefAndSpec of a definition that declares nothing."""

    legacy = True
    shows = "two interpreters have the same"

    def use(self):
        from again import _parent

        return _parent.inner.place

    def judge(self, seen):
        return seen.apart("use")
