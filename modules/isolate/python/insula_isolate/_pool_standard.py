"""The pool for CPython 3.14 and later: the standard one, whose interpreters isolate what they import."""

from __future__ import annotations

import sys

# Here a type checker for another version stops reading.
assert sys.version_info >= (3, 14)

from concurrent import interpreters
from concurrent.futures import interpreter as _standard
from concurrent.futures.interpreter import BrokenInterpreterPool
from concurrent.interpreters import ExecutionFailed

from insula_isolate import _cpython, _native, _worker, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from insula_isolate.policy import Choice

__all__ = ["BrokenInterpreterPool", "ExecutionFailed", "InterpreterPoolExecutor"]


class _Context(_standard.WorkerContext):
    """The interpreter of one worker thread."""

    setup: str
    daemon_threads: bool
    initdata: Any
    is_set_up = False

    def initialize(self) -> None:
        config = _cpython.interpreters.new_config("isolated", allow_daemon_threads=self.daemon_threads)
        self.interp = interpreters.Interpreter(_cpython.interpreters.create(config, reqrefs=True))
        try:
            self.results = interpreters.create_queue()
            self.interp.exec(self.setup)
            self.is_set_up = True
            if self.initdata:
                self.run(self.initdata)
        except BaseException:
            self.finalize()
            raise

    def finalize(self) -> None:
        interp, self.interp, self.results = self.interp, None, None
        if interp is None:
            return
        left = interp.call(_worker.threads_left) if self.is_set_up else []
        if left:
            # What such a thread holds while it is stopped, nobody could take any more.
            records.keep_interpreter(interp.id, f"threads of it are still running: {', '.join(left)}")
            # The last reference to an interpreter ends it.
            _cpython.interpreters.incref(interp.id)
            return
        interp.close()
        _native.reap()


class InterpreterPoolExecutor(_standard.InterpreterPoolExecutor):
    """The standard pool of interpreters, which isolate what they import.

    `policy` is that of `insula_isolate.install()`. `daemon_threads` allows the interpreters daemon threads, which
    joblib and grpc need; an interpreter in which some still run at the end is not ended, and `insula_isolate.report()`
    says so.
    """

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
        super().__init__(_worker.count(max_workers), thread_name_prefix, initializer, initargs)
        setup = _worker.setup(policy)
        create: Callable[[], Any] = self._create_worker_context

        def create_context() -> _Context:
            context: _Context = create()
            context.setup, context.daemon_threads = setup, daemon_threads
            return context

        self._create_worker_context = create_context

    @classmethod
    def prepare_context(cls, initializer: Any, initargs: Any) -> Any:
        return _Context.prepare(initializer, initargs)
