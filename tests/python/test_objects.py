"""Built-in objects and conversions, one function of the modules `objects`, `containers` and `conversions` for each."""

import array
import collections
import datetime
import gc
import math
import os
import pathlib
import sys
import types
import unittest
import weakref

import support


class Case(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.o = support.together("objects", "containers", "conversions")

    def raises(self, error, text, function, *args):
        with self.assertRaises(error) as caught:
            function(*args)
        self.assertIs(type(caught.exception), error)
        self.assertIn(text, str(caught.exception))
        return caught.exception


class Containers(Case):
    def test_what_is_cleared_in_rust_is_empty(self):
        self.assertEqual(self.o.cleared(object()), [0] * 8)

    def test_an_instance_holds_iterators_and_sets_of_rust(self):
        class Thing:
            pass

        thing, other = Thing(), Thing()
        rest = self.o.Rest([thing, other, 1])
        self.assertEqual([each in gc.get_referents(rest) for each in (thing, other)], [True, True])
        self.assertIs(next(rest), thing)
        self.assertEqual([each in gc.get_referents(rest) for each in (thing, other)], [False, True])
        self.assertEqual((list(rest), list(rest), rest.seen), ([other, 1], [], {"Thing", "int"}))
        # A cycle through what the iterator still holds.
        thing.rest, reference = self.o.Rest([thing]), weakref.ref(thing)
        del thing
        gc.collect()
        self.assertIsNone(reference())


class Dicts(Case):
    def test_look_up_returns_the_very_object(self):
        value = object()
        d = {"a": value, 1: None}
        self.assertIs(self.o.dict_get(d, "a"), value)
        self.assertIsNone(self.o.dict_get(d, "b"))
        self.assertTrue(self.o.dict_contains(d, 1))
        self.assertFalse(self.o.dict_contains(d, 2))
        self.raises(TypeError, "unhashable type: 'list'", self.o.dict_get, d, [])
        self.raises(TypeError, "dict_get() argument 1 must be dict, not list", self.o.dict_get, [], 1)

    def test_change(self):
        d = self.o.dict_of(["a", "b"], [1, 2])
        self.assertEqual(d, {"a": 1, "b": 2})
        self.o.dict_set(d, "c", 3)
        self.o.dict_del(d, "a")
        self.assertEqual(d, {"b": 2, "c": 3})
        self.assertEqual(self.raises(KeyError, "a", self.o.dict_del, d, "a").args, ("a",))
        self.assertEqual(self.o.dict_len(d), (2, False))
        self.o.dict_update(d, {"b": 4})
        self.o.dict_update(d, [("e", 5)])
        self.assertEqual(d, {"b": 4, "c": 3, "e": 5})
        copy = self.o.dict_copy(d)
        self.assertEqual(copy, d)
        self.assertIsNot(copy, d)
        self.o.dict_clear(d)
        self.assertEqual((d, self.o.dict_len(d)), ({}, (0, True)))
        self.assertEqual(self.o.dict_lists(copy), [["b", "c", "e"], [4, 3, 5], [("b", 4), ("c", 3), ("e", 5)]])
        self.assertRaises(TypeError, self.o.dict_update, d, 1)

    def test_setdefault_pop_and_get_or_insert(self):
        d, value = {}, object()
        self.assertIs(self.o.dict_setdefault(d, 1, value), value)
        self.assertIs(self.o.dict_setdefault(d, 1, 2), value)
        self.assertIs(self.o.dict_pop(d, 1), value)
        self.assertIsNone(self.o.dict_pop(d, 1))
        self.assertEqual(d, {})
        self.assertIs(self.o.dict_get_or_insert(d, 1, lambda: value), value)
        self.assertIs(self.o.dict_get_or_insert(d, 1, lambda: 1 / 0), value)
        self.assertRaises(ZeroDivisionError, self.o.dict_get_or_insert, d, 2, lambda: 1 / 0)
        # One that was put there meanwhile stays.
        self.assertEqual(self.o.dict_get_or_insert(d, 3, lambda: d.setdefault(3, "first") and "second"), "first")

    def test_pop_of_a_subclass_is_that_of_dict(self):
        class D(dict):
            def pop(self, *args):
                raise AssertionError
        self.assertEqual(self.o.dict_pop(D(a=1), "a"), 1)

    def test_iteration_survives_any_change(self):
        d = dict.fromkeys(range(100))
        self.assertEqual(self.o.dict_each(d, lambda key, value: d.clear()), 100)
        d = {1: 2}
        self.assertEqual(self.o.dict_each(d, lambda key, value: d.update(dict.fromkeys(range(10_000)))), 1)


class Lists(Case):
    def test_make(self):
        items = (object(), 1)
        made = self.o.list_new(items)
        self.assertEqual((type(made), made[0] is items[0], made), (list, True, list(items)))
        self.assertEqual(self.o.list_from("ab"), ["a", "b"])
        self.raises(TypeError, "'int' object is not iterable", self.o.list_from, 1)

    def test_change(self):
        l = []
        self.o.list_append(l, 1)
        self.o.list_insert(l, 0, 0)
        self.o.list_insert(l, sys.maxsize * 2, 2)
        self.o.list_extend(l, (x for x in (3, 4)))
        self.assertEqual(l, [0, 1, 2, 3, 4])
        self.o.list_set(l, 4, 9)
        self.o.list_del(l, 0)
        self.assertEqual(l, [1, 2, 3, 9])
        self.raises(IndexError, "list assignment index out of range", self.o.list_set, l, 4, 0)
        self.raises(IndexError, "list index out of range", self.o.list_del, l, 4)
        self.raises(IndexError, "", self.o.list_del, l, sys.maxsize * 2)
        self.assertEqual(self.o.list_reverse(l), (4, False))
        self.assertEqual(l, [9, 3, 2, 1])
        self.o.list_sort(l)
        self.assertEqual(l, [1, 2, 3, 9])
        self.raises(TypeError, "'<' not supported", self.o.list_sort, [1, "a"])
        self.assertRaises(TypeError, self.o.list_extend, l, 1)

    def test_look_up(self):
        item = object()
        l = [item, 1, 2, 3]
        self.assertIs(self.o.list_get(l, 0), item)
        self.assertIsNone(self.o.list_get(l, 4))
        self.assertIsNone(self.o.list_get(l, sys.maxsize * 2))
        self.assertEqual(self.o.list_slice(l, 1, 3), [1, 2])
        self.assertEqual(self.o.list_slice(l, 3, 1), [])
        self.assertEqual(self.o.list_slice(l, 2, sys.maxsize * 2), [2, 3])
        self.assertEqual(self.o.list_to_tuple(l), tuple(l))

    def test_iteration_survives_any_change(self):
        l = list(range(100))
        self.assertEqual(self.o.list_each(l, lambda item: l.clear()), 1)
        l = [1, 2, 3, 4]
        self.assertEqual(self.o.list_each(l, lambda item: l.pop()), 2)

    def test_sort_that_changes_the_list_raises(self):
        l = []

        class Evil:
            def __lt__(self, other):
                l.append(1)
                return True
        l[:] = [Evil(), Evil()]
        self.raises(ValueError, "list modified during sort", self.o.list_sort, l)


class TuplesAndSets(Case):
    def test_tuples(self):
        t = (1, object(), 3)
        self.assertEqual(self.o.tuple_reversed(t), t[::-1])
        self.assertIs(self.o.tuple_from(t), t)
        self.assertEqual(self.o.tuple_from([1]), (1,))
        self.assertEqual(self.o.tuple_slice(t, 1, 99), t[1:])
        self.assertEqual(self.o.tuple_slice(t, 2, 1), ())
        self.assertEqual(self.o.tuple_to_list(t), list(t))
        self.assertEqual(self.o.tuple_reversed(()), ())

    def test_sets(self):
        s = self.o.set_new([1, 2, 2])
        self.assertEqual((type(s), s), (set, {1, 2}))
        f = self.o.frozenset_new([1, 1])
        self.assertEqual((type(f), f), (frozenset, {1}))
        self.assertEqual(self.o.frozenset_contains(f, 1), (1, True))
        self.o.set_add(s, "x")
        self.assertTrue(self.o.set_contains(s, "x"))
        self.assertTrue(self.o.set_discard(s, "x"))
        self.assertFalse(self.o.set_discard(s, "x"))
        self.assertIn(self.o.set_pop({7}), {7})
        self.assertIsNone(self.o.set_pop(set()))
        self.o.set_clear(s)
        self.assertEqual(s, set())
        self.raises(TypeError, "unhashable", self.o.set_new, [[]])
        self.raises(TypeError, "must be set, not frozenset", self.o.set_add, f, 1)

    def test_iteration_notices_change(self):
        s = {1, 2, 3}
        self.raises(RuntimeError, "Set changed size", self.o.set_each, s, lambda item: s.add(len(s)+10))
        self.assertEqual(self.o.set_each({1, 2}, lambda item: None), 2)


class Text(Case):
    def test_operations(self):
        o = self.o
        self.assertEqual(o.str_len("aß€😀"), 4)
        self.assertEqual(o.str_concat("a", "😀"), "a😀")
        self.assertEqual(o.str_join("-", ["a", "b"]), "a-b")
        self.raises(TypeError, "expected str instance, int found", o.str_join, "-", [1])
        self.assertEqual(o.str_format("é", 7), "é=0007")
        self.assertEqual(o.str_find("aß€😀b", "😀"), (3, True))
        self.assertEqual(o.str_find("a", "b"), (None, False))
        self.assertEqual(o.str_replace("aXbX", "X", "😀"), "a😀b😀")
        self.assertEqual(o.str_split("a,b", ","), ["a", "b"])
        self.raises(ValueError, "empty separator", o.str_split, "a", "")
        self.assertEqual([o.str_compare(*p) for p in (("a", "b"), ("b", "b"), ("😀", "a"))], [-1, 0, 1])
        self.assertTrue(o.str_is("é", "é"))
        self.assertFalse(o.str_is("é", "e"))
        self.assertEqual(o.str_char_at("a😀", 1), "😀")
        self.raises(IndexError, "string index out of range", o.str_char_at, "a", 1)
        self.assertEqual(o.str_slice("aß€😀", 1, 3), "ß€")
        self.assertEqual(o.str_slice("aß€😀", 3, 1), "")
        self.assertEqual(o.str_encode("é", "latin-1", "strict"), b"\xe9")
        self.raises(UnicodeEncodeError, "can't encode", o.str_encode, "€", "latin-1", "strict")
        self.raises(LookupError, "unknown encoding: no-such", o.str_encode, "a", "no-such", "strict")
        self.raises(ValueError, "embedded null character", o.str_encode, "a", "utf-8\0", "strict")
        self.assertEqual(o.bytes_decode(b"\xe9", "latin-1", "strict"), "é")
        self.raises(UnicodeDecodeError, "invalid", o.bytes_decode, b"\xff", "utf-8", "strict")
        self.assertEqual(o.bytes_decode(b"\xff", "utf-8", "replace"), "\ufffd")

    def test_lone_surrogates_are_errors(self):
        lone = "a\ud800\udfffb"
        self.assertEqual(self.o.str_lossy(lone), "a\ufffd\ufffdb")
        self.assertEqual(self.o.str_lossy("a😀"), "a😀")
        self.assertEqual(self.o.str_len(lone), 4)
        self.assertFalse(self.o.str_is(lone, "a"))
        self.raises(ValueError, "surrogates not allowed", self.o.str_char_at, lone, 1)
        self.raises(UnicodeEncodeError, "surrogates not allowed", self.o.str_find, "a", lone)
        self.raises(UnicodeEncodeError, "surrogates not allowed", self.o.echo_cow, lone)
        self.raises(ValueError, "surrogates not allowed", self.o.echo_char, "\ud800")

    def test_bytearray(self):
        b = self.o.bytearray_new(b"abc")
        self.assertEqual((type(b), b), (bytearray, bytearray(b"abc")))
        self.o.bytearray_write(b, 1, b"XY")
        self.assertEqual(self.o.bytearray_copy(b), b"aXY")
        self.raises(ValueError, "do not fit", self.o.bytearray_write, b, 2, b"XY")
        self.raises(ValueError, "do not fit", self.o.bytearray_write, b, sys.maxsize * 2, b"XY")
        self.o.bytearray_resize(b, 5)
        self.assertEqual(b, b"aXY\0\0")
        self.o.bytearray_resize(b, 1)
        self.o.bytearray_extend(b, b"!")
        self.assertEqual(b, b"a!")
        self.assertRaises(ValueError, self.o.bytearray_resize, b, sys.maxsize * 2)
        with memoryview(b):
            self.assertRaises(BufferError, self.o.bytearray_resize, b, 100)
            self.assertRaises(BufferError, self.o.bytearray_extend, b, b"...")


class Numbers(Case):
    def test_big_integers(self):
        for bits in (0, 1, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1000):
            for n in (2**bits, -2**bits, 2**bits - 1, -2**bits - 1):
                with self.subTest(n=n):
                    data = self.o.int_to_le_bytes(n)
                    self.assertEqual(int.from_bytes(data, "little", signed=True), n)
                    self.assertEqual(self.o.int_from_le_bytes(data, True), n)
                    sign = (n > 0) - (n < 0)
                    small = n if -2**63 <= n < 2**63 else None
                    self.assertEqual(self.o.int_facts(n), (n.bit_length(), sign, small))
                    self.assertEqual(self.o.int_decimal(n), str(n))
        self.assertEqual(self.o.int_from_le_bytes(b"\xff", False), 255)
        self.assertEqual(self.o.int_parse("-ff", 16), -255)
        self.assertEqual(self.o.int_parse("0x10", 0), 16)
        self.raises(ValueError, "invalid literal for int() with base 10: 'x'", self.o.int_parse, "x", 10)
        self.assertRaises(ValueError, self.o.int_decimal, 10**5000)

    def test_an_int_subclass_does_not_interfere(self):
        class Liar(int):
            def bit_length(self):
                return 1
            to_bytes = from_bytes = __index__ = __int__ = bit_length
        n = Liar(2**100)
        self.assertEqual(int.from_bytes(self.o.int_to_le_bytes(n), "little"), 2**100)
        self.assertEqual(self.o.echo_i128(n), 2**100)

    def test_128_bits(self):
        for n in (0, 1, -1, 2**63, -2**63 - 1, 2**127 - 1, -2**127):
            self.assertEqual(self.o.echo_i128(n), n)
        for n in (0, 1, 2**63, 2**64, 2**127, 2**128 - 1):
            self.assertEqual(self.o.echo_u128(n), n)
        for n in (2**127, -2**127 - 1, 2**128, -2**200, 2**135):
            self.raises(OverflowError, "int too big to convert", self.o.echo_i128, n)
        for n in (2**128, 2**136 - 1, 2**200):
            self.raises(OverflowError, "int too big to convert", self.o.echo_u128, n)
        for n in (-1, -2**100):
            self.raises(OverflowError, "can't convert negative int to unsigned", self.o.echo_u128, n)
        self.raises(TypeError, "'float' object cannot be interpreted as an integer", self.o.echo_i128, 1.0)

    def test_other_numbers(self):
        self.assertEqual(self.o.float_value(1.5), 1.5)
        self.assertTrue(math.isnan(self.o.float_value(math.nan)))
        self.assertEqual(self.o.complex_conjugate(1+2j), 1-2j)
        self.assertIs(self.o.bool_not(True), False)
        self.assertIs(self.o.bool_not(False), True)
        self.assertEqual(self.o.echo_nonzero(255), 255)
        self.raises(ValueError, "other than 0", self.o.echo_nonzero, 0)
        self.raises(OverflowError, "256 is not in the range 0 to 255", self.o.echo_nonzero, 256)

    def test_arithmetic(self):
        a, b = 7, 2
        expected = [a + b, a - b, a * b, a / b, a // b, a % b, a ** b, -a, abs(a)]
        self.assertEqual(self.o.arithmetic(a, b), expected)
        self.assertEqual(self.o.bits(6, 3), [6 << 3, 6 >> 3, 6 & 3, 6 | 3, 6 ^ 3, ~6, +6])
        self.raises(TypeError, "unsupported operand", self.o.arithmetic, 1, None)
        self.raises(ZeroDivisionError, "", self.o.arithmetic, 1, 0)

        class M:
            def __matmul__(self, other):
                return ("@", other)
        self.assertEqual(self.o.matmul(M(), 1), ("@", 1))
        self.assertEqual(self.o.index(True), 1)
        self.raises(TypeError, "cannot be interpreted as an integer", self.o.index, "1")


class Slices(Case):
    def test_slice_selects_what_python_selects(self):
        l = list(range(10))
        bounds = (None, -99, -10, -1, 0, 3, 10, 99, sys.maxsize, -sys.maxsize - 1, 2**100, -2**100)
        for start in bounds:
            for stop in bounds:
                for step in (None, 1, 2, -1, -3, sys.maxsize, -sys.maxsize - 1, 2**100):
                    s = slice(start, stop, step)
                    self.assertEqual(self.o.slice_pick(l, s), l[s], s)
        self.assertEqual(self.o.slice_new(None, "x", 2), slice(None, "x", 2))
        self.raises(ValueError, "slice step cannot be zero", self.o.slice_pick, l, slice(0, 1, 0))
        self.raises(TypeError, "slice indices must be integers", self.o.slice_pick, l, slice("a"))

    def test_index_that_empties_the_list(self):
        l = list(range(10))

        class Evil:
            def __index__(self):
                l.clear()
                return 9
        self.assertEqual(self.o.slice_pick(l, slice(0, Evil())), [])

    def test_range(self):
        self.assertEqual(self.o.range_new(1, 10, 3), range(1, 10, 3))
        self.assertEqual(self.o.range_bounds(range(1, 10, 3)), (1, 10, 3))
        self.raises(ValueError, "must not be zero", self.o.range_new, 1, 2, 0)
        self.assertRaises(OverflowError, self.o.range_bounds, range(2**100))


class IteratorsAndCalls(Case):
    def test_iterate(self):
        item = object()
        self.assertIs(self.o.iterate([item])[0], item)
        self.assertEqual(self.o.iterate(x for x in "ab"), ["a", "b"])
        self.raises(TypeError, "'int' object is not iterable", self.o.iterate, 1)

        def failing():
            yield 1
            raise KeyError("no")
        self.raises(KeyError, "no", self.o.iterate, failing())
        self.raises(TypeError, "must be an iterator, not list", self.o.steps, [], None)
        self.assertEqual(self.o.steps(iter("abc"), lambda: None), ["a", "b"])
        self.assertEqual(self.o.steps(iter("a"), lambda: None), ["a"])

    def test_an_iterator_that_ceases_to_be_one(self):
        class Plain:
            pass

        class It:
            def __iter__(self):
                return self

            def __next__(self):
                return 1
        it = It()
        self.raises(TypeError, "'Plain' object is not iterable", self.o.steps, it,
                    lambda: setattr(it, "__class__", Plain))
        it = It()
        self.raises(TypeError, "is not iterable", self.o.steps, it, lambda: delattr(It, "__next__"))

    def test_calls(self):
        def spy(*args, **kwargs):
            return args, kwargs
        self.assertEqual(self.o.call_positional(spy), ((1, "two", 3.0, [4, 5]), {}))
        self.assertEqual(self.o.call_slice(spy), ((), {}))
        value = object()
        self.assertIs(self.o.call_slice(spy, value)[0][0], value)
        self.assertEqual(self.o.call_slice(spy, *range(20)), (tuple(range(20)), {}))
        self.assertEqual(self.o.call_dict(spy, (1, 2), a=3), ((1, 2), {"a": 3}))
        self.assertEqual(self.o.call_keywords(spy, 5), ((1,), {"key": 5, "other": 5}))
        self.assertEqual(self.o.call_slice("x".join, "ab"), "axb")
        self.raises(TypeError, "'int' object is not callable", self.o.call_slice, 1)
        self.assertRaises(ZeroDivisionError, self.o.call_slice, lambda: 1 / 0)

        class Bound:
            def method(self, *args, **kwargs):
                return self, args, kwargs
        b = Bound()
        self.assertEqual(self.o.call_slice(b.method, 1), (b, (1,), {}))
        self.assertEqual(self.o.call_method(b, "method", 1), (b, (1,), {}))
        self.assertEqual(self.o.call_method_keywords(b, "method", 1), (b, (), {"key": 1}))
        self.raises(AttributeError, "no attribute 'none'", self.o.call_method, b, "none", 1)
        self.assertEqual(self.o.call_method("a,b", "split", ","), ["a", "b"])


class AnyObject(Case):
    def test_comparison(self):
        self.assertEqual(self.o.compare(1, 2), [False, True, True, True, False, False])
        self.raises(TypeError, "'<' not supported", self.o.compare, 1, "a")
        self.assertEqual(self.o.eq(math.nan, math.nan), (False, True))

        class NoTruth:
            def __eq__(self, other):
                return self
            __hash__ = None

            def __bool__(self):
                raise ArithmeticError("neither")
        self.raises(ArithmeticError, "neither", self.o.eq, NoTruth(), 1)
        self.raises(TypeError, "unhashable type: 'NoTruth'", self.o.hash, NoTruth())
        self.assertEqual(self.o.hash("a"), hash("a"))
        self.assertEqual(self.o.hash(-1), hash(-1))

    def test_items(self):
        d = {}
        self.o.setitem(d, 1, 2)
        self.assertEqual(self.o.getitem(d, 1), 2)
        self.o.delitem(d, 1)
        self.raises(KeyError, "1", self.o.getitem, d, 1)
        self.raises(TypeError, "'int' object is not subscriptable", self.o.getitem, 1, 1)
        self.raises(TypeError, "does not support item assignment", self.o.setitem, (1,), 0, 1)
        self.raises(TypeError, "object doesn't support item deletion", self.o.delitem, (1,), 0)
        self.assertEqual(self.o.length("ab"), (2, False))
        self.raises(TypeError, "object of type 'int' has no len()", self.o.length, 1)
        self.assertTrue(self.o.contains("abc", "b"))
        self.raises(TypeError, "iterable", self.o.contains, 1, 1)

    def test_length_that_lies(self):
        class Liar:
            def __init__(self, n):
                self.n = n

            def __len__(self):
                return self.n
        self.raises(ValueError, "__len__() should return >= 0", self.o.length, Liar(-1))
        self.raises(OverflowError, "cannot fit", self.o.length, Liar(2**100))
        self.raises(TypeError, "cannot be interpreted as an integer", self.o.length, Liar("x"))

    def test_attributes_and_text(self):
        space = types.SimpleNamespace(a=1)
        self.assertEqual(self.o.attributes(space, "a"), (True, 1))
        self.assertEqual(self.o.attributes(space, "b"), (False, None))
        self.o.delattr(space, "a")
        self.raises(AttributeError, "a", self.o.delattr, space, "a")

        class Failing:
            def __getattr__(self, name):
                raise KeyError(name)
        self.raises(KeyError, "x", self.o.attributes, Failing(), "x")
        self.assertEqual(self.o.dir(space), dir(space))
        self.assertEqual(self.o.format(3.14159, ".2f"), "3.14")
        self.raises(ValueError, "Unknown format code", self.o.format, 1, "s")
        self.assertTrue(self.o.callable(len))
        self.assertFalse(self.o.callable(1))
        none, ellipsis, not_implemented = self.o.singletons()
        self.assertTrue(none is None and ellipsis is ... and not_implemented is NotImplemented)

    def test_downcasts(self):
        class S(str):
            pass
        ref = weakref.ref(S)
        for value, kinds, exact in [
            ("", ["str"], ["str"]), (S(), ["str"], []), (b"", ["bytes"], ["bytes"]),
            (bytearray(), ["bytearray"], ["bytearray"]), (1, ["int"], ["int"]), (True, ["int", "bool"], ["bool"]),
            (1.0, ["float"], ["float"]), (1j, ["complex"], ["complex"]), ((), ["tuple"], ["tuple"]),
            ([], ["list"], ["list"]), ({}, ["dict"], ["dict"]), (collections.OrderedDict(), ["dict"], []),
            (set(), ["set"], ["set"]), (frozenset(), ["frozenset"], ["frozenset"]), (slice(1), ["slice"], ["slice"]),
            (range(1), ["range"], ["range"]), (int, ["type"], ["type"]), (sys, ["module"], ["module"]),
            (memoryview(b""), ["memoryview"], ["memoryview"]),
            (ref, ["weakref.ReferenceType"], ["weakref.ReferenceType"]),
            (self.o.capsule_new(1), ["PyCapsule"], ["PyCapsule"]), (None, [], []), (object(), [], []),
        ]:
            with self.subTest(value=value):
                self.assertEqual(self.o.kinds(value), (kinds, exact))
        l = []
        self.assertIs(self.o.into_list(l), l)
        self.raises(TypeError, "tuple", self.o.into_list, ())

    def test_types_and_modules(self):
        class Outer:
            class Inner(int):
                pass
        self.assertEqual(self.o.type_names(Outer.Inner), ("Inner", Outer.Inner.__qualname__, __name__))
        self.assertTrue(self.o.type_subclass(Outer.Inner, (str, int)))
        self.raises(TypeError, "issubclass() arg 2", self.o.type_subclass, int, 1)
        self.assertTrue(self.o.type_subtype(bool, int))
        self.assertFalse(self.o.type_subtype(int, bool))
        self.assertTrue(self.o.is_instance(True, int))
        self.raises(TypeError, "isinstance() arg 2", self.o.is_instance, 1, 1)
        self.assertIs(self.o.type_of_int(), int)
        import os.path
        self.assertIs(self.o.import_module("os.path"), os.path)
        self.raises(ModuleNotFoundError, "No module named 'no_such_module'", self.o.import_module, "no_such_module")
        name, d = self.o.module_facts(sys)
        self.assertTrue(name == "sys" and d is sys.__dict__)
        self.assertRaises(SystemError, self.o.module_facts, types.ModuleType.__new__(types.ModuleType))

    def test_a_metaclass_does_not_fool_subtype(self):
        class Meta(type):
            def __subclasscheck__(cls, other):
                return True

        class Fake(metaclass=Meta):
            pass
        self.assertTrue(self.o.type_subclass(int, Fake))
        self.assertFalse(self.o.type_subtype(int, Fake))


class Recursion(Case):
    """Data that holds itself."""

    def test_a_conversion_raises_recursion_error(self):
        out = support.in_process("""
            import threading
            conversions = support.fresh("conversions")
            tree = {"value": 1, "children": []}
            tree["children"].append(tree)
            def convert():
                try:
                    conversions.echo_tree(tree)
                except RecursionError as error:
                    print("RecursionError")
            convert()
            thread = threading.Thread(target=convert)
            thread.start()
            thread.join()
            deep = {"value": 0, "children": []}
            for value in range(60):
                deep = {"value": value, "children": [deep]}
            print(conversions.echo_tree(deep) == deep)
        """)
        self.assertEqual(out, "RecursionError\nRecursionError\nTrue\n")


class Buffers(Case):
    def test_copies(self):
        data = bytearray(b"abcdef")
        view = memoryview(data)
        self.assertEqual(self.o.buffer_copy(view[::2]), b"ace")
        self.assertEqual(self.o.buffer_copy(view[::-1]), b"fedcba")
        self.assertEqual(self.o.buffer_copy(b""), b"")
        self.o.buffer_write(view[::2], b"XYZ")
        self.assertEqual(data, b"XbYdZf")
        self.raises(ValueError, "expected 6 bytes, not 1", self.o.buffer_write, data, b"x")
        self.assertRaises(BufferError, self.o.buffer_write, b"abc", b"xyz")
        self.raises(BufferError, "read-only", self.o.buffer_write_readable, b"abc", b"xyz")
        self.raises(TypeError, "a bytes-like object is required, not 'int'", self.o.buffer_copy, 1)
        numbers = array.array("i", [1, 2, 3])
        self.assertEqual(self.o.buffer_copy(numbers), numbers.tobytes())
        size = numbers.itemsize
        self.assertEqual(self.o.buffer_facts(numbers), (3 * size, False, size, "i", [3], True))
        grid = memoryview(bytes(6)).cast("B", (2, 3))
        self.assertEqual(self.o.buffer_facts(grid), (6, True, 1, "B", [2, 3], True))
        self.assertEqual(self.o.buffer_facts(view[::2])[-1], False)
        self.assertEqual(self.o.memoryview(data), data)
        view.release()
        self.raises(ValueError, "released", self.o.buffer_copy, view)

    def test_no_memory_for_a_copy(self):
        import ctypes
        memory = ctypes.create_string_buffer(1)
        huge = (ctypes.c_char * (sys.maxsize // 2)).from_address(ctypes.addressof(memory))
        self.assertRaises(MemoryError, self.o.buffer_copy, huge)

    def test_memory_stays_while_the_buffer_is_held(self):
        data = bytearray(b"abc")

        def grow():
            with self.assertRaises(BufferError):
                data.extend(b"x" * 1000)
            data[0] = ord("X")
        self.assertEqual(self.o.buffer_hold(data, grow), b"Xbc")
        data.extend(b"free again")


class DatesAndTimes(Case):
    def test_objects(self):
        utc = datetime.timezone.utc
        date, time, moment, zone = self.o.datetime_make()
        self.assertEqual(date, datetime.date(2026, 2, 28))
        self.assertEqual(time, datetime.time(12, 30, 59, 1))
        self.assertEqual(moment, datetime.datetime(2026, 2, 28, 12, 30, 59, 999_999, utc))
        self.assertIs(zone, utc)
        self.assertEqual(self.o.date_fields(moment), (2026, 2, 28))
        self.assertEqual(self.o.time_fields(time), (12, 30, 59, 1))
        self.assertEqual(self.o.datetime_fields(moment), (2026, 2, 28, 12, 30, 59, 999_999))
        self.assertEqual(self.o.timedelta_fields(datetime.timedelta(-1, 2, 3)), (-1, 2, 3))
        self.assertIs(self.o.tzinfo(utc), utc)
        self.raises(TypeError, "must be datetime.datetime, not date", self.o.datetime_fields, date)
        self.raises(TypeError, "must be datetime.date, not int", self.o.date_fields, 1)

    def test_durations(self):
        for delta in (datetime.timedelta(), datetime.timedelta(5, 6, 7), datetime.timedelta(999_999_999)):
            self.assertEqual(self.o.echo_duration(delta), delta)
        self.raises(ValueError, "a duration cannot be negative", self.o.echo_duration, datetime.timedelta(-1))
        self.raises(TypeError, "must be datetime.timedelta, not int", self.o.echo_duration, 1)

    def test_points_in_time(self):
        utc = datetime.timezone.utc
        for moment in (
            datetime.datetime(1970, 1, 1, tzinfo=utc), datetime.datetime(2026, 5, 4, 3, 2, 1, 7, utc),
            datetime.datetime(1, 1, 1, tzinfo=utc), datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999, utc),
            datetime.datetime(9999, 12, 31, 23, 59, 59, 999_999, utc),
            datetime.datetime(2026, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=5))),
        ):
            back = self.o.echo_system_time(moment)
            self.assertEqual((back, back.tzinfo), (moment, utc))
        self.raises(TypeError, "offset-naive and offset-aware", self.o.echo_system_time, datetime.datetime(2026, 1, 1))

    def test_a_datetime_module_that_lies(self):
        support.in_process("""
            import sys, types
            o = support.together("objects", "containers", "conversions")
            import datetime
            delta = datetime.timedelta(1)
            for fake in (1, int, type("T", (), {}), lambda *a: None):
                module = types.ModuleType("datetime")
                module.date = module.time = module.datetime = module.timedelta = module.timezone = module.tzinfo = fake
                sys.modules["datetime"] = module
                for call in (o.datetime_make, lambda: o.echo_duration(delta), lambda: o.date_fields(1),
                             lambda: o.timedelta_fields(1), lambda: o.datetime_fields(fake)):
                    try:
                        call()
                    except (TypeError, AttributeError, OverflowError, ValueError):
                        pass
        """)


class WeakAndCapsules(Case):
    def test_weak_references(self):
        class Thing:
            pass
        thing, called = Thing(), []
        ref = self.o.weakref_new(thing, None)
        self.assertIs(ref, weakref.ref(thing))
        self.assertIs(self.o.weakref_get(ref), thing)
        watched = self.o.weakref_new(thing, called.append)
        del thing
        self.assertIsNone(self.o.weakref_get(ref))
        self.assertEqual(called, [watched])
        self.raises(TypeError, "cannot create weak reference to 'int' object", self.o.weakref_new, 1, None)

    def test_capsules(self):
        before = self.o.capsules_dropped()
        capsule = self.o.capsule_new(42)
        self.assertIn('"objects.counted"', repr(capsule))
        self.assertEqual(self.o.capsule_get(capsule), 42)
        self.raises(TypeError, "does not hold a alloc::string::String", self.o.capsule_get_as_text, capsule)
        self.raises(ValueError, "expected a capsule named", self.o.capsule_get_other, capsule)
        import _datetime
        self.raises(TypeError, "does not hold", self.o.capsule_get_datetime, _datetime.datetime_CAPI)
        self.assertEqual(self.o.capsules_dropped(), before)
        del capsule
        self.assertEqual(self.o.capsules_dropped(), before + 1)

    def test_a_capsule_of_the_same_name_by_another_library_is_refused(self):
        import ctypes
        new = ctypes.pythonapi.PyCapsule_New
        new.restype, new.argtypes = ctypes.py_object, [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p]
        name, memory = ctypes.create_string_buffer(b"objects.counted"), ctypes.create_string_buffer(64)
        foreign = new(ctypes.addressof(memory), ctypes.addressof(name) and name, None)
        self.raises(TypeError, "does not hold", self.o.capsule_get, foreign)

    def test_a_destructor_that_panics(self):
        output = support.in_process("""
            o = support.together("objects", "containers", "conversions")
            c = o.capsule_new(13)
            del c
            print(o.capsules_dropped())
        """)
        self.assertEqual(output.strip(), "1")


class Conversions(Case):
    def test_round_trips(self):
        for name, value in [
            ("char", "😀"), ("cow", "é"), ("box_str", "é"), ("bytes", b"\0\xff"), ("byte_array", b"abc"),
            ("array", [1, 2, 3]), ("deque", [1]), ("box_slice", [1, 2]), ("hash_map", {"a": 1, "b": 2}),
            ("btree_map", {1: [2]}), ("hash_set", {1, 2}), ("btree_set", {"a"}),
            ("path", pathlib.Path("/tmp/é")), ("os_string", "x"), ("eight", (1, 2, 3, 4, 5, 6, 7, "8")),
        ]:
            with self.subTest(name=name):
                back = getattr(self.o, "echo_" + name)(value)
                self.assertEqual((back, type(back)), (value, type(value)))

    def test_what_is_refused(self):
        for name, value, error, text in [
            ("char", "ab", ValueError, "expected a character, but a string of length 2 found"),
            ("char", "", ValueError, "of length 0"), ("char", 1, TypeError, "must be str, not int"),
            ("array", [1, 2], ValueError, "expected a sequence of length 3, not 2"),
            ("array", {1, 2, 3}, TypeError, "must be an iterable with an order, not set"),
            ("byte_array", b"ab", ValueError, "expected a sequence of length 3, not 2"),
            ("bytes", [1, 256], OverflowError, "256 is not in the range 0 to 255"),
            ("bytes", "ab", TypeError, "must be an iterable other than str and dict, not str"),
            ("bytes", array.array("i", [1]), ValueError, "not one with items of the format 'i'"),
            ("hash_map", [("a", 1)], TypeError, "must be dict or another mapping, not list"),
            ("hash_map", {1: 1}, TypeError, "must be str, not int"),
            ("hash_set", "12", TypeError, "must be an iterable other than str and dict, not str"),
            ("eight", (1, 2), ValueError, "expected a tuple of 8 items, not 2"),
            ("path", 1, TypeError, "expected str, bytes or os.PathLike object, not int"),
            ("path", "a\0b", ValueError, "embedded null character"),
            ("os_string", b"a\0b", ValueError, "embedded null character"),
        ]:
            with self.subTest(name=name, value=value):
                self.raises(error, text, getattr(self.o, "echo_" + name), value)

    def test_subclasses_that_iterate_otherwise(self):
        """What Python code sees of an object is what arrives, as `list(object)` and `dict(object.items())` have it."""
        for base in (list, tuple):
            class Plain(base):
                pass

            class Own(base):
                def __iter__(self):
                    return map(lambda item: item * 10, super().__iter__())

            class Longer(base):
                def __iter__(self):
                    yield from (7, 8, 9)

                def __len__(self):
                    return 0

            class Failing(base):
                def __iter__(self):
                    raise KeyError("no")

            class NoIterable(base):
                __iter__ = None

            for given in (Plain((1, 2, 3)), Own((1, 2, 3)), Longer()):
                for name in ("array", "deque", "box_slice", "hash_set"):
                    with self.subTest(name=name, type=type(given).__qualname__):
                        seen = getattr(self.o, "echo_" + name)(given)
                        self.assertEqual(seen, type(seen)(given))
                self.assertEqual(self.o.set_new(given), set(given))
            self.assertEqual(self.o.echo_bytes(Own((1, 2))), b"\n\x14")
            self.assertEqual(self.o.echo_byte_array(Longer()), b"\7\10\11")
            for kind, error in ((Failing, KeyError), (NoIterable, TypeError)):
                for name in ("array", "deque", "bytes"):
                    with self.assertRaises(error):
                        getattr(self.o, "echo_" + name)(kind((1, 2, 3)))

        class Eight(tuple):
            def __iter__(self):
                return iter((*range(1, 8), "8"))

        self.assertEqual(self.o.echo_eight(Eight()), (1, 2, 3, 4, 5, 6, 7, "8"))

    def test_dicts_that_have_other_items(self):
        class Plain(dict):
            pass

        class Items(dict):
            def items(self):
                return [(key.upper(), value * 10) for key, value in super().items()]

        class Keys(dict):
            """As `dict(object)` has it: by the keys, where it iterates in its own way."""
            def keys(self):
                return [key for key in super().keys() if key != "a"]

            def __iter__(self):
                return iter(self.keys())

            def __getitem__(self, key):
                return super().__getitem__(key) + 1

        class Failing(dict):
            def items(self):
                raise KeyError("no")

        class Odd(dict):
            def items(self):
                return [1]

        for kind, expected in (
            (dict, {"a": 1, "b": 2}), (Plain, {"a": 1, "b": 2}), (Items, {"A": 10, "B": 20}), (Keys, {"b": 3}),
            (collections.OrderedDict, {"a": 1, "b": 2}), (collections.Counter, {"a": 1, "b": 2}),
        ):
            with self.subTest(type=kind.__qualname__):
                self.assertEqual(self.o.echo_hash_map(kind(a=1, b=2)), expected)
                self.assertEqual(expected if kind is Items else dict(kind(a=1, b=2)), expected)
        self.raises(KeyError, "no", self.o.echo_hash_map, Failing(a=1))
        with self.assertRaises((TypeError, ValueError)):
            self.o.echo_hash_map(Odd(a=1))

    def test_bytes_from_any_buffer_are_copies(self):
        data = bytearray(b"abc")
        self.assertEqual(self.o.echo_bytes(data), b"abc")
        self.assertEqual(self.o.echo_bytes(memoryview(data)[::-1]), b"cba")
        self.assertEqual(self.o.echo_bytes(array.array("B", [1, 2])), b"\1\2")
        self.assertEqual(self.o.echo_bytes([1, 2]), b"\1\2")
        self.assertEqual(self.o.echo_bytes((1, 2)), b"\1\2")
        data.extend(b"not held")

    def test_frozenset_and_subclasses(self):
        self.assertEqual(self.o.echo_hash_set(frozenset({1})), {1})
        self.assertEqual(self.o.echo_hash_map(collections.OrderedDict(a=1)), {"a": 1})

    def test_paths(self):
        self.assertEqual(self.o.echo_path("x"), pathlib.Path("x"))
        self.assertEqual(self.o.echo_path(b"x\xff"), pathlib.Path(os.fsdecode(b"x\xff")))
        undecodable = os.fsdecode(b"\xff\xfe")
        self.assertEqual(self.o.echo_os_string(undecodable), undecodable)

        class Liar:
            def __fspath__(self):
                return 1
        self.raises(TypeError, "__fspath__() to return str or bytes, not int", self.o.echo_path, Liar())

    def test_hostile_items(self):
        l = list(range(5))

        class Evil:
            def __index__(self):
                l.clear()
                return 1
        l[0] = Evil()
        self.assertEqual(self.o.echo_deque(l), [1])
        l[:] = [Evil(), 2, 3]
        self.raises(ValueError, "length 3, not 1", self.o.echo_array, l)

        s = set()

        class EvilMember:
            def __index__(self):
                s.add("more")
                return 1
        s.update([EvilMember(), EvilMember()])
        self.raises(RuntimeError, "Set changed size", self.o.echo_hash_set, s)

        d = {}

        class EvilValue:
            def __index__(self):
                d.clear()
                return 1
        d.update(a=EvilValue(), b=EvilValue())
        self.assertEqual(self.o.echo_hash_map(d), {"a": 1, "b": 1})


class Derived(Case):
    def test_attributes(self):
        point = types.SimpleNamespace(x=1, y=2.5, tag_=[1])
        self.assertEqual(self.o.echo_point(point), {"x": 1.0, "y": 2.5, "tag_": [1]})
        self.assertIs(self.o.echo_point(point)["tag_"], point.tag_)
        del point.tag_
        self.assertEqual(self.o.echo_point(point), {"x": 1.0, "y": 2.5, "tag_": None})
        del point.y
        self.raises(AttributeError, "has no attribute 'y'", self.o.echo_point, point)
        point.y = "no"
        error = self.raises(TypeError, "must be real number, not str", self.o.echo_point, point)
        self.assertEqual(error.__notes__, ["in the field 'y' of Point"])

    def test_a_default_swallows_no_other_error(self):
        class Failing:
            x = y = 1

            @property
            def tag_(self):
                raise KeyError("tag")
        self.raises(KeyError, "tag", self.o.echo_point, Failing())

    def test_items(self):
        self.assertEqual(self.o.echo_options({"depth": 3, "names": ["a"]}), {"depth": 3, "names": ["a"]})
        self.assertEqual(self.o.echo_options({"depth": 3}), {"depth": 3, "names": []})
        self.raises(KeyError, "depth", self.o.echo_options, {})
        error = self.raises(OverflowError, "256 is not in the range", self.o.echo_options, {"depth": 256})
        self.assertEqual(error.__notes__, ["in the field 'depth' of Options"])
        self.raises(TypeError, "not subscriptable", self.o.echo_options, 1)

    def test_tuples_and_newtypes(self):
        self.assertEqual(self.o.echo_pair((1, 2)), (1, 2))
        self.raises(ValueError, "expected a tuple of 2 items, not 3", self.o.echo_pair, (1, 2, 3))
        self.raises(TypeError, "echo_pair() argument 1 must be tuple, not list", self.o.echo_pair, [1, 2])
        self.assertEqual(self.o.echo_meters(1.5), 1.5)

    def test_recursive_types(self):
        tree = {"value": 1, "children": [{"value": 2, "children": []}]}
        self.assertEqual(self.o.echo_tree(tree), tree)
        error = self.raises(TypeError, "", self.o.echo_tree, {"value": 1, "children": [{"value": "x", "children": []}]})
        self.assertEqual(error.__notes__, ["in the field 'value' of Tree", "in the field 'children' of Tree"])

    def test_variants_in_order(self):
        circle = types.SimpleNamespace(radius=2)
        for value, back in [("Empty", "Empty"), ("unit", "unit"), (circle, {"radius": 2.0}), ({"side": 3}, {"side": 3.0}),
                            ((1, 2), (1.0, 2.0)), (7, 7), ([], [])]:
            with self.subTest(value=value):
                self.assertEqual(self.o.echo_shape(value), back)
        error = self.raises(TypeError, "'str' object fits no variant of Shape: ", self.o.echo_shape, "other")
        for part in ("Empty (ValueError: expected 'Empty')", "Unit (ValueError: expected 'unit')",
                     "Circle (AttributeError: 'str' object has no attribute 'radius')", "Square (TypeError: ",
                     "Segment (TypeError: echo_shape() argument 1 must be tuple, not str)",
                     "Other (TypeError: echo_shape() argument 1 must be list, not str)"):
            self.assertIn(part, str(error))

    def test_variants_pass_on_what_is_not_about_the_object(self):
        class Interrupting:
            @property
            def radius(self):
                raise KeyboardInterrupt
        self.assertRaises(KeyboardInterrupt, self.o.echo_shape, Interrupting())

    def test_a_class_of_the_module_as_a_field(self):
        holder = types.SimpleNamespace(token=self.o.Token(5))
        self.assertEqual(self.o.held(holder), 5)
        other = support.together("objects", "containers", "conversions")
        self.assertRaises(TypeError, other.held, holder)
        self.assertRaises(TypeError, self.o.held, types.SimpleNamespace(token=5))


class Hostile(unittest.TestCase):
    """Objects that lie, raise, re-enter or mutate, with every memory error made deterministic."""

    def test_keys(self):
        support.in_process("""
            o = support.together("objects", "containers", "conversions")
            d, s = {}, set()
            class Evil:
                mode = None
                def __hash__(self):
                    if Evil.mode == "hash": raise LookupError("hash")
                    return 1
                def __eq__(self, other):
                    if Evil.mode == "raise": raise LookupError("eq")
                    if Evil.mode == "clear": d.clear(); s.clear()
                    if Evil.mode == "grow": d.update(dict.fromkeys(range(1000))); s.update(range(1000))
                    if Evil.mode == "reenter":
                        Evil.mode = None
                        o.dict_get(d, Evil()); o.dict_pop(d, Evil()); o.set_discard(s, Evil())
                    return Evil.mode == "equal"
            calls = [
                lambda: o.dict_get(d, Evil()), lambda: o.dict_set(d, Evil(), 1), lambda: o.dict_del(d, Evil()),
                lambda: o.dict_contains(d, Evil()), lambda: o.dict_setdefault(d, Evil(), object()),
                lambda: o.dict_pop(d, Evil()), lambda: o.dict_get_or_insert(d, Evil(), object),
                lambda: o.dict_update(d, {Evil(): 1}), lambda: o.set_add(s, Evil()),
                lambda: o.set_discard(s, Evil()), lambda: o.set_contains(s, Evil()),
                lambda: o.dict_of([Evil(), Evil()], [1, 2]), lambda: o.set_new([Evil(), Evil()]),
                lambda: o.frozenset_new([Evil(), Evil()]), lambda: o.contains([Evil(), Evil()], Evil()),
                lambda: o.eq(Evil(), Evil()), lambda: o.hash(Evil()),
            ]
            raised = 0
            for mode in (None, "hash", "raise", "clear", "grow", "reenter", "equal"):
                for call in calls:
                    Evil.mode = None
                    d.clear(); s.clear()
                    d[1] = d[Evil()] = d[Evil()] = object(); s.add(Evil()); s.add(1)
                    Evil.mode = mode
                    try:
                        call()
                    except (LookupError, RuntimeError):
                        raised += 1
            assert raised > 20, raised
            Evil.mode = None
        """)

    def test_iterators_and_sequences(self):
        support.in_process("""
            import gc
            o = support.together("objects", "containers", "conversions")
            l = []
            class Evil:
                def __init__(self, mode): self.mode = mode
                def __iter__(self):
                    if self.mode == "raise": raise LookupError
                    if self.mode == "not": return 1
                    return self
                def __next__(self):
                    if self.mode == "next": raise LookupError
                    if self.mode == "clear": l.clear(); gc.collect()
                    if len(l) > 20: raise StopIteration
                    l.append(self); return self
                def __length_hint__(self):
                    if self.mode == "hint": return 2 ** 100
                    if self.mode == "hint2": raise LookupError
                    return 5
            for mode in ("raise", "not", "next", "hint", "hint2", "fine"):
                for call in (o.iterate, o.list_from, o.tuple_from, lambda e: o.list_extend(l, e), lambda e: o.str_join("", e),
                             lambda e: o.dict_update({}, e)):
                    l.clear()
                    try:
                        call(Evil(mode))
                    except (LookupError, TypeError, OverflowError, ValueError):
                        pass
        """)

    def test_numbers_and_text(self):
        support.in_process("""
            o = support.together("objects", "containers", "conversions")
            class Index:
                def __init__(self, value): self.value = value
                def __index__(self):
                    if isinstance(self.value, BaseException): raise self.value
                    return self.value
            for value in (1, "x", 2 ** 200, -2 ** 200, LookupError(), None, True):
                for call in (o.echo_i128, o.echo_u128, o.echo_nonzero, o.index, lambda i: o.list_get([1], i),
                             lambda i: o.slice_pick([1, 2], slice(i)), lambda i: o.echo_bytes([i, i]),
                             lambda i: o.bytearray_resize(bytearray(), i if isinstance(i.value, str) else 3)):
                    try:
                        call(Index(value))
                    except (LookupError, TypeError, OverflowError, ValueError):
                        pass
            class Text(str):
                def __len__(self): return 10 ** 9
                def __eq__(self, other): raise LookupError
                __hash__ = str.__hash__
                def encode(self, *args): return b"lie"
            t = Text("abc")
            assert o.str_len(t) == 3 and o.str_char_at(t, 2) == "c" and o.str_lossy(t) == "abc"
            assert o.str_encode(t, "utf-8", "strict") == b"abc" and o.str_is(t, "abc")
        """)

    def test_no_reference_is_lost_or_kept(self):
        """Each operation, also those that raise, leaves the reference counts of its arguments as they were."""
        support.in_process("""
            import sys, types
            o = support.together("objects", "containers", "conversions")
            class Thing:
                def __eq__(self, other): return self is other
                def __hash__(self): return 1
            class Unhashable:
                __hash__ = None
            def run(thing, bad):
                d, l, s = {}, [], set()
                o.dict_set(d, thing, thing); o.dict_get(d, thing); o.dict_setdefault(d, thing, 1)
                o.dict_each(d, lambda k, v: None); o.dict_lists(d); o.dict_copy(d); o.dict_pop(d, thing); o.dict_pop(d, thing)
                o.dict_get_or_insert(d, thing, lambda: thing); o.dict_update({}, d); o.dict_of([thing], [thing])
                o.list_append(l, thing); o.list_insert(l, 0, thing); o.list_set(l, 0, thing); o.list_get(l, 0)
                o.list_each(l, lambda i: None); o.list_slice(l, 0, 9); o.list_to_tuple(l); o.list_del(l, 0)
                o.list_extend(l, (thing,)); o.list_new((thing, thing)); o.tuple_reversed((thing, 1)); o.tuple_slice((thing,), 0, 1)
                o.set_add(s, thing); o.set_contains(s, thing); o.set_discard(s, thing); o.set_new([thing]); o.set_pop({thing})
                o.frozenset_new([thing]); o.iterate([thing]); o.steps(iter([thing, thing]), lambda: None)
                spy = lambda *a, **k: None
                o.call_slice(spy, thing, thing); o.call_dict(spy, (thing,), a=thing); o.call_keywords(spy, thing)
                o.call_method(l, "count", thing); o.eq(thing, thing); o.hash(thing); o.contains([thing], thing)
                o.setitem(d, thing, thing); o.getitem(d, thing); o.delitem(d, thing); o.weakref_get(o.weakref_new(thing, None))
                o.attributes(types.SimpleNamespace(a=thing), "a"); o.kinds(thing); o.is_instance(thing, Thing); o.dir(thing)
                o.echo_point(types.SimpleNamespace(x=1, y=2, tag_=thing)); o.echo_shape([thing]); o.slice_new(1, thing, 1)
                for call in (lambda: o.dict_get(d, bad), lambda: o.dict_set(d, bad, thing), lambda: o.dict_setdefault(d, bad, thing),
                             lambda: o.dict_of([thing, bad], [thing, thing]), lambda: o.set_new([thing, bad]),
                             lambda: o.list_set(l, 99, thing), lambda: o.call_slice(1, thing), lambda: o.call_keywords(1, thing),
                             lambda: o.call_dict(1, (thing,), a=thing), lambda: o.call_method(thing, "none", thing),
                             lambda: o.echo_shape(thing), lambda: o.echo_point(thing), lambda: o.list_sort([thing, thing]),
                             lambda: o.echo_hash_map({"a": thing}), lambda: o.echo_deque([1, thing]), lambda: o.dict_del(d, thing),
                             lambda: o.into_list(thing), lambda: o.arithmetic(thing, thing), lambda: o.length(thing)):
                    try:
                        call()
                    except (TypeError, LookupError, AttributeError):
                        pass
                    else:
                        raise AssertionError("did not raise")
            thing, bad = Thing(), Unhashable()
            run(thing, bad)
            before = sys.getrefcount(thing), sys.getrefcount(bad)
            for _ in range(50):
                run(thing, bad)
            assert (sys.getrefcount(thing), sys.getrefcount(bad)) == before, (sys.getrefcount(thing), sys.getrefcount(bad), before)
            def blocks():
                # Look-ups that fail leave the name in the cache of type attributes, up to its size.
                import gc, warnings; gc.collect()
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    sys._clear_type_cache()
                return sys.getallocatedblocks()
            run(thing, bad); start = blocks()
            for _ in range(200):
                run(thing, bad)
            assert blocks() - start < 50, blocks() - start
        """)

    def test_memory_that_runs_out_at_every_allocation(self):
        support.in_process("""
            import sys, types, datetime, pathlib, _testcapi
            o = support.together("objects", "containers", "conversions")
            class Thing:
                def __eq__(self, other): return self is other
                def __hash__(self): return 1
            thing, spy = Thing(), lambda *args, **kwargs: None
            point = types.SimpleNamespace(x=1, y=2, tag_=thing)
            delta, moment = datetime.timedelta(1), datetime.datetime.now(datetime.timezone.utc)
            calls = [
                lambda: o.dict_of([1, thing], [2, 3]), lambda: o.dict_setdefault({}, thing, 1),
                lambda: o.dict_pop({thing: 1}, thing), lambda: o.dict_lists({1: 2}), lambda: o.dict_each({1: 2}, spy),
                lambda: o.list_new((1, 2, 3)), lambda: o.list_each([1, 2], spy), lambda: o.set_new([1, 2]),
                lambda: o.frozenset_new([1, 2]), lambda: o.str_join("a", ["b", "c"]), lambda: o.str_format("a", 1),
                lambda: o.str_encode("ab", "latin-1", "strict"), lambda: o.str_lossy("a\\ud800"),
                lambda: o.int_to_le_bytes(2 ** 200), lambda: o.echo_i128(2 ** 100), lambda: o.echo_u128(2 ** 127),
                lambda: o.arithmetic(10 ** 30, 7), lambda: o.slice_pick([1, 2, 3], slice(1)),
                lambda: o.call_slice(spy, 1, 2, 3), lambda: o.call_keywords(spy, 1), lambda: o.call_dict(spy, (1,), a=1),
                lambda: o.call_method([], "count", 1), lambda: o.buffer_copy(bytearray(b"abc")), o.datetime_make,
                lambda: o.echo_duration(delta), lambda: o.echo_system_time(moment), lambda: o.weakref_new(thing, spy),
                lambda: o.capsule_new(1), lambda: o.echo_hash_map({"a": 1}), lambda: o.echo_btree_set({"a"}),
                lambda: o.echo_path("/x"), lambda: o.echo_point(point), lambda: o.echo_point(thing),
                lambda: o.echo_shape("none"), lambda: o.echo_shape([]), lambda: o.tuple_reversed((1, 2)),
                lambda: o.bytearray_extend(bytearray(b"a"), b"x" * 100), lambda: o.iterate([1, 2]), lambda: o.kinds(1),
            ]
            ran_out = 0
            for call in calls:
                for allocation in range(1, 80):
                    error = None
                    _testcapi.set_nomemory(allocation, allocation + 1)
                    try:
                        call()
                    except Exception as raised:
                        error = raised
                    finally:
                        _testcapi.remove_mem_hooks()
                    ran_out += isinstance(error, MemoryError)
                    assert not isinstance(error, SystemError), error
            assert ran_out > 100, ran_out
        """)

    def test_nothing_is_kept_for_the_process(self):
        """In two copies of the module, and in an interpreter made afterwards, `datetime` is that of the call."""
        support.in_process("""
            import sys, datetime
            if sys.version_info < (3, 12):
                raise SystemExit
            o = support.together("objects", "containers", "conversions")
            o.datetime_make(); o.echo_duration(datetime.timedelta(1))
            try:
                import _interpreters as interpreters
            except ImportError:
                import _xxsubinterpreters as interpreters
            for _ in range(3):
                i = interpreters.create()
                code = f'''
            import sys; sys.path.insert(0, {__import__("os").path.dirname(support.__file__)!r})
            import support, datetime
            o = support.together("objects", "containers", "conversions")
            date, time, moment, zone = o.datetime_make()
            assert zone is datetime.timezone.utc and type(date) is datetime.date
            assert o.echo_duration(datetime.timedelta(1)) == datetime.timedelta(1)
            assert o.import_module("sys") is sys
            '''.replace(chr(10) + "            ", chr(10))
                failed = interpreters.run_string(i, code)
                assert failed is None, failed
                interpreters.destroy(i)
        """)


if __name__ == "__main__":
    unittest.main()
