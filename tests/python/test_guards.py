"""What Python code may try to get at an object that is not there. Each attempt must raise, and none may crash.

The numbers are those of docs/guarantees.md: what each guards against was once measured to crash.
"""

import sys
import unittest

import support


class NotInitialised(unittest.TestCase):
    """G14: every access to the module state checks that exec has finished."""

    def test_function_before_exec_raises(self):
        support.in_process("""
            module, spec = support.unexecuted("guards")
            for call in (module.sentinel, module.calls, lambda: module.keep(1), lambda: module.fails("x"),
                         lambda: module.make_counter(1), lambda: module.make_sealed(1)):
                try:
                    call()
                except RuntimeError as error:
                    assert "'guards' is not initialised" in str(error), error
                else:
                    raise AssertionError(f"{call} did not raise")
            assert module.needs_no_state(1, 2) == 3
            del module, spec
            import gc; gc.collect()
        """)

    def test_method_while_exec_runs_raises(self):
        support.in_process("""
            module, spec = support.unexecuted("guards")
            seen = []
            def hook(running):
                assert running is module
                counter = running.Counter(None, 1)
                assert counter.bump() == 2
                for call in (counter.sentinel, running.sentinel, lambda: running.echo_counter(counter)):
                    try:
                        call()
                    except RuntimeError as error:
                        seen.append(str(error))
            spec.hook = hook
            spec.loader.exec_module(module)
            assert seen == ["module 'guards' is not initialised"] * 3, seen
            assert module.Counter(None, 1).sentinel() == "sentinel"
            assert module.sentinel() == "sentinel"
        """)

    def test_everything_after_exec_failed_raises(self):
        support.in_process("""
            module, spec = support.unexecuted("guards")
            kept = []
            def hook(running):
                kept.append(running.Counter(None, 1))
                raise KeyError("no")
            spec.hook = hook
            try:
                spec.loader.exec_module(module)
            except KeyError:
                pass
            else:
                raise AssertionError("exec did not raise")
            counter, = kept
            assert counter.bump() == 2
            for call in (module.sentinel, counter.sentinel, lambda: module.make_counter(1), lambda: module.fails("x")):
                try:
                    call()
                except RuntimeError as error:
                    assert "not initialised" in str(error), error
                else:
                    raise AssertionError("did not raise")
            # A second exec does not make up for it: CPython takes the module for loaded.
            del spec.hook
            spec.loader.exec_module(module)
            try:
                module.sentinel()
            except RuntimeError:
                pass
            else:
                raise AssertionError("did not raise")
            del module, spec, counter, kept, call, hook
            import gc; gc.collect()
        """)

    def test_second_exec_changes_nothing(self):
        module, spec = support.unexecuted("guards")
        spec.loader.exec_module(module)
        counter, sentinel = module.Counter, module.sentinel()
        spec.loader.exec_module(module)
        self.assertIs(module.Counter, counter)
        self.assertIs(module.sentinel(), sentinel)

    def test_second_exec_is_refused(self):
        """CPython's import never asks for it; its C-API does what it is told."""
        support.in_process("""
            import ctypes, sys
            api, module = ctypes.pythonapi, support.fresh("guards")
            if sys.version_info >= (3, 15):
                again = lambda: api.PyModule_Exec(ctypes.py_object(module))
            else:
                api.PyModule_GetDef.restype = ctypes.c_void_p
                definition = ctypes.c_void_p(api.PyModule_GetDef(ctypes.py_object(module)))
                again = lambda: api.PyModule_ExecDef(ctypes.py_object(module), definition)
            counter, sentinel = module.Counter, module.sentinel()
            try:
                again()
            except ImportError as error:
                assert str(error) == "the module was executed before", error
            else:
                raise AssertionError("executed again")
            assert module.Counter is counter and module.sentinel() is sentinel
        """)


