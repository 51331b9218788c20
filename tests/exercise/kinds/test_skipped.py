"""A file that skips itself."""

import pytest

pytest.importorskip("no_such_package")


def test_never():
    raise AssertionError("never")
