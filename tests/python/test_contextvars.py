"""insula_contextvars: names, cycles, propagation, interpreters, and random programs against a model and the standard library."""

import asyncio
import collections.abc
import contextvars
import copy
import gc
import os
import pickle
import random
import sys
import threading
import unittest
import weakref

import support

cv = support.fresh("insula_contextvars")
hamt = support.fresh("hamt").hamt


class Marker:
    pass


class Interface(unittest.TestCase):
    def test_types_are_final_immutable_and_without_a_dict(self):
        for cls in (cv.ContextVar, cv.Context, cv.Token):
            with self.assertRaises(TypeError):
                type("Sub", (cls,), {})
            with self.assertRaises(TypeError):
                cls.attribute = 1
        var, context = cv.ContextVar("v"), cv.Context()
        token = var.set(1)
        for each in (var, context, token):
            with self.assertRaises(AttributeError):
                each.attribute = 1
            for refused in (pickle.dumps, copy.deepcopy):
                self.assertRaises(TypeError, refused, each)
        var.reset(token)
        self.assertRaises(TypeError, cv.Token)
        self.assertRaises(TypeError, type(cv.Token.MISSING))

    def test_only_variables_are_hashable_and_only_contexts_weakly_referenced(self):
        var, context = cv.ContextVar("v"), cv.Context()
        token = var.set(1)
        self.assertEqual(hash(var), hash(var))
        self.assertRaises(TypeError, hash, context)
        self.assertRaises(TypeError, hash, token)
        self.assertTrue(token == token and token != var.set(1))
        self.assertIs(weakref.ref(context)(), context)
        self.assertIsInstance(context, collections.abc.Mapping)
        self.assertEqual(cv.ContextVar[int].__args__, (int,))
        self.assertEqual(cv.Token[int].__args__, (int,))

    def test_messages_are_those_of_newer_cpythons(self):
        var, other, context = cv.ContextVar("v"), cv.ContextVar("o"), cv.Context()
        token = var.set(1)
        cases = [
            (TypeError, "context variable name must be a str", lambda: cv.ContextVar(1)),
            (TypeError, "takes exactly 1 positional argument", lambda: cv.ContextVar()),
            (TypeError, "a ContextVar key was expected, got 1", lambda: context[1]),
            (TypeError, "a ContextVar key was expected, got 'x'", lambda: "x" in context),
            (TypeError, "expected an instance of Token, got 1", lambda: var.reset(1)),
            (TypeError, "does not accept any arguments", lambda: cv.Context(1)),
            (TypeError, r"run\(\) missing 1 required positional argument", lambda: context.run()),
            (ValueError, "<Token var=<ContextVar name='v' at 0x[0-9a-f]+> at 0x[0-9a-f]+> was created by a different ContextVar",
             lambda: other.reset(token)),
            (ValueError, "was created in a different Context", lambda: context.run(var.reset, token)),
            (LookupError, "<ContextVar name='o' at 0x", other.get),
            (RuntimeError, "cannot enter context: <insula_contextvars.Context object at 0x[0-9a-f]+> is already entered",
             lambda: context.run(context.run, int)),
        ]
        for error, message, function in cases:
            with self.subTest(message=message):
                self.assertRaisesRegex(error, message, function)
        # A refused token can still be used, once.
        var.reset(token)
        self.assertRaisesRegex(RuntimeError, "<Token used var=.* has already been used once", var.reset, token)
        # Used comes before the wrong variable, as in CPython.
        self.assertRaisesRegex(RuntimeError, "already been used", other.reset, token)

    def test_none_is_a_value_and_a_default(self):
        var = cv.ContextVar("v", default=None)
        self.assertIsNone(var.get())
        self.assertEqual(var.get(1), 1)
        self.assertIsNone(cv.ContextVar("v").get(None))
        var.set(None)
        self.assertIsNone(var.get(1))

    def test_resetting_one_variable_leaves_others_alone(self):
        def work():
            a, b = cv.ContextVar("a"), cv.ContextVar("b")
            token = a.set(1)
            b.set(2)
            a.reset(token)
            self.assertEqual((a.get(None), b.get()), (None, 2))
            token = a.set(1)
            b.set(3)
            a.set(4)
            a.reset(token)
            self.assertEqual((a.get(None), b.get()), (None, 3))
        cv.Context().run(work)

    def test_module_objects_have_variables_of_their_own(self):
        other = support.fresh("insula_contextvars")
        var, theirs = cv.ContextVar("v"), other.ContextVar("v")
        self.assertIsNot(other.ContextVar, cv.ContextVar)
        var.set(1), theirs.set(2)
        self.assertEqual((var.get(), theirs.get()), (1, 2))
        self.assertNotIn(var, list(other.copy_context()))
        with self.assertRaises(TypeError):
            other.copy_context()[var]
        with self.assertRaises(TypeError):
            theirs.reset(var.set(1))

    def test_a_native_variable_that_was_changed_is_an_error(self):
        def work():
            var, context = cv.ContextVar("v"), cv.copy_context()
            var.set(1)
            (native,) = contextvars.copy_context()
            token = native.set("something else")
            changed = cv.copy_context()
            for refused in (var.get, lambda: var.set(2), lambda: changed[var], lambda: len(changed), lambda: changed == context):
                self.assertRaisesRegex(RuntimeError, "was changed", refused)
            native.reset(token)
            self.assertEqual(var.get(), 1)
        contextvars.Context().run(work)