class NoConstructor(unittest.TestCase):
    """G7: a class without #[new] cannot be instantiated from Python, by any route, nor can a subclass of it."""

    ROUTES = {
        "call": "T()",
        "own __new__": "T.__new__(T)",
        "object.__new__": "object.__new__(T)",
        "type.__call__": "type.__call__(T)",
        "copyreg.__newobj__": "__import__('copyreg').__newobj__(T)",
        "copyreg._reconstructor": "__import__('copyreg')._reconstructor(T, object, None)",
        "copy": "__import__('copy').copy(made)",
        "pickle": "__import__('pickle').loads(__import__('pickle').dumps(made, 2))",
        "subclass": "type('S', (T,), {})()",
        "subclass, object.__new__": "object.__new__(type('S', (T,), {}))",
        "subclass with __new__": "type('S', (T,), {'__new__': lambda cls: object.__new__(cls)})()",
        "subclass of two": "type('S', (type('M', (), {}), T), {})()",
        "subclass, __new__ replaced": "(lambda S: (setattr(S, '__new__', object.__new__), S()))(type('S', (T,), {}))",
        "__class__ assigned": "setattr(type('P', (), {})(), '__class__', T)",
        "__class__ assigned, subclass": "setattr(type('P', (), {})(), '__class__', type('S', (T,), {'__slots__': ()}))",
        "int's __new__": "int.__new__(T)",
    }

    def test_every_route_raises_type_error(self):
        for name, expression in self.ROUTES.items():
            with self.subTest(name):
                support.in_process(f"""
                    import sys
                    guards = sys.modules["guards"] = support.fresh("guards")
                    T = guards.Sealed
                    made = guards.make_sealed(object())
                    assert made.number() == 7
                    try:
                        result = {expression}
                    except TypeError:
                        pass
                    else:
                        # Touch it, so that what is missing shows.
                        result.number(); result.value(); del result
                        raise AssertionError("did not raise")
                """)


class Immutable(unittest.TestCase):
    """G8: the constructor of a class cannot be replaced, nor can anything else about it."""

    def test_type_attributes_cannot_be_set(self):
        guards = support.fresh("guards")
        for cls in (guards.Counter, guards.Sealed, guards.Empty, guards.Bag):
            for name in ("__new__", "__init__", "__del__", "bump", "other"):
                with self.subTest(cls=cls.__name__, name=name):
                    with self.assertRaises(TypeError):
                        setattr(cls, name, lambda *_: None)
                    with self.assertRaises(TypeError):
                        delattr(cls, name)
            with self.assertRaises(TypeError):
                cls.__bases__ = (dict,)

    def test_constructor_is_not_bypassed(self):
        for expression in ("object.__new__(T)", "T.__new__(T)", "object.__new__(S)", "T.__new__(S)",
                           "__import__('copyreg').__newobj__(T)", "__import__('copy').copy(T(None, 1))",
                           "type('U', (T,), {'__new__': lambda cls: object.__new__(cls)})()"):
            with self.subTest(expression):
                support.in_process(f"""
                    T = support.fresh("guards").Counter
                    S = type("S", (T,), {{}})
                    try:
                        result = {expression}
                    except TypeError:
                        pass
                    else:
                        result.bump(); result.fixed; repr(result); del result
                        raise AssertionError("did not raise")
                """)

    def test_init_of_a_subclass_sees_a_complete_object(self):
        guards = support.fresh("guards")

        class Sub(guards.Counter):
            def __init__(self, *args):
                self.seen = (self.bump(), self.fixed)

        self.assertEqual(Sub("fixed", 1).seen, (2, "fixed"))


