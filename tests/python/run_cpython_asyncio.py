"""Runs CPython's own tests of asyncio's tasks and contexts with the variables and contexts of insula_contextvars.

It stands beside the interpreter's own module: where a task, a loop or a runner is given a context, it gets the native one that ours
stands for, because tasks written in C demand just that. Only the tests with "context" in their names, unless INSULA_TEST_ROUNDS asks for
all of them, which takes a minute.
"""

import asyncio
import contextvars
import importlib
import importlib.util
import os
import sys
import types
import unittest

import support

ours = support.fresh("insula_contextvars")
MODULES = [
    "test_context", "test_eager_task_factory", "test_futures2", "test_runners", "test_server_context", "test_taskgroups", "test_tasks",
    "test_threads",
]


def natively(owner, name):
    """Lets a function take our contexts."""
    original = getattr(owner, name)

    def call(*arguments, **options):
        if isinstance(options.get("context"), ours.Context):
            options["context"] = options["context"].native
            call.used += 1
        return original(*arguments, **options)

    call.used = 0
    setattr(owner, name, call)
    return call


def run(chosen):
    """Runs those tests whose names pass."""
    suite = unittest.TestSuite()
    for module in modules:
        for test in flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
            if chosen(test.id()):
                suite.addTest(test)
    return unittest.TextTestRunner().run(suite)


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def put(contexts):
    """Gives the tests our variables, and the contexts of that module. Returns in how many places."""
    beside = types.SimpleNamespace(ContextVar=ours.ContextVar, Context=contexts.Context, copy_context=contexts.copy_context)
    places = [(module, name) for module in modules for name in ("contextvars", "ContextVar") if hasattr(module, name)]
    for module, name in places:
        setattr(module, name, beside if name == "contextvars" else ours.ContextVar)
    return len(places)


found = ["test.test_asyncio." + name for name in MODULES]
modules = [importlib.import_module(name) for name in found if importlib.util.find_spec(name)]
from test.test_asyncio import test_tasks  # noqa: E402

if hasattr(test_tasks.BaseTaskTests, "test_get_context"):
    # It asks whether a task gives back the very context that it was given, which is the native one.
    test_tasks.BaseTaskTests.test_get_context = unittest.expectedFailure(test_tasks.BaseTaskTests.test_get_context)
# The others with the interpreter's own contexts: some look at the very frames and reference counts.
put(contextvars)
others = run(lambda name: "ontext" not in name) if "INSULA_TEST_ROUNDS" in os.environ else None
places = [(test_tasks.BaseTaskTests, "new_task"), (asyncio.TaskGroup, "create_task"), (asyncio.Runner, "run"), (asyncio, "create_task"),
          (asyncio.BaseEventLoop, "create_task")]
calls = [natively(*place) for place in places]
replaced = put(ours)
result = run(lambda name: "ontext" in name)
assert result.testsRun >= 60 and replaced >= 4 and calls[0].used > 0
sys.exit(not (result.wasSuccessful() and (others is None or others.wasSuccessful() and others.testsRun > 800)))
