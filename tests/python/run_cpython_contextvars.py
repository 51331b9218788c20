"""Runs CPython's own test_context with insula_contextvars in the place of _contextvars, and insula-hamt in that of its map.

Before `threading` and `contextvars` are imported, which would keep the interpreter's own: so not through `support`.
"""

import _imp
import os
import sys
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec


def fresh(name):
    path = os.path.join(os.environ["INSULA_TEST_MODULES"], name + EXTENSION_SUFFIXES[0])
    module = _imp.create_dynamic(ModuleSpec(name, ExtensionFileLoader(name, path), origin=path))
    _imp.exec_dynamic(module)
    return module


assert "contextvars" not in sys.modules
ours = sys.modules["_contextvars"] = fresh("insula_contextvars")

import contextvars  # noqa: E402  (only now, so that it finds ours)
import unittest  # noqa: E402

from test import test_context  # noqa: E402

assert contextvars.ContextVar is test_context.contextvars.ContextVar is ours.ContextVar
# The class is skipped where the interpreter has no map to test.
test_context.HamtTest.__unittest_skip__ = False
test_context.hamt = fresh("hamt").hamt

if __name__ == "__main__":
    # All classes of tests, or those whose names begin so.
    loader, wanted = unittest.defaultTestLoader, tuple(sys.argv[1:])
    cases = [case for name, case in vars(test_context).items() if isinstance(case, type) and issubclass(case, unittest.TestCase)]
    cases = [case for case in cases if not wanted or case.__name__.startswith(wanted)]
    result = unittest.TextTestRunner().run(unittest.TestSuite(map(loader.loadTestsFromTestCase, cases)))
    sys.exit(not (result.wasSuccessful() and (wanted or result.testsRun >= 43) and not result.skipped))
