"""Single-phase initialisation: run once for each interpreter, in that interpreter, and registered there."""

import importlib
import pickle
import sys
import threading

from case import Case
from recipes import extension, package

BUILD = [
    package("single"),
    extension("single/_global", "single.c", flags=["-DNAME=_global", "-DSIZE=-1"]),
    extension("single/_stateful", "single.c", flags=["-DNAME=_stateful", "-DSIZE=8"]),
    extension("single/_adds", "single.c", flags=["-DNAME=_adds", "-DSIZE=-1", "-DADDS_ITSELF"]),
    extension("single/_nested", "single.c", flags=["-DNAME=_nested", "-DSIZE=0", "-DSUBMODULE"]),
    extension("single/_inner", "single.c", flags=["-DNAME=_inner", "-DSIZE=-1"]),
    extension("single/_outer", "single.c", flags=["-DNAME=_outer", "-DSIZE=-1", '-DIMPORTS="single._inner"']),
    extension("single/_slow", "single.c", flags=["-DNAME=_slow", "-DSIZE=-1", "-DSLEEPS=200000"]),
    extension("single/_slower", "single.c", flags=["-DNAME=_slower", "-DSIZE=-1", "-DSLEEPS=300000"]),
    extension("_lonely", "single.c", flags=["-DNAME=_lonely", "-DSIZE=-1"]),
]


class Global(Case):
    """m_size -1, in a package: variables, names and PyState are those of the interpreter."""

    legacy = True
    module = "single._global"
    shows = "has |two interpreters|holds|SIG|SystemError|ImportError"
    without = "state", "single"
    without_shows = {"state": "has found|SIG|SystemError", "single": "PicklingError|has names"}
    steps = ("use", "again")

    def use(self):
        module = __import__(self.module, fromlist=["*"])
        self.module = module
        self.mine = [self.number]
        name = module.__name__
        return {
            "place": module.place(),
            "type": id(module.StaticThing),
            "init": module.times_initialised(),
            "where": module.initialised_in,
            "found": module.find() is module and sys.modules.get(name) is module,
            "names": [module.__name__, module.count.__module__, module.count.__self__ is module,
                      module.Thing.__module__, module.StaticThing.__module__, module.Error.__module__],
            "spec": [module.__spec__.name, module.__spec__.origin == module.__file__,
                     module.__file__.startswith(self.site), module.__package__],
            "pickled": pickle.loads(pickle.dumps(module.count)) == module.count,
            "kept": module.keep(self.mine) is None,
        }

    def again(self):
        module = self.module
        return {"count": [module.count() for _ in range(100)][-1], "state": [module.state() for _ in range(10)][-1],
                "kept": module.keep(None) is self.mine, "instance": type(module.StaticThing()) is module.StaticThing}

    def state_after_ten_calls(self):
        return 1

    def judge(self, seen):
        name, _, last = self.module.rpartition(".")
        return (seen.apart("use", "place") + seen.apart("use", "type") + seen.alike(1, "use", "init")
                + seen.own("use", "where")
                + seen.alike(True, "use", "found")
                + seen.alike([self.module, self.module, True] + [f"single.{last}"] * 3, "use", "names")
                + seen.alike([self.module, True, True, name], "use", "spec") + seen.alike(True, "use", "pickled")
                + seen.alike(True, "use", "kept") + seen.alike(100, "again", "count")
                + seen.alike(self.state_after_ten_calls(), "again", "state") + seen.alike(True, "again", "kept")
                + seen.alike(True, "again", "instance"))


class Stateful(Global):
    """m_size > 0: the state is that of the module that PyState_FindModule finds."""

    module = "single._stateful"

    def state_after_ten_calls(self):
        return 10


class AddsItself(Global):
    """A module that calls PyState_AddModule itself, as the import system does."""

    module = "single._adds"
    without = ("single",)


class Lonely(Global):
    """The same outside of any package."""

    module = "_lonely"
    without = ("state",)


class Nested(Global):
    """m_size 0, with a submodule made by PyImport_AddModule."""

    module = "single._nested"

    def again(self):
        import single._nested

        inner = sys.modules["single._nested.inner"]
        return {**super().again(), "inner": inner.answer == 42 and single._nested.inner is inner}

    def judge(self, seen):
        return super().judge(seen) + seen.alike(True, "again", "inner")


class OneThread(Global):
    """Interpreters that take turns in one thread."""

    legacy = True
    threads = False


class Outer(Global):
    """The init function imports another single-phase module before it makes its own: each has its full name."""

    module = "single._outer"
    without = ("single",)

    def use(self):
        value = super().use()
        from single import _inner

        return {**value, "inner": [_inner.__name__, _inner.count.__module__]}

    def judge(self, seen):
        return super().judge(seen) + seen.alike(["single._inner"] * 2, "use", "inner")


class InTwoThreads(Case):
    """Two threads are in init functions at the same time, for these release the GIL: each module has its full name."""

    legacy = True
    control = None
    no_control = "CPython itself gets the names right, from 3.12 on"
    shows = "has names|SIG|SystemError|ImportError"
    without = ("single",)
    in_main = sys.version_info >= (3, 12)

    def use(self):
        names = ["single._slow", "single._slower"]
        threads = [threading.Thread(target=importlib.import_module, args=(name,)) for name in names]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        modules = [sys.modules[name] for name in names]
        return {"names": [name for module in modules for name in (module.__name__, module.count.__module__)]}

    def judge(self, seen):
        return seen.alike(["single._slow"] * 2 + ["single._slower"] * 2, "use", "names")


class Again(Case):
    """Imported, deleted from sys.modules, imported again: as CPython says for its m_size, and never another image."""

    legacy = True
    shows = "two interpreters|has |SIG|SystemError"
    module = "_global"

    def use(self):
        first = __import__(f"single.{self.module}", fromlist=["*"])
        counted = [first.count() for _ in range(3)][-1]
        mark = first.mark = object()
        del sys.modules[f"single.{self.module}"]
        second = __import__(f"single.{self.module}", fromlist=["*"])
        places = [first.place(), second.place()]
        return {"other": first is not second, "place": places, "same": places[0] == places[1],
                "counted": [counted, second.count()], "found": second.find() is second,
                "names": [second.__name__, second.count.__module__, second.__spec__.name][2 * self.forgets_names():],
                "inits": second.times_initialised(), "usable": second.state() is not None}

    def judge(self, seen):
        inits = 1 if self.module == "_global" else 2
        wrong = [] if all(value in (1, 2) for value in seen.values("use", "inits")) else [
            f"init ran {seen.values('use', 'inits')} times, not {inits}"]
        return (wrong + seen.alike(True, "use", "other") + seen.apart("use", "place") + seen.alike(True, "use", "same")
                + seen.alike([3, 4], "use", "counted") + seen.alike(True, "use", "found")
                + seen.alike([f"single.{self.module}"] * (1 if self.forgets_names() else 3), "use", "names"))

    def forgets_names(self):
        """Before 3.13, CPython itself runs init again without saying which package the module is in."""
        return self.module == "_stateful" and sys.version_info < (3, 13)


class StatefulAgain(Again):
    """The same with a module state: CPython runs init again."""

    module = "_stateful"
