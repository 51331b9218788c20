"""Types of other Rust crates there and back, buffers of numbers, and collections from any iterable."""

import array
import collections
import ctypes
import datetime
import decimal
import gc
import sys
import types
import unittest
import uuid
import zoneinfo

import support

UTC = datetime.timezone.utc


class Foreign(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.m = support.fresh("foreign")

    def same(self, function, *values):
        """Each value comes back equal and of its type."""
        for value in values:
            back = function(value)
            self.assertEqual(back, value)
            self.assertIs(type(back), type(value))
            self.assertEqual(repr(back), repr(value))

    def fails(self, error, function, *values):
        for value in values:
            with self.assertRaises(error, msg=repr(value)):
                function(value)


class Numbers(Foreign):
    def test_integers_of_any_size(self):
        edges = [0, 1, -1, 127, 128, -128, -129, 255, 256, 2**63, -2**63, 2**64, 2**127, -2**127, 10**500, -(10**500)]
        self.same(self.m.echo_bigint, *edges)
        self.same(self.m.echo_biguint, *[edge for edge in edges if edge >= 0])
        self.fails(OverflowError, self.m.echo_biguint, -1, -(10**500))
        self.fails(TypeError, self.m.echo_bigint, 1.0, "1", None)

        class Index:
            def __index__(self):
                return 10**30

        class Int(int):
            pass

        self.assertEqual(self.m.echo_bigint(Index()), 10**30)
        self.assertIs(type(self.m.echo_bigint(Int(3))), int)
        self.assertEqual(self.m.echo_bigint(True), 1)

    def test_decimals(self):
        D = decimal.Decimal
        largest = 2**96 - 1
        for text in ("0", "1.50", "-0.001", str(largest), str(-largest), "0.00", "1.0", "7.9228162514264337593543950335"):
            back = self.m.echo_decimal(D(text))
            self.assertEqual(str(back), text)
            self.assertIs(type(back), D)
        self.assertEqual(self.m.echo_decimal(D("1E+3")), 1000)
        self.assertEqual(self.m.echo_decimal(D("-12E+3")), -12000)
        self.assertEqual(self.m.echo_decimal(D("1E-28")), D("1E-28"))
        self.assertEqual(self.m.echo_decimal(D("1.5E-9")), D("1.5E-9"))
        self.assertEqual(self.m.echo_decimal(D("0E+999999")), 0)
        self.assertEqual(self.m.echo_decimal(7), D(7))
        # Nothing is rounded, and nothing grows without bounds.
        self.fails(
            ValueError, self.m.echo_decimal, D("NaN"), D("sNaN"), D("Infinity"), D("1E-29"), D("1E+29"), D("1E+999999"),
            D("1E-999999"), D(largest + 1), D("1.23456789012345678901234567890"), D("1." + "1" * 29), 10**40,
        )
        self.fails(TypeError, self.m.echo_decimal, 1.5, "1.5", None)

        class Sub(D):
            pass

        self.assertEqual(self.m.echo_decimal(Sub("1.5")), D("1.5"))

    def test_ordered_floats(self):
        self.same(self.m.echo_ordered, 0.0, -0.0, 1.5, float("inf"), -float("inf"), 5e-324)
        self.assertNotEqual(self.m.echo_ordered(float("nan")), self.m.echo_ordered(float("nan")))
        self.same(self.m.echo_not_nan, 0.0, float("inf"))
        self.fails(ValueError, self.m.echo_not_nan, float("nan"))
        self.fails(TypeError, self.m.echo_not_nan, "1")

    def test_uuids(self):
        self.same(self.m.echo_uuid, uuid.UUID(int=0), uuid.UUID(int=2**128 - 1), uuid.uuid4())
        self.fails(TypeError, self.m.echo_uuid, str(uuid.uuid4()), 5, None)

        class Sub(uuid.UUID):
            pass

        one = Sub(int=5)
        self.assertEqual(self.m.echo_uuid(one), one)


class Sequences(Foreign):
    def test_maps_and_sets_keep_their_order(self):
        given = {"b": 1, "a": 2, "c": 3}
        self.assertEqual(list(self.m.echo_index_map(given).items()), list(given.items()))
        moved = collections.OrderedDict(given)
        moved.move_to_end(next(iter(given)))
        self.assertEqual(list(self.m.echo_index_map(moved).items()), list(moved.items()))
        self.assertEqual(self.m.echo_index_set([3, 1, 2, 1]), [3, 1, 2])
        self.same(self.m.give_index_set, {1, 2}, set())
        self.fails(TypeError, self.m.echo_index_map, [("a", 1)], {1: 2}, "ab")

    def test_small_vectors_and_bytes(self):
        self.same(self.m.echo_smallvec, [], [1], [1, 2, 3])
        self.same(self.m.echo_small_bytes, b"", b"abcdef")
        self.same(self.m.echo_bytes, b"", b"a\0b")
        self.assertEqual(self.m.echo_bytes(bytearray(b"xy")), b"xy")
        self.assertEqual(self.m.echo_bytes(memoryview(b"abcd")[::2]), b"ac")
        self.fails(TypeError, self.m.echo_bytes, "text", 3)

    def test_either(self):
        self.same(self.m.echo_either, 1, "text")
        self.assertEqual((self.m.side(1), self.m.side("1")), ("left", "right"))
        with self.assertRaisesRegex(TypeError, "fits no variant of Either: Left .*Right"):
            self.m.echo_either([])

        class Bad:
            def __index__(self):
                raise KeyboardInterrupt

        self.fails(KeyboardInterrupt, self.m.echo_either, Bad())


class Clocks(Foreign):
    def test_dates(self):
        class Date(datetime.date):
            pass

        for echo in (self.m.chrono_date, self.m.jiff_date):
            self.same(echo, datetime.date.min, datetime.date.max, datetime.date(2024, 2, 29))
            self.assertEqual(echo(Date(2024, 2, 29)), datetime.date(2024, 2, 29))
            self.fails(TypeError, echo, datetime.datetime(2024, 1, 1), "2024-01-01", None)
        self.fails(ValueError, lambda _: self.m.chrono_far(), None)

    def test_times(self):
        for echo in (self.m.chrono_time, self.m.jiff_time):
            self.same(echo, datetime.time.min, datetime.time.max, datetime.time(12, 30, 15, 1))
            self.fails(TypeError, echo, datetime.time(1, tzinfo=UTC), datetime.datetime(2024, 1, 1), 3)
        self.fails(ValueError, lambda _: self.m.chrono_leap_second(), None)

    def test_naive(self):
        class Sub(datetime.datetime):
            pass

        for echo in (self.m.chrono_naive, self.m.jiff_naive):
            self.same(echo, datetime.datetime.min, datetime.datetime.max, datetime.datetime(2024, 2, 29, 1, 2, 3, 4))
            self.assertEqual(echo(Sub(2024, 1, 1)), datetime.datetime(2024, 1, 1))
            self.fails(TypeError, echo, datetime.datetime(2024, 1, 1, tzinfo=UTC), datetime.date(2024, 1, 1))

    def test_aware(self):
        plus = datetime.timezone(datetime.timedelta(hours=5, minutes=30))
        minus = datetime.timezone(-datetime.timedelta(hours=23, minutes=59, seconds=59))
        moments = [datetime.datetime(2024, 2, 29, 1, 2, 3, 4, zone) for zone in (UTC, plus, minus)]
        self.same(self.m.chrono_fixed, *moments)
        for echo in (self.m.chrono_utc, self.m.jiff_timestamp):
            for moment in moments:
                back = echo(moment)
                self.assertEqual(back, moment)
                self.assertIs(back.tzinfo, UTC)
            self.same(echo, datetime.datetime(1969, 12, 31, 23, 59, 59, 999_999, UTC))
        for echo in (self.m.chrono_fixed, self.m.chrono_utc, self.m.jiff_timestamp, self.m.jiff_zoned):
            self.fails(TypeError, echo, datetime.datetime(2024, 1, 1), datetime.date(2024, 1, 1), 5)
            parts = datetime.timezone(datetime.timedelta(microseconds=1))
            self.fails(ValueError, echo, datetime.datetime(2024, 1, 1, tzinfo=parts))

    def test_named_zones_and_the_hour_that_comes_twice(self):
        try:
            berlin = zoneinfo.ZoneInfo("Europe/Berlin")
        except zoneinfo.ZoneInfoNotFoundError:
            self.skipTest("there is no database of time zones")
        for fold in (0, 1):
            moment = datetime.datetime(2024, 10, 27, 2, 30, tzinfo=berlin, fold=fold)
            back = self.m.jiff_zoned(moment)
            self.assertEqual((back.tzinfo.key, back.fold, back.utcoffset()), ("Europe/Berlin", fold, moment.utcoffset()))
            self.assertEqual(back.replace(tzinfo=None), moment.replace(tzinfo=None))
            self.assertEqual(self.m.chrono_fixed(moment).utcoffset(), moment.utcoffset())
        self.same(self.m.jiff_zoned, datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone(datetime.timedelta(hours=3))))
        self.assertIs(self.m.jiff_zoned(datetime.datetime(2024, 1, 1, tzinfo=UTC)).tzinfo, UTC)

        class Odd(datetime.tzinfo):
            key = "No/Such/Zone"

            def utcoffset(self, moment):
                return datetime.timedelta(0)

        self.fails(ValueError, self.m.jiff_zoned, datetime.datetime(2024, 1, 1, tzinfo=Odd()))

    def test_durations(self):
        delta = datetime.timedelta
        for echo in (self.m.chrono_delta, self.m.jiff_delta):
            self.same(
                echo, delta(0), delta(microseconds=1), -delta(microseconds=1), delta.min, delta.max, delta(-1, 1, 1),
                delta(days=3, seconds=-5),
            )
            self.fails(TypeError, echo, 3, None)


