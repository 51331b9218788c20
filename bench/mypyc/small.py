"""The small module of the comparison for mypyc: typed Python."""

from typing import Callable, Final, Iterable

from mypy_extensions import mypyc_attr

_SENTINEL: Final = str(b"sentinel", "ascii")
_SIZE: Final = 3


class Error(Exception):
    pass


def f() -> None:
    """Nothing."""


def f1(n: int) -> int:
    """n + 1."""
    return n + 1


def kw(a: int, b: int = 1) -> int:
    """a + b."""
    return a + b


def tag() -> str:
    """The module's sentinel."""
    return _SENTINEL


def call(callback: Callable[[], object]) -> object:
    """callback()."""
    return callback()


def fail() -> None:
    """Raises Error."""
    raise Error("failed")


def total(iterable: Iterable[int]) -> int:
    """The sum of the items."""
    sum = 0
    for item in iterable:
        sum += item
    return sum


@mypyc_attr(allow_interpreted_subclasses=True)
class Counter:
    """Counts."""

    def __init__(self) -> None:
        self.n = 0

    def bump(self) -> int:
        """Add one."""
        self.n += 1
        return self.n

    def plus(self, n: int) -> int:
        """The count and n."""
        return self.n + n

    def tag(self) -> str:
        """The module's sentinel."""
        return _SENTINEL

    @property
    def shared(self) -> str:
        """The module's sentinel."""
        return _SENTINEL

    def __len__(self) -> int:
        return _SIZE

    def __add__(self, n: int) -> "Counter":
        sum = Counter()
        sum.n = self.n + n
        return sum


class Pair:
    """Two objects."""

    def __init__(self, a: object, b: object) -> None:
        self.a = a
        self._b = b


class Steps:
    """The numbers below the end."""

    def __init__(self, end: int) -> None:
        self._next = 0
        self._end = end

    def __iter__(self) -> "Steps":
        return self

    def __next__(self) -> object:
        if self._next >= self._end:
            raise StopIteration
        self._next += 1
        return self._next - 1
