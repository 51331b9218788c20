"""Which extension modules of this interpreter get a private copy."""

from __future__ import annotations

import os
import sys

# `typing` costs more to import than this module, and every interpreter would pay.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    Choice = str | Callable[[str, str], bool | None]

#: Bundled libraries that are loaded once for the process: they use static TLS, of which a process has little, or keep
#: one pool of threads or one device context that all interpreters are to share. They know nothing of Python.
SHARED = (
    "libopenblas*",
    "libscipy_openblas*",
    "libmkl_*",
    "libblis*",
    "libgomp*",
    "libomp*",
    "libiomp5*",
    "libcuda*",
    "libcudart*",
    "libcublas*",
    "libcudnn*",
    "libcufft*",
    "libcurand*",
    "libcusolver*",
    "libcusparse*",
    "libnccl*",
    "libnvrtc*",
    "libnvJitLink*",
    "libnvToolsExt*",
)

#: Modules that declare to support a GIL per interpreter, and do something that does not.
KNOWN_OTHERWISE = {
    "_ctypes": "its callbacks on foreign threads enter the main interpreter",
}
if sys.version_info < (3, 12):
    # There tasks compare with the CancelledError of the interpreter that imported it first: in any other one a
    # cancelled task ends as one that failed, and asyncio.wait_for() raises CancelledError in place of TimeoutError.
    KNOWN_OTHERWISE["_asyncio"] = "before CPython 3.12 it keeps asyncio's exceptions for the process"

#: Modules that keep what is one for the process. A copy would find none of it.
ONE = {
    "_interpreters": "knows the interpreters of the process",
    "_interpqueues": "keeps the queues between interpreters",
    "_interpchannels": "keeps the channels between interpreters",
    "_xxsubinterpreters": "knows the interpreters of the process",
    "_xxinterpchannels": "keeps the channels between interpreters",
    "insula_isolate._native": "knows the copies of the process",
    # The first one to come moves the environment to make room for a title; a second one would find no room, and say
    # that the title is empty.
    "setproctitle._setproctitle": "keeps the title of the process",
}

#: Modules of the standard library whose first import by several interpreters at once races.
RACES = frozenset({"_datetime"}) if sys.version_info[:2] == (3, 13) else frozenset()

#: What is done with a module.
LEAVE, COPY, COPY_UNLESS_DECLARED = "leave", "copy", "copy unless declared"

#: Why a module is copied that may be left. The native half looks into the file: what takes functions of other modules
#: by capsule, as numpy's C API is taken, keeps them for the process, whatever it declares.
UNDECLARED = "declares no GIL per interpreter"
KEEPS_FUNCTIONS = "declares a GIL per interpreter, but keeps functions of other modules"

_POLICIES = ("undeclared", "all")
_LISTS = ("include", "exclude", "share", "private")


class PolicyError(ValueError):
    """A policy that cannot be followed: what is wrong, where, and what is accepted."""


class Policy:
    """What one interpreter does with the extension modules that it imports."""

    def __init__(
        self,
        choice: Choice = "undeclared",
        *,
        include: Iterable[str] = (),
        exclude: Iterable[str] = (),
        share: Iterable[str] = (),
        private: Iterable[str] = (),
        stdlib: bool | None = None,
        origin: str = "install()",
    ) -> None:
        if not callable(choice) and choice not in _POLICIES:
            accepted = ", ".join(map(repr, _POLICIES))
            function = ", or a function of a module's name and path" if origin == "install()" else ""
            raise PolicyError(f"{origin}: policy is {choice!r}; it is one of {accepted}{function}")
        self.choice = choice
        self.include = _patterns("include", include, origin)
        self.exclude = _patterns("exclude", exclude, origin)
        self.share = _patterns("share", share, origin)
        self.private = _patterns("private", private, origin)
        # CPython 3.12 ships modules that do not declare, _datetime and _ctypes among them: without copies of them an
        # interpreter with its own GIL can use hardly any package.
        self.stdlib = sys.version_info[:2] == (3, 12) if stdlib is None else stdlib
        self.origin = origin
        self.used: set[str] = set()

    @property
    def shared(self) -> list[str]:
        """The patterns of bundled libraries that are loaded once for the process."""
        kept = (each for each in SHARED if not any(_overlap(each, pattern) for pattern in self.private))
        return [*kept, *self.share]

    def decide(self, name: str, path: str) -> tuple[str, str]:
        """What to do with this module, and why."""
        if name in ONE:
            return LEAVE, ONE[name]
        if pattern := self._matching(self.exclude, name):
            return LEAVE, f"exclude = {pattern!r} in {self.origin}"
        if pattern := self._matching(self.include, name):
            return COPY, f"include = {pattern!r} in {self.origin}"
        if callable(self.choice):
            answer = self.choice(name, path)
            if answer is not None:
                return (COPY if answer else LEAVE), f"{_name(self.choice)} said so"
        if name in KNOWN_OTHERWISE:
            return COPY, KNOWN_OTHERWISE[name]
        if is_stdlib(name, path):
            if self.stdlib:
                return COPY_UNLESS_DECLARED, UNDECLARED
            return LEAVE, "part of the standard library"
        if self.choice == "all":
            return COPY, "policy 'all'"
        return COPY_UNLESS_DECLARED, UNDECLARED

    def _matching(self, patterns: tuple[str, ...], name: str) -> str | None:
        for pattern in patterns:
            if matches(pattern, name):
                self.used.add(pattern)
                return pattern
        return None

    def named_nothing(self) -> list[str]:
        """Each entry of `include` and `exclude` that named none of the modules imported so far, in words."""
        entries = ((which, pattern) for which in ("include", "exclude") for pattern in getattr(self, which))
        return [
            f"{which} = {pattern!r} in {self.origin} has named no module so far"
            for which, pattern in entries
            if pattern not in self.used
        ]

    def require_names(self) -> None:
        """Raise PolicyError if an entry of `include` or `exclude` cannot name any module of this interpreter."""
        for which in ("include", "exclude"):
            for pattern in getattr(self, which):
                if not _can_name(pattern):
                    raise PolicyError(
                        f"{self.origin}: {which} = {pattern!r} names no module that can be imported; "
                        "correct or remove it"
                    )