class Serde(Foreign):
    def test_every_shape(self):
        given = {
            "unit": None, "flag": True, "small": -128, "large": 2**64 - 1, "huge": -(2**127), "number": 0.5, "letter": "x",
            "text": "text", "maybe": [1, 2], "pair": (1, "one"), "map": {1: True, 2: None}, "type": {"Named": {"x": 1.0}},
            "wrapped": 7,
        }
        back = self.m.serde_everything(given)
        self.assertEqual(back, {**given, "missing": 0})
        self.assertEqual(list(back), [*list(given)[:-1], "missing", "wrapped"])
        self.assertIs(type(back["pair"]), tuple)
        changed = {**given, "maybe": None, "number": 3, "map": types.MappingProxyType({5: None})}
        self.assertEqual(self.m.serde_everything(types.MappingProxyType(changed))["maybe"], None)
        self.assertEqual(self.m.serde_everything(changed)["number"], 3.0)
        self.same(self.m.serde_u128, 0, 2**128 - 1)

        class Text(str):
            pass

        class Number(int):
            pass

        changed = {**given, "text": Text("sub"), "small": Number(5)}
        self.assertEqual(self.m.serde_everything(changed)["text"], "sub")

    def test_variants(self):
        self.same(self.m.serde_kind, "Unit", {"New": 1}, {"Pair": (1, 2)}, {"Named": {"x": 0.5}})
        self.assertEqual(self.m.serde_kind({"Unit": None}), "Unit")

        class Items(dict):
            def items(self):
                return [("New", 2)]

        self.assertEqual(self.m.serde_kind(Items(a=1, b=2)), {"New": 2})
        self.fails(
            ValueError, self.m.serde_kind, "New", "Other", {"New": "x"}, {"Unit": 1}, {}, {"New": 1, "Pair": 2}, 3, {"Pair": (1,)},
        )
        self.fails(ValueError, self.m.serde_kind, {1: 2}, None, {"Named": 3})

    def test_what_does_not_fit(self):
        self.fails(ValueError, self.m.serde_everything, {}, 3, "text", object(), [1])
        with self.assertRaisesRegex(ValueError, "missing field `unit`"):
            self.m.serde_everything({})
        with self.assertRaisesRegex(ValueError, "'object' is no plain data"):
            self.m.serde_everything(object())
        self.fails(OverflowError, self.m.serde_u128, 2**128)
        self.assertEqual(self.m.serde_set({3, 1}), [1, 3])

        class Broken(dict):
            pass

        class Mapping:
            def items(self):
                raise KeyError("of its own")

        self.fails(KeyError, self.m.serde_everything, Mapping())
        self.fails(UnicodeEncodeError, self.m.serde_kind, "\ud800")

    def test_data_that_holds_itself_and_deep_data(self):
        around = {}
        around["next"] = around
        self.fails(RecursionError, self.m.serde_deep, around)
        deep = {}
        for _ in range(50):
            deep = {"next": deep}
        self.assertEqual(self.m.serde_deep(deep), 51)


