"""The pool where no interpreter has a GIL of its own: it says so."""

from __future__ import annotations

import sys
from concurrent.futures import Executor
from concurrent.futures.thread import BrokenThreadPool as BrokenInterpreterPool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from insula_isolate.policy import Choice


__all__ = ["BrokenInterpreterPool", "ExecutionFailed", "InterpreterPoolExecutor"]


class ExecutionFailed(RuntimeError):
    """What a task raised, as its interpreter shows it."""


class InterpreterPoolExecutor(Executor):
    """There is none before CPython 3.12."""

    def __init__(
        self,
        max_workers: int | None = None,
        thread_name_prefix: str = "",
        initializer: Callable[..., object] | None = None,
        initargs: tuple[Any, ...] = (),
        *,
        policy: Choice | None = None,
        daemon_threads: bool = True,
    ) -> None:
        version = sys.version.split()[0]
        raise RuntimeError(
            f"insula_isolate.InterpreterPoolExecutor needs CPython 3.12: on {version} all interpreters share one GIL"
        )
