"""Runs CPython's own test of xxlimited with our module in the place of the interpreter's."""

import sys
import unittest

import support

ours = support.fresh("xxlimited")
sys.modules["xxlimited"] = ours

from test import test_xxlimited  # noqa: E402  (only now, so that it finds ours)

assert test_xxlimited.xxlimited is ours and ours.__file__ == support.path("xxlimited")
# From 3.15 on the class tests all variants of the module that the interpreter has, ours among them.
case = getattr(test_xxlimited, "TestXXLimited", None) or test_xxlimited.XXLimitedTests
result = unittest.TextTestRunner().run(unittest.defaultTestLoader.loadTestsFromTestCase(case))
sys.exit(not (result.wasSuccessful() and result.testsRun >= 7 and not result.skipped))