class Buffers(Foreign):
    def test_arrays_of_just_these_numbers(self):
        numbers = array.array("d", [1.0, 2.5, -0.5])
        self.assertEqual(self.m.sum(numbers), 3.0)
        self.assertEqual(self.m.copied(numbers), [1.0, 2.5, -0.5])
        self.assertEqual(self.m.copied(array.array("d")), [])
        self.assertEqual(self.m.items_32(array.array("i", [1, -2])), [1, -2])
        self.assertEqual(self.m.items_u16(array.array("H", [1, 65535])), [1, 65535])
        self.assertEqual(self.m.items_u8_by_one(b"\x00\xff"), [0, 255])
        self.assertEqual(self.m.sum((ctypes.c_double * 2)(1.5, 2.5)), 4.0)
        for other in (array.array("f", [1]), array.array("q", [1]), b"12345678", memoryview(b"12345678")):
            self.fails(TypeError, self.m.sum, other)
        self.fails(TypeError, self.m.sum, [1.0], None, 3)
        with self.assertRaisesRegex(TypeError, "must be a buffer of f64, not list"):
            self.m.sum([1.0])

    def test_the_order_of_bytes_is_asked_for(self):
        numbers = (ctypes.c_double.__ctype_be__ * 2)(1.5, 2.5)
        self.fails(TypeError, self.m.sum, numbers)
        little = (ctypes.c_double.__ctype_le__ * 2)(1.5, 2.5)
        self.assertEqual(self.m.sum(little), 4.0)

    def test_dimensions_and_strides(self):
        numbers = array.array("d", range(12))
        grid = memoryview(numbers).cast("B").cast("d", (3, 4))
        self.assertEqual(self.m.shape(grid), ([3, 4], 12))
        self.assertEqual(self.m.at(grid, [1, 2]), 6.0)
        self.assertEqual(self.m.copied(grid), [float(n) for n in range(12)])
        for indices in ([3, 0], [0, 4], [0], [0, 0, 0], []):
            self.assertIsNone(self.m.at(grid, indices))
        strided = memoryview(numbers)[::-3]
        self.assertEqual(self.m.copied(strided), [11.0, 8.0, 5.0, 2.0])
        self.assertEqual(self.m.sum(strided), 26.0)
        self.assertEqual(self.m.at(strided, [1]), 8.0)
        self.m.set(strided, [1], 100.0)
        self.assertEqual(numbers[8], 100.0)

    def test_writing(self):
        numbers = array.array("d", [1, 2, 3])
        self.m.set(numbers, [1], 7.0)
        self.assertEqual(numbers.tolist(), [1, 7, 3])
        self.m.write(numbers, [4, 5, 6])
        self.assertEqual(numbers.tolist(), [4, 5, 6])
        self.fails(ValueError, lambda items: self.m.write(numbers, items), [1.0], [1.0] * 4)
        with self.assertRaises(ValueError):
            self.m.set(numbers, [3], 0.0)
        readonly = memoryview(numbers).toreadonly()
        with self.assertRaises(BufferError):
            self.m.set(readonly, [0], 0.0)
        with self.assertRaises(BufferError):
            self.m.write(readonly, [1, 2, 3])
        self.assertEqual(self.m.sum(readonly), 15.0)

    def test_the_memory_stays_while_it_is_held_and_is_released(self):
        numbers = array.array("d", [1, 2, 3])

        def meanwhile():
            numbers[0] = 10.0
            with self.assertRaises(BufferError):
                numbers.append(4.0)

        self.assertEqual(self.m.while_held(numbers, meanwhile), [10.0, 2.0, 3.0])
        numbers.append(4.0)
        with self.assertRaises(ZeroDivisionError):
            self.m.while_held(numbers, lambda: 1 / 0)
        numbers.append(5.0)
        before = sys.getrefcount(numbers)
        for _ in range(10):
            self.m.sum(numbers)
        self.assertEqual(sys.getrefcount(numbers), before)

    def test_numpy(self):
        try:
            import numpy
        except ImportError:
            self.skipTest("numpy is not installed")
        grid = numpy.arange(12, dtype=numpy.float64).reshape(3, 4)
        self.assertEqual(self.m.sum(grid), 66.0)
        self.assertEqual(self.m.copied(grid.T), grid.T.ravel().tolist())
        self.assertEqual(self.m.at(grid[::2, 1:], [1, 0]), grid[2, 1])
        self.assertEqual(self.m.shape(numpy.float64(3.0)), ([], 1))
        self.m.set(grid, [0, 0], 5.0)
        self.assertEqual(grid[0, 0], 5.0)
        self.fails(TypeError, self.m.sum, grid.astype("f4"), grid.astype(">f8"), grid.astype("i8"))


