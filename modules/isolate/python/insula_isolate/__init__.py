"""Extension modules as they are, in interpreters with their own GILs.

Each interpreter gets a private copy of each extension module, so that the module's process-wide variables are that
interpreter's own.
"""

from __future__ import annotations

import sys

try:
    import insula_isolate._native as _native
except ImportError as error:
    error.add_note(
        "the native half of insula_isolate is for CPython 3.11 to 3.15 with a GIL, on Linux: "
        "install the wheel for this interpreter"
    )
    raise

from insula_isolate.hook import install
from insula_isolate.policy import PolicyError
from insula_isolate.records import Record, Report, report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from insula_isolate.pool import BrokenInterpreterPool, ExecutionFailed, InterpreterPoolExecutor
    from insula_isolate.proof import Verification, verify

__all__ = [
    "BrokenInterpreterPool",
    "ExecutionFailed",
    "InterpreterPoolExecutor",
    "PolicyError",
    "Record",
    "Report",
    "Verification",
    "install",
    "report",
    "verify",
]

if sys.version_info[:2] == (3, 13) and _native.is_main():
    # The types of _datetime are shared by all interpreters of CPython 3.13, and the first import sets them up without a
    # lock: two interpreters that do it at once crash. Once the main interpreter has, the others find them ready.
    __import__("_datetime")


def __getattr__(name: str) -> object:
    # What most interpreters never use, and what costs most to import.
    if name in ("BrokenInterpreterPool", "ExecutionFailed", "InterpreterPoolExecutor"):
        from insula_isolate import pool

        return getattr(pool, name)
    if name in ("Verification", "verify"):
        from insula_isolate import proof

        return proof.Verification if name == "Verification" else proof.verify
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
