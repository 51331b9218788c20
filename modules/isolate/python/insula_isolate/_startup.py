"""What runs at the start of an interpreter, on behalf of the .pth file, of `python -m insula_isolate` or of a pool."""

from __future__ import annotations

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_START = """
import sys
sys.path[:] = {path!r}
from insula_isolate import _startup
_startup.run()
_startup.follow()
"""


def run() -> None:
    """Install in this interpreter, unless it is the main one. What is wrong is one line on stderr."""
    try:
        from insula_isolate import hook
        from insula_isolate._native import is_main

        value = os.environ.get("INSULA_ISOLATE", "1")
        if value == "1":
            hook.install()
        elif is_main():
            # Once for the process. `off` must not turn it on, nor may a mistyped `1` go unnoticed.
            say(f"INSULA_ISOLATE is {value!r}; it is 1, or 0: modules of all interpreters load as ever")
    except Exception as error:
        say(f"modules of this interpreter load as ever: {_line(error)}")


def follow() -> None:
    """Make the interpreters that Python code creates here install first, where the .pth file is not found, too."""
    from insula_isolate import _cpython

    create = _cpython.interpreters.create
    if not hasattr(create, "insula_isolate"):
        _cpython.interpreters.create = _following(create)


def _following(create: Callable[..., Any]) -> Callable[..., Any]:
    from insula_isolate import _cpython

    def create_and_install(*args: Any, **kwargs: Any) -> Any:
        interpreter = create(*args, **kwargs)
        try:
            failed = _cpython.execute(interpreter, _START.format(path=sys.path))
        except Exception as error:
            failed = _line(error)
        if failed is not None:
            say(f"modules of interpreter {int(interpreter)} load as ever: {failed}")
        return interpreter

    create_and_install.insula_isolate = True  # type: ignore[attr-defined]
    return create_and_install


def say(text: str) -> None:
    """One line on stderr, if there is one."""
    if sys.stderr is not None:
        print(f"insula_isolate: {text}", file=sys.stderr)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
