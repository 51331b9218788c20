"""What makes CPython's own contextvars crash, leak or answer wrongly, against the interpreter's module and against ours.

Each reproducer runs in a process of its own, for each of the two. Ours has to survive all of them, with the right answers; how the
interpreter's own fares is printed beside it, and has to be known.
"""

import concurrent.futures
import json
import os
import signal
import subprocess
import sys
import textwrap
import unittest

PRELUDE = """
import gc, sys
if {ours}:
    import _imp
    from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader, ModuleSpec
    PATH = {folder!r} + "/insula_contextvars" + EXTENSION_SUFFIXES[0]
    LOAD = '''
import _imp
from importlib.machinery import ExtensionFileLoader, ModuleSpec
cv = _imp.create_dynamic(ModuleSpec("insula_contextvars", ExtensionFileLoader("insula_contextvars", PATH), origin=PATH))
_imp.exec_dynamic(cv)
'''.replace("PATH", repr(PATH))
else:
    LOAD = "import contextvars as cv\\n"
exec(LOAD)
def native(context):
    return context.native if {ours} else context
# CPython 3.13 begins to put off deallocations when 10,000 are nested, others at 50.
STACK, CHAIN = (1 << 22, 300_000) if sys.version_info[:2] == (3, 13) else (1 << 18, 100_000)
def on_small_stack(function):
    import threading
    threading.stack_size(STACK)
    thread = threading.Thread(target=function)
    thread.start()
    thread.join()
def gone(ref):
    gc.collect()
    return ref() is None
"""

