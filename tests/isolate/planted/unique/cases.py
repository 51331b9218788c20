"""STB_GNU_UNIQUE: C++ statics of which the dynamic loader wants one a process, also among private copies."""

from case import Case
from recipes import extension, library, package

BUILD = [
    package("unique"),
    extension("unique/_first", "unique.cpp"),
    extension("unique/_second", "unique.cpp", flags=["-DSECOND"]),
    extension("unique/_stripped", "unique.cpp", flags=["-DSTRIPPED", "-s"], after="no section headers"),
    library("unique.libs/libversioned-unique.so.1", "library.cpp",
            flags=["-Wl,--version-script={source}/library.map"]),
    extension("unique/_versioned", "versioned.cpp", flags=["-Wl,--version-script={source}/extension.map"],
              needs=["unique.libs/libversioned-unique.so.1"], runpath="$ORIGIN/../unique.libs"),
    extension("unique/_hidden", "unique.cpp", flags=["-DHIDDEN", "-fvisibility=hidden"]),
]


class Statics(Case):
    """Statics of templates and inline functions are one for an interpreter."""

    legacy = True
    control = "copy"
    shows = "two interpreters have the same|has counts"
    without = ("unique",)
    steps = ("use", "again")
    module = "_first"

    def use(self):
        self.loaded = __import__(f"unique.{self.module}", fromlist=["*"])
        self.kept = [self.number]
        return {"places": self.loaded.places(), "kept before": self.loaded.keep(self.kept) is None}

    def again(self):
        counts = [self.loaded.count() for _ in range(100)]
        return {"counts": counts[-1], "mine": self.loaded.keep(self.kept) is self.kept}

    def judge(self, seen):
        places = sum(seen.values("use", "places"), [])
        met = [] if len(set(places)) == len(places) else [f"two interpreters have the same places: {places}"]
        return met + seen.alike(100, "again", "counts") + seen.alike(True, "again", "mine")


class StaticsWithoutSectionHeaders(Statics):
    """The same in a file that has no section headers: the symbols are found by the dynamic section."""

    module = "_stripped"


class HiddenStatics(Statics):
    """Benign: symbols that are not exported are not unique, so plain copies do."""

    module = "_hidden"
    control = None
    no_control = "a twin: plain copies are right"
    without = ()


class TwoExtensionsMeet(Case):
    """Two extensions of one interpreter share what the standard says they share, as in the main interpreter."""

    control = "copy"
    shows = "two interpreters have the same"

    def use(self):
        from unique import _first, _second

        return {"met": _first.places() == _second.places(), "places": _first.places()}

    def judge(self, seen):
        return seen.alike(True, "use", "met") + seen.apart("use", "places")


class IntoTheMiddle(Case):
    """A pointer to an element of a table that two extensions share points to that element, not to the first."""

    control = None
    no_control = "a twin: plain copies are right, for they share the table with everybody"

    def use(self):
        from unique import _first, _second

        return [_first.third_number(), _second.third_number()]

    def judge(self, seen):
        return seen.alike([[3, 3], [3, 3]], "use")


class TwoExtensionsMeetInAThread(Case):
    """Inline and static thread-local variables are one for two extensions of an interpreter, in each thread."""

    control = "copy"
    shows = "two interpreters have the same"
    threads = False

    def use(self):
        from unique import _first, _second

        return {"counts": [_first.deeper(), _second.deeper()], "place": _first.depth_place()}

    def judge(self, seen):
        return seen.alike([[1, 1, 1, 1], [2, 2, 1, 1]], "use", "counts") + seen.apart("use", "place")


class MeetsItsLibrary(Case):
    """An extension and its library share a static, whatever versions their symbols have."""

    control = "copy"
    shows = "two interpreters have the same"

    def use(self):
        from unique import _versioned

        return {"counts": _versioned.raise_both(), "place": _versioned.place()}

    def judge(self, seen):
        return seen.alike([1, 2], "use", "counts") + seen.apart("use", "place")
