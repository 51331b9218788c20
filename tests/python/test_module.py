"""What the framework promises of every module: state, classes, conversions, garbage collection."""

import gc
import os
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import unittest
import weakref

import support


class State(unittest.TestCase):
    def test_every_module_object_has_its_own_types_and_state(self):
        one, two = support.fresh("guards"), support.fresh("guards")
        for name in ("Counter", "Sealed", "Empty", "Bag", "Failure"):
            self.assertIsNot(getattr(one, name), getattr(two, name), name)
        self.assertIsNot(one.sentinel(), two.sentinel())
        one.sentinel()
        self.assertEqual((one.calls(), two.calls()), (2, 1))

    def test_methods_use_the_module_of_the_defining_class(self):
        one, two = support.fresh("guards"), support.fresh("guards")

        class Sub(one.Counter):
            pass

        class SubSub(Sub):
            __slots__ = ()

        for cls in (one.Counter, Sub, SubSub):
            self.assertIs(cls(None, 1).sentinel(), one.sentinel())
        self.assertIs(two.Counter(None, 1).sentinel(), two.sentinel())

    def test_exception_of_one_copy_is_not_caught_by_the_other(self):
        one, two = support.fresh("guards"), support.fresh("guards")
        with self.assertRaises(one.Failure):
            try:
                one.fails("x")
            except two.Failure:
                self.fail("caught by the other copy")

    def test_module_dict_may_be_changed(self):
        support.in_process("""
            import gc
            guards = support.fresh("guards")
            address = id(guards.Counter)
            def use():
                # What only the dictionary held would be gone, and its memory used again.
                gc.collect()
                counter = guards.make_counter(1)
                assert (id(type(counter)), type(counter).__name__, counter.bump()) == (address, "Counter", 2)
                try:
                    guards.fails("still ours")
                except ValueError as error:
                    assert type(error).__name__ == "Failure"
                else:
                    raise AssertionError("did not raise")
            for name in ("Counter", "Failure", "sentinel"):
                setattr(guards, name, None)
            use()
            del guards.Counter, guards.Failure
            use()
        """)

    def test_instance_outlives_its_module(self):
        guards = support.fresh("guards")
        counter = guards.Counter(None, 1)
        module = weakref.ref(guards)
        del guards
        gc.collect()
        self.assertIsNotNone(module(), "the instance's class holds the module")
        self.assertEqual(counter.sentinel(), "sentinel")
        del counter
        gc.collect()
        self.assertIsNone(module())


class Classes(unittest.TestCase):
    def setUp(self):
        self.guards = support.fresh("guards")

    def test_names_and_docs(self):
        counter = self.guards.Counter
        self.assertEqual((counter.__module__, counter.__name__, counter.__qualname__), ("guards", "Counter", "Counter"))
        self.assertEqual(counter.__doc__, "Fields of every kind, and every slot.")
        self.assertEqual(counter.__text_signature__, "(fixed, value, /)")
        self.assertEqual(counter.sentinel.__doc__, "The sentinel of the module that the class belongs to.")
        self.assertEqual(counter.add.__text_signature__, "($self, a, b, /)")
        self.assertEqual(self.guards.needs_no_state.__text_signature__, "($module, i, j, /)")
        self.assertEqual(self.guards.__doc__, "A module that the tests try to break.")
        self.assertEqual(self.guards.Failure.__doc__, "Raised by `fails`.")
        self.assertEqual(self.guards.ANSWER, 42)

    def test_slots(self):
        counter = self.guards.Counter("fixed", 3)
        self.assertEqual((len(counter), bool(counter), hash(counter), repr(counter), str(counter)), (3, True, 3, "Counter(3)", "3"))
        self.assertEqual((3 in counter, 4 in counter, counter[10]), (True, False, 13))
        counter[1] = 5
        self.assertEqual(len(counter), 6)
        self.assertEqual(list(counter), [0, 1, 2])
        self.assertEqual(hash(self.guards.Counter(None, -1)), -2)
        self.assertFalse(self.guards.Counter(None, 0))
        self.assertEqual(self.guards.Bag().magic, 1)
        with self.assertRaisesRegex(AttributeError, "'guards.Bag' object has no attribute 'other'|'Bag' object has no attribute 'other'"):
            self.guards.Bag().other

    def test_methods_and_properties(self):
        counter = self.guards.Counter("fixed", 3)
        self.assertEqual((counter.bump(), counter.add(1, 2), counter.fixed, counter.label), (4, 7, "fixed", None))
        counter.label = [counter]
        self.assertIs(counter.label[0], counter)
        self.assertTrue(counter.same_as(counter))
        with self.assertRaises(TypeError):
            counter.same_as(1)