SCENARIOS = {
    "gh-132002 unhashable name": """
        class Name(str):
            def __eq__(self, other): pass
        for _ in range(100):
            try: cv.ContextVar(Name("x"))
            except TypeError as error: assert "unhashable type" in str(error)
            else: assert False
        gc.collect()
        assert not any(type(each) is Name for each in gc.get_objects())
    """,
    "gh-132002 name's hash raises": """
        class Name(str):
            def __hash__(self): raise LookupError("no")
        for _ in range(100):
            try: cv.ContextVar(Name("x"))
            except LookupError: pass
            else: assert False
        assert not any(type(each) is Name for each in gc.get_objects())
    """,
    "gh-132002 ... with a default": """
        class Name(str):
            def __hash__(self): raise LookupError("no")
        default = []
        before = sys.getrefcount(default)
        for _ in range(100):
            try: cv.ContextVar(Name("x"), default=default)
            except LookupError: pass
            else: assert False
        gc.collect()
        assert sys.getrefcount(default) == before
    """,
    "gh-142829 equality re-enters set": """
        variables = [cv.ContextVar(f"v{i}") for i in range(20)]
        one, two = cv.Context(), cv.Context()
        class Value:
            asked = 0
            def __eq__(self, other):
                Value.asked += 1
                one.run(lambda: [each.set(object()) for each in variables])
                return Value.asked < 4
        def fill(make):
            for each in variables: each.set(make())
        for _ in range(50):
            one.run(fill, Value)
            two.run(fill, object)
            Value.asked = 0
            assert one != two and Value.asked == 4, Value.asked
    """,
    "gh-148891 collection inside set": """
        variables = [cv.ContextVar(f"v{i}") for i in range(40)]
        other = cv.ContextVar("other")
        n = 0
        class Garbage:
            def __init__(self): self.me = self
            def __del__(self):
                global n
                n += 1
                other.set(n)
        gc.freeze()
        for i in range(300):
            var, value = variables[i % 40], [i]
            gc.collect()
            Garbage()
            gc.set_threshold(1 + i % 16)
            token = var.set(value)
            gc.set_threshold(0)
            assert var.get() is value, "the value is lost"
            assert other.get(0) == n, "what the finaliser set is lost"
            gc.collect()
            Garbage()
            gc.set_threshold(1 + i % 16)
            if i % 3 == 0: var.reset(token)
            gc.set_threshold(0)
            assert other.get(0) == n, "what the finaliser set is lost"
        assert n > 30
    """,
    "gh-151773 an allocation fails in set": """
        from _testcapi import set_nomemory, remove_mem_hooks
        variables = [cv.ContextVar(f"v{i}") for i in range(70)]
        for var in variables: var.set(0)
        for i in range(60):
            value = object()
            try:
                set_nomemory(i, i + 1)
                variables[i].set(value)
            except MemoryError: failed = True
            else: failed = False
            finally: remove_mem_hooks()
            assert variables[i].get() == 0 if failed else variables[i].get() is value
            variables[i].set(0)
            assert sys.getrefcount(value) == 2, sys.getrefcount(value)
        assert not failed
    """,
    "gh-151773 all allocations fail in set": """
        from _testcapi import set_nomemory, remove_mem_hooks
        variables = [cv.ContextVar(f"v{i}") for i in range(70)]
        for var in variables: var.set(0)
        for i in range(60):
            value = object()
            try:
                set_nomemory(i, 0)
                variables[i].set(value)
            except MemoryError: failed = True
            else: failed = False
            finally: remove_mem_hooks()
            assert variables[i].get() == 0 if failed else variables[i].get() is value
            variables[i].set(0)
            assert sys.getrefcount(value) == 2, sys.getrefcount(value)
        assert not failed
    """,
    "gh-159739 reset runs a finaliser that sets": """
        var = cv.ContextVar("v")
        class Reenter:
            def __del__(self): var.set(["finaliser"])
        for _ in range(200):
            var.set(["original"])
            token = var.set(Reenter())
            var.reset(token)
            del token
            junk = [[i] for i in range(10)]
            assert var.get() == ["finaliser"], var.get()
    """,
    "set runs a finaliser that sets": """
        var = cv.ContextVar("v")
        class Reenter:
            def __del__(self): var.set(["finaliser"])
        for _ in range(200):
            var.set(Reenter())
            var.set(["new"])
            junk = [[i] for i in range(10)]
            assert var.get() == ["finaliser"], var.get()
    """,
    "a chain of tokens dies": """
        var = cv.ContextVar("v")
        def chain():
            token = None
            for _ in range(CHAIN): token = var.set(token)
            var.set(None)
            del token
        on_small_stack(chain)
    """,
    "a chain of variables dies": """
        def chain():
            var = None
            for _ in range(CHAIN): var = cv.ContextVar("v", default=var)
            del var
        on_small_stack(chain)
    """,
    "a chain of contexts dies": """
        var = cv.ContextVar("v")
        def chain():
            context = None
            for _ in range(CHAIN):
                new = cv.Context()
                new.run(var.set, context)
                context = new
            del new, context
        on_small_stack(chain)
    """,
    "gh-138192 Token.MISSING in sub-interpreters": """
        try: import _interpreters as interpreters
        except ImportError: import _xxsubinterpreters as interpreters
        code = LOAD + "var = cv.ContextVar('v')\\nassert var.set(1).old_value is cv.Token.MISSING\\n"
        code += "assert repr(cv.Token.MISSING) == '<Token.MISSING>'"
        interpreter = interpreters.create()
        failed = interpreters.run_string(interpreter, code)
        assert failed is None, failed
        interpreters.destroy(interpreter)
    """,
    "gh-155515 a cycle through an iterator": """
        import weakref
        class Value(list): pass
        for what in ("keys", "values", "items", "__iter__"):
            var, context, value = cv.ContextVar("v"), cv.Context(), Value()
            context.run(var.set, value)
            iterator = getattr(context, what)()
            assert gc.is_tracked(iterator)
            value.append(iterator)
            ref = weakref.ref(value)
            del var, context, value, iterator
            assert gone(ref), what
    """,
    "gh-120811 run's result when leaving fails": """
        import ctypes, weakref
        enter, leave = ctypes.pythonapi.PyContext_Enter, ctypes.pythonapi.PyContext_Exit
        enter.argtypes = leave.argtypes = [ctypes.py_object]
        class Result: pass
        context, other = cv.Context(), cv.Context()
        def function():
            global ref
            result = Result()
            ref = weakref.ref(result)
            enter(native(other))
            return result
        try: context.run(function)
        except RuntimeError: pass
        else: assert False
        leave(native(other))
        leave(native(context))
        assert gone(ref)
    """,
    "gh-154535, gh-155519 shared between threads": """
        import sysconfig, threading
        var = cv.ContextVar("v")
        variables = [cv.ContextVar(f"v{i}") for i in range(200)]
        context = cv.Context()
        def fill():
            for each in variables: each.set([each])
        context.run(fill)
        sys.setswitchinterval(1e-6)
        for _ in range(20):
            iterator, seen = context.items(), []
            def work():
                for pair in iterator:
                    var.set(pair)
                    assert var.get() is pair
                    seen.append(pair[0])
            threads = [threading.Thread(target=work) for _ in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            met, all_of_them = set(map(id, seen)), set(map(id, variables))
            # Without a GIL an iterator that threads share may leave out what one of them steps over, as CPython's own do.
            assert met <= all_of_them if sysconfig.get_config_var("Py_GIL_DISABLED") else len(seen) >= 200 and met == all_of_them
    """,
    "deep nesting in equality and repr": """
        var = cv.ContextVar("v")
        def nested():
            context = cv.Context()
            for _ in range(20000):
                new = cv.Context()
                new.run(var.set, context)
                context = new
            return context
        try: nested() == nested()
        except RecursionError: pass
        deep = None
        for _ in range(4000): deep = cv.ContextVar("v", default=deep)
        try: repr(deep)
        except RecursionError: pass
    """,
    "changes while iterating": """
        variables = [cv.ContextVar(f"v{i}") for i in range(300)]
        context = cv.Context()
        def work():
            for each in variables[:150]: each.set(1)
            seen = 0
            for each in context:
                seen += 1
                each.set(2)
                variables[150 + seen - 1].set(3)
                gc.collect() if seen % 50 == 0 else None
            assert seen == 150 and len(context) == 300
        context.run(work)
    """,
    "re-entrant hash of the name": """
        made = []
        class Name(str):
            def __hash__(self):
                made.append(cv.ContextVar("inner", default=self))
                gc.collect()
                return 1
        var = cv.ContextVar(Name("x"))
        assert type(var.name) is Name and made and made[0].get() is var.name
        var.set(1)
        assert var.get() == 1
    """,
    "allocation failures in every operation": """
        from _testcapi import set_nomemory, remove_mem_hooks
        variables = [cv.ContextVar(f"v{i}") for i in range(40)]
        for var in variables: var.set(0)
        var, context = variables[0], cv.copy_context()
        def new(): cv.ContextVar("x", default=1)
        def set_reset(): var.reset(var.set(2))
        def across():
            token = var.set(2)
            try: variables[1].set(5)
            except MemoryError: pass
            var.reset(token)
        operations = [new, set_reset, across, var.get, cv.Context, cv.copy_context, context.copy, lambda: context.run(int),
                      lambda: list(context.items()), lambda: context == cv.copy_context(), lambda: repr(var), lambda: context[var],
                      lambda: context.get(var), lambda: var in context, lambda: context.run(var.set, 3),
                      lambda: context.run(var.set, 0)]
        for operation in operations:
            failed, i = True, 0
            while failed and i < 300:
                try:
                    set_nomemory(i, i + 1)
                    operation()
                except MemoryError: failed = True
                else: failed = False
                finally: remove_mem_hooks()
                i += 1
                if var.get() != 0: var.set(0)
                variables[1].set(0)
                assert all(each.get() == 0 for each in variables), operation
    """,
}

