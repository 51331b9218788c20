"""What the tests share: fresh copies of a module, and processes of their own for what could crash."""

import gc
import importlib.machinery
import importlib.util
import os
import subprocess
import sys
import sysconfig
import textwrap
import time
import types

# Once, here: CPython 3.11's sysconfig gives None to a thread that asks while another does so for the first time.
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")
FOLDER = os.environ["INSULA_TEST_MODULES"]

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))

# Where `tp_clear` is in a type: behind the head of an object, which is larger without a GIL.
TP_CLEAR = object.__basicsize__ + 176


def path(name):
    return os.path.join(FOLDER, name + SUFFIX)


def unexecuted(name):
    """A module object made from its definition, whose exec has not run, and its spec."""
    loader = importlib.machinery.ExtensionFileLoader(name, path(name))
    spec = importlib.util.spec_from_loader(name, loader)
    return importlib.util.module_from_spec(spec), spec


def fresh(name):
    """A new module object, executed, that sys.modules does not know."""
    module, spec = unexecuted(name)
    spec.loader.exec_module(module)
    return module


def together(*names):
    """What several modules offer, each of them fresh, as the attributes of one object."""
    every = types.SimpleNamespace()
    for name in names:
        for attribute, value in vars(fresh(name)).items():
            if not attribute.startswith("__"):
                assert not hasattr(every, attribute), f"two of {names} have {attribute}"
                setattr(every, attribute, value)
    return every


def references(cls):
    """The reference count of a type, exact where it is compared with an earlier one."""
    if FREE_THREADED:
        # Each thread counts for itself the instances that it makes; a collection adds that up.
        gc.collect()
    return sys.getrefcount(cls)


def in_process(code, *, timeout=60):
    """Run code that could crash in a process of its own, with every memory error made deterministic; return its output."""
    prelude = f"import sys; sys.path.insert(0, {os.path.dirname(__file__)!r})\nimport support\n"
    environment = dict(os.environ, PYTHONMALLOC="debug")
    done = subprocess.run(
        [sys.executable, "-X", "faulthandler", "-c", prelude + textwrap.dedent(code)],
        env=environment, capture_output=True, text=True, timeout=timeout,
    )
    if done.returncode != 0:
        raise AssertionError(f"the process ended with {done.returncode}:\n{done.stdout}\n{done.stderr[-4000:]}")
    return done.stdout


class Interpreter:
    """An interpreter of this process: for processes of their own, because creating any turns some of CPython's checks off."""

    def __init__(self, *, own_gil=False):
        try:
            import _interpreters as functions
            self.id = functions.create("isolated" if own_gil else "legacy")
        except ImportError:
            import _xxsubinterpreters as functions
            self.id = functions.create(isolated=own_gil)
        self.functions = functions

    def run(self, code):
        """Runs code that knows this module."""
        prelude = f"import sys; sys.path[:0] = [{os.path.dirname(__file__)!r}]\nimport support\n"
        failed = self.functions.run_string(self.id, prelude + textwrap.dedent(code))
        assert failed is None, failed

    def end(self):
        # CPython 3.11 refuses while a thread is inside; later versions wait for it.
        for _ in range(500):
            try:
                return self.functions.destroy(self.id)
            except RuntimeError as error:
                if sys.version_info >= (3, 12) or "more than one thread" not in str(error):
                    raise
                time.sleep(0.01)
        raise AssertionError("a thread does not leave the interpreter")
