"""What tests import from beside them, with a doctest."""

import shop


def enter(module, day):
    """Enters a day.

    >>> enter(shop, "Saturday")
    """
    module.Ledger().enter(day, 11, 2026)
