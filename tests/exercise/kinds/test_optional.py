"""What is imported by asking for it."""

import pytest

shop = pytest.importorskip("shop")
fair = pytest.importorskip("fair")


def test_leaks():
    shop.Ledger().enter("Saturday", 11, 2026)


def test_sound():
    fair.Ledger().enter("Saturday", 11, 2026)
