"""dlopen and dladdr by an extension on itself and its siblings: what it finds is its own interpreter's, or nothing."""

import os

from case import Case
from recipes import extension, library, package

SIBLING = "dl.libs/libsibling-a1b2c3d4.so.3"
PLUGIN = "dl/plugins/libplugin.so"
BUILD = [
    package("dl"),
    library(SIBLING, "sibling.c"),
    library(PLUGIN, "sibling.c", soname=""),
    library("dl/plugins/liblazy.so", "sibling.c", soname="", flags=["-DLAZY", "-Wl,-z,lazy"]),
    library("dl/plugins/libhelper.so", "helper.c", soname=""),
    library("dl/plugins/libhelped.so", "sibling.c", soname="", flags=["-DHELPED"], needs=["dl/plugins/libhelper.so"],
            by_name=True),
    library("dl.libs/libunloaded.so.1", "sibling.c"),
    # Two that cannot be isolated: see the theme `circle`.
    library("stubs/libround-b.so.1", "../circle/round_b.c"),
    library("dl.libs/libround-a.so.1", "../circle/round_a.c", needs=["stubs/libround-b.so.1"],
            flags=["-ftls-model=initial-exec"]),
    library("dl.libs/libround-b.so.1", "../circle/round_b.c", needs=["dl.libs/libround-a.so.1"]),
    library("dl/plugins/libround.so", "sibling.c", soname="", flags=["-DROUND"], needs=["dl.libs/libround-b.so.1"],
            runpath="$ORIGIN/../../dl.libs"),
    extension("dl/_own_one", "own.c", flags=["-DNAME=_own_one", "-DNUMBER=1"], runpath="$ORIGIN/../dl.libs"),
    extension("dl/_own_two", "own.c", flags=["-DNAME=_own_two", "-DNUMBER=2"]),
    extension("dl/_dl", "dl.c", needs=[SIBLING], runpath="$ORIGIN/../dl.libs"),
]


class Self(Case):
    """dlopen of `__file__`, as ctypes.CDLL(module.__file__) does it, is the image that runs."""

    shows = "two interpreters have the same"

    def use(self):
        from dl import _dl

        opened, address, error = _dl.open_at(_dl.__file__, os.RTLD_NOW, "planted_counter")
        return {"place": _dl.place(), "opened": opened, "same": address == _dl.place(), "error": error,
                "iterated": _dl.iterated()}

    def judge(self, seen):
        return (seen.apart("use", "place") + seen.alike(True, "use", "opened") + seen.alike(True, "use", "same")
                + seen.alike(1, "use", "iterated"))


class File(Case):
    """dladdr on itself names a file whose folder has the package's data, as `__file__` does."""

    control = "copy"
    shows = "has exists"

    def use(self):
        from dl import _dl

        name = _dl.file_of_self()
        beside = os.path.join(os.path.dirname(name or ""), "__init__.py")
        return {"name": name, "exists": os.path.isfile(beside), "file": _dl.__file__}

    def judge(self, seen):
        return seen.alike(True, "use", "exists")


class Beside(Case):
    """A plug-in opened by its path beside the file that dladdr names: found, and one for each interpreter."""

    shows = "two interpreters have the same"
    without = ()

    def use(self):
        from dl import _dl

        opened, address, error = _dl.open_beside("plugins/libplugin.so", "sibling_place")
        again = _dl.open_beside("plugins/libplugin.so", "sibling_place")[1]
        return {"opened": opened, "place": address, "error": error, "once": address == again}

    def judge(self, seen):
        return seen.alike(True, "use", "opened") + seen.alike(True, "use", "once") + seen.apart("use", "place")


class ByPath(Beside):
    """The same, where Python hands the path over."""

    def use(self):
        from dl import _dl

        path = os.path.join(self.site, "dl", "plugins", "libplugin.so")
        opened, address, error = _dl.open_at(path, os.RTLD_NOW, "sibling_place")
        again = _dl.open_at(path, os.RTLD_NOW, "sibling_place")[1]
        return {"opened": opened, "place": address, "error": error, "once": address == again}


class ByName(Case):
    """A library that the extension is linked with, opened by its bare soname, is the one it is linked with."""

    shows = "two interpreters have the same"

    def use(self):
        from dl import _dl

        opened, address, error = _dl.open_at("libsibling-a1b2c3d4.so.3", os.RTLD_NOW, "sibling_place")
        return {"opened": opened, "same": address == _dl.linked(), "error": error, "place": _dl.linked()}

    def judge(self, seen):
        return seen.apart("use", "place") + seen.alike(True, "use", "opened") + seen.alike(True, "use", "same")


