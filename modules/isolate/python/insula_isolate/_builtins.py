"""Built-in modules that CPython refuses in interpreters with their own GILs.

They are part of the interpreter's program, so there is no file to copy. What belongs to the process (signal handlers, the
allocator's hooks) belongs to the main interpreter; packages import these modules all the same, and few ever call them. So
an interpreter gets a module in their place: what asks tells that nothing is switched on, and what would act raises.
"""

from __future__ import annotations

import sys
from importlib.machinery import BuiltinImporter
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec

#: What functions of each module return that do nothing here, and the functions that raise.
_MODULES: dict[str, tuple[dict[str, object], tuple[str, ...]]] = {
    "faulthandler": (
        {"is_enabled": False, "disable": False, "unregister": False, "cancel_dump_traceback_later": None},
        ("enable", "dump_traceback", "dump_traceback_later", "register", "dump_c_stack"),
    ),
    "_tracemalloc": (
        {
            "is_tracing": False,
            "clear_traces": None,
            "stop": None,
            "get_traced_memory": (0, 0),
            "get_tracemalloc_memory": 0,
            "get_traceback_limit": 1,
            "reset_peak": None,
            "_get_traces": [],
            "_get_object_traceback": None,
        },
        ("start",),
    ),
}

NAMES = frozenset(_MODULES)
WHY = "a built-in module that acts on the process: functions that would change it raise RuntimeError here"


def _answers(name: str, answer: object) -> Callable[..., object]:
    def function(*_: object, **__: object) -> object:
        return answer

    function.__name__ = function.__qualname__ = name
    return function


def _refuses(module: str, name: str) -> Callable[..., object]:
    def function(*_: object, **__: object) -> object:
        raise RuntimeError(f"{module}.{name}() acts on the whole process; call it in the main interpreter")

    function.__name__ = function.__qualname__ = name
    return function


class StandIn:
    """Loads the built-in module where CPython lets it, and a module in its place where not."""

    def __init__(self, used: Callable[[str], None]) -> None:
        self._used = used

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        try:
            return BuiltinImporter.create_module(spec)
        except ImportError:
            pass
        module = ModuleType(spec.name, f"Stands in for {spec.name}: {WHY}.")
        answers, refusals = _MODULES[spec.name]
        for name, answer in answers.items():
            setattr(module, name, _answers(name, answer))
        for name in refusals:
            setattr(module, name, _refuses(spec.name, name))
        self._used(spec.name)
        return module

    def exec_module(self, module: ModuleType) -> None:
        if not (module.__doc__ or "").startswith("Stands in for"):
            BuiltinImporter.exec_module(module)


def applies(spec: ModuleSpec) -> bool:
    """Whether a spec is for one of these modules, built in."""
    return spec.name in NAMES and spec.name in sys.builtin_module_names and spec.loader is BuiltinImporter
