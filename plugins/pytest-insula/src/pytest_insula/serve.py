"""The child process: makes the interpreters, and has each serve pytest in a thread of its own."""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import json
import os
import sys
import threading
import traceback
from typing import Any

#: CPython 3.12 calls it differently. `concurrent.interpreters` of CPython 3.14 is a layer upon it, which has no way to
#: ask for an interpreter that shares the GIL.
interpreters: Any = importlib.import_module("_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters")

_PREPARE = """
import sys
sys.path[:] = {path!r}
sys.argv = {argv!r}
if {isolate!r}:
    import insula_isolate
    insula_isolate.install()
from pytest_insula import inside
"""


def create(gil: str) -> Any:
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if gil == "own" else "legacy")
    return interpreters.create(isolated=gil == "own")


def execute(interpreter: Any, code: str) -> str | None:
    """Run code in an interpreter. What it raised, in words, or None."""
    if sys.version_info >= (3, 13):
        failed = interpreters.exec(interpreter, code)
        return None if failed is None else str(getattr(failed, "errdisplay", None) or failed.formatted)
    try:
        interpreters.run_string(interpreter, code)
    except interpreters.RunFailedError as error:
        return str(error)
    return None


def main() -> None:
    setup = json.loads(sys.argv[1])
    # A crash says where. Only this interpreter may turn it on, and it works for the process.
    faulthandler.enable()
    if sys.version_info < (3, 14):
        # They keep their types for the process. Two interpreters that set them up crash: on CPython 3.13 if they do it
        # at once, on 3.12 always, although it then refuses them. What the main interpreter has is set up no more.
        for name in ("_datetime", "_decimal", "_ctypes"):
            with contextlib.suppress(ImportError):
                importlib.import_module(name)

    alone = threading.Lock()

    def work(interpreter: Any, fd: int) -> None:
        try:
            # One after another: where several interpreters import the standard library at once, CPython 3.12 crashes.
            with alone:
                failed = execute(interpreter, _PREPARE.format(**setup))
            failed = failed or execute(interpreter, f"inside.serve({fd})")
        except BaseException:
            failed = traceback.format_exc()
        if failed is not None:
            print(failed, file=sys.stderr, flush=True)
            os._exit(1)

    threads = []
    for fd in setup["fds"]:
        # What tests start must not keep the socket open.
        os.set_inheritable(fd, False)
        # One after another: CPython 3.12 and 3.13 end the process if two threads create interpreters at once.
        threads.append(threading.Thread(target=work, args=(create(setup["gil"]), fd)))
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # How an interpreter ends is a question of the audit, and threads that tests left behind must not delay this.
    os._exit(0)
