"""G1, G2, I14: functions that are Rust closures: whose types, objects and calls they are, and when they die."""

import gc
import inspect
import sys
import threading
import unittest
import weakref

import support


class Closures(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.module = support.fresh("closures")

    def test_a_call_has_its_own_module_and_arguments(self):
        add = self.module.adder(40)
        before = self.module.calls()
        self.assertEqual((add(2), add(-40)), (42, 0))
        self.assertEqual(self.module.calls(), before + 2)
        other = support.fresh("closures")
        self.assertEqual(other.adder(1)(1), 2)
        self.assertEqual((other.calls(), self.module.calls()), (1, before + 2))
        self.assertIs(self.module.own(), self.module)

    def test_arguments_arrive_as_they_were_given(self):
        echo = self.module.echo("echo")
        self.assertEqual(echo(), ((), 0, None))
        self.assertEqual(echo(1, "b", key=3, other=4), ((1, "b"), 2, 3))
        self.assertEqual(echo(*range(100)), (tuple(range(100)), 100, None))
        self.assertEqual(list(map(echo, "ab")), [(("a",), 1, None), (("b",), 1, None)])

    def test_wrong_arguments_are_type_errors(self):
        add, join = self.module.adder(1), self.module.joiner("näher")
        for function, arguments, keywords, message in [
            (add, (), {}, "add() takes 1 positional argument but 0 were given"),
            (add, (1, 2), {}, "add() takes 1 positional argument but 2 were given"),
            (add, (1,), {"n": 1}, "add() takes no keyword arguments"),
            (add, ("x",), {}, "'str' object cannot be interpreted as an integer"),
            (join, ("a",), {}, "näher() takes 2 positional arguments but 1 was given"),
            (join, (1, "b"), {}, "näher() argument 1 must be str, not int"),
            (join, ("a", None), {}, "näher() argument 2 must be str, not None"),
            (self.module.joined, ("a",), {}, "joined() takes 2 positional arguments but 1 was given"),
            (self.module.joined, ("a", 2), {}, "joined() argument 2 must be str, not int"),
            (self.module.joined, ("a", "b"), {"c": "d"}, "joined() takes no keyword arguments"),
            (self.module.Caller(callable).joined, (), {}, "joined() takes 2 positional arguments but 0 were given"),
        ]:
            with self.subTest(message), self.assertRaises(TypeError) as caught:
                function(*arguments, **keywords)
            self.assertEqual(str(caught.exception), message)
        self.assertEqual((join("a", "b"), self.module.joined("a", "b")), ("ab", "ab"))

    def test_it_looks_like_a_function(self):
        echo = self.module.echo("näme")
        self.assertEqual((echo.__name__, echo.__qualname__), ("näme", "näme"))
        self.assertTrue(repr(echo).startswith("<function näme at 0x"), repr(echo))
        if sys.version_info >= (3, 13):
            # Before, `inspect` knows no signature of what is callable by a slot.
            self.assertEqual(str(inspect.signature(echo)), "(*args, **kwargs)")
        self.assertTrue(callable(echo))
        with self.assertRaises(AttributeError):
            echo.__name__ = "other"
        with self.assertRaises(TypeError):
            type(echo)()
        with self.assertRaises(TypeError):
            type("Sub", (type(echo),), {})
        with self.assertRaises(TypeError):
            type(echo).attribute = 1

    def test_each_module_object_has_a_type_of_its_own_which_dies_with_it(self):
        one, two = support.fresh("closures"), support.fresh("closures")
        types = [type(module.adder(1)) for module in (one, two)]
        self.assertIs(types[0], type(one.echo("x")))
        self.assertIsNot(types[0], types[1])
        dying = weakref.ref(types[0]), weakref.ref(one)
        del one, types
        gc.collect()
        self.assertEqual([reference() for reference in dying], [None, None])

    def test_a_function_keeps_its_module_alive(self):
        module = support.fresh("closures")
        add, reference = module.adder(1), weakref.ref(module)
        del module
        gc.collect()
        self.assertEqual(add(1), 2)
        self.assertIsNotNone(reference())
        del add
        gc.collect()
        self.assertIsNone(reference())

    def test_the_closure_dies_with_the_function(self):
        before = self.module.alive()
        functions = [self.module.adder(n) for n in range(10)]
        self.assertEqual(self.module.alive(), before + 10)
        del functions[:5]
        self.assertEqual(self.module.alive(), before + 5)
        functions.clear()
        self.assertEqual(self.module.alive(), before)

    def test_the_object_is_held_and_released(self):
        thing = type("Thing", (), {})()
        count = sys.getrefcount(thing)
        hold = self.module.holder(thing)
        self.assertIs(hold(), thing)
        self.assertEqual(sys.getrefcount(thing), count + 1)
        self.assertIn(thing, gc.get_referents(hold))
        del hold
        self.assertEqual(sys.getrefcount(thing), count)
        self.assertEqual(self.module.sizer({1: 2})(), 1)
        self.assertRaises(TypeError, self.module.sizer, [])

    def test_a_cycle_through_a_function_is_collected(self):
        for make in (self.module.holder, self.module.pair):
            before = self.module.alive()
            thing = type("Thing", (), {})()
            thing.function = make(thing)
            thing.function(thing)
            reference = weakref.ref(thing)
            del thing
            gc.collect()
            self.assertIsNone(reference(), make)
            self.assertEqual(self.module.alive(), before)

    def test_a_finaliser_in_a_cycle_finds_the_object_and_a_cleared_function_says_so(self):
        found = []

        class Thing:
            def __del__(self):
                found.append(self.function() is self)

        thing = Thing()
        thing.function = self.module.holder(thing)
        del thing
        gc.collect()
        self.assertEqual(found, [True])
        support.in_process("""
            import ctypes
            module = support.fresh("closures")
            hold = module.holder([])
            clear = ctypes.c_void_p.from_address(id(type(hold)) + support.TP_CLEAR).value
            ctypes.PYFUNCTYPE(ctypes.c_int, ctypes.py_object)(clear)(hold)
            try:
                hold()
            except ReferenceError as error:
                assert "is gone" in str(error)
            else:
                raise AssertionError("the object is still there")
        """)

    def test_a_pair_of_objects_goes_along_in_a_hidden_class(self):
        pair = self.module.pair("first")
        self.assertEqual([pair(1), pair(2), pair()], [("first", None), ("first", 1), ("first", 2)])

    def test_a_root_in_a_closure_is_released_with_it(self):
        thing = type("Thing", (), {})()
        reference = weakref.ref(thing)
        function = self.module.rooted(thing)
        self.assertIs(function(), thing)
        del thing, function
        # The root was dropped; whoever comes next with one releases what it held.
        self.module.rooted(None)
        self.assertIsNone(reference())

    def test_errors_and_panics_become_exceptions(self):
        with self.assertRaisesRegex(ValueError, "the closure failed"):
            self.module.failing(False)()
        support.in_process("""
            module = support.fresh("closures")
            try:
                module.failing(True)()
            except BaseException as error:
                assert type(error).__name__ == "PanicException" and error.message == "the closure panicked"
            else:
                raise AssertionError("no exception")
            seen = []
            import sys
            sys.unraisablehook = lambda unraisable: seen.append(type(unraisable.exc_value).__name__)
            bomb = module.bomb(); bomb(); del bomb
            assert seen == ["PanicException"], seen
        """)

    def test_calls_that_lead_to_calls_end_in_recursion_error(self):
        support.in_process("""
            import sys, threading
            module = support.fresh("closures")
            def deep():
                for levels in (100, 20_000, 200_000):
                    function = len
                    for _ in range(levels):
                        function = module.calling(function)
                    try:
                        function()
                    except RecursionError as error:
                        assert levels > 100, error
                    except TypeError as error:
                        assert levels < 20_000 and "len()" in str(error), error
                    else:
                        raise AssertionError("no error")
                try:
                    module.Caller(module.Caller)
                except RecursionError: pass
                else: raise AssertionError("no error")
            deep()
            sys.setrecursionlimit(100_000)
            thread = threading.Thread(target=deep)
            thread.start(); thread.join()
        """)

    def test_weak_references_see_it_die(self):
        seen, function = [], self.module.adder(1)
        reference = weakref.ref(function, seen.append)
        self.assertIs(reference(), function)
        del function
        self.assertEqual(seen, [reference])

    def test_many_threads_call_one(self):
        echo, failures = self.module.echo("echo"), []

        def work(number):
            for turn in range(2000):
                if echo(number, turn) != ((number, turn), 2, None):
                    failures.append((number, turn))

        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(failures, [])

    def test_interpreters_have_types_and_closures_of_their_own(self):
        out = support.in_process("""
            module = support.fresh("closures")
            add = module.adder(1)
            print(id(type(add)), flush=True)
            alive, interpreters = module.alive(), [support.Interpreter() for _ in range(3)]
            for interpreter in interpreters:
                interpreter.run('''
                    module = support.fresh("closures")
                    add = module.adder(1)
                    assert add(1) == 2 and module.calls() == 1
                    print(id(type(add)), flush=True)
                    thing = type("Thing", (), {})()
                    thing.function = module.holder(thing)
                ''')
            assert module.alive() == alive + 6
            for interpreter in reversed(interpreters):
                interpreter.end()
            assert module.alive() == alive and add(1) == 2
        """)
        self.assertEqual(len(set(out.split())), 4, out)


if __name__ == "__main__":
    unittest.main()
