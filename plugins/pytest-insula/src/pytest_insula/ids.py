"""The ids of tests in interpreters: the test, then the interpreter, as in `test_x.py::test_y[interpreter-2]`."""

from __future__ import annotations

import re
from typing import Any

import pytest

_SUFFIX = re.compile(r"\[interpreter-\d+(-again)?\]$")


def suffix(place: int, again: bool) -> str:
    return f"[interpreter-{place}{'-again' if again else ''}]"


def without(nodeid: str) -> str:
    """The id of the test itself."""
    return _SUFFIX.sub("", nodeid)


def name(report: Any) -> None:
    """Put the interpreter that a report comes from, its attribute `insula_suffix`, into the id and into the title."""
    tail = getattr(report, "insula_suffix", "")
    if tail and not report.nodeid.endswith(tail):
        report.nodeid += tail
        if isinstance(report, pytest.TestReport):
            path, line, domain = report.location
            report.location = (path, line, domain + tail)


def restore_values(report: Any, data: dict[str, Any]) -> None:
    """Give a subtest the values that its report was sent with.

    They are texts by then, and pytest quotes them once more each time it reads a report: `i='1'` for `i=1`.
    """
    sent = data.get("_subtest.context")
    context = getattr(report, "context", None)
    if isinstance(sent, dict) and isinstance(sent.get("kwargs"), dict) and hasattr(context, "kwargs"):
        # The class is frozen.
        object.__setattr__(context, "kwargs", dict(sent["kwargs"]))
