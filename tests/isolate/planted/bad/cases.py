"""Bad input: each raises ImportError with the module, the reason and what to do, or what the module raised."""

import importlib
import re

from case import Case
from recipes import extension, library, package

MUSL = "stubs/libc.musl-x86_64.so.1"
GONE = "stubs/libgone.so.4"
BROKEN, UNRESOLVED = "bad.libs/libbroken.so.1", "bad.libs/libunresolved.so.1"
OTHER_VERSION = "bad.libs/libversioned.so.1"
FOLDER = "$ORIGIN/../bad.libs"


def bad(name, *flags, after=None, needs=(), tag="native"):
    return extension(f"bad/_{name}", "bad.c", flags=[f"-DNAME=_{name}", *flags], after=after, needs=needs, tag=tag,
                     runpath=FOLDER if needs else None)


#: name: (a pattern of the error's text, flags, change)
FILES = {
    "missing_function": ("planted_missing_function", ["-DWRONG_SYMBOL"], None),
    "missing_function_lazy": ("planted_missing_function", ["-DWRONG_SYMBOL", "-Wl,-z,lazy"], None),
    "missing_variable": ("planted_missing_variable", ["-DWRONG_VARIABLE"], None),
    "another_python": ("PyUnicode_PlantedOfAnotherPython", ["-DWRONG_PYTHON"], None),
    "no_init": ("PyInit__no_init", ["-DWRONG_NAME"], None),
    "empty": ("empty|ELF|short", [], "empty"),
    "text": ("ELF", [], "text"),
    "header_cut": ("cut off|truncated|short|damaged: it ends within", [], "cut to 40 bytes"),
    "headers_cut": ("cut off|truncated|short|end|beyond|outside", [], "cut to 100 bytes"),
    "half": ("cut off|truncated|short|end|beyond", ["-s"], "cut to half"),
    "almost": ("cut off|truncated|short|end|beyond", [], "cut to the first page"),
    "aarch64": ("AArch64|aarch64|architecture|machine", [], "for aarch64"),
    "bits_32": ("32|class|architecture", [], "32 bits"),
    "big_endian": ("endian|byte order|architecture", [], "big endian"),
    "executable": ("shared|executable|type", [], "an executable"),
    "headers_beyond": ("header|beyond|end", [], "program headers beyond the end"),
    "no_headers": ("header|segment|dynamic", [], "no program headers"),
    "no_dynamic": ("dynamic", [], "no dynamic section"),
    "unaligned": ("align", [], "unaligned segments"),
    "segment_beyond": ("cut off|truncated|short|end|beyond|segment", [], "a segment beyond the end"),
    "wild_symbols": ("symbol|outside|beyond|table|dynamic", [], "symbol table outside"),
}
#: What glibc itself does not survive, or takes: only our loader is asked.
NOT_IN_MAIN = {
    "half", "almost", "unaligned", "segment_beyond", "wild_symbols", "no_headers", "executable", "headers_cut"}

#: name: (type, pattern of the text, flags): what the module's own code does. The main interpreter says the same.
CODE = {
    "init_raises": ("LookupError", "planted: init raises", ["-DWRONG_RAISES"]),
    "init_import_error": ("ImportError", "planted: needs something", ["-DWRONG_IMPORT_ERROR"]),
    "init_null": ("SystemError", "without raising an exception|without setting an exception", ["-DWRONG_NULL"]),
    "init_leaves_error": ("SystemError", "raised unreported exception|with an exception set", ["-DWRONG_LEAVES_ERROR"]),
    "init_object": ("SystemError", "did not return", ["-DWRONG_OBJECT"]),
    "init_uninitialised": ("SystemError", "uninitialized|uninitialised", ["-DWRONG_UNINITIALISED"]),
    "exec_raises": ("LookupError", "planted: exec raises", ["-DWRONG_EXEC_RAISES"]),
    "exec_fails": ("SystemError", "failed without", ["-DWRONG_EXEC_FAILS"]),
    "exec_leaves_error": ("SystemError", "unreported exception|exception set", ["-DWRONG_EXEC_LEAVES_ERROR"]),
    "unknown_slot": ("SystemError", "unknown slot|slot", ["-DWRONG_SLOT"]),
}

