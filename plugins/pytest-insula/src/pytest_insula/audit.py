"""The audit of a module as a test: `insula audit MODULE` must find nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
from typing import Any

import pytest


def program() -> str:
    """The program `insula`: the variable INSULA names it, or it is found on PATH."""
    named = os.environ.get("INSULA") or "insula"
    found = shutil.which(named)
    if found is None:
        raise pytest.UsageError(f"--insula-audit: there is no program {named}; install it, or name it in INSULA")
    return found


class AuditItem(pytest.Item):
    """One module's audit."""

    def __init__(self, module: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.module = module

    def runtest(self) -> None:
        command = [program(), "audit", self.module, "--python", sys.executable]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(beside_the_interpreters())},
        )
        if done.returncode != 0:
            raise AuditError(f"exit code {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        return str(excinfo.value) if isinstance(excinfo.value, AuditError) else super().repr_failure(excinfo)

    def reportinfo(self) -> tuple[str, None, str]:
        return "insula", None, self.name


def beside_the_interpreters() -> list[str]:
    """What pytest, its configuration and its conftest files have put into `sys.path`: the modules may be there."""
    own = [sysconfig.get_path(name) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    folders = [os.path.abspath(folder) for folder in sys.path if os.path.isdir(folder or os.curdir)]
    return [folder for folder in folders if not any((folder + os.sep).startswith(each) for each in own)]


class AuditError(Exception):
    """What the program said."""


def items(session: pytest.Session) -> list[pytest.Item]:
    return [
        AuditItem.from_parent(session, name=f"audit[{name}]", nodeid=f"insula::audit[{name}]", module=name)
        for name in session.config.option.insula_module
    ]
