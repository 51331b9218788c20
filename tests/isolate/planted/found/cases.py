"""Where a library is found that an extension needs: where the dynamic loader finds it."""

import os

from build import SUFFIX
from case import Case
from recipes import alias, extension, library, package

BUILD = [
    package("found"),
    # As an installer leaves it that keeps each file once.
    library("store/library", "library.c", soname="liblinked.so.1"),
    extension("store/_linked", "user.c", flags=["-DNAME=_linked"], needs=["store/library"], runpath="$ORIGIN"),
    alias("found/liblinked.so.1", "../store/library"),
    alias(f"found/_linked{SUFFIX}", f"../store/_linked{SUFFIX}"),
    library("found/own/libtwice.so.1", "library.c"),
    library("elsewhere/libtwice.so.1", "library.c", flags=["-DVERSION=2"]),
    extension("found/_run_path", "user.c", flags=["-DNAME=_run_path", "-Wl,--enable-new-dtags"],
              needs=["found/own/libtwice.so.1"], runpath="$ORIGIN/own"),
    extension("found/_old_path", "user.c", flags=["-DNAME=_old_path", "-Wl,--disable-new-dtags"],
              needs=["found/own/libtwice.so.1"], runpath="$ORIGIN/own"),
    library("elsewhere/libkeeper.so.1", "keeper.c", runpath=None),
    library("elsewhere/libindirect.so.1", "indirect.c", needs=["elsewhere/libkeeper.so.1"], runpath=None),
    extension("found/_keeper", "keeper_user.c", flags=["-DNAME=_keeper"], needs=["elsewhere/libkeeper.so.1"]),
    extension("found/_indirect", "keeper_user.c", flags=["-DNAME=_indirect", "-DINDIRECT"],
              needs=["elsewhere/libindirect.so.1"]),
    # Linkers let the name `tail.so` be the end of `libtail.so`.
    library("found.libs/libtail.so", "library.c", flags=["-DVERSION=4"]),
    extension("found/_tail", "user.c", flags=["-DNAME=_tail", "-Wl,-soname,tail.so"], needs=["found.libs/libtail.so"],
              runpath="$ORIGIN/../found.libs"),
    library("found.libs/libnameless.so", "library.c", soname="", flags=["-DVERSION=5"]),
    extension("found/_nameless", "user.c", flags=["-DNAME=_nameless"], needs=["found.libs/libnameless.so"],
              runpath="$ORIGIN/../found.libs", by_name=True),
    library("found.libs/libmiddle.so", "versioned.c", flags=["-Wl,--version-script={source}/versioned.map"]),
    extension("found/_middle", "user.c", flags=["-DNAME=_middle", "-Wl,-soname,middle.so"],
              needs=["found.libs/libmiddle.so"], runpath="$ORIGIN/../found.libs"),
    library("found.libs/libopened.so.1", "library.c", flags=["-DVERSION=3"]),
    extension("found/_opened", "user.c", flags=["-DNAME=_opened"], needs=["found.libs/libopened.so.1"]),
]


class Linked(Case):
    """Files that are symbolic links into a store: `$ORIGIN` is the folder of the link."""

    shows = "two interpreters have the same"
    module, version = "_linked", 1

    def use(self):
        module = __import__(f"found.{self.module}", fromlist=["*"])
        return {"version": module.version(), "place": module.place()}

    def judge(self, seen):
        return seen.alike(self.version, "use", "version") + seen.apart("use", "place")


class RunPath(Linked):
    """LD_LIBRARY_PATH goes before DT_RUNPATH; what it puts in a bundled library's place is copied as that would be."""

    module, version = "_run_path", 2
    environment = {"LD_LIBRARY_PATH": "{site}/elsewhere"}


class OldPath(Linked):
    """DT_RPATH goes before LD_LIBRARY_PATH."""

    module, version = "_old_path", 1
    environment = {"LD_LIBRARY_PATH": "{site}/elsewhere"}


class Keeper(Case):
    """A library of the system that calls Python is copied, for it may keep objects."""

    shows = "an object of another"
    module = "_keeper"
    environment = {"LD_LIBRARY_PATH": "{site}/elsewhere"}
    steps = ("use", "again")

    def use(self):
        self.loaded = __import__(f"found.{self.module}", fromlist=["*"])
        self.mine = [self.number]
        return self.loaded.keep(self.mine) is None

    def again(self):
        return self.loaded.keep(None) is self.mine

    def judge(self, seen):
        return [f"a library gave an object of another interpreter: {seen.values(step)}" for step in self.steps
                if not all(seen.values(step))]


class Indirect(Keeper):
    """The same of one that calls such a library."""

    module = "_indirect"


class Opened(Linked):
    """A library that was opened by its path is found by its name, as ctypes is used to make libraries found."""

    module, version = "_opened", 3
    kept = None  # _ctypes
    control = None
    no_control = "as Linked"

    def use(self):
        import ctypes  # isolated, as it is imported now

        ctypes.CDLL(os.path.join(self.site, "found.libs", "libopened.so.1"))
        return super().use()


class Tail(Linked):
    """The extension's own name is the end of its library's name, in the same bytes."""

    module, version = "_tail", 4


class TailOfVersioned(Linked):
    """The same, where versions of the library's symbols are asked for."""

    module, version = "_middle", 6


class Nameless(Linked):
    """A bundled library that has no DT_SONAME."""

    module, version = "_nameless", 5
