"""Classes that derive from a type found when the module is executed, and state that belongs to one class."""

import collections
import datetime
import functools
import gc
import sys
import types
import unittest
import weakref

import support


class Plain:
    pass


class Slotted:
    __slots__ = ("a", "__weakref__")


class WithInit:
    def __init__(self, a, *, b=1):
        self.a, self.b = a, b


class OfList(collections.UserList):
    pass


class OfDict(dict):
    def __init__(self, **kwargs):
        super().__init__(kwargs)


class WithDel:
    died = []

    def __del__(self):
        WithDel.died.append(type(self).__name__)


def fresh(base):
    module, spec = support.unexecuted("everything")
    spec.base = base
    spec.loader.exec_module(module)
    return module


def insula_class():
    return support.fresh("guards").Counter


# The base, and arguments for its instances.
BASES = {
    "object": (object, (), {}),
    "allocator of its own": (datetime.datetime, (2020, 1, 2), {}),
    "allocator of its own, no date": (datetime.time, (1, 2), {"tzinfo": datetime.timezone.utc}),
    "Python class": (Plain, (), {}),
    "Python class with __slots__": (Slotted, (), {}),
    "Python class with __init__": (WithInit, (1,), {"b": 2}),
    "Python class of dict": (OfDict, (), {"a": 1}),
    "Python class with __del__": (WithDel, (), {}),
    "C, static": (collections.OrderedDict, ([("a", 1)],), {}),
    "C, static, no collector": (float, ("1.5",), {}),
    "C, deque": (collections.deque, ([1, 2],), {}),
    "C, partial": (functools.partial, (print,), {"end": ""}),
    "C, namespace": (types.SimpleNamespace, (), {"a": 1}),
    "C, generic set": (set, ([1, 2],), {}),
    "exception": (OSError, (2, "text"), {}),
    "bytearray": (bytearray, (b"ab",), {}),
    "Insula class of another module": (insula_class(), ("fixed", 3), {}),
}


def classes(base):
    module = fresh(base)
    cls = module.Adopted
    # It derives from that, with fields of its own.
    yield module.Readopted
    yield cls
    yield type("Sub", (cls,), {})
    yield type("Slotted", (cls,), {"__slots__": ()})
    yield type("Mixed", (type("Mixin", (), {"__slots__": ()}), cls), {})


