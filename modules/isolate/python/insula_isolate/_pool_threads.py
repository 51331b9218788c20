"""The pool for CPython 3.12 and 3.13, whose standard library has none: threads, each with an interpreter of its own."""

from __future__ import annotations

import sys

# Here a type checker for another version stops reading.
assert sys.version_info >= (3, 12)
assert sys.version_info < (3, 14)

import pickle
import threading
import weakref
from concurrent.futures import thread as _thread
from concurrent.futures.thread import BrokenThreadPool as BrokenInterpreterPool
from concurrent.futures.thread import ThreadPoolExecutor

from insula_isolate import _cpython, _native, _worker, records

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future
    from typing import Any, ParamSpec, TypeVar

    from insula_isolate.policy import Choice

    P = ParamSpec("P")
    T = TypeVar("T")


__all__ = ["BrokenInterpreterPool", "ExecutionFailed", "InterpreterPoolExecutor"]


class ExecutionFailed(RuntimeError):
    """What a task raised, as its interpreter shows it. An exception of a task is raised from one."""


#: CPython 3.12 has variables that two interpreters must not set up, or take down, at once.
_one_at_a_time = threading.Lock()

_TASK = "from insula_isolate import _native, _worker; _native.put({key}, _worker.run(_native.take({key})))"
_END = "from insula_isolate import _native, _worker; _native.put({key}, '\\n'.join(_worker.threads_left()).encode())"


class _Context:
    """The interpreter of one worker thread."""

    def __init__(
        self, initializer: Callable[..., object] | None, initargs: tuple[Any, ...], setup: str, daemon_threads: bool
    ) -> None:
        self.initializer = initializer
        self.initargs = initargs
        self.setup = setup
        self.daemon_threads = daemon_threads
        self.interpreter: Any = None
        self.is_set_up = False

    def start(self) -> None:
        with _one_at_a_time:
            self.interpreter = _cpython.create(self.daemon_threads)
        self._execute(self.setup)
        self.is_set_up = True
        if self.initializer is not None:
            self.run(self.initializer, self.initargs, {})

    def run(self, function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        task = pickle.dumps((_worker.main_module(), pickle.dumps((function, args, kwargs))))
        answer = self._exchange(_TASK, task)
        worked, result = pickle.loads(answer)
        if worked:
            return result
        error, text = result
        if error is None:
            raise ExecutionFailed(text)
        try:
            raise error from ExecutionFailed(text)
        finally:
            # It refers to this frame, which would refer to it.
            del error, result

    def close(self) -> None:
        if self.interpreter is None:
            return
        interpreter, self.interpreter = self.interpreter, None
        if self.is_set_up:
            key = _native.key()
            self._execute(_END.format(key=key), interpreter)
            left = (_native.take(key) or b"").decode().splitlines()
            if left:
                # To end it would end the process.
                records.keep_interpreter(int(interpreter), f"threads of it are still running: {', '.join(left)}")
                _keep(interpreter)
                return
        with _one_at_a_time:
            _cpython.interpreters.destroy(interpreter)
        _native.reap()

    def _exchange(self, code: str, data: bytes) -> bytes:
        key = _native.key()
        _native.put(key, data)
        try:
            self._execute(code.format(key=key))
        finally:
            # The task, if it was not taken; else the answer.
            answer = _native.take(key)
        assert answer is not None, "a worker answers each task"
        return answer

    def _execute(self, code: str, interpreter: Any = None) -> None:
        failed = _cpython.execute(interpreter or self.interpreter, code)
        if failed is not None:
            raise ExecutionFailed(failed)


def _keep(interpreter: Any) -> None:
    """Let the interpreter outlive this one: the end of the process takes it."""
    if sys.version_info < (3, 13):
        # The last reference to the number of an interpreter ends it.
        import ctypes

        ctypes.pythonapi.Py_IncRef(ctypes.py_object(interpreter))


_here = threading.local()


def _work(executor: Any, queue: Any, context: _Context) -> None:
    _here.context = context
    try:
        _thread._worker(executor, queue, context.start, ())
    finally:
        context.close()


def _run_here(function: Callable[..., T], args: tuple[Any, ...], kwargs: dict[str, Any]) -> T:
    context: _Context = _here.context
    result: T = context.run(function, args, kwargs)
    return result


class InterpreterPoolExecutor(ThreadPoolExecutor):
    """Runs each call in one of several interpreters, which isolate what they import.

    Like `concurrent.futures.InterpreterPoolExecutor` of CPython 3.14: functions, arguments, results and exceptions are
    pickled. `policy` is that of `insula_isolate.install()`. `daemon_threads` allows the interpreters daemon threads,
    which joblib and grpc need (not on CPython 3.12: it has no such setting); an interpreter in which some still run at
    the end is not ended, and `insula_isolate.report()` says so.
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
        if initializer is not None and not callable(initializer):
            raise TypeError("initializer must be a callable")
        super().__init__(_worker.count(max_workers), thread_name_prefix)
        setup = _worker.setup(policy)
        self._create_context: Callable[[], _Context] = lambda: _Context(initializer, initargs, setup, daemon_threads)
        if (main := sys.modules.get("__main__")) is not None:
            # The name that classes of the main module have in the workers.
            sys.modules.setdefault(_worker.MAIN, main)

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        return super().submit(_run_here, fn, args, kwargs)

    def _adjust_thread_count(self) -> None:
        # As the base class has it, but for the target of the threads and its arguments.
        if self._idle_semaphore.acquire(timeout=0):
            return

        def weakref_cb(_: object, q: Any = self._work_queue) -> None:
            q.put(None)

        number = len(self._threads)
        if number < self._max_workers:
            thread = threading.Thread(
                name=f"{self._thread_name_prefix}_{number}",
                target=_work,
                args=(weakref.ref(self, weakref_cb), self._work_queue, self._create_context()),
            )
            thread.start()
            self._threads.add(thread)  # type: ignore[attr-defined]
            _thread._threads_queues[thread] = self._work_queue  # type: ignore[index]