class Conversions(unittest.TestCase):
    def setUp(self):
        self.arguments = support.fresh("arguments")

    def test_round_trips(self):
        for name, values in {
            "bool": [True, False], "i8": [-128, 127], "i64": [-2**63, 2**63 - 1], "u8": [0, 255], "u64": [0, 2**64 - 1],
            "usize": [0, sys.maxsize], "f64": [0.5, float("inf"), 3], "f32": [0.5], "str": ["", "a\0ü\U0001f600"],
            "bytes": [b"", b"a\0\xff"], "option": [None, 1], "vec": [[], [1, 2]], "tuple": [(1, "a")], "dict": [{}, {1: 2}],
            "object": [None, object()],
        }.items():
            for value in values:
                with self.subTest(name=name, value=value):
                    self.assertEqual(getattr(self.arguments, "echo_" + name)(value), value)
        self.assertEqual(self.arguments.echo_vec((1, 2)), [1, 2])

    def test_what_does_not_fit(self):
        for name, value, error in [
            ("bool", 1, TypeError), ("i8", 128, OverflowError), ("i8", -129, OverflowError), ("i64", 2**63, OverflowError),
            ("i64", 1.5, TypeError), ("i64", "1", TypeError), ("u8", -1, OverflowError), ("u64", -1, OverflowError),
            ("u64", 2**64, OverflowError), ("u64", "1", TypeError), ("f64", "1", TypeError), ("str", b"", TypeError),
            ("str", "\ud800", UnicodeEncodeError), ("bytes", bytearray(b"x"), TypeError), ("bytes", "x", TypeError),
            ("vec", "ab", TypeError), ("vec", [1, "a"], TypeError), ("tuple", (1,), ValueError), ("tuple", [1, "a"], TypeError),
            ("dict", [], TypeError),
        ]:
            with self.subTest(name=name, value=value), self.assertRaises(error):
                getattr(self.arguments, "echo_" + name)(value)

    def test_another_object_is_no_instance_of_a_class(self):
        with self.assertRaises(TypeError):
            support.fresh("guards").echo_counter(1)

    def test_index_is_asked(self):
        class Index:
            def __init__(self, value):
                self.value = value

            def __index__(self):
                if isinstance(self.value, Exception):
                    raise self.value
                return self.value

        for name in ("i64", "u64", "i8"):
            self.assertEqual(getattr(self.arguments, "echo_" + name)(Index(5)), 5)
            with self.assertRaises(ZeroDivisionError):
                getattr(self.arguments, "echo_" + name)(Index(ZeroDivisionError()))

    def test_a_list_that_changes_while_it_is_converted(self):
        items = []

        class Index:
            def __index__(self):
                items.clear()
                return 1

        items.extend([Index(), 2, 3])
        self.assertEqual(self.arguments.echo_vec(items), [1])

    def test_reference_counts_are_exact(self):
        value = object()
        text, data = "text" * 100, b"data" * 100
        before = [sys.getrefcount(each) for each in (value, text, data)]
        for _ in range(100):
            self.arguments.echo_object(value)
            self.arguments.echo_str(text)
            self.arguments.echo_bytes(data)
            with self.assertRaises(TypeError):
                self.arguments.echo_i64(value)
        self.assertEqual(before, [sys.getrefcount(each) for each in (value, text, data)])

    def test_detached_work(self):
        self.assertEqual(self.arguments.sum_detached(list(range(1000))), 499500)


