"""The import hook: it gives extension modules a loader that takes private copies."""

from __future__ import annotations

import _imp
import os
import sys
from importlib.machinery import BuiltinImporter, ExtensionFileLoader

from insula_isolate import _native, records
from insula_isolate import policy as policies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType
    from typing import NoReturn

    from insula_isolate.policy import Choice, Policy


class IsolatingLoader(ExtensionFileLoader):
    """Loads a private copy of an extension module, or the file itself where the policy says so.

    Its path stays that of the original file: so do `__file__`, `__spec__.origin` and what is found beside it.
    """

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        path = os.fspath(self.path)
        decision, why = _policy().decide(spec.name, path)
        try:
            if decision is not policies.LEAVE:
                unless_declared = decision is policies.COPY_UNLESS_DECLARED
                module = _native.load(spec, path, _policy().shared, unless_declared)
                if module is not None:
                    records.record(spec.name, path, records.ISOLATED, why)
                    return module
                why = "declares a GIL per interpreter"
            module = super().create_module(spec)
        except Exception as error:
            if decision is policies.LEAVE and isinstance(error, ImportError):
                error.add_note(f"insula_isolate left {spec.name} to CPython: {why}")
            records.record(spec.name, path, records.REFUSED, f"{type(error).__name__}: {error}")
            raise
        records.record(spec.name, path, records.AS_USUAL, why)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if self.name not in policies.RACES:
            return super().exec_module(module)
        _native.lock_imports()
        try:
            return super().exec_module(module)
        finally:
            _native.unlock_imports()


class BuiltinLoader(BuiltinImporter):
    """Lets an interpreter import built-in modules that CPython refuses where the GIL is not the main interpreter's.

    There is no file to copy. What would keep an object of this interpreter in a variable of the process, or give one of
    another interpreter's out, raises; the rest works.
    """

    #: The functions of each module that raise.
    REFUSED = {
        "faulthandler": ("enable", "disable", "register", "unregister", "dump_traceback_later"),
        "_tracemalloc": ("start", "stop", "_get_traces", "_get_object_traceback"),
        "_suggestions": (),
    }

    @staticmethod
    def create_module(spec: ModuleSpec) -> ModuleType | None:
        if sys.version_info < (3, 12):
            return BuiltinImporter.create_module(spec)
        # It says whether CPython refuses: -1 for never. CPython's own tests use it for the same.
        override: Callable[[int], int] = getattr(_imp, "_override_multi_interp_extensions_check")
        before = override(-1)
        try:
            return BuiltinImporter.create_module(spec)
        finally:
            override(before)

    @staticmethod
    def exec_module(module: ModuleType) -> None:
        BuiltinImporter.exec_module(module)
        for name in BuiltinLoader.REFUSED[module.__name__]:
            if hasattr(module, name):
                setattr(module, name, _refusing(module.__name__, name))


def _refusing(module: str, name: str) -> Callable[..., NoReturn]:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(f"{module}.{name}() concerns the whole process: call it in the main interpreter")

    refuse.__name__ = name
    return refuse


class IsolatingFinder:
    """Asks the finders after it, and replaces the loader of what they find if that is CPython's for extension modules.

    It stands first, so that it sees what the finders of editable installs find, too.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        finders = list(sys.meta_path)
        # Somebody may call a finder that is not, or no longer, on the list.
        later = finders[finders.index(self) + 1 :] if self in finders else finders
        for finder in later:
            find_spec = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = find_spec and find_spec(name, path, target)
            if spec is not None:
                loader: object = spec.loader
                if name in BuiltinLoader.REFUSED and loader is BuiltinImporter:
                    # A class is a loader, too: all its functions are static.
                    spec.loader = BuiltinLoader  # type: ignore[assignment]
                # A subclass has ways of its own: who wrote it decides.
                if type(loader) is ExtensionFileLoader:
                    spec.loader = IsolatingLoader(loader.name, loader.path)
                elif isinstance(loader, ExtensionFileLoader) and not isinstance(loader, IsolatingLoader):
                    why = f"its loader is {type(loader).__module__}.{type(loader).__qualname__}, not CPython's own"
                    records.record(name, os.fspath(loader.path), records.AS_USUAL, why)
                return spec
        return None


_finder: IsolatingFinder | None = None


def policy() -> Policy | None:
    """The policy of this interpreter; None where nothing is installed."""
    return None if _finder is None else _finder.policy


def _policy() -> Policy:
    return _finder.policy if _finder else policies.Policy()


def install(
    policy: Choice | None = None, *, share: Iterable[str] = (), private: Iterable[str] = (), strict: bool = False
) -> None:
    """Isolate what this interpreter imports from now on.

    `policy` is "undeclared" (the default: modules that declare to support a GIL per interpreter load as usual), "all"
    (every extension module outside the standard library gets a copy) or a function of a module's name and path that
    returns True, False, or None for the default. Without it, the table `[tool.insula.isolate]` of the nearest
    pyproject.toml decides, if there is one. `share` and `private` are patterns of bundled libraries that are loaded
    once for the process, and that are not although the default list has them. `strict` raises PolicyError where an
    entry of a list names no module that can be imported.

    In the main interpreter this does nothing: modules load as ever. A call without arguments where a policy is
    installed already leaves that as it is; one with arguments replaces it.
    """
    global _finder
    # Also in the main interpreter: a policy that is wrong is wrong everywhere.
    given = policies.Policy("undeclared" if policy is None else policy, share=share, private=private)
    if _native.is_main():
        return
    again = _finder is not None
    if _finder is None:
        # Before anything else is imported: on CPython 3.12 even datetime needs it.
        record_loaded(records.AS_USUAL, "imported before insula_isolate.install()")
        _finder = IsolatingFinder(given)
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
    if again and policy is None and not given.share and not given.private:
        return
    if policy is None:
        given = _with(_project(), given) or given
    if strict:
        given.require_names()
    _finder.policy = given


def _project() -> Policy | None:
    try:
        folder = os.getcwd()
    except OSError:
        # The folder was removed: there is no project.
        return None
    return policies.from_project(folder)


def _with(found: Policy | None, given: Policy) -> Policy | None:
    """The policy of a project, with the lists of the call of install()."""
    if found is not None:
        found.share += given.share
        found.private += given.private
    return found


def record_loaded(action: str, why: str) -> None:
    """Note the extension modules that this interpreter has already."""
    for name, module in list(sys.modules.items()):
        spec = getattr(module, "__spec__", None)
        loader = getattr(spec, "loader", None)
        # `_native` itself serves every interpreter.
        if isinstance(loader, ExtensionFileLoader) and name != _native.__name__:
            if not isinstance(loader, IsolatingLoader):
                records.record(name, os.fspath(loader.path), action, why)