class Adopted(unittest.TestCase):
    def each(self):
        for base, args, kwargs in BASES.values():
            for cls in classes(base):
                yield cls, base, args, kwargs

    def test_base_and_fields_are_both_there(self):
        for cls, base, args, kwargs in self.each():
            instance = cls(*args, **kwargs)
            self.assertIsInstance(instance, base)
            self.assertEqual((instance.text(), instance.slot, instance.fixed), ("adopted", None, [args, kwargs]))
            self.assertIs(instance.myself(), instance)
            instance.slot = ["slot"]
            self.assertEqual(instance.slot, ["slot"])
            self.assertEqual(instance.sentinel(), ["sentinel"])
            if base in (set, collections.deque, bytearray, float):
                self.assertEqual(instance, base(*args, **kwargs))
        self.assertEqual(fresh(WithInit).Adopted(5, b=6).b, 6)
        self.assertEqual(fresh(insula_class()).Adopted(None, 4).bump(), 5)

    def test_every_reference_is_visited_once(self):
        for cls, base, args, kwargs in self.each():
            instance = cls(*args, **kwargs)
            instance.slot = value = ["slot"]
            referents = gc.get_referents(instance)
            self.assertEqual(sum(each is cls for each in referents), 1, referents)
            # One for each of the two classes, if it is of both.
            inner = [gc.get_referents(each) for each in referents if type(each).__name__ == "Fields"]
            self.assertEqual(len(inner), 1 + any(each.__name__ == "Readopted" for each in cls.__mro__))
            inner, = [each for each in inner if any(what is instance.fixed for what in each)]
            fields, = [each for each in referents if gc.get_referents(each) == inner]
            self.assertEqual([sum(each is what for each in inner) for what in (value, instance.fixed, type(fields))], [1, 1, 1])
            self.assertTrue(gc.is_tracked(instance))

    def test_class_of_the_module_derives_from_it_with_fields_of_its_own(self):
        for base, args, kwargs in BASES.values():
            module = fresh(base)
            for cls in (module.Readopted, type("Sub", (module.Readopted,), {})):
                instance = cls(*args, **kwargs)
                self.assertEqual((instance.slot, instance.other, instance.fixed), (None, None, [args, kwargs]))
                instance.slot, instance.other = "slot", "other"
                self.assertEqual((instance.slot, instance.other, module.text_of(instance)), ("slot", "other", "adopted"))
                self.assertIs(instance.other_sentinel(), module.sentinel())
            with self.assertRaises(TypeError):
                module.Readopted.other_sentinel(module.Adopted(*args, **kwargs))

    def test_cycles_are_collected(self):
        for cls, base, args, kwargs in self.each():
            flag = Plain()
            alive = weakref.ref(flag)
            instance = cls(*args, **kwargs)
            instance.slot = [instance, flag]
            del instance, flag
            gc.collect()
            self.assertIsNone(alive())

    def test_types_and_fields_are_released(self):
        for cls, base, args, kwargs in self.each():
            value = ["value"]
            before = sys.getrefcount(cls), sys.getrefcount(value)
            for _ in range(100):
                instance = cls(*args, **kwargs)
                instance.slot = value
                del instance
            gc.collect()
            after = sys.getrefcount(cls), sys.getrefcount(value)
            self.assertLess(abs(after[0] - before[0]), 5)
            self.assertEqual(after[1], before[1])

    def test_modules_are_collected(self):
        for name, (base, args, kwargs) in BASES.items():
            with self.subTest(name):
                module = fresh(base)
                alive = [weakref.ref(module), weakref.ref(module.Adopted)]
                instance = module.Adopted(*args, **kwargs)
                instance.slot = (module, instance)
                del module, instance
                gc.collect()
                self.assertEqual([reference() for reference in alive], [None, None])

    def test_finaliser_of_the_base(self):
        for cls in classes(WithDel):
            WithDel.died.clear()
            cls()
            self.assertEqual(WithDel.died, [cls.__name__])

    def test_weak_references_and_dict_come_from_the_base(self):
        instance = fresh(Plain).Adopted()
        instance.attribute = 1
        reference = weakref.ref(instance)
        self.assertEqual(instance.__dict__, {"attribute": 1})
        del instance
        self.assertIsNone(reference())
        slotted = fresh(Slotted).Adopted()
        slotted.a = 1
        with self.assertRaises(AttributeError):
            slotted.b = 1

    def test_made_in_rust(self):
        for base in (Plain, collections.OrderedDict, collections.deque):
            made = fresh(base).make_adopted()
            self.assertEqual((made.text(), made.fixed), ("made", None))
            self.assertIsInstance(made, base)
        with self.assertRaises(TypeError):
            fresh(functools.partial).make_adopted()

    def test_bases_that_cannot_be(self):
        class PythonNew:
            def __new__(cls):
                return super().__new__(cls)

        for base in (int, tuple, str, bool, type(None), PythonNew, types.FunctionType, 5):
            module, spec = support.unexecuted("everything")
            spec.base = base
            with self.subTest(base=base):
                if base is str:
                    # Its instances do not vary in size.
                    self.assertEqual(fresh(base).Adopted("x"), "x")
                    continue
                with self.assertRaises(TypeError):
                    spec.loader.exec_module(module)
                with self.assertRaises(RuntimeError):
                    module.sentinel()

    def test_reasons_are_given(self):
        class PythonNew:
            def __new__(cls):
                return super().__new__(cls)

        one = fresh(Plain)
        reasons = {
            tuple: "vary in size", int: "vary in size", PythonNew: "__new__ is a Python function",
            type("Sub", (PythonNew,), {}): "__new__ is a Python function",
            # Of another copy of the module, where CPython takes it for the same class.
            one.Adopted: "derives from this very class", type("Sub", (one.Adopted,), {}): "derives from this very class",
            one.Readopted: "derives from this very class", one.Frozen: "not an acceptable base type", range: "not an acceptable base type",
        }
        for base, reason in reasons.items():
            with self.subTest(base=base), self.assertRaisesRegex(TypeError, reason):
                fresh(base)

    def test_metaclass(self):
        class Meta(type):
            pass

        base = Meta("Base", (), {})
        if sys.version_info < (3, 12):
            with self.assertRaisesRegex(TypeError, "metaclass"):
                fresh(base)
        else:
            cls = fresh(base).Adopted
            self.assertIs(type(cls), Meta)
            self.assertEqual(cls().text(), "adopted")

    def test_instance_of_another_copy_is_refused(self):
        one, two = fresh(Plain), fresh(Plain)
        instance = one.Adopted()
        self.assertEqual(one.text_of(instance), "adopted")
        with self.assertRaises(TypeError):
            two.text_of(instance)
        with self.assertRaises(TypeError):
            two.Adopted.text(instance)
        sub_one, sub_two = (type("S", (each.Adopted,), {"__slots__": ()}) for each in (one, two))
        for value, cls in ((sub_one(), sub_two), (Plain(), one.Adopted), (one.Adopted(), Plain), (one.Adopted(), two.Adopted)):
            with self.assertRaises(TypeError):
                value.__class__ = cls
        with self.assertRaises(TypeError):
            type("Both", (one.Adopted, two.Adopted), {})


