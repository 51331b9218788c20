"""The small module of the comparison in plain Python."""

_SENTINEL = str(b"sentinel", "ascii")
_SIZE = 3


class Error(Exception):
    pass


def f():
    """Nothing."""


def f1(n):
    """n + 1."""
    return n + 1


def kw(a, b=1):
    """a + b."""
    return a + b


def tag():
    """The module's sentinel."""
    return _SENTINEL


def call(callback):
    """callback()."""
    return callback()


def fail():
    """Raises Error."""
    raise Error("failed")


def total(iterable):
    """The sum of the items."""
    sum = 0
    for item in iterable:
        sum += item
    return sum


class Counter:
    """Counts."""

    __slots__ = ("_n",)

    def __init__(self):
        self._n = 0

    def bump(self):
        """Add one."""
        self._n += 1
        return self._n

    def plus(self, n):
        """The count and n."""
        return self._n + n

    def tag(self):
        """The module's sentinel."""
        return _SENTINEL

    @property
    def n(self):
        """The count."""
        return self._n

    @n.setter
    def n(self, n):
        self._n = n

    @property
    def shared(self):
        """The module's sentinel."""
        return _SENTINEL

    def __len__(self):
        return _SIZE

    def __add__(self, n):
        if not isinstance(n, int):
            return NotImplemented
        sum = Counter()
        sum._n = self._n + n
        return sum


class Pair:
    """Two objects."""

    __slots__ = ("a", "_b")

    def __init__(self, a, b):
        self.a = a
        self._b = b


class Steps:
    """The numbers below the end."""

    __slots__ = ("_next", "_end")

    def __init__(self, end):
        self._next = 0
        self._end = end

    def __iter__(self):
        return self

    def __next__(self):
        if self._next >= self._end:
            raise StopIteration
        self._next += 1
        return self._next - 1


class Block:
    """Sixteen bytes."""

    __slots__ = ("_bytes",)

    def __init__(self):
        self._bytes = bytearray(16)

    # Python classes export buffers from 3.12 on (PEP 688).
    def __buffer__(self, flags):
        return memoryview(self._bytes)
