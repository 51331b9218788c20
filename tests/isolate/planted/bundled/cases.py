"""Bundled libraries: the whole closure of a package is an interpreter's own, and one within it."""

from case import Case
from recipes import extension, library, package

LIBS = "bundled.libs"
REGISTRY = f"{LIBS}/libregistry-0a1b2c3d.so.2"
PLAIN = f"{LIBS}/libplain.so.1"
INNER = f"{LIBS}/libinner-89abcdef.so.7.1"
CHAIN = f"{LIBS}/libchain-deadbeef.so"
BARE = f"{LIBS}/libchain-5ca1ab1e.so"
VERSIONED = f"{LIBS}/libversioned-00ff00ff.so.2"
PYTHONIC = f"{LIBS}/libpythonic-12ab34cd.so"
THROWER = f"{LIBS}/libthrower-5e6f7a8b.so"
ALL = [REGISTRY, PLAIN, CHAIN, VERSIONED]
RUNPATH = "$ORIGIN/../bundled.libs"

BUILD = [
    package("bundled"),
    library(REGISTRY, "registry.c", flags=["-DNAME=registry"]),
    library(PLAIN, "registry.c", flags=["-DNAME=plain"]),
    library(INNER, "registry.c", flags=["-DNAME=inner"]),
    library(CHAIN, "chain_a.c", needs=[INNER]),
    library(BARE, "chain_a.c", needs=[INNER], runpath=None),
    library(VERSIONED, "versioned.c", flags=["-Wl,--version-script={source}/versioned.map"]),
    library(PYTHONIC, "pythonic.c"),
    library(THROWER, "thrower.cpp"),
    extension("bundled/_one", "user.c", needs=ALL, runpath=RUNPATH),
    extension("bundled/_two", "user.c", needs=ALL, runpath=RUNPATH, flags=["-DSECOND"]),
    extension("bundled/_rpath", "user.c", needs=ALL, runpath=RUNPATH,
              flags=["-DOLD_TAGS", "-Wl,--disable-new-dtags"]),
    extension("bundled/_bare", "user.c", needs=[REGISTRY, PLAIN, BARE, VERSIONED], runpath=RUNPATH,
              flags=["-DBARE", "-Wl,--disable-new-dtags"]),
    extension("bundled/_python_one", "python_user.c", needs=[PYTHONIC], runpath=RUNPATH),
    extension("bundled/_python_two", "python_user.c", needs=[PYTHONIC], runpath=RUNPATH, flags=["-DSECOND"]),
    extension("bundled/_catcher", "catcher.cpp", needs=[THROWER], runpath=RUNPATH),
]


class Registries(Case):
    """Two extensions of a package meet in its libraries; two interpreters do not."""

    legacy = True
    control = "copy"
    shows = "two interpreters have the same"
    without = ("closure",)
    modules = "_one", "_two"
    names = "registry", "plain", "chain", "versioned"

    def use(self):
        one, two = (__import__(f"bundled.{name}", fromlist=["*"]) for name in self.modules)
        counts = [[module.add(name) for name in self.names] for _ in range(50) for module in (one, two)]
        return {"met": one.places() == two.places(), "places": one.places(), "counts": counts[-1]}

    def judge(self, seen):
        places = sum(seen.values("use", "places"), [])
        met = [] if len(set(places)) == len(places) else [f"two interpreters have the same places: {places}"]
        return met + seen.alike(True, "use", "met") + seen.alike([100] * 4, "use", "counts")


class RegistriesByOldTags(Registries):
    """The same with DT_RPATH beside DT_RUNPATH."""

    modules = "_rpath", "_two"


class RegistriesByTheLoadersTags(Registries):
    """A library without a folder to look in: its library is found by the DT_RPATH of what loads it, as in scipy 1.17."""

    modules = "_bare", "_two"
    # Opened by itself, as what is shared is, the library does not find the other one.
    without = ()


class LibraryUsesPython(Case):
    """A bundled library that keeps objects and attaches threads means the interpreter whose copy it is."""

    control = "copy"
    shows = "thread ran in interpreter|holds|SIG"
    without = ("closure",)

    def use(self):
        from bundled import _python_one, _python_two

        mine = [self.number]
        for module in _python_one, _python_two:
            held = module.keep(mine)
        return {"held": sum(one is mine for one in held), "all": len(held),
                "thread": [_python_one.thread(), _python_two.thread()]}

    def judge(self, seen):
        return ([f"a registry holds {held['all']} objects, {held['held']} of them its own"
                 for held in seen.values("use") if (held["held"], held["all"]) != (2, 2)] + seen.own("use", "thread"))


class LibraryIsShared(Case):
    """What policy says is shared is loaded once for the process."""

    share = ("libregistry*",)
    kept = "a library that is not copied"
    control = None
    no_control = "about the policy: shared is what plain loading does"

    def use(self):
        from bundled import _one, _two

        return {"met": _one.places() == _two.places(), "places": _one.places()}

    def judge(self, seen):
        first = seen.values("use", "places")
        rest = sum((places[1:] for places in first), [])
        met = [] if len({places[0] for places in first}) == 1 else ["the shared library is not one for all"]
        return met + seen.alike(True, "use", "met") + (
            [] if len(set(rest)) == len(rest) else ["libraries that policy does not share are shared"])


class ExceptionsCrossTheBorder(Case):
    """A C++ exception of a bundled library is caught by its class in the extension."""

    control = "copy"
    shows = "two interpreters have the same|counted"
    without = ("closure",)

    def use(self):
        from bundled import _catcher

        for _ in range(10):
            value, here, there, count = _catcher.catch_it(7)
        return {"value": value, "met": here == there, "place": there, "count": count}

    def judge(self, seen):
        return (seen.alike(7, "use", "value") + seen.alike(True, "use", "met") + seen.apart("use", "place")
                + [f"counted {count}, not 10" for count in seen.values("use", "count") if count != 10])
