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