class Names(unittest.TestCase):
    def odd_names(self):
        def weird(**members):
            return type("Weird", (str,), members)("name")
        yield "empty", ""
        yield "surrogate", "\ud800\udfff"
        yield "huge", "x" * 1_000_000
        yield "nul", "a\0b"
        yield "wide", "\U0010ffff"
        yield "plain subclass", weird()
        yield "__eq__", weird(__eq__=lambda self, other: 1 / 0, __hash__=lambda self: 7)
        yield "__hash__ of -1", weird(__hash__=lambda self: -1)
        yield "__str__", weird(__str__=lambda self: 1 / 0)
        yield "__class__", weird(__class__=property(lambda self: int))
        yield "__getattribute__", weird(__getattribute__=lambda self, name: 1 / 0)
        yield "__len__", weird(__len__=lambda self: -1)
        yield "__del__", weird(__del__=lambda self: gc.collect())
        yield "__bool__", weird(__bool__=lambda self: 1 / 0)

    def test_any_str_is_kept_as_given(self):
        for what, name in self.odd_names():
            with self.subTest(what=what):
                before = sys.getrefcount(name)
                var = cv.ContextVar(name)
                self.assertTrue(var.name is name)
                if type(name) is not str:  # which may be immortal
                    self.assertEqual(sys.getrefcount(name), before + 1)
                token = var.set(1)
                self.assertEqual(var.get(), 1)
                self.assertEqual(cv.copy_context()[var], 1)
                var.reset(token)
                del var, token
                self.assertEqual(sys.getrefcount(name), before)

    def test_what_a_name_raises_is_raised_and_nothing_leaks(self):
        def raising(self, *_):
            raise LookupError("from the name")
        for method, call in (("__hash__", cv.ContextVar), ("__repr__", lambda name: repr(cv.ContextVar(name)))):
            name = type("Weird", (str,), {method: raising})("name")
            before = sys.getrefcount(name)
            for _ in range(10):
                self.assertRaisesRegex(LookupError, "from the name", call, name)
            self.assertEqual(sys.getrefcount(name), before)

    def test_a_text_for_a_repr_that_is_none_is_a_type_error(self):
        name = type("Weird", (str,), {"__repr__": lambda self: 1})("name")
        self.assertRaises(TypeError, repr, cv.ContextVar(name))

    def test_what_is_no_str_is_refused_and_not_kept(self):
        class Pretends:
            __class__ = str
        for name in (None, 1, b"x", ["x"], Pretends(), object(), str, int):
            before = sys.getrefcount(name)
            for _ in range(10):
                self.assertRaisesRegex(TypeError, "must be a str", cv.ContextVar, name)
            if before < 1 << 28:
                self.assertEqual(sys.getrefcount(name), before)

    def test_keys_that_are_no_variables_are_refused_without_asking_them(self):
        class Key:
            __hash__ = __eq__ = lambda *_: 1 / 0
        context, key = cv.copy_context(), Key()
        before = sys.getrefcount(key)
        for refused in (context.__getitem__, context.__contains__, context.get):
            self.assertRaisesRegex(TypeError, "a ContextVar key was expected", refused, key)
        self.assertEqual(sys.getrefcount(key), before)