class MissingByName(Case):
    """dlopen of what does not exist gives NULL, and an error that names it."""

    control = None
    no_control = "an error of the dynamic loader"

    def use(self):
        from dl import _dl

        opened, _, error = _dl.open_at("libthere-is-none.so.9", os.RTLD_NOW, "x")
        return {"opened": opened, "named": "libthere-is-none.so.9" in (error or "")}

    def judge(self, seen):
        return seen.alike(False, "use", "opened") + seen.alike(True, "use", "named")


class Lazy(Beside):
    """A plug-in with a function that is nowhere, opened with RTLD_LAZY as in the main interpreter: a private one."""

    file = "liblazy.so"

    def use(self):
        from dl import _dl

        path = os.path.join(self.site, "dl", "plugins", self.file)
        opened, address, error = _dl.open_at(path, os.RTLD_LAZY, "sibling_place")
        again = _dl.open_at(path, os.RTLD_LAZY, "sibling_place")[1]
        return {"opened": opened, "place": address, "error": error, "once": address == again}


class Helped(Lazy):
    """A plug-in that needs a library beside it which has no DT_SONAME."""

    file = "libhelped.so"


class NeverSilently(Case):
    """A plug-in that cannot be isolated is not opened, and dlerror says why: it would be shared."""

    control = None
    no_control = "a refusal"

    def use(self):
        from dl import _dl

        path = os.path.join(self.site, "dl", "plugins", "libround.so")
        opened, _, error = _dl.open_at(path, os.RTLD_LAZY, "sibling_round")
        return {"opened": opened, "error": error}

    def judge(self, seen):
        if self.mode == "main":
            return seen.alike(True, "use", "opened")
        return seen.alike(False, "use", "opened") + [
            f"dlerror does not say why, and what to do: {error}" for error in seen.values("use", "error")
            if not ("libround.so" in str(error) and "thread-local" in str(error) and "share" in str(error))]


class OwnSymbol(Case):
    """dlsym of RTLD_DEFAULT finds the caller's own symbol, not that of another extension."""

    control = None
    no_control = "a twin: the dynamic loader knows its callers"

    def use(self):
        from dl import _own_one, _own_two

        return [_own_one.which(), _own_two.which()]

    def judge(self, seen):
        return seen.alike([1, 2], "use")


class OwnFile(Case):
    """dladdr1 on itself names the file, as dladdr does."""

    control = None
    no_control = "as File"

    def use(self):
        from dl import _own_one

        return _own_one.file_of_self() == _own_one.__file__

    def judge(self, seen):
        return seen.alike(True, "use")


class OwnPath(Case):
    """A bare name is looked for in the folders of the extension that asks, not in another one's."""

    control = None
    no_control = "a twin: the dynamic loader knows its callers"

    def use(self):
        from dl import _own_one, _own_two

        two = _own_two.opens("libunloaded.so.1", os.RTLD_NOW)
        return [_own_one.opens("libunloaded.so.1", os.RTLD_NOW), two]

    def judge(self, seen):
        return seen.alike([True, False], "use")


class NotLoaded(Case):
    """RTLD_NOLOAD loads nothing."""

    control = None
    no_control = "a twin: plain copies do not change dlopen"

    def use(self):
        from dl import _own_one

        path = os.path.join(self.site, PLUGIN)
        return [_own_one.opens(path, os.RTLD_NOW | os.RTLD_NOLOAD), _own_one.opens(path, os.RTLD_NOW)]

    def judge(self, seen):
        return seen.alike([False, True], "use")


class ClosedAndOpened(Case):
    """A plug-in that is closed and opened again begins anew."""

    control = None
    no_control = "a twin: plain copies do not change dlclose"
    threads = False

    def use(self):
        from dl import _own_one

        return [_own_one.counts_in(os.path.join(self.site, PLUGIN)) for _ in range(3)]

    def judge(self, seen):
        return seen.alike([1, 1, 1], "use")


class NeverClosed(Case):
    """A plug-in that is opened and never closed is closed when its interpreter has ended."""

    control = None
    no_control = "about the end of images"

    def use(self):
        from dl import _dl

        path = os.path.join(self.site, PLUGIN)
        return [_dl.open_at(path, os.RTLD_NOW, "sibling_place")[0] for _ in range(3)]

    def judge(self, seen):
        return seen.alike([True, True, True], "use")