class Layout(unittest.TestCase):
    """G9: every class is larger than its base, so that CPython does not take two layouts for one."""

    def test_sizes(self):
        guards = support.fresh("guards")
        self.assertGreater(guards.Empty.__basicsize__, object.__basicsize__)
        self.assertGreater(guards.Sealed.__basicsize__, object.__basicsize__)
        self.assertGreater(support.fresh("xxlimited").Str.__basicsize__, str.__basicsize__)

    def test_class_cannot_be_assigned(self):
        support.in_process("""
            one, two = support.fresh("guards"), support.fresh("guards")
            class Plain: __slots__ = ()
            class SubEmpty(one.Empty): __slots__ = ()
            class OtherEmpty(two.Empty): __slots__ = ()
            class SubCounter(one.Counter): __slots__ = ()
            for instance, cls in ((Plain(), one.Empty), (one.Empty(), Plain), (one.Empty(), two.Empty),
                                  (Plain(), SubEmpty), (SubEmpty(), Plain), (SubEmpty(), OtherEmpty),
                                  (SubEmpty(), SubCounter), (SubCounter(None, 1), SubEmpty)):
                try:
                    instance.__class__ = cls
                except TypeError:
                    pass
                else:
                    raise AssertionError((instance, cls))
        """)

    def test_layouts_cannot_be_joined(self):
        one, two = support.fresh("guards"), support.fresh("guards")
        for bases in ((one.Empty, one.Counter), (one.Empty, one.Sealed), (one.Empty, two.Empty), (one.Counter, dict),
                      (one.Empty, BaseException)):
            with self.subTest(bases=bases), self.assertRaises(TypeError):
                type("S", bases, {})


class Deletions(unittest.TestCase):
    """G13: C passes NULL where Python code deletes; lengths may not fit."""

    def setUp(self):
        self.guards = support.fresh("guards")

    def test_deleting_an_attribute_without_a_deleter(self):
        counter = self.guards.Counter(None, 1)
        counter.label = "label"
        with self.assertRaisesRegex(AttributeError, "label"):
            del counter.label
        self.assertEqual(counter.label, "label")
        with self.assertRaises(AttributeError):
            del counter.fixed
        with self.assertRaises(AttributeError):
            counter.fixed = 1

    def test_deleting_an_item_without_delitem(self):
        with self.assertRaisesRegex(TypeError, "item deletion"):
            del self.guards.Counter(None, 1)[0]

    def test_setting_an_item_without_setitem(self):
        bag = self.guards.Bag()
        with self.assertRaisesRegex(TypeError, "item assignment"):
            bag[0] = 1
        with self.assertRaises(KeyError):
            del bag[0]

    def test_deleting_attributes_of_an_object_with_setattr(self):
        xxo = support.fresh("xxlimited").Xxo()
        with self.assertRaises(AttributeError):
            del xxo.missing
        xxo.there = 1
        del xxo.there
        with self.assertRaises(AttributeError):
            xxo.there

    def test_length_that_does_not_fit(self):
        with self.assertRaises(OverflowError):
            len(self.guards.Counter(None, -1))
        self.assertEqual(len(self.guards.Counter(None, 5)), 5)

    def test_an_error_owns_its_exception(self):
        with self.assertRaises(self.guards.Failure) as caught:
            self.guards.fails("why")
        self.assertEqual(caught.exception.args, ("why",))
        self.assertIs(type(caught.exception), self.guards.Failure)
        self.assertTrue(issubclass(self.guards.Failure, ValueError))