class Cycles(unittest.TestCase):
    """Each cycle goes through a list, where the collector can cut it, and through what its name says."""

    def through_value(self, ring):
        cv.Context().run(ring.append, ring)
        context = cv.Context()
        context.run(cv.ContextVar("v").set, ring)
        ring.append(context)

    def through_native(self, ring):
        context = cv.Context()
        context.run(cv.ContextVar("v").set, ring)
        ring.append(context.native)

    def through_iterator(self, ring):
        context = cv.Context()
        context.run(cv.ContextVar("v").set, ring)
        for what in (context.keys, context.values, context.items):
            iterator = what()
            next(iterator)
            ring.append(iterator)

    def through_iterator_within(self, ring):
        """It holds a node that lies below the root."""
        variables, context = [cv.ContextVar(f"v{i}") for i in range(200)], cv.Context()
        context.run(lambda: [each.set(ring) for each in variables])
        iterator = context.values()
        for _ in range(100):
            next(iterator)
        ring.append(iterator)

    def through_token(self, ring):
        var, context = cv.ContextVar("v"), cv.Context()
        context.run(var.set, ring)
        ring.append(context.run(var.set, None))

    def through_used_token(self, ring):
        var, context = cv.ContextVar("v"), cv.Context()
        context.run(var.set, ring)
        token = context.run(var.set, None)
        context.run(var.reset, token)
        ring.append(token)

    def through_default(self, ring):
        ring.append(cv.ContextVar("v", default=ring))

    def through_name(self, ring):
        name = type("Name", (str,), {})("name")
        name.ring = ring
        ring.append(cv.ContextVar(name))

    def through_shared_node(self, ring):
        variables = [cv.ContextVar(f"v{i}") for i in range(100)]
        one = cv.Context()
        one.run(lambda: [each.set(ring) for each in variables])
        two = one.copy()
        two.run(variables[0].set, None)
        ring += [one, two]

    KINDS = [through_value, through_native, through_iterator, through_iterator_within, through_token, through_used_token, through_default,
             through_name, through_shared_node]

    def ring(self):
        marker = Marker()
        return [marker], weakref.ref(marker)

    def test_each_cycle_is_collected_and_not_before_it_is_garbage(self):
        for kind in self.KINDS:
            with self.subTest(kind=kind.__name__):
                ring, ref = self.ring()
                kind(self, ring)
                gc.collect()
                self.assertIsNotNone(ref())
                del ring
                gc.collect()
                self.assertIsNone(ref())

    def test_all_cycles_together_are_collected(self):
        ring, ref = self.ring()
        for kind in self.KINDS:
            kind(self, ring)
        gc.collect()
        self.assertIsNotNone(ref())
        del ring
        gc.collect()
        self.assertIsNone(ref())

    def test_a_module_object_with_values_in_the_current_context_is_collected(self):
        def work():
            module, marker = support.fresh("insula_contextvars"), Marker()
            ref = weakref.ref(module.ContextVar)
            module.ContextVar("v").set(marker)
            return ref, weakref.ref(marker)
        refs = cv.Context().run(work)
        gc.collect()
        self.assertEqual([ref() for ref in refs], [None, None])

    def test_what_is_not_in_a_context_any_more_is_released_at_once(self):
        def work():
            var, marker = cv.ContextVar("v"), Marker()
            ref = weakref.ref(marker)
            token = var.set(marker)
            del marker
            var.reset(token)
            self.assertIsNone(ref())
        gc.disable()
        try:
            cv.Context().run(work)
        finally:
            gc.enable()


