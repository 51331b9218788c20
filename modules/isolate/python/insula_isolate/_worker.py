"""What runs in the interpreters of a pool, and what sends it there."""

from __future__ import annotations

import operator
import pickle
import sys

import insula_isolate._native as _native
from insula_isolate.policy import Policy, PolicyError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from types import ModuleType
    from typing import Any

    from insula_isolate.policy import Choice

#: The name under which a worker runs the main module, so that its `if __name__ == "__main__"` is not true.
MAIN = "__insula_main__"

_SETUP = """
import sys
sys.path[:] = {path!r}
import insula_isolate
insula_isolate.install({policy!r})
from insula_isolate import _worker
_worker.begin()
"""
_UNPICKLED_POLICY = """
import pickle
insula_isolate.install(pickle.loads({policy!r}))
"""


def count(workers: object) -> int | None:
    """How many workers a pool is asked for."""
    if workers is None or isinstance(workers, int):
        return workers
    try:
        return operator.index(workers)  # type: ignore[arg-type]
    except TypeError:
        raise TypeError(f"max_workers is {workers!r}; it is the number of interpreters, or None") from None


def setup(policy: Choice | None) -> str:
    """The code by which a new interpreter imports from where this one does, and isolates what it imports."""
    # One that is wrong is the caller's mistake, not each worker's.
    if policy is None:
        from insula_isolate import hook

        hook.project()
    else:
        Policy(policy)
    if policy is None or isinstance(policy, str):
        return _SETUP.format(path=sys.path, policy=policy)
    # Its module may need what is only there after install().
    return _SETUP.format(path=sys.path, policy=None) + _UNPICKLED_POLICY.format(policy=_pickled(policy))


def _pickled(policy: Choice) -> bytes:
    """A policy that is a function, as it is sent to the workers."""
    try:
        pickled = pickle.dumps(policy)
    except Exception as error:
        raise PolicyError(f"policy is {policy!r}, which cannot be pickled: make it a function of a module") from error
    if b"__main__" in pickled or MAIN.encode() in pickled:
        # To run the main module for it would import by another policy what the main module imports.
        raise PolicyError(
            f"policy is {policy!r} of __main__, which is to be run only once the policy is there: move it to a module"
        )
    return pickled


def begin() -> None:
    """Let the threads that a task starts be ordinary ones unless it says otherwise.

    From CPython 3.13 the thread that runs a task is a dummy to `threading`. A dummy is a daemon where there may be
    daemons, threads inherit that, and an interpreter with daemons cannot be ended.
    """
    import threading

    threading._DummyThread.daemon = False


def threads_left() -> list[str]:
    """The threads of this interpreter that its end would not wait for, by name.

    CPython up to 3.13 ends the process if an interpreter ends before its threads. CPython 3.12 also ends it if an
    interpreter is left at the end of the process, so there they are given time.
    """
    import _thread
    import threading
    import time

    left: list[str] = []
    quiet = 0
    for _ in range(1000 if sys.version_info < (3, 13) else 20):
        here = (threading.main_thread(), threading.current_thread())
        known = [each for each in threading.enumerate() if each not in here]
        # Who attached from outside is known as a dummy, and was not started here.
        dummies = [each for each in known if isinstance(each, threading._DummyThread)]
        left = [each.name for each in known if each.daemon or each in dummies]
        unknown = _thread._count() - (len(known) - len(dummies))
        if unknown > 0:
            left.append(f"{unknown} without a name")
        # One is not counted yet until it has run for the first time, and no longer while it gives back its memory.
        quiet = 0 if left else quiet + 1
        if quiet > 4:
            break
        # One that has just returned is counted for a moment.
        time.sleep(0.01)
    native = _native.native_threads_left()
    return [*left, f"{native} of native code, in Python functions"] if native else left


def run(data: bytes) -> bytes:
    """Run one pickled task. The pickled answer is `(True, result)` or `(False, (exception or None, traceback))`."""
    try:
        main, task = pickle.loads(data)
        if b"__main__" in task or MAIN.encode() in task:
            _provide_main(main)
        function, args, kwargs = pickle.loads(task)
        return pickle.dumps((True, function(*args, **kwargs)))
    except BaseException as error:
        import traceback

        text = "".join(traceback.format_exception(error))
        try:
            answer = pickle.dumps((False, (error, text)))
            # Some can be pickled, and not be unpickled.
            pickle.loads(answer)
        except Exception:
            answer = pickle.dumps((False, (None, text)))
        return answer


def main_module() -> tuple[str, str] | None:
    """How a worker finds this interpreter's main module: ("name", module) or ("path", file); None if it cannot."""
    main = sys.modules.get("__main__")
    if main is None:
        return None
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name != "__main__":
        return "name", spec.name
    file = getattr(main, "__file__", None)
    return None if file is None else ("path", file)


_provided = False


def _provide_main(main: tuple[str, str] | None) -> None:
    """Run the main module of who made the pool, as the standard pool of CPython 3.14 does, and keep what it defines."""
    global _provided
    if _provided:
        return
    if main is None:
        raise pickle.PicklingError(
            "a task names something of __main__, which is no file that another interpreter could run; "
            "move it to a module"
        )
    import runpy

    how, where = main
    namespace = runpy.run_path(where, run_name=MAIN) if how == "path" else runpy.run_module(where, run_name=MAIN)
    here: ModuleType = sys.modules["__main__"]
    own: dict[str, Any] = {name: each for name, each in namespace.items() if not name.startswith("__")}
    here.__dict__.update(own)
    # Under this name its functions and classes are pickled here.
    sys.modules[MAIN] = here
    _provided = True