class Collection(unittest.TestCase):
    def setUp(self):
        self.guards = support.fresh("guards")
        self.xxlimited = support.fresh("xxlimited")

    def instances(self):
        return [self.guards.Counter(None, 1), self.guards.make_sealed(1), self.guards.Empty(), self.guards.Bag(),
                self.xxlimited.Xxo(), self.xxlimited.Str("x"), type("S", (self.guards.Counter,), {})(None, 1),
                type("S", (self.xxlimited.Str,), {})("x")]

    def test_every_instance_visits_its_type_exactly_once(self):
        for instance in self.instances():
            with self.subTest(type(instance)):
                self.assertTrue(gc.is_tracked(instance))
                visited = [each for each in gc.get_referents(instance) if each is type(instance)]
                self.assertEqual(len(visited), 1)

    def test_every_field_is_visited(self):
        counter = self.guards.Counter(["fixed"], 1)
        counter.label = ["label"]
        counter.pair(1, ["pair"])
        referents = gc.get_referents(counter)
        for expected in (["fixed"], ["label"], ["pair"]):
            self.assertEqual(referents.count(expected), 1)

    def test_the_module_visits_its_types_and_state(self):
        kept = ["kept"]
        self.guards.keep(kept)
        referents = gc.get_referents(self.guards)
        for expected in (self.guards.Counter, self.guards.Failure, self.guards.sentinel(), kept):
            self.assertEqual(sum(each is expected for each in referents), 1, expected)

    def test_deallocation_releases_the_type(self):
        for make in (lambda: self.guards.Counter(None, 1), lambda: self.guards.make_sealed(1), self.guards.Empty,
                     self.guards.Bag, self.xxlimited.Xxo, lambda: self.xxlimited.Str("x")):
            cls = type(make())
            before = support.references(cls)
            for _ in range(1000):
                make()
            self.assertLess(abs(support.references(cls) - before), 5, cls)

    def test_a_collection_within_a_deallocation_does_not_see_the_object(self):
        support.in_process("""
            import gc
            class Collects:
                def __del__(self): gc.collect()
            guards, xxlimited = support.fresh("guards"), support.fresh("xxlimited")
            for cls in (guards.Counter, type("S", (guards.Counter,), {})):
                for i in range(10):
                    counter = cls(Collects(), 1)
                    counter.label = [Collects(), [i]]
                    counter.pair(1, Collects())
                    del counter
            xxo = xxlimited.Xxo()
            xxo.attribute = Collects()
            del xxo
            print("done")
        """)

    def test_cycles_are_collected(self):
        class Flag:
            pass

        for close in ("label", "pair", "label of a subclass"):
            with self.subTest(close):
                flag = Flag()
                cls = type("S", (self.guards.Counter,), {}) if "subclass" in close else self.guards.Counter
                counter = cls(flag, 1)
                if close == "pair":
                    counter.pair(1, counter)
                else:
                    counter.label = [counter]
                alive = weakref.ref(flag)
                del counter, flag
                self.assertIsNotNone(alive())
                gc.collect()
                self.assertIsNone(alive())

    def test_a_cycle_through_the_module_state_is_collected(self):
        guards = support.fresh("guards")
        guards.keep((guards, guards.Counter(guards, 1)))
        module, cls = weakref.ref(guards), weakref.ref(guards.Counter)
        del guards
        gc.collect()
        self.assertIsNone(module())
        self.assertIsNone(cls())

    def test_a_failed_exec_leaves_nothing(self):
        def classes():
            # The collector clears weak references also to what then leaks.
            gc.collect()
            return [each for each in gc.get_objects() if type(each) is type]

        before = set(map(id, classes()))
        module, spec = support.unexecuted("guards")

        def hook(running):
            raise ZeroDivisionError

        spec.hook = hook
        with self.assertRaises(ZeroDivisionError):
            spec.loader.exec_module(module)
        self.assertIn(module.Counter, classes())
        del module, spec, hook
        self.assertEqual(len([each for each in classes() if id(each) not in before]), 0)

    def test_replacing_a_value_runs_its_destructor_last(self):
        counter = self.guards.Counter(None, 1)
        seen = []

        class Watcher:
            def __del__(self):
                seen.append(counter.label)
                counter.label = "from the destructor"

        counter.label = Watcher()
        counter.label = "new"
        self.assertEqual(seen, ["new"])
        self.assertEqual(counter.label, "from the destructor")

    def test_reimports_do_not_grow(self):
        def cycle():
            for name in ("guards", "xxlimited"):
                module = support.fresh(name)
                if name == "guards":
                    module.keep([module])
                    module.Counter(module, 1).label = module
                del module
            gc.collect()

        # The interpreter's own caches fill during the first few hundred imports. A leak would grow in every stretch.
        grown = []
        for _ in range(8):
            before = sys.getallocatedblocks()
            for _ in range(200):
                cycle()
            grown.append(sys.getallocatedblocks() - before)
            if grown[-1] < 10:
                return
        self.fail(f"blocks grow with every 200 cycles of two imports: {grown}")


