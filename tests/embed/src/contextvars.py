# Context variables of our own module, used in every way; `kept` is what no two interpreters may share.
import gc

import insula_contextvars as cv

assert repr(cv.Token.MISSING) == "<Token.MISSING>"
variables = [cv.ContextVar(f"v{i}") for i in range(40)]
counter = cv.ContextVar("counter", default=0)


class Value:
    pass


def one_round(number):
    context = cv.copy_context()
    outside = [var.get(None) for var in variables]

    def inside():
        tokens = [var.set((number, i)) for i, var in enumerate(variables)]
        # What was never set before, in no interpreter that ran in this process.
        assert all(token.old_value is cv.Token.MISSING for token in tokens)
        copy = cv.copy_context()
        for var in variables[::2]:
            var.set([var])
        assert [var.get() for var in variables[1::2]] == [(number, i) for i in range(1, 40, 2)]
        assert [copy[var] for var in variables] == [(number, i) for i in range(40)]
        token = counter.set(number)
        assert counter.get() == number
        counter.reset(token)
        assert counter.get() == 0
        for var, token in zip(variables, tokens):
            var.reset(token)
        # A cycle through a value, a context, an iterator and a token.
        value = Value()
        token = variables[0].set(value)
        value.all = [token, cv.copy_context(), iter(cv.copy_context().items())]

    context.run(inside)
    assert [var.get(None) for var in variables] == outside


def rounds(count):
    """Runs so many, the second half of which must leave nothing behind; returns how many objects it did."""
    for number in range(count // 2):
        one_round(number)
    gc.collect()
    before = len(gc.get_objects())
    for number in range(count // 2):
        one_round(number)
    gc.collect()
    return len(gc.get_objects()) - before


kept = [cv, cv.ContextVar, cv.Context, cv.Token, cv.Token.MISSING, *variables]