class Iterables(Foreign):
    def test_lists_from_any_iterable(self):
        for given in (
            [1, 2], (1, 2), range(1, 3), array.array("q", [1, 2]), collections.deque([1, 2]), iter([1, 2]),
            (n for n in (1, 2)), {1: 0, 2: 0}.keys(), {1, 2}, frozenset({1, 2}), map(int, "12"), memoryview(bytes([1, 2])),
            collections.UserList([1, 2]),
        ):
            self.assertEqual(self.m.list_of(given), [1, 2], given)
        self.fails(TypeError, self.m.texts, "ab", {"a": 1}, type("S", (str,), {})("ab"))
        self.fails(TypeError, self.m.list_of, 3, None, object(), "12", {1: 2})
        with self.assertRaisesRegex(TypeError, "must be an iterable other than str and dict, not str"):
            self.m.texts("ab")

    def test_an_old_sequence_and_errors_on_the_way(self):
        class Old:
            def __getitem__(self, index):
                if index > 1:
                    raise IndexError
                return index

        self.assertEqual(self.m.list_of(Old()), [0, 1])

        class Wrong:
            def __iter__(self):
                raise TypeError("of its own")

        with self.assertRaisesRegex(TypeError, "of its own"):
            self.m.list_of(Wrong())

        def stops():
            yield 1
            raise KeyError("half-way")

        self.fails(KeyError, self.m.list_of, stops())
        self.fails(TypeError, self.m.list_of, [1, "x"])

    def test_sets_from_any_iterable(self):
        for given in ({1, 2}, frozenset({1, 2}), [2, 1, 2], range(1, 3), {1: 0, 2: 0}.keys()):
            self.assertEqual(self.m.set_of(given), [1, 2])
        self.fails(TypeError, self.m.set_of, "12", {1: 2}, 3)

    def test_maps_from_any_mapping(self):
        given = {"a": 1, "b": 2}
        for mapping in (given, collections.OrderedDict(given), types.MappingProxyType(given), collections.UserDict(given),
                        collections.ChainMap(given)):
            self.assertEqual(self.m.map_of(mapping), given)

        class Items:
            def items(self):
                return [("a", 1)]

        class Broken(collections.UserDict):
            def items(self):
                return [("a",)]

        self.fails(TypeError, self.m.map_of, [("a", 1)], Items(), 3, "ab", {1: 1}, {"a": "b"})
        self.fails(ValueError, self.m.map_of, Broken())

    def test_what_comes_is_not_kept(self):
        class Item(int):
            pass

        item = Item(3)
        before = sys.getrefcount(item)
        self.assertEqual(self.m.list_of(iter([item])), [3])
        self.assertEqual(self.m.set_of([item]), [3])
        self.assertEqual(self.m.map_of({"a": item}), {"a": 3})
        gc.collect()
        self.assertEqual(sys.getrefcount(item), before)

    def test_tuples_of_sixteen(self):
        given = (*range(15), "x")
        self.assertEqual(self.m.sixteen(given), given)
        self.fails(ValueError, self.m.sixteen, given[:15], (*given, 1))

    def test_slots(self):
        text = "some text"
        self.assertIs(self.m.slot_of(text), text)
        self.assertIsNone(self.m.slot_of(None))
        self.fails(TypeError, self.m.slot_of, 3)


if __name__ == "__main__":
    unittest.main()
