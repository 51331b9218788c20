"""CPython's own modules for interpreters, by whatever name this version has them."""

from __future__ import annotations

import importlib
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

#: It makes interpreters, runs code in them and ends them.
interpreters: Any = importlib.import_module("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")


def create(daemon_threads: bool) -> Any:
    """A new interpreter with a GIL of its own, and the number by which the module knows it."""
    if sys.version_info >= (3, 13):
        config = interpreters.new_config("isolated", allow_daemon_threads=daemon_threads)
        return interpreters.create(config)
    # There is no way to ask for daemon threads.
    return interpreters.create(isolated=True)


def execute(interpreter: Any, code: str) -> str | None:
    """Run code in `__main__` of an interpreter. Returns what it raised, in words, or None."""
    if sys.version_info >= (3, 13):
        failed = interpreters.exec(interpreter, code)
        return None if failed is None else str(failed.formatted)
    try:
        interpreters.run_string(interpreter, code)
    except interpreters.RunFailedError as error:
        return str(error)
    return None


def alive() -> set[int]:
    """The numbers of the interpreters of the process."""
    return {int(each[0] if isinstance(each, tuple) else each) for each in interpreters.list_all()}