def fits(name: str, pattern: str) -> bool:
    """Whether this very name is one that the shell-style `pattern` stands for."""
    # Imported here: it brings `re`, which each interpreter would load, and most have no pattern.
    from fnmatch import fnmatchcase

    return fnmatchcase(name, pattern)


def matches(pattern: str, name: str) -> bool:
    """Whether `pattern` names the module or a package that it is in."""
    while True:
        if fits(name, pattern):
            return True
        name, dot, _ = name.rpartition(".")
        if not dot:
            return False


def is_stdlib(name: str, path: str) -> bool:
    """Whether this extension module belongs to the standard library."""
    folder = os.path.dirname(path)
    if os.path.basename(folder) == "lib-dynload":
        return True
    top = name.partition(".")[0]
    return top in sys.stdlib_module_names and not any(part in path for part in ("/site-packages/", "/dist-packages/"))


def from_project(folder: str) -> Policy | None:
    """The policy of the nearest pyproject.toml, in `folder` or above, that has a table `[tool.insula.isolate]`."""
    while True:
        file = os.path.join(folder, "pyproject.toml")
        try:
            with open(file, "rb") as opened:
                data = opened.read()
        except OSError:
            data = b""
        # Most have no such table, and reading TOML costs a dozen imports.
        if b"insula" in data:
            table = _table(data, file)
            if table is not None:
                return _from_table(table, file)
        folder, below = os.path.dirname(folder), folder
        if folder == below:
            return None


def _table(data: bytes, file: str) -> Any:
    import tomllib

    try:
        found: Any = tomllib.loads(data.decode())
    except ValueError as error:
        raise PolicyError(f"{file}: not readable as TOML: {error}") from None
    for key in ("tool", "insula", "isolate"):
        found = found.get(key) if isinstance(found, dict) else None
    return found


def _from_table(table: Any, file: str) -> Policy:
    where = f"[tool.insula.isolate] of {file}"
    if not isinstance(table, dict):
        raise PolicyError(f"{where}: not a table")
    known = ("policy", "stdlib", *_LISTS)
    for key in table:
        if key not in known:
            raise PolicyError(f"{where}: no such key as {key!r}; there are {', '.join(known)}")
    stdlib = table.get("stdlib")
    if not isinstance(stdlib, bool | None):
        raise PolicyError(f"{where}: stdlib is {stdlib!r}; it is true or false")
    lists = {key: table[key] for key in _LISTS if key in table}
    return Policy(table.get("policy", "undeclared"), stdlib=stdlib, origin=where, **lists)


def _patterns(which: str, values: Iterable[str], origin: str) -> tuple[str, ...]:
    if isinstance(values, str):
        raise PolicyError(f"{origin}: {which} is the text {values!r}; it is a list of names or patterns")
    try:
        found = tuple(values)
    except TypeError:
        raise PolicyError(f"{origin}: {which} is {values!r}; it is a list of names or patterns") from None
    for each in found:
        if not isinstance(each, str) or not each:
            raise PolicyError(f"{origin}: {which} has the entry {each!r}; each is a name or a pattern")
        if _is_open(each):
            raise PolicyError(f"{origin}: {which} has the entry {each!r}, which is no pattern: its [ has no ]")
    # For names, one star means what several mean; the native half knows others.
    return tuple(_single_stars(each) for each in found)


def _is_open(pattern: str) -> bool:
    """Whether a set of characters has no end. It has at least one character, which may be a ]."""
    at = pattern.find("[")
    while at >= 0:
        end = pattern.find("]", at + (3 if pattern.startswith("[!", at) else 2))
        if end < 0:
            return True
        at = pattern.find("[", end)
    return False


def _single_stars(pattern: str) -> str:
    while "**" in pattern:
        pattern = pattern.replace("**", "*")
    return pattern


def _overlap(one: str, other: str) -> bool:
    return fits(one.rstrip("*"), other) or fits(other.rstrip("*"), one)


def _can_name(pattern: str) -> bool:
    import importlib.util
    import pkgutil

    top = pattern.partition(".")[0]
    if any(sign in top for sign in "*?["):
        names = {each.name for each in pkgutil.iter_modules()} | sys.stdlib_module_names
        return any(fits(name, top) for name in names)
    try:
        return top in sys.modules or importlib.util.find_spec(top) is not None
    except (ImportError, ValueError):
        return False


def _name(function: object) -> str:
    return getattr(function, "__qualname__", None) or repr(function)
