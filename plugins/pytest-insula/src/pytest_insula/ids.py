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
