"""Whether the small module in a file gives the answers that all must give: `python check.py FILE [EXCEPTION..]`.

The exceptions: `untyped`, for plain Python, which converts nothing; `no-buffer`, for a tool without buffers.
"""

import sys

from rows import load


def raises(kind, function, *args, **kwargs):
    try:
        function(*args, **kwargs)
    except kind:
        return True
    return False


def check(m, exceptions):
    yield "f", m.f() is None
    yield "f1", m.f1(5) == 6 and m.f1(-2) == -1 and raises(TypeError, m.f1, "x")
    yield "kw", (m.kw(5), m.kw(5, 2), m.kw(5, b=2), m.kw(a=5, b=2), m.kw(b=1, a=2)) == (6, 7, 7, 7, 3)
    yield "kw errors", raises(TypeError, m.kw) and raises(TypeError, m.kw, 1, 2, 3) and raises(TypeError, m.kw, 1, c=2)
    yield "kw doubled", raises(TypeError, m.kw, 1, a=2)
    yield "tag", m.tag() == "sentinel" and m.tag() is m.tag()
    yield "call", m.call(lambda: 7) == 7 and raises(ZeroDivisionError, m.call, lambda: 1 / 0)
    yield "fail", raises(m.Error, m.fail) and issubclass(m.Error, Exception)
    try:
        m.fail()
    except m.Error as error:
        yield "fail's message", error.args == ("failed",)
    yield "total", m.total([1, 2, 3]) == 6 and m.total(iter(())) == 0 and raises(Exception, m.total, ["x"])
    o = m.Counter()
    yield "bump", (o.bump(), o.bump(), o.plus(5), o.n) == (1, 2, 7, 2)
    o.n = 10
    yield "set", o.n == 10 and raises(TypeError, setattr, o, "n", "x") is ("untyped" not in exceptions)
    o.n = 10
    yield "state of an instance", o.tag() is m.tag() and o.shared is m.tag() and len(o) == 3
    yield "add", type(o + 5) is m.Counter and (o + 5).n == 15 and raises(TypeError, lambda: o + "x")
    yield "no arguments", raises(TypeError, m.Counter, 1)

    class A(m.Counter):
        pass

    class B(A):
        pass

    yield "subclass", B().tag() is m.tag() and B().bump() == 1 and type(B()) is B
    first = object()
    p = m.Pair(first, object())
    yield "pair", p.a is first and raises(TypeError, m.Pair, 1)
    yield "steps", list(m.Steps(3)) == [0, 1, 2] and list(m.Steps(0)) == []
    if "no-buffer" not in exceptions:
        yield "block", bytes(m.Block()) == bytes(16) and memoryview(m.Block()).nbytes == 16



if __name__ == "__main__":
    module = load(sys.argv[1])
    wrong = [name for name, right in check(module, set(sys.argv[2:])) if not right]
    if wrong:
        sys.exit("wrong answers: " + ", ".join(wrong))
