"""What unittest has."""

import asyncio
import unittest

import fair
import shop


class Prepared(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.shop, cls.fair = shop.Ledger(), fair.Ledger()

    def test_leaks(self):
        self.shop.enter("Saturday", 11, 2026)

    def test_sound(self):
        self.fair.enter("Saturday", 11, 2026)

    def test_parts(self):
        for number in range(2):
            with self.subTest(number=number):
                self.assertTrue(shop.connect())


class Connected(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.connected = shop.connect()

    def test_connected(self):
        self.assertTrue(self.connected)


class Waiting(unittest.IsolatedAsyncioTestCase):
    async def test_leaks(self):
        await asyncio.sleep(0)
        shop.Ledger().enter("Saturday", 11, 2026)

    async def test_sound(self):
        await asyncio.sleep(0)
        fair.Ledger().enter("Saturday", 11, 2026)
