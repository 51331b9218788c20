"""`python -m insula_isolate`: runs a program whose interpreters isolate what they import."""

from __future__ import annotations

import builtins
import io
import os
import runpy
import sys
from importlib.machinery import SourceFileLoader
from pkgutil import get_importer
from types import ModuleType
from typing import NoReturn

from insula_isolate import _startup

USAGE = "usage: python -m insula_isolate (-m MODULE | -c COMMAND | SCRIPT | -) [ARGUMENT ...]"


def main() -> None:
    arguments = sys.argv[1:]
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return
    option = arguments.pop(0) if arguments[:1] in (["-m"], ["-c"]) else None
    if not arguments:
        _refuse({"-m": "-m names no module", "-c": "-c has no command"}.get(option or "", "no program is named"))
    if option is None and arguments[0] != "-" and arguments[0].startswith("-"):
        _refuse(f"no such option as {arguments[0]}")

    os.environ["INSULA_ISOLATE"] = "1"
    _startup.follow()
    program = ModuleType("__main__")
    program.__dict__["__builtins__"] = builtins
    if sys.version_info < (3, 14):
        program.__dict__["__annotations__"] = {}
    # This module stays alive: its functions are running.
    sys.modules["__main__"] = program
    if option == "-m":
        sys.argv = arguments
        sys.path[0] = os.getcwd()
        runpy._run_module_as_main(arguments[0])  # type: ignore[attr-defined]
    elif option == "-c":
        sys.argv = ["-c", *arguments[1:]]
        sys.path[0] = ""
        exec(compile(arguments[0], "<string>", "exec"), program.__dict__)
    elif arguments[0] == "-":
        _run_input(program, arguments)
    else:
        _run_script(program, arguments)


def _run_script(program: ModuleType, arguments: list[str]) -> None:
    script = arguments[0]
    sys.argv = arguments
    if get_importer(script) is not None:
        # A folder or an archive, with a module __main__.
        sys.path[0] = script
        runpy._run_module_as_main("__main__", alter_argv=False)  # type: ignore[attr-defined]
        return
    try:
        with io.open_code(os.path.abspath(script)) as opened:
            source = opened.read()
    except OSError as error:
        _refuse(f"cannot open {script}: {error.strerror}")
    # As for `python SCRIPT`.
    program.__file__ = os.path.abspath(script)
    program.__dict__["__loader__"] = SourceFileLoader("__main__", program.__file__)
    if sys.version_info < (3, 15):
        program.__dict__["__cached__"] = None
    sys.path[0] = os.path.dirname(os.path.realpath(script))
    exec(compile(source, script, "exec"), program.__dict__)


def _run_input(program: ModuleType, arguments: list[str]) -> None:
    try:
        with open(0, "rb", closefd=False) as opened:
            source = opened.read()
    except OSError as error:
        _refuse(f"cannot read a program from standard input: {error.strerror}")
    sys.argv = arguments
    sys.path[0] = ""
    program.__file__ = "<stdin>"
    exec(compile(source, "<stdin>", "exec"), program.__dict__)


def _refuse(what: str) -> NoReturn:
    print(f"insula_isolate: {what}; {USAGE}", file=sys.stderr)
    raise SystemExit(2)


if __name__ == "__main__":
    main()
