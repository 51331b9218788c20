"""The import hook: in an interpreter that isolates, CPython's loader of extension modules takes private copies.

The loader itself is changed, not what the finders find: an extension module is isolated whoever found it, also where a
program makes its spec from a file's path. The class belongs to this interpreter; others keep theirs.
"""

from __future__ import annotations

import _imp
import os
import sys
from importlib.machinery import BuiltinImporter, ExtensionFileLoader, ModuleSpec

from insula_isolate import _native, records
from insula_isolate import policy as policies

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from types import ModuleType
    from typing import NoReturn

    from insula_isolate.policy import Choice, Policy

_create_module = ExtensionFileLoader.create_module
_exec_module = ExtensionFileLoader.exec_module
_create_builtin = BuiltinImporter.create_module
_exec_builtin = BuiltinImporter.exec_module

#: Built-in modules that CPython refuses where the GIL is not the main interpreter's. There is no file to copy. What would
#: keep an object of this interpreter in a variable of the process, or give one of another interpreter's out, raises;
#: the rest works. These are the functions of each module that raise.
REFUSED = {
    "faulthandler": ("enable", "disable", "register", "unregister", "dump_traceback_later"),
    "_tracemalloc": ("start", "stop", "_get_traces", "_get_object_traceback"),
    "_suggestions": (),
}

_policy_here: Policy | None = None


def create_module(loader: ExtensionFileLoader, spec: ModuleSpec) -> ModuleType:
    """Take this interpreter's private copy of an extension module, or the file itself where the policy says so.

    The loader's path stays that of the original file: so do `__file__`, `__spec__.origin` and what is found beside it.
    """
    path = os.fspath(loader.path)
    here = _policy_here or policies.Policy()
    decision, why = here.decide(spec.name, path)
    try:
        if decision is not policies.LEAVE:
            unless_declared = decision is policies.COPY_UNLESS_DECLARED
            module = _native.load(spec, path, here.shared, unless_declared)
            if module is not None:
                if unless_declared and _native.declares(path, spec.name):
                    why = policies.KEEPS_FUNCTIONS
                records.record(spec.name, path, records.ISOLATED, why)
                return module
            why = "declares a GIL per interpreter"
        module = _create_module(loader, spec)
    except Exception as error:
        if decision is policies.LEAVE and isinstance(error, ImportError):
            error.add_note(f"insula_isolate left {spec.name} to CPython: {why}")
        records.record(spec.name, path, records.REFUSED, f"{type(error).__name__}: {error}")
        raise
    records.record(spec.name, path, records.AS_USUAL, why)
    return module


def exec_module(loader: ExtensionFileLoader, module: ModuleType) -> None:
    """Execute an extension module; alone in the process, where the first imports of it race."""
    if loader.name not in policies.RACES:
        return _exec_module(loader, module)
    _native.lock_imports()
    try:
        return _exec_module(loader, module)
    finally:
        _native.unlock_imports()


def create_builtin(spec: ModuleSpec) -> ModuleType | None:
    """Make a built-in module, also one of `REFUSED`."""
    if sys.version_info < (3, 12):
        return _create_builtin(spec)
    if spec.name not in REFUSED:
        return _create_builtin(spec)
    # It says whether CPython refuses: -1 for never. CPython's own tests use it for the same.
    override: Callable[[int], int] = getattr(_imp, "_override_multi_interp_extensions_check")
    before = override(-1)
    try:
        return _create_builtin(spec)
    finally:
        override(before)


def exec_builtin(module: ModuleType) -> None:
    """Execute a built-in module, and take out what acts on the process."""
    _exec_builtin(module)
    for name in REFUSED.get(module.__name__, ()):
        if hasattr(module, name):
            setattr(module, name, _refusing(module.__name__, name))


def _refusing(module: str, name: str) -> Callable[..., NoReturn]:
    def refuse(*args: object, **kwargs: object) -> NoReturn:
        raise RuntimeError(f"{module}.{name}() concerns the whole process: call it in the main interpreter")

    refuse.__name__ = name
    return refuse


def _change_loaders() -> None:
    setattr(ExtensionFileLoader, "create_module", create_module)
    setattr(ExtensionFileLoader, "exec_module", exec_module)
    setattr(BuiltinImporter, "create_module", staticmethod(create_builtin))
    setattr(BuiltinImporter, "exec_module", staticmethod(exec_builtin))


def _change_loaders_back() -> None:
    setattr(ExtensionFileLoader, "create_module", _create_module)
    setattr(ExtensionFileLoader, "exec_module", _exec_module)
    setattr(BuiltinImporter, "create_module", staticmethod(_create_builtin))
    setattr(BuiltinImporter, "exec_module", staticmethod(_exec_builtin))


def policy() -> Policy | None:
    """The policy of this interpreter; None where nothing is installed."""
    return _policy_here


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
    global _policy_here
    # Also in the main interpreter: a policy that is wrong is wrong everywhere.
    given = policies.Policy("undeclared" if policy is None else policy, share=share, private=private)
    if _native.is_main():
        return
    again = _policy_here is not None
    if again and policy is None and not given.share and not given.private:
        return
    if not again:
        # Before anything else is imported: on CPython 3.12 even datetime needs it.
        record_loaded(records.AS_USUAL, "imported before insula_isolate.install()")
        _policy_here = given
        _change_loaders()
    try:
        if policy is None:
            given = _with(project(), given) or given
        if strict:
            given.require_names()
    except BaseException:
        if not again:
            # What is said of this interpreter is to be true, and the next call to find no policy that nobody chose.
            _policy_here = None
            _change_loaders_back()
        raise
    _policy_here = given


def project() -> Policy | None:
    """The policy of the nearest pyproject.toml, seen from the current folder."""
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
        loader = loader_of(module)
        # `_native` itself serves every interpreter.
        if isinstance(loader, ExtensionFileLoader) and name != _native.__name__:
            records.record(name, os.fspath(loader.path), action, why)


def loader_of(module: object) -> object:
    """What loaded a module. No code of it runs for that: anything may be in sys.modules, and do anything if asked."""
    if not issubclass(type(module), type(sys)):
        return None
    spec = object.__getattribute__(module, "__dict__").get("__spec__")
    return spec.loader if type(spec) is ModuleSpec else None
