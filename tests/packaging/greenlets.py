"""Greenlets carry the values of our variables as they do those of the interpreter's own."""

import contextvars

import greenlet
import insula_contextvars

PAIR = insula_contextvars.ContextVar("ours", default=0), contextvars.ContextVar("theirs", default=0)


def both(value=None):
    if value is not None:
        for var in PAIR:
            var.set(value)
    ours, theirs = (var.get() for var in PAIR)
    assert ours == theirs, (ours, theirs)
    return ours


def with_its_own(number):
    """A new greenlet begins with an empty context, which it keeps over switches."""
    assert both() == 0
    for step in range(5):
        both(number * 10 + step)
        greenlet.getcurrent().parent.switch(both())
        assert both() == number * 10 + step
    return both()


both(1)
all_of_them = [greenlet.greenlet(with_its_own) for _ in range(20)]
for step in range(6):
    for number, each in enumerate(all_of_them):
        seen = each.switch(number) if step == 0 else each.switch()
        assert seen == number * 10 + min(step, 4), seen
        assert both() == 1
assert all(each.dead for each in all_of_them)

# One that is given a context runs in it.
context = insula_contextvars.copy_context()
given = greenlet.greenlet(lambda: both(both() + 1))
given.gr_context = context.native
assert given.switch() == 2 and both() == 1
assert context[PAIR[0]] == 2

# What dies inside of a greenlet is released with it.
released = []


class Value:
    def __del__(self):
        released.append(PAIR[0].get())


def dies():
    PAIR[0].set(Value())
    greenlet.getcurrent().parent.switch()


dying = greenlet.greenlet(dies)
dying.switch()
assert not released
del dying
assert released == [1], released
