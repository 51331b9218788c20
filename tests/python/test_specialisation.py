"""CPython's specialising interpreter has fast forms for C's calling conventions: ours are called by the same ones."""

import dis
import math
import unittest

import support

arguments, guards = support.fresh("arguments"), support.fresh("guards")
counter = guards.Counter(None, 0)


def forms(source, **names):
    """The instructions for calls and attributes that CPython uses for an expression once it has run often."""
    scope = {}
    exec(f"def run({', '.join(names)}):\n    for _ in {'x' * 100!r}: {source}", scope)
    run = scope["run"]
    for _ in range(10):
        run(**names)
    instructions = [i.opname for i in dis.get_instructions(run, adaptive=True)]
    return [name for name in instructions if name.startswith(("CALL", "PRECALL", "LOAD_ATTR", "LOAD_METHOD", "STORE_ATTR"))]


class Specialisation(unittest.TestCase):
    def same(self, ours, theirs):
        """`ours` and `theirs` are each a source and its names; C's is the one that has to be specialised."""
        (source, names), (c_source, c_names) = ours, theirs
        found = forms(c_source, **c_names)
        self.assertTrue(any(name not in dis.opmap for name in found), f"{c_source} is not specialised: {found}")
        self.assertEqual(forms(source, **names), found)

    def test_functions(self):
        self.same(("f()", {"f": guards.calls}), ("f()", {"f": math.gcd}))  # METH_FASTCALL
        self.same(("f(1)", {"f": arguments.echo_i64}), ("f(1)", {"f": math.fabs}))  # METH_O
        self.same(("f(1, 2)", {"f": guards.needs_no_state}), ("f(1, 2)", {"f": math.gcd}))

    def test_functions_with_keywords(self):
        # METH_FASTCALL | METH_KEYWORDS
        self.same(("f(b'a')", {"f": arguments.hexlify}), ("f([])", {"f": sorted}))

    def test_methods(self):
        text = "text"
        self.same(("o.bump()", {"o": counter}), ("o.lower()", {"o": text}))  # METH_NOARGS
        self.same(("o.same_as(o)", {"o": counter}), ("o.count(o)", {"o": [text]}))  # METH_O
        self.same(("o.add(1, 2)", {"o": counter}), ("o.index(1, 0)", {"o": [1]}))  # METH_FASTCALL
        # METH_FASTCALL | METH_KEYWORDS
        self.same(("o.moved(1)", {"o": arguments.Point(1)}), ("o.split('x')", {"o": text}))

    def test_methods_that_use_the_state(self):
        self.same(("o.sentinel()", {"o": counter}), ("o.lower()", {"o": "text"}))

    def test_classes(self):
        self.same(("c(1)", {"c": arguments.Point}), ("c(1)", {"c": range}))  # tp_vectorcall


if __name__ == "__main__":
    unittest.main()
