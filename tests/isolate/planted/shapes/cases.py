"""Shapes of modules: extensions as packages, submodules, abi3, PyModExport, names beyond ASCII, several in a file."""

import importlib
import importlib.util
import os
import sys

from case import Case
from recipes import extension, package, text

BUILD = [
    extension("shape_of_package/__init__", "shapes.c"),
    extension("shape_of_package/_inner", "shapes.c"),
    text("shape_of_package/data.txt", "planted data\n"),
    text("shape_of_package/pure.py", "from . import count\n"),
    package("shapes"), package("shapes/deeper"),
    extension("shapes/deeper/_deep", "shapes.c"),
    extension("shapes/_stable", "shapes.c", tag="abi3"),
    extension("shapes/_stable_single", "shapes.c", tag="abi3", flags=["-DSINGLE"]),
    extension("shapes/_two", "shapes.c", tag="plain"),
    extension("shapes/_na\u00efve", "shapes.c"),
    extension("shapes_namespace/_lone", "shapes.c"),
    extension("shapes/_exported", "shapes.c", flags=["-DEXPORTS"], since=(3, 15)),
]


class InnerModule(Case):
    """A submodule of a package of a package."""

    shows = "two interpreters have the same"
    name, limited = "shapes.deeper._deep", False

    def use(self):
        module = importlib.import_module(self.name)
        return {"place": module.place(), "counted": [module.count() for _ in range(9)][-1], "limited": module.limited(),
                "names": [module.__name__, module.__package__, module.__spec__.name, module.count.__module__],
                "file": module.__file__.startswith(self.site) and os.path.exists(module.__file__),
                "origin": module.__spec__.origin == module.__file__}

    def judge(self, seen):
        names = [self.name, self.package_of(), self.name]
        return (seen.apart("use", "place") + seen.alike(9, "use", "counted")
                + seen.alike(self.limited, "use", "limited")
                + seen.alike([*names, self.name], "use", "names") + seen.alike(True, "use", "file")
                + seen.alike(True, "use", "origin"))

    def package_of(self):
        return self.name.rpartition(".")[0]


class Stable(InnerModule):
    """abi3, multi-phase."""

    name, limited = "shapes._stable", True


class StableSingle(InnerModule):
    """abi3, single-phase."""

    name, limited = "shapes._stable_single", True
    without = ("single",)
    without_shows = "has names"


class NotAscii(InnerModule):
    """A name beyond ASCII, whose init function is PyInitU_ with punycode."""

    name = "shapes._na\u00efve"


class OfNamespace(InnerModule):
    """In a namespace package, without an __init__ file."""

    name = "shapes_namespace._lone"


class Exported(InnerModule):
    """PyModExport, on 3.15."""

    name = "shapes._exported"
    since = (3, 15)


class PackageItself(InnerModule):
    """A package whose __init__ is the extension: it has a path, data and submodules."""

    name = "shape_of_package"

    def package_of(self):
        return "shape_of_package"

    def use(self):
        result = super().use()
        import shape_of_package
        import shape_of_package._inner
        import shape_of_package.pure

        result["path"] = list(shape_of_package.__path__) == [os.path.join(self.site, "shape_of_package")]
        locations = shape_of_package.__spec__.submodule_search_locations
        result["locations"] = list(locations) == list(shape_of_package.__path__)
        result["pure"] = shape_of_package.pure.count is shape_of_package.count
        result["inner"] = shape_of_package._inner.place() != shape_of_package.place()
        import importlib.resources

        data = importlib.resources.files("shape_of_package").joinpath("data.txt").read_text()
        result["data"] = data == "planted data\n"
        return result

    def judge(self, seen):
        return super().judge(seen) + sum((
            seen.alike(True, "use", key) for key in ("path", "locations", "pure", "inner", "data")), [])


class TwoInOneFile(Case):
    """Two modules with init functions in one file are one image, as in the main interpreter."""

    shows = "two interpreters have the same"

    def use(self):
        from shapes import _two

        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name == "shapes._other":
                    return importlib.util.spec_from_file_location(name, _two.__file__)

        sys.meta_path.append(Finder)
        from shapes import _other

        return {"place": _two.place(), "same": _other.place() == _two.place(),
                "names": [_other.__name__, _other.count.__module__]}

    def judge(self, seen):
        return (seen.apart("use", "place") + seen.alike(True, "use", "same")
                + seen.alike(["shapes._other", "shapes._other"], "use", "names"))


class ByLocation(Case):
    """Loaded by spec_from_file_location, past every finder (as setuptools' stub loaders do it): private, or refused."""

    shows = "two interpreters have the same"

    def use(self):
        path = importlib.util.find_spec("shapes.deeper._deep").origin
        spec = importlib.util.spec_from_file_location("_deep", path)
        try:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
        except ImportError as error:
            return {"refused": str(error), "place": self.number}
        return {"place": module.place()}

    def judge(self, seen):
        return seen.apart("use", "place")


class Editable(Case):
    """Found by another finder of sys.meta_path, as editable installs do it."""

    shows = "two interpreters have the same"

    def use(self):
        site = self.site

        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name == "editable_module":
                    source = importlib.util.find_spec("shapes.deeper._deep").origin
                    return importlib.util.spec_from_file_location("_deep", source)

        sys.meta_path.append(Finder)
        import editable_module

        return {"place": editable_module.place(), "file": editable_module.__file__.startswith(site)}

    def judge(self, seen):
        return seen.apart("use", "place") + seen.alike(True, "use", "file")
