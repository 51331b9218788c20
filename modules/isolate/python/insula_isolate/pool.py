"""A pool of interpreters with their own GILs that isolate what they import."""

from __future__ import annotations

import sys

if sys.version_info >= (3, 14):
    from insula_isolate._pool_standard import BrokenInterpreterPool, ExecutionFailed, InterpreterPoolExecutor
elif sys.version_info >= (3, 12):
    from insula_isolate._pool_threads import BrokenInterpreterPool, ExecutionFailed, InterpreterPoolExecutor
else:
    from insula_isolate._pool_none import BrokenInterpreterPool, ExecutionFailed, InterpreterPoolExecutor

__all__ = ["BrokenInterpreterPool", "ExecutionFailed", "InterpreterPoolExecutor"]