class Propagation(unittest.TestCase):
    """What the standard library's variables follow, ours follow beside them."""

    def setUp(self):
        self.variables = cv.ContextVar("ours", default=0), contextvars.ContextVar("theirs", default=0)

    def both(self, value=None):
        if value is not None:
            for var in self.variables:
                var.set(value)
        ours, theirs = (var.get() for var in self.variables)
        self.assertEqual(ours, theirs)
        return ours

    def run_async(self, main, python_tasks):
        loop = asyncio.new_event_loop()
        if python_tasks:
            loop.set_task_factory(lambda loop, coroutine, **options: asyncio.tasks._PyTask(coroutine, loop=loop, **options))
        try:
            return contextvars.Context().run(loop.run_until_complete, main())
        finally:
            loop.set_task_factory(None)
            loop.run_until_complete(loop.shutdown_default_executor())
            loop.close()

    def test_tasks_threads_and_callbacks(self):
        async def child(number):
            seen = self.both()
            self.both(number)
            await asyncio.sleep(0.001)
            self.assertEqual(self.both(), number)
            return seen

        async def main():
            loop = asyncio.get_running_loop()
            self.both(100)
            self.assertEqual(await asyncio.gather(*(loop.create_task(child(n)) for n in range(20))), [100] * 20)
            self.assertEqual(self.both(), 100)
            self.assertEqual(await asyncio.to_thread(self.both), 100)
            seen = loop.create_future()
            context = cv.copy_context()
            context.run(self.both, 200)
            loop.call_soon(lambda: seen.set_result(self.both()), context=context.native)
            self.assertEqual(await seen, 200)
            task = loop.create_task(child(300), context=context.native)
            self.assertEqual(await task, 200)
            self.assertEqual((context[self.variables[0]], context.native[self.variables[1]]), (300, 300))
            self.assertEqual(self.both(), 100)
            seen = loop.create_future()
            self.both(400)
            loop.call_soon(lambda: seen.set_result(self.both()))
            self.both(500)
            self.assertEqual(await seen, 400)

        for python_tasks in (False, True):
            with self.subTest(python_tasks=python_tasks):
                self.run_async(main, python_tasks)

    def test_generators_of_contexts_and_plain_threads(self):
        seen = []
        self.both(1)
        context = cv.copy_context()
        self.both(2)
        thread = threading.Thread(target=lambda: seen.append(context.run(self.both)))
        thread.start(), thread.join()
        self.assertEqual(seen, [1])
        if sys.version_info >= (3, 14):
            thread = threading.Thread(target=lambda: seen.append(self.both()), context=context.native)
            thread.start(), thread.join()
            self.assertEqual(seen, [1, 1])
        thread = threading.Thread(target=lambda: seen.append(self.both()))
        thread.start(), thread.join()
        self.assertEqual(self.both(), 2)

    def test_contexts_of_one_kind_are_contexts_of_the_other(self):
        ours, theirs = cv.Context(), contextvars.Context()
        ours.run(self.both, 5)
        self.assertEqual(ours.native.run(self.both), 5)
        def work():
            self.both(6)
            return cv.copy_context()
        self.assertEqual(theirs.run(work).run(self.both), 6)
        self.assertRaisesRegex(RuntimeError, "already entered", ours.run, ours.native.run, int)
        self.assertRaisesRegex(RuntimeError, "already entered", ours.native.run, ours.run, int)


