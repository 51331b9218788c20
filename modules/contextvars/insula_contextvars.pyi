# Made by `insula stubs`.

"""Context variables."""

from types import GenericAlias
from typing import Any, ClassVar

__all__ = ["Context", "ContextVar", "Token", "copy_context"]

import contextvars
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import Any, ClassVar, Generic, ParamSpec, TypeVar, final, overload

_T = TypeVar('_T')
_D = TypeVar('_D')
_P = ParamSpec('_P')

def copy_context() -> Context:
    """Return a copy of the current context."""

@final
class ContextVar(Generic[_T]):
    """A context variable."""
    @classmethod
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    @overload
    def __new__(cls, name: str, /) -> ContextVar[_T]: ...
    @overload
    def __new__(cls, name: str, /, *, default: _T) -> ContextVar[_T]: ...
    @overload
    def get(self) -> _T: ...
    @overload
    def get(self, default: _T, /) -> _T: ...
    @overload
    def get(self, default: _D, /) -> _D | _T: ...
    def set(self, value: _T, /) -> Token[_T]: ...
    def reset(self, token: Token[_T], /) -> None: ...
    @property
    def name(self) -> str:
        """The name, as it was given."""
    def __repr__(self) -> str: ...

@final
class Token(Generic[_T]):
    """The way back from one `set`."""
    MISSING: ClassVar[object]
    @classmethod
    def __class_getitem__(cls, item: Any, /) -> GenericAlias: ...
    @property
    def var(self) -> ContextVar[_T]: ...
    @property
    def old_value(self) -> Any:
        """The value that the variable had before, or Token.MISSING."""
    def __enter__(self) -> Token[_T]: ...
    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
    def __eq__(self, other: object, /) -> bool: ...
    def __repr__(self) -> str: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]

@final
class Context(Mapping[ContextVar[Any], Any]):
    """A mapping of context variables to their values."""
    def __init__(self) -> None: ...
    @property
    def native(self) -> contextvars.Context: ...
    def run(self, callable: Callable[_P, _T], /, *args: _P.args, **kwargs: _P.kwargs) -> _T: ...
    def copy(self) -> Context:
        """Return a shallow copy of the context object."""
    @overload
    def get(self, key: ContextVar[_T], default: None = None, /) -> _T | None: ...
    @overload
    def get(self, key: ContextVar[_T], default: _D, /) -> _T | _D: ...
    def keys(self) -> Any:
        """Return all variables in the context object."""
    def values(self) -> Any:
        """Return all variables' values in the context object."""
    def items(self) -> Any:
        """Return all variables and their values in the context object, as pairs."""
    def __iter__(self) -> Iterator[ContextVar[Any]]: ...
    def __len__(self) -> int: ...
    def __contains__(self, key: object, /) -> bool: ...
    def __getitem__(self, key: ContextVar[_T], /) -> _T: ...
    def __eq__(self, other: object, /) -> bool: ...
    __hash__: ClassVar[None]  # type: ignore[assignment]