class Unwritten(unittest.TestCase):
    """G11: the base's `__new__` runs Python code while the object exists, but not its fields."""

    def test_iterator_finds_the_object(self):
        out = support.in_process("""
            import gc, sys, test_bases
            seen = []
            def look(cls, name):
                for each in gc.get_objects():
                    if type(each) is cls:
                        try:
                            getattr(each, name)
                        except RuntimeError as error:
                            seen.append(str(error))
                        else:
                            seen.append("was there")
                gc.collect()
            # `enumerate.__new__` asks for the iterator, `frozenset.__new__` for the items (before 3.14 of a tracked object).
            class Items:
                def __iter__(self):
                    look(cls, "slot")
                    return iter("ab")
            cls = test_bases.fresh(enumerate).Adopted
            made = cls(Items())
            assert list(made) == [(0, "a"), (1, "b")] and made.text() == "adopted"
            frozen = support.fresh("everything").Frozen
            def items():
                yield 1
                look(frozen, "number")
                yield 2
            made = frozen(items())
            assert made == {1, 2} and made.number == 5, made
            message = "'everything.{}' object was made without the __new__ of its class"
            assert seen == [message.format(name) for name in ("Adopted", "Frozen")[:len(seen)]], seen
            print(len(seen))
        """)
        self.assertEqual(int(out), 2 if sys.version_info < (3, 14) else 1)

    def test_base_that_returns_something_else(self):
        support.in_process("""
            import test_bases
            module = test_bases.fresh(test_bases.Plain)
            cls = module.Adopted
            made = cls()
            cls.__new__ = lambda cls, *args: object.__new__(cls)
            empty = cls()
            for use in (lambda: empty.text(), lambda: empty.slot, lambda: setattr(empty, "slot", 1), lambda: module.text_of(empty)):
                try:
                    use()
                except RuntimeError:
                    pass
                else:
                    raise AssertionError("did not raise")
            assert made.text() == "adopted"
            del empty, made
            import gc; gc.collect()
        """)

    def test_constructors_of_the_base(self):
        support.in_process("""
            import collections, test_bases
            for base in (test_bases.Plain, collections.OrderedDict, collections.deque):
                cls = test_bases.fresh(base).Adopted
                sub = type("S", (cls,), {})
                for make in (lambda: object.__new__(cls), lambda: base.__new__(cls), lambda: base.__new__(sub),
                             lambda: type("S", (cls,), {"__new__": lambda cls: base.__new__(cls)})()):
                    try:
                        result = make()
                    except TypeError:
                        pass
                    else:
                        raise AssertionError(f"did not raise: {result}")
        """)

    def test_collector_may_run_at_any_time(self):
        support.in_process("""
            import gc, test_bases
            gc.set_threshold(1, 1, 1)
            kept = []
            for name, (base, args, kwargs) in test_bases.BASES.items():
                for cls in test_bases.classes(base):
                    for i in range(10):
                        instance = cls(*args, **kwargs)
                        instance.slot = [instance, i]
                        kept.append(instance)
                    kept.clear()
        """)


class ClassState(unittest.TestCase):
    """I21: state tied to one class of one module object."""

    def test_belongs_to_the_class_and_the_module_object(self):
        one, two = support.fresh("everything"), support.fresh("everything")
        instances = [one.Counted(), one.Counted(), type("Sub", (one.Counted,), {})()]
        self.assertEqual([each.census_of()[:2] for each in instances], [(one.Counted, 3)] * 3)
        self.assertEqual((instances[0].made, len(instances[0])), (3, 3))
        self.assertEqual(two.Counted().census_of(), (two.Counted, 1, None))

    def test_methods_see_the_state_of_the_class_that_defines_them(self):
        one, two = support.fresh("everything"), support.fresh("everything")
        re = one.Recounted()
        self.assertEqual((re.census_of()[:2], re.number()), ((one.Counted, 1), 17))
        self.assertEqual((one.Counted().made, re.made), (2, 2))

        class Both(one.Recounted):
            other = two.Recounted

        self.assertEqual((Both().made, Both.other().made), (3, 1))

    def test_slots_and_properties_of_subclasses_find_the_state(self):
        """I19: also where the instance's own type is not the class that has the slot."""
        one = support.fresh("everything")
        for cls in (type("Sub", (one.Counted,), {}), type("SubSub", (one.Recounted,), {"__slots__": ()})):
            instance, made = cls(), one.Counted().made
            self.assertEqual((instance.made, len(instance)), (made, made))

    def test_is_visited_and_released(self):
        class Flag:
            pass

        module = support.fresh("everything")
        counted, flag = module.Counted(), Flag()
        counted.remember(flag)
        states = [each for each in gc.get_referents(module) if type(each).__name__ == "Census"]
        self.assertEqual(len(states), 1)
        self.assertEqual([sum(each is what for each in gc.get_referents(states[0])) for what in (module.Counted, flag)], [1, 1])
        alive = [weakref.ref(flag), weakref.ref(module), weakref.ref(module.Counted)]
        counted.remember([flag, module, counted])
        del module, counted, flag, states
        gc.collect()
        self.assertEqual([reference() for reference in alive], [None] * 3)

    def test_outlives_the_name_of_the_module(self):
        module = support.fresh("everything")
        counted = module.Counted()
        del module
        gc.collect()
        counted.remember("kept")
        self.assertEqual(counted.census_of()[1:], (1, "kept"))

    def test_is_not_there_before_exec_has_finished(self):
        module, _ = support.unexecuted("everything")
        self.assertFalse(hasattr(module, "Counted"))


if __name__ == "__main__":
    unittest.main()
