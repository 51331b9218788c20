"""Fixtures of the tests that pytest runs."""

import pytest
import shop


@pytest.fixture
def ledger():
    return shop.Ledger()


@pytest.fixture
def options():
    yield {}