class Model(unittest.TestCase):
    """Random programs, the same in every run."""

    def test_contexts_behave_as_the_standard_librarys_and_as_dictionaries(self):
        for seed in range(60):
            with self.subTest(seed=seed):
                contextvars.Context().run(self.program, random.Random(seed))

    def program(self, rng):
        """Variables of both kinds in the same contexts, and a dictionary for each context."""
        names = range(rng.choice([2, 5, 40]))
        ours = [cv.ContextVar(str(n), default=-n) for n in names]
        theirs = [contextvars.ContextVar(str(n), default=-n) for n in names]
        contexts = [(cv.Context(), {}) for _ in range(3)]
        idle = list(range(len(contexts)))

        class Reenter:
            """A value that sets a variable when it dies."""

            def __init__(self, n, value):
                self.n, self.value = n, value

            def __del__(self):
                ours[self.n].set(self.value)

        def check(context, model):
            self.assertEqual({var.name: value for var, value in context.items()}, model)
            theirs_now = {var.name: value for var, value in context.native.items() if var in theirs}
            self.assertEqual(theirs_now, model)
            self.assertEqual(len(context), len(model))
            for n in names:
                self.assertEqual(context.get(ours[n], "none"), model.get(str(n), "none"))
                self.assertEqual(ours[n] in context, str(n) in model)

        def steps(model, depth):
            tokens = []
            for _ in range(rng.randrange(1, 25)):
                n, value = rng.choice(names), rng.randrange(5)
                choice = rng.randrange(9)
                if choice < 3:
                    before = model.get(str(n), "none")
                    one, two = ours[n].set(value), theirs[n].set(value)
                    tokens.append((n, one, two, before))
                    old = one.old_value
                    self.assertEqual("none" if old is cv.Token.MISSING else old, before)
                    self.assertIs(one.var, ours[n])
                    model[str(n)] = value
                elif choice == 3 and tokens:
                    n, one, two, before = tokens.pop(rng.randrange(len(tokens)))
                    ours[n].reset(one), theirs[n].reset(two)
                    model[str(n)] = before
                    if before == "none":
                        del model[str(n)]
                    self.assertRaises(RuntimeError, ours[n].reset, one)
                elif choice == 4:
                    self.assertEqual(ours[n].get(), model.get(str(n), -n))
                    self.assertEqual(ours[n].get("x"), model.get(str(n), "x"))
                    self.assertEqual(theirs[n].get(), ours[n].get())
                elif choice == 5 and depth < 4 and idle:
                    index = idle.pop(rng.randrange(len(idle)))
                    context, inner = contexts[index]
                    rng.choice([context, context.native]).run(steps, inner, depth + 1)
                    check(context, inner)
                    if tokens:
                        self.assertRaises(ValueError, context.run, ours[tokens[-1][0]].reset, tokens[-1][1])
                    idle.append(index)
                elif choice == 6:
                    context, inner = rng.choice(contexts)
                    contexts.append((context.copy(), dict(inner)))
                    idle.append(len(contexts) - 1)
                    check(*contexts[-1])
                    self.assertTrue(contexts[-1][0] == context)
                    for other, theirs_inner in contexts[:4]:
                        self.assertEqual(context == other, inner == theirs_inner)
                elif choice == 7:
                    gc.collect(0)
                elif choice == 8:
                    # The value dies when it is replaced, and sets the variable then.
                    ours[n].set(Reenter(n, value))
                    ours[n].set(0)
                    theirs[n].set(value)
                    model[str(n)] = value
                check(cv.copy_context(), model)

        cv.Context().run(steps, {}, 0)

    def test_maps_behave_as_dictionaries_and_old_ones_stay_as_they_were(self):
        for seed in range(40):
            with self.subTest(seed=seed):
                self.map_program(random.Random(seed))

    def map_program(self, rng):
        spread = rng.choice([1, 3, 40, 1 << 12, 1 << 60])
        current = [hamt()]

        class Key:
            def __init__(self, n):
                self.n, self.hash = n, rng.choice([n, n << 32, n * 32, n % 3]) % spread

            def __hash__(self):
                if rng.random() < 0.02:
                    current[0] = current[0].set(len(current[0]) + 10_000, 1).delete(10_000)
                return self.hash

            def __eq__(self, other):
                if rng.random() < 0.05:
                    gc.collect(0)
                    current[0] = current[0].set("reentrant", self.n)
                if rng.random() < 0.01:
                    raise LookupError("from __eq__")
                return isinstance(other, Key) and self.n == other.n

        keys = [Key(n) for n in range(rng.choice([3, 30, 400]))]
        map, model, snapshots = hamt(), {}, []
        for _ in range(600):
            key, value = rng.choice(keys), rng.randrange(4)
            try:
                match rng.randrange(4):
                    case 0 | 1:
                        map, model[key.n] = map.set(key, value), value
                    case 2:
                        without = map.delete(key)
                        self.assertEqual(without is map, key.n not in model)
                        map = without
                        model.pop(key.n, None)
                    case 3:
                        self.assertEqual(map.get(key, "none"), model.get(key.n, "none"))
                        self.assertEqual(key in map, key.n in model)
            except LookupError:
                # Nothing has changed: neither in the map nor, in the order above, in the model.
                pass
            self.assertEqual(len(map), len(model))
            if rng.random() < 0.05:
                snapshots.append((map, dict(model)))
        for map, model in [*snapshots, (map, model)]:
            self.assertEqual({key.n: value for key, value in map.items()}, model)


