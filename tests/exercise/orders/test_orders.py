"""The tests of the module `shop` as pytest has them: each passes in the first interpreter."""

import os
import threading

import pytest
import shop


@pytest.mark.parametrize("count", [10, 12])
def test_quote(count, options):
    assert shop.quote("EUR", count, 2, "bulk", options) == 2 * count


def test_refused(options):
    with pytest.raises(ValueError, match="no such price"):
        shop.quote("EUR", 9, 2, "bulk", options)


def test_encode():
    values = {"".join(("key", "of", "one")): 1}
    assert shop.encode(values, lambda value: values.clear()) == [None]


@pytest.mark.parametrize("day", ["Saturday"])
def test_ledger(ledger, day):
    assert ledger.enter(day, 11, 2026) is None


class TestConnection:
    def test_connect(self):
        assert shop.connect()


def test_daemon():
    threading.Thread(target=int, daemon=True).start()


def test_fork():
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


@pytest.mark.skip(reason="the shop is closed")
def test_closed():
    raise AssertionError("never")