BUILD = [
    package("bad"),
    extension("bad/_good", "bad.c", flags=["-DNAME=_good"]),
    library(MUSL, "library.c"), library(GONE, "library.c"),
    library("stubs/whole/libbroken.so.1", "library.c"), library(BROKEN, "library.c", after="cut to the first page"),
    library(UNRESOLVED, "library.c", flags=["-DMISSING"]),
    library("stubs/new/libversioned.so.1", "library.c", flags=["-Wl,--version-script={source}/versioned.map"]),
    library(OTHER_VERSION, "library.c", flags=["-Wl,--version-script={source}/versioned_old.map"]),
    bad("musl", "-DWRONG_LIBRARY", needs=[MUSL]),
    bad("library_gone", "-DWRONG_LIBRARY", needs=[GONE]),
    bad("library_broken", "-DWRONG_LIBRARY", needs=["stubs/whole/libbroken.so.1"]),
    bad("library_unresolved", "-DWRONG_LIBRARY", "-Wl,--allow-shlib-undefined", needs=[UNRESOLVED]),
    bad("library_version", "-DWRONG_LIBRARY", needs=["stubs/new/libversioned.so.1"]),
    *(bad(name, *flags, after=after) for name, (_, flags, after) in FILES.items()),
    *(bad(name, *flags) for name, (_, _, flags) in CODE.items()),
]


class File(Case):
    """A file that cannot be loaded."""

    control = None
    no_control = "the same error in the main interpreter"
    count = 2
    name = says = None

    def use(self):
        seen = []
        for _ in range(2):
            try:
                importlib.import_module(f"bad.{self.name}")
                seen.append(["none", "", None, None])
            except BaseException as error:
                name, path = getattr(error, "name", None), getattr(error, "path", None)
                seen.append([type(error).__name__, str(error), name,
                             isinstance(path, str) and path.startswith(self.site) or type(path).__name__])
        from bad import _good

        return {"seen": seen, "good": [_good.count(), _good.count()], "place": _good.place()}

    def judge(self, seen):
        wrong = seen.alike([1, 2], "use", "good") + seen.apart("use", "place")
        for errors in seen.values("use", "seen"):
            for kind, said, name, path in errors:
                if kind != "ImportError":
                    wrong.append(f"it raised {kind} ({said})")
                elif self.mode != "main":
                    if name != f"bad.{self.name}" or path is not True:
                        wrong.append(f"the error's name is {name}, its path not the module's as str ({path}): {said}")
                    if not re.search(self.says, said):
                        wrong.append(f"the error does not say why: {said}")
                    if len(said.split()) < 8:
                        wrong.append(f"the error does not say what to do: {said}")
        return wrong


class Code(File):
    """An init or exec function that fails: the error is the one that the main interpreter gives."""

    def judge(self, seen):
        wrong = seen.alike([1, 2], "use", "good") + seen.apart("use", "place")
        for errors in seen.values("use", "seen"):
            for kind, said, _, _ in errors:
                if kind != self.kind or not re.search(self.says, said):
                    wrong.append(f"it raised {kind} ({said}), not {self.kind} ({self.says})")
        return wrong


File.__module__ = Code.__module__ = "abstract"


def named(name, base, doc, **values):
    class_ = "".join(part.capitalize() for part in name.split("_"))
    globals()[class_] = type(class_, (base,), {"__module__": __name__, "__doc__": doc, "name": f"_{name}", **values})


for name_, (says_, _, change_) in FILES.items():
    named(name_, File, f"{name_.replace('_', ' ')} ({change_ or 'linked so'}).", says=says_,
          in_main=name_ not in NOT_IN_MAIN)
for name_, (kind_, says_, _) in CODE.items():
    named(name_, Code, f"{name_.replace('_', ' ')}.", says=says_, kind=kind_)
named("musl", File, "Linked with musl.", says="musl")
named("library_gone", File, "A library that it needs does not exist.", says=r"libgone\.so\.4")
named("library_unresolved", File, "A bundled library misses a symbol.", says="planted_missing_of_library")
named("library_version", File, "A bundled library lacks a version of a symbol.", says="PLANTED_NEW|libversioned")
named("library_broken", File, "A bundled library was cut off.", says=r"libbroken\.so\.1", in_main=False)