class Boundary(unittest.TestCase):
    """Errors and panics become exceptions, and nothing is half done."""

    def test_a_panic_becomes_an_exception(self):
        out = support.in_process("""
            guards = support.fresh("guards")
            for _ in range(3):
                try:
                    guards.panics("oh no")
                except Exception:
                    raise AssertionError("a panic is no error that a program expects")
                except BaseException as error:
                    assert error.args == (f"{error.message} ({error.place})",), error.args
                    print(type(error).__name__, error)
                    assert type(error).__module__ == "insula"
                    classes = {type(error)} if _ == 0 else classes | {type(error)}
            assert len(classes) == 1, "the same class in one interpreter"
        """)
        self.assertRegex(out, r"^(PanicException oh no \(.*lib\.rs:\d+:\d+\)\n){3}$")

    def test_reentry_meets_a_borrow_and_raises(self):
        guards = support.fresh("guards")
        with self.assertRaisesRegex(RuntimeError, "in use"):
            guards.call_while_borrowed(lambda: guards.keep(1))
        self.assertEqual(guards.keep(1), 1)

    def test_argument_counts(self):
        guards = support.fresh("guards")
        for call in (lambda: guards.needs_no_state(1), lambda: guards.needs_no_state(1, 2, 3), lambda: guards.sentinel(1),
                     lambda: guards.keep(), lambda: guards.keep(object=1), lambda: guards.Counter(1),
                     lambda: guards.Counter(1, 2, 3), lambda: guards.Counter(1, value=2), lambda: guards.Empty(1),
                     lambda: guards.Counter.__new__(guards.Counter, 1, value=2),
                     lambda: guards.Counter(None, 1).add(1), lambda: guards.Counter(None, 1).bump(1)):
            with self.assertRaises(TypeError):
                call()
        with self.assertRaisesRegex(TypeError, r"^needs_no_state expected 2 arguments, got 1$"):
            guards.needs_no_state(1)

    def test_instance_of_another_copy_is_refused(self):
        one, two = support.fresh("guards"), support.fresh("guards")
        counter = one.Counter(None, 1)
        self.assertIs(one.echo_counter(counter), counter)
        with self.assertRaises(TypeError):
            two.echo_counter(counter)
        with self.assertRaises(TypeError):
            two.Counter.bump(counter)


class PanicsOnTheWay(unittest.TestCase):
    """An object that dies while an exception is on its way, and panics."""

    def test_the_exception_stays(self):
        out = support.in_process("""
            guards = support.fresh("guards")
            seen = []
            sys.unraisablehook = lambda each: seen.append(type(each.exc_value).__name__)
            def call(*arguments):
                pass
            try:
                call(guards.Panics(), 1 / 0)
            except ZeroDivisionError:
                print("caught", seen)
        """)
        self.assertEqual(out, "caught ['PanicException']\n")

    def test_a_payload_that_panics_in_its_turn(self):
        out = support.in_process("""
            guards = support.fresh("guards")
            try:
                guards.panics_twice()
            except BaseException as error:
                print(type(error).__name__, error.message)
        """)
        self.assertEqual(out, "PanicException no message\n")


class FieldsApart(unittest.TestCase):
    """A class of a Python class: its fields lie in an object of their own."""

    def test_the_bytes_outlive_their_views(self):
        out = support.in_process("""
            import _ctypes, gc, weakref
            guards = support.fresh("guards")
            seen = []
            # A collection in between would change the order in which the last one clears what it finds.
            gc.disable()
            exporter = guards.Exporter()
            # The collector does not know code objects: this one dies with the dictionary of the exporter, after the
            # fields and before the view.
            exporter.probe = compile("0", "probe", "eval")
            watch = weakref.ref(exporter.probe, lambda _: seen.append(_ctypes.PyObj_FromPtr(address)[-1]))
            exporter.view = memoryview(exporter)
            assert exporter.exports() == 1
            address = id(exporter.view)
            del exporter
            gc.collect()
            exporter = guards.Exporter()
            view = memoryview(exporter)
            view[3] = 7
            view.release()
            print(seen, bytes(exporter)[3], exporter.exports())
        """)
        self.assertEqual(out, "[0] 7 0\n")

    def test_the_member_is_gone_before_python_code_runs(self):
        out = support.in_process("""
            import builtins, gc
            def look():
                names = {name for each in gc.get_objects() if isinstance(each, type) and each.__name__ == "Exporter" for name in vars(each)}
                return sorted(name for name in names if "fields" in name)
            builtins.insula_look = look
            print(support.fresh("guards").Exporter.looked_at)
        """)
        self.assertEqual(out, "[]\n")

    @unittest.skipUnless(support.FREE_THREADED, "descriptors die with their last reference")
    def test_a_member_that_outlives_its_use_changes_nothing(self):
        """Without a GIL every descriptor lives until a collection, where Python code finds it."""
        out = support.in_process("""
            import gc
            gc.disable()
            module = support.fresh("guards")
            found = [each for each in gc.get_objects() if type(each).__name__ == "member_descriptor"
                     and each.__name__ == "__fields" and each.__objclass__ is module.Exporter]
            instance = module.Exporter()
            for member in found:
                print(member.__get__(instance))
                for change in (lambda: member.__set__(instance, b""), lambda: member.__delete__(instance)):
                    try:
                        change()
                    except AttributeError as error:
                        print(error)
                print(instance.exports())
        """)
        self.assertEqual(out, "None\nreadonly attribute\nreadonly attribute\n0\n")

    @unittest.skipIf(support.FREE_THREADED, "references to descriptors are not counted")
    def test_a_member_that_the_collector_found_is_refused(self):
        out = support.in_process("""
            import gc
            stolen, thefts, refused = [], 0, 0
            def steal(phase, info):
                for each in gc.get_objects():
                    if type(each).__name__ == "member_descriptor" and each.__name__ == "__fields":
                        stolen.append(each)
            gc.callbacks.append(steal)
            # Which allocation starts a collection depends on how many there were since the last.
            for threshold in range(1, 100):
                stolen.clear()
                gc.collect()
                gc.set_threshold(threshold)
                try:
                    module = support.fresh("guards")
                except RuntimeError as error:
                    refused += 1
                    assert "kept a part of the class" in str(error), error
                else:
                    assert not stolen, stolen
                gc.set_threshold(0)
                thefts += bool(stolen)
            print(thefts, refused)
        """)
        thefts, refused = map(int, out.split())
        self.assertEqual(thefts, refused)
        if sys.version_info < (3, 12):
            # Later the collector runs between two instructions of Python code only.
            self.assertGreater(thefts, 0)


