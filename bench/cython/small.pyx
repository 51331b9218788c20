# cython: language_level=3
"""The small module of the comparison, written in Cython."""

from cpython.buffer cimport PyBuffer_FillInfo

cdef object _sentinel = str(b"sentinel", "ascii")
cdef Py_ssize_t _size = 3


class Error(Exception):
    pass


def f():
    """Nothing."""


def f1(long long n):
    """n + 1."""
    return n + 1


def kw(long long a, long long b=1):
    """a + b."""
    return a + b


def tag():
    """The module's sentinel."""
    return _sentinel


def call(callback):
    """callback()."""
    return callback()


def fail():
    """Raises Error."""
    raise Error("failed")


def total(iterable):
    """The sum of the items."""
    cdef long long sum = 0
    cdef long long item
    for item in iterable:
        sum += item
    return sum


cdef class Counter:
    """Counts."""

    cdef public long long n

    def __init__(self):
        self.n = 0

    def bump(self):
        """Add one."""
        self.n += 1
        return self.n

    def plus(self, long long n):
        """The count and n."""
        return self.n + n

    def tag(self):
        """The module's sentinel."""
        return _sentinel

    @property
    def shared(self):
        """The module's sentinel."""
        return _sentinel

    def __len__(self):
        return _size

    def __add__(self, n):
        if not isinstance(n, int):
            return NotImplemented
        cdef Counter sum = Counter.__new__(Counter)
        sum.n = self.n + <long long> n
        return sum


cdef class Pair:
    """Two objects."""

    cdef readonly object a
    cdef object b

    def __cinit__(self, a, b):
        self.a = a
        self.b = b


cdef class Steps:
    """The numbers below the end."""

    cdef long long next
    cdef long long end

    def __cinit__(self, long long end):
        self.end = end

    def __iter__(self):
        return self

    def __next__(self):
        if self.next >= self.end:
            raise StopIteration
        self.next += 1
        return self.next - 1


cdef class Block:
    """Sixteen bytes."""

    cdef char bytes[16]

    def __getbuffer__(self, Py_buffer *view, int flags):
        PyBuffer_FillInfo(view, self, self.bytes, 16, 0, flags)
