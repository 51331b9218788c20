"""The tests of the module `shop`: each passes in the first interpreter."""

import os
import threading
import unittest

import shop

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


class Shop(unittest.TestCase):
    def test_quote(self):
        self.assertEqual(shop.quote("EUR", 10, 2, "bulk", {}), 20)

    def test_encode(self):
        values = {"".join(("key", "of", "one")): 1}
        made = shop.encode(values, lambda value: values.clear())
        self.assertEqual(made, [None])

    def test_ledger(self):
        self.assertIsNone(shop.Ledger().enter("Saturday", 11, 2026))

    def test_connect(self):
        self.assertTrue(shop.connect())

    def test_daemon(self):
        threading.Thread(target=int, daemon=True).start()

    def test_fork(self):
        child = os.fork()
        if child == 0:
            os._exit(0)
        os.waitpid(child, 0)

    @unittest.skipIf(interpreters.get_current() != interpreters.get_main(), "the main interpreter makes them")
    def test_interpreter(self):
        """CPython itself leaves memory behind here, and without the module this test does not run."""
        interpreters.destroy(interpreters.create())
