"""Binding arguments: what CPython itself would accept, refuse and say."""

import inspect
import sys
import unittest

import support

NEW_WORDING = sys.version_info >= (3, 13)


class Signatures(unittest.TestCase):
    def setUp(self):
        self.arguments = support.fresh("arguments")

    def raises(self, message, function, *args, **kwargs):
        with self.assertRaises(TypeError) as caught:
            function(*args, **kwargs)
        self.assertEqual(str(caught.exception), message)

    def test_keywords_and_defaults(self):
        hexlify = self.arguments.hexlify
        self.assertEqual(hexlify(b"abc"), "616263")
        self.assertEqual(hexlify(b"abc", sep=":"), "61:62:63")
        self.assertEqual(hexlify(data=b"abcd", bytes_per_sep=2, sep="-"), "6162-6364")
        self.assertEqual(hexlify(b"abc", **{"".join(["s", "ep"]): "."}), "61.62.63")
        self.assertEqual(self.arguments.positional(1), (1, -1))
        self.assertEqual(self.arguments.positional(1, 2), (1, 2))
        self.assertIs(self.arguments.keyword(), True)
        self.assertIs(self.arguments.keyword(only=False), False)

    def test_everything_at_once(self):
        everything = self.arguments.everything
        self.assertEqual(everything(1, d=4), ((1, 2, 3), [], (4, "e"), {}))
        self.assertEqual(everything(1, 5, c=6, d=4, e="x"), ((1, 5, 6), [], (4, "x"), {}))
        extra = [object(), object()]
        result = everything(1, 5, 6, *extra, d=4, other=extra, b=7, a=8)
        self.assertEqual(result, ((1, 5, 6), extra, (4, "e"), {"other": extra, "b": 7, "a": 8}))

    def test_what_is_refused_and_how(self):
        hexlify, everything, point = self.arguments.hexlify, self.arguments.everything, self.arguments.Point
        self.raises("hexlify() missing required argument 'data' (pos 1)", hexlify)
        self.raises("hexlify() missing required argument 'data' (pos 1)", hexlify, sep=":")
        self.raises("hexlify() takes exactly 1 positional argument (2 given)", hexlify, b"", ":")
        self.raises("argument for hexlify() given by name ('data') and position (1)", hexlify, b"", data=b"")
        unknown = "hexlify() got an unexpected keyword argument 'nosep'" if NEW_WORDING else \
            "'nosep' is an invalid keyword argument for hexlify()"
        self.raises(unknown, hexlify, b"", nosep=1)
        self.raises("hexlify() argument 'data' must be bytes, not str", hexlify, "text")
        self.raises("hexlify() argument 'sep' must be str, not int", hexlify, b"", sep=1)
        self.raises("everything() takes at least 1 positional argument (0 given)", everything, d=1)
        self.raises("everything() missing required argument 'd' (pos 4)", everything, 1)
        with self.assertRaisesRegex(TypeError, r"positional\(\) takes no keyword arguments"):
            self.arguments.positional(a=1)
        self.raises("positional() takes at most 2 positional arguments (3 given)", self.arguments.positional, 1, 2, 3)
        self.raises("keyword() takes no positional arguments", self.arguments.keyword, True)
        self.raises("Point() missing required argument 'x' (pos 1)", point)
        self.raises("Point() takes at most 2 positional arguments (3 given)", point, 1, 2, 3)
        # Names that are no text reach a subclass's constructor: CPython does not check them on that way.
        self.raises("keywords must be strings", lambda: type("Sub", (point,), {})(**{1: 2, "x": 3}))
        self.raises("echo_str() argument 1 must be str, not None", self.arguments.echo_str, None)
        with self.assertRaises(TypeError):
            hexlify(b"", **{"\ud800": 1})
        with self.assertRaises(TypeError):
            hexlify(b"", **{"s\0ep": 1})

    def test_constructors_by_every_route(self):
        point = self.arguments.Point

        class Sub(point):
            def __init__(self, *args, **kwargs):
                super().__init__()

        for cls in (point, Sub):
            self.assertEqual(cls(1).xy, (1, 0))
            self.assertEqual(cls(1, 2).xy, (1, 2))
            self.assertEqual(cls(y=2, x=1).xy, (1, 2))
            self.assertEqual(cls.__new__(cls, 1, y=2).xy, (1, 2))
            self.assertEqual(cls(*(1,), **{"y": 2}).xy, (1, 2))
            self.assertEqual(cls(1).moved(y=5).xy, (1, 5))
            self.assertEqual(cls(1).moved(2).xy, (3, 0))
            with self.assertRaises(TypeError):
                cls(1, x=1)

    def test_introspection(self):
        for function, expected in [
            (self.arguments.hexlify, "(data, *, sep=None, bytes_per_sep=1)"),
            (self.arguments.everything, "(a, b=2, /, c=3, *args, d, e='e', **kwargs)"),
            (self.arguments.positional, "(a, b=-1, /)"),
            (self.arguments.keyword, "(*, only=True)"),
            (self.arguments.Point, "(x, y=0)"),
            (self.arguments.Point(1).moved, "(x=0, *, y=0)"),
        ]:
            self.assertEqual(str(inspect.signature(function)), expected)

    def test_before_exec_keywords_are_compared_by_text(self):
        module, _ = support.unexecuted("arguments")
        self.assertEqual(module.hexlify(data=b"abc", sep="."), "61.62.63")

    def test_reference_counts_are_exact(self):
        value, extra = object(), ["extra"]
        before = [sys.getrefcount(value), sys.getrefcount(extra)]
        for _ in range(100):
            self.arguments.everything(1, 2, 3, value, d=4, other=extra)
            with self.assertRaises(TypeError):
                self.arguments.hexlify(b"", sep=value)
        self.assertEqual(before, [sys.getrefcount(value), sys.getrefcount(extra)])


if __name__ == "__main__":
    unittest.main()
