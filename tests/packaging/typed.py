"""A program that a type checker has to accept, and whose wrong lines it has to refuse: `mypy --strict` warns of an `ignore` that
hides nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from insula_contextvars import Context, ContextVar, Token, copy_context

user: ContextVar[str] = ContextVar("user", default="nobody")
depth = ContextVar[int]("depth")


def add(a: int, b: int = 0) -> int:
    return a + b


def work() -> None:
    token: Token[str] = user.set("somebody")
    name: str = user.get()
    assert name == "somebody" and token.var is user
    other: int | None = depth.get(None)
    assert other is None
    user.reset(token)
    with depth.set(1) as inner:
        assert depth.get() == 1 and inner.old_value is Token.MISSING
    context: Context = copy_context()
    total: int = context.run(add, 1, b=2)
    assert total == 3
    mapping: Mapping[ContextVar[Any], Any] = context
    keys: Iterator[ContextVar[Any]] = iter(mapping)
    assert list(keys) == list(context)
    assert context.native.run(add, 1) == 1

    if total > 3:
        user.set(1)  # type: ignore[arg-type]
        wrong: int = user.get()  # type: ignore[assignment]
        context.run(add, "1")  # type: ignore[arg-type]
        hash(context)  # refused when it runs
        ContextVar(b"name")  # type: ignore[call-overload]
        user.reset(depth.set(1))  # type: ignore[arg-type]
        print(wrong)


copy_context().run(work)