class DeepValues(unittest.TestCase):
    """S14: the collector follows values that hold one another only as deep as any stack allows."""

    def test_the_collector_does_not_go_too_deep(self):
        out = support.in_process("""
            import gc, os, threading
            nest = support.fresh("guards").Nest(100_000)
            nest.put(nest)
            def run():
                gc.collect()
                assert gc.get_referents(nest) == [type(nest)]
                print("collected", flush=True)
                # Rust, too, drops it level by level.
                os._exit(0)
            threading.stack_size(256 << 10)
            thread = threading.Thread(target=run)
            thread.start(); thread.join()
        """)
        self.assertEqual(out, "collected\n")

    def test_as_deep_as_it_goes_it_collects(self):
        import gc
        import weakref
        guards = support.fresh("guards")
        for depth in (1, 10, 900):
            nest = guards.Nest(depth)
            nest.put(nest)
            dead = weakref.ref(nest)
            del nest
            gc.collect()
            self.assertIsNone(dead(), depth)


class ThreadsThatCPythonEnds(unittest.TestCase):
    """S10: a thread that wants to attach when the runtime is being finalised never comes back to a frame of Rust."""

    def test_it_stops_in_the_call(self):
        # Each lets the thread wait while the main thread goes on to the end.
        ways = {
            "call": "lambda: time.sleep(.3)",
            "drop": "Sleeps",
            "next": "(time.sleep(.3) for _ in range(1))",
            "attribute": "Attribute()",
            "detached": "None",
        }
        for how, argument in ways.items():
            with self.subTest(how=how):
                out = support.in_process(f"""
                    import threading, time
                    guards = support.fresh("guards")

                    class Sleeps:
                        def __del__(self, sleep=time.sleep):
                            sleep(.3)

                    class Attribute:
                        @property
                        def attribute(self):
                            time.sleep(.3)

                    class Late:
                        # It dies when the modules are cleared: meanwhile the thread wants to attach.
                        def __del__(self, sleep=time.sleep, print=print):
                            sleep(.6)
                            print("late", flush=True)

                    # Not here, for what the thread runs keeps this module's variables.
                    sys.modules["late"] = type(sys)("late")
                    sys.modules["late"].late = Late()
                    threading.Thread(target=guards.lets_others_run, args=({how!r}, {argument}), daemon=True).start()
                    time.sleep(.05)
                """)
                self.assertEqual(out.splitlines()[-1:], ["late"])
                self.assertNotIn("a frame is left", out)


if __name__ == "__main__":
    unittest.main()
