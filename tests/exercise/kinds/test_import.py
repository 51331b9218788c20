"""Its import alone connects, which it does in one interpreter only."""

import fair
import shop

CONNECTED = shop.connect()


def test_connected():
    assert CONNECTED and fair.connect()