# Where ours can only be as good as CPython: its own PyContextVar_Set crashes if there is memory neither for the token nor for the value.
LIMITS = {"gh-151773 all allocations fail in set": sys.version_info < (3, 13, 15)}

# What has to fail with the interpreter's own module: otherwise the reproducer shows nothing.
EVERYWHERE = [
    "gh-132002 unhashable name",
    "gh-132002 name's hash raises",
    "gh-132002 ... with a default",
    "gh-142829 equality re-enters set",
    "gh-151773 an allocation fails in set",
    "gh-159739 reset runs a finaliser that sets",
    "a chain of variables dies",
    "gh-155515 a cycle through an iterator",
]
KNOWN = {
    (3, 11, 7): [
        *EVERYWHERE,
        "gh-120811 run's result when leaving fails",
        "gh-148891 collection inside set",
    ],
    (3, 12, 1): [
        *EVERYWHERE,
        "gh-120811 run's result when leaving fails",
        "gh-138192 Token.MISSING in sub-interpreters",
    ],
    (3, 13, 0): [*EVERYWHERE, "gh-138192 Token.MISSING in sub-interpreters"],
    (3, 13, 18): [
        "gh-138192 Token.MISSING in sub-interpreters",
        "gh-159739 reset runs a finaliser that sets",
        "a chain of tokens dies",
        "a chain of variables dies",
    ],
}


def run(name, ours):
    code = PRELUDE.format(ours=ours, folder=os.environ["INSULA_TEST_MODULES"])
    code += textwrap.dedent(SCENARIOS[name]) + "print('end')\n"
    # With the debug allocator every use of freed memory shows.
    environment = dict(os.environ, PYTHONMALLOC="debug")
    try:
        done = subprocess.run(
            [sys.executable, "-S", "-c", code], env=environment, capture_output=True, text=True, timeout=120, errors="replace"
        )
    except subprocess.TimeoutExpired:
        return "hangs", ""
    if done.returncode == 0 and done.stdout.endswith("end\n"):
        return "ok", ""
    last = (done.stderr.strip().splitlines() or ["ends"])[-1]
    if done.returncode < 0:
        return signal.Signals(-done.returncode).name, done.stderr[-3000:]
    return f"wrong: {last[:60]}", done.stderr[-3000:]


def run_all():
    """How each reproducer ends, and what it wrote, with the interpreter's own module and with ours."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        jobs = {name: [pool.submit(run, name, ours) for ours in (False, True)] for name in SCENARIOS}
    return {name: [job.result() for job in both] for name, both in jobs.items()}


class Crashes(unittest.TestCase):
    def test_what_crashes_cpythons_own_module_does_not_crash_ours(self):
        ends = run_all()
        print(f"{'CPython ' + sys.version.split()[0]:<46} {'its own':<24} ours")
        for name, (own, ours) in ends.items():
            print(f"{name:<46} {own[0]:<24} {ours[0]}")
        for name, (own, ours) in ends.items():
            with self.subTest(name=name):
                if not (LIMITS.get(name) and ours[0] == own[0]):
                    self.assertEqual(ours[0], "ok", ours[1])
                if name in KNOWN.get(sys.version_info[:3], ()):
                    self.assertNotEqual(own[0], "ok", "the reproducer shows nothing")


if __name__ == "__main__":
    if sys.argv[1:] == ["--json"]:
        print(json.dumps([(name, own[0], ours[0]) for name, (own, ours) in run_all().items()]))
    else:
        unittest.main()
