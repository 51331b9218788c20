"""What runs at the start of an interpreter, on behalf of the .pth file, of `python -m insula_isolate` or of a pool."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

_MODULES = ("_interpreters", "_xxsubinterpreters")

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
        from insula_isolate import finder

        finder.install()
    except Exception as error:
        say(f"modules of this interpreter load as ever: {_line(error)}")


def follow() -> None:
    """Make the interpreters that Python code creates here install first, where the .pth file is not found, too."""
    for name in _MODULES:
        try:
            module = __import__(name)
        except ImportError:
            continue
        if not hasattr(module.create, "insula_isolate"):
            module.create = _following(module, module.create)


def _following(module: Any, create: Callable[..., Any]) -> Callable[..., Any]:
    def create_and_install(*args: Any, **kwargs: Any) -> Any:
        interpreter = create(*args, **kwargs)
        code = _START.format(path=sys.path)
        try:
            failed = execute(module, interpreter, code)
        except Exception as error:
            failed = _line(error)
        if failed is not None:
            say(f"modules of interpreter {int(interpreter)} load as ever: {failed}")
        return interpreter

    create_and_install.insula_isolate = True  # type: ignore[attr-defined]
    return create_and_install


def execute(module: Any, interpreter: Any, code: str) -> str | None:
    """Run code in `__main__` of an interpreter. Returns what it raised, in words, or None."""
    if hasattr(module, "exec"):
        failed = module.exec(interpreter, code)
        return None if failed is None else str(failed.formatted)
    try:
        module.run_string(interpreter, code)
    except module.RunFailedError as error:
        return str(error)
    return None


def say(text: str) -> None:
    """One line on stderr, if there is one."""
    if sys.stderr is not None:
        print(f"insula_isolate: {text}", file=sys.stderr)


def _line(error: BaseException) -> str:
    return " ".join(str(error).split()) or type(error).__name__