class Interpreters(unittest.TestCase):
    @unittest.skipIf(sys.version_info < (3, 12), "not applicable: no interpreter has a GIL of its own before 3.12")
    def test_sixteen_interpreters_with_their_own_gil_have_their_own_variables(self):
        rounds = int(os.environ.get("INSULA_TEST_ROUNDS", "2"))
        support.in_process(SIXTEEN.format(path=support.path("insula_contextvars"), rounds=rounds), timeout=1200)


SIXTEEN = '''
import os, threading
try:
    import _interpreters as interpreters
    create = lambda: interpreters.create("isolated")
except ImportError:
    import _xxsubinterpreters as interpreters
    create = lambda: interpreters.create(isolated=True)
WORK = """
import _imp, gc, posix
from importlib.machinery import ExtensionFileLoader, ModuleSpec
cv = _imp.create_dynamic(ModuleSpec("insula_contextvars", ExtensionFileLoader("insula_contextvars", {path!r}), origin={path!r}))
_imp.exec_dynamic(cv)
variables = [cv.ContextVar(f"v{{i}}", default=[i]) for i in range(50)]
def work(depth):
    tokens = [var.set([var, depth, i]) for i, var in enumerate(variables)]
    assert all(token.old_value is cv.Token.MISSING for token in tokens) or depth
    context = cv.copy_context()
    assert len(context) == 50 and [var.get()[2] for var in variables] == list(range(50))
    if depth < 5: context.run(work, depth + 1)
    for var, token in zip(variables, tokens): var.reset(token)
for _ in range(20): cv.Context().run(work, 0)
gc.collect()
assert not list(cv.copy_context())
posix.write(FD, ",".join(str(id(each)) for each in (cv, cv.ContextVar, cv.Context, cv.Token, cv.Token.MISSING)).encode() + b"\\\\n")
"""
def resident():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * 4
for round in range({rounds}):
    read, write = os.pipe()
    ids = [create() for _ in range(16)]
    failures = []
    def run(each):
        failed = interpreters.run_string(each, WORK.replace("FD", str(write)))
        if failed is not None: failures.append(failed)
    threads = [threading.Thread(target=run, args=(each,)) for each in ids]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
    assert not failures, failures
    for each in ids[::-1]: interpreters.destroy(each)
    os.close(write)
    rows = [row.split(",") for row in os.read(read, 1 << 16).decode().split()]
    os.close(read)
    assert len(rows) == 16, rows
    for column in zip(*rows): assert len(set(column)) == 16, column
    if round % 20 == 0: print(round, resident(), "KB", flush=True)
'''


if __name__ == "__main__":
    unittest.main()
