"""Tests of the module `fair` beside one that crashes in further interpreters, and uses nothing of it."""

import os
import signal
import unittest

import fair

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters


class Neighbour(unittest.TestCase):
    def test_a(self):
        self.assertTrue(fair.connect())

    def test_b_crash(self):
        if interpreters.get_current() != interpreters.get_main():
            os.kill(os.getpid(), signal.SIGSEGV)
