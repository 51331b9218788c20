"""Names: the dynamic loader compares names first, so a name used twice is an image used twice."""

import os
import shutil
import sys

from build import SUFFIX
from case import Case
from recipes import extension, package

BUILD = [
    package("names_a"), package("names_b"), package("names_twin"),
    extension("names_a/_core", "core.c", flags=["-DVERSION=1"]),
    extension("names_b/_core", "core.c", flags=["-DVERSION=2"]),
    extension("names_twin/_core", "core.c", flags=["-DVERSION=1"]),
]


class SameFileName(Case):
    """Packages with one file name, two of them with one content, are images of their own in each interpreter."""

    shows = "two images"
    without_shows = "two images|SIG"
    without = ("names",)

    def use(self):
        from names_a import _core as a
        from names_b import _core as b
        from names_twin import _core as twin

        return {"versions": [a.version(), b.version(), twin.version()], "places": [a.place(), b.place(), twin.place()],
                "counted": [a.count(), a.count(), b.count(), twin.count()]}

    def judge(self, seen):
        places = sum(seen.values("use", "places"), [])
        met = [] if len(set(places)) == len(places) else [f"two images are at one place: {places}"]
        return met + seen.alike([1, 2, 1], "use", "versions") + seen.alike([1, 2, 1, 1], "use", "counted")


class ReplacedFile(Case):
    """A file that an installer replaced by another version is the new one for the interpreter that imports it next."""

    legacy = True
    steps = tuple(f"turn_{number}" for number in range(3))
    shows = "has version"
    without_shows = "has version|SIG"
    without = ("names",)
    in_main = False
    package = "names_replaced"

    def turn(self, turn):
        """Interpreter `turn` imports version 1 + turn % 2."""
        if self.number != turn:
            return None
        folder = os.path.join(self.scratch, "replaced", self.package)
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "__init__.py"), "w"):
            pass
        source = os.path.join(self.site, "names_b" if turn % 2 else "names_a", "_core" + SUFFIX)
        new = os.path.join(folder, "new")
        shutil.copyfile(source, new)
        shutil.copymode(source, new)
        os.replace(new, os.path.join(folder, "_core" + SUFFIX))
        sys.path.insert(0, os.path.dirname(folder))
        core = __import__(f"{self.package}._core", fromlist=["*"])
        return {"version": core.version(), "place": core.place()}

    def turn_0(self):
        return self.turn(0)

    def turn_1(self):
        return self.turn(1)

    def turn_2(self):
        return self.turn(2)

    def judge(self, seen):
        mine = [one[f"turn_{number}"]["value"] for number, one in enumerate(seen.interpreters)]
        wrong = [f"interpreter {number} has version {value['version']}, not {1 + number % 2}"
                 for number, value in enumerate(mine) if value["version"] != 1 + number % 2]
        if len({value["place"] for value in mine}) != len(mine):
            wrong.append("two interpreters have the same image")
        return wrong


class TwoVersions(Case):
    """Two interpreters with two versions of one package, by sys.path."""

    control = None
    no_control = "plain loading gets two paths right"

    def use(self):
        for version, package_ in (1, "names_a"), (2, "names_b"):
            folder = os.path.join(self.scratch, f"{version}-of-{self.number}", "names_versioned")
            os.makedirs(folder)
            with open(os.path.join(folder, "__init__.py"), "w"):
                pass
            shutil.copy(os.path.join(self.site, package_, "_core" + SUFFIX), folder)
        sys.path.insert(0, os.path.join(self.scratch, f"{1 + self.number % 2}-of-{self.number}"))
        from names_versioned import _core

        return {"version": _core.version(), "place": _core.place()}

    def judge(self, seen):
        versions = seen.values("use", "version")
        return seen.apart("use", "place") + [
            f"interpreter {number} has version {version}" for number, version in enumerate(versions)
            if version != 1 + number % 2]


class Removed(Case):
    """A file that has been removed since it was imported: what was loaded stays, and a second import says so."""

    control = None
    no_control = "about the error's text"
    count = 2

    def use(self):
        folder = os.path.join(self.scratch, f"removed-{self.number}", "names_removed")
        os.makedirs(folder)
        with open(os.path.join(folder, "__init__.py"), "w"):
            pass
        path = os.path.join(folder, "_core" + SUFFIX)
        shutil.copy(os.path.join(self.site, "names_a", "_core" + SUFFIX), path)
        sys.path.insert(0, os.path.dirname(folder))
        from names_removed import _core

        os.unlink(path)
        before = _core.count()
        importlib = __import__("importlib")
        importlib.invalidate_caches()
        del sys.modules["names_removed._core"]
        del sys.modules["names_removed"].__dict__["_core"]
        try:
            import names_removed._core  # noqa: F401

            said = ""
        except ImportError as error:
            said = type(error).__name__
        return {"counted": [before, _core.count()], "said": said}

    def judge(self, seen):
        return seen.alike([1, 2], "use", "counted") + seen.alike("ModuleNotFoundError", "use", "said")