def other_pythons():
    """Interpreters that are newer than this one: what was built for this one may load there. `cargo xtask` names them."""
    named = [one.split("=", 1) for one in os.environ.get("INSULA_TEST_PYTHONS", "").split(os.pathsep) if one]
    return [(int(minor), path) for minor, path in named if int(minor) > sys.version_info[1]]


@unittest.skipIf(sys.version_info >= (3, 15), "CPython checks by itself")
class BuiltForAnother(unittest.TestCase):
    def test_another_python_is_told_what_it_was_built_for(self):
        pythons = other_pythons()
        if not pythons:
            self.skipTest("there is no newer interpreter")
        with tempfile.TemporaryDirectory() as folder:
            shutil.copy(support.path("xxlimited"), os.path.join(folder, "xxlimited.so"))
            for minor, python in pythons:
                done = subprocess.run([python, "-c", "import xxlimited"], cwd=folder, capture_output=True, text=True, timeout=60)
                with self.subTest(python=python):
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertRegex(done.stderr.splitlines()[-1], self.answer(minor))

    def answer(self, minor):
        if sys.version_info < (3, 13) and minor >= 13:
            # 3.13 took away functions that CPython's own macros called: the file is not even loaded.
            return r"^ImportError: .*undefined symbol: _PyTrash_"
        without = " without the GIL" if support.FREE_THREADED else ""
        return rf"^ImportError: .*built for CPython 3\.{sys.version_info[1]}{without}; this is CPython 3\.{minor}"


@unittest.skipIf(sys.version_info < (3, 15), "the module looks by itself")
class SaysWhatItWasBuiltFor(unittest.TestCase):
    def test_cpython_refuses_what_says_another_version(self):
        with open(support.path("xxlimited"), "rb") as file:
            data = file.read()

        def abi(minor):
            # struct PyABIInfo: its own version, flags, the version of the headers (not given), that of the ABI.
            return struct.pack("=BBHII", 1, 0, 4 if support.FREE_THREADED else 2, 0, 3 << 24 | minor << 16)

        own = sys.version_info[1]
        self.assertEqual(data.count(abi(own)), 1)
        with tempfile.TemporaryDirectory() as folder:
            for minor in (own - 1, own + 1):
                with open(os.path.join(folder, "xxlimited.so"), "wb") as file:
                    file.write(data.replace(abi(own), abi(minor)))
                done = subprocess.run([sys.executable, "-c", "import xxlimited"], cwd=folder, capture_output=True, text=True, timeout=60)
                with self.subTest(minor=minor):
                    self.assertEqual(done.returncode, 1, done.stderr)
                    self.assertRegex(done.stderr.splitlines()[-1], rf"^ImportError: .*incompatible ABI version \(3\.{minor}\)")


if __name__ == "__main__":
    unittest.main()
