"""Kinds of test suites, for two modules: `shop`, which has defects, and its neighbour `fair`, which has none."""

import fair
import pytest
import shop


@pytest.fixture(autouse=True)
def noted(request):
    request.node.noted = True
    yield


@pytest.fixture(scope="session")
def kept():
    return fair.Ledger()


@pytest.fixture(scope="class")
def of_class(request):
    request.cls.ledger = shop.Ledger()
    yield
