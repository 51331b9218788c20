"""What is measured: each row a title, what is made ready before, the operation, and how many of it one run of the statement is.

`m` is the small module. The measuring programs compile each row into a function of its own, so that CPython specialises it for
itself: names are local variables.
"""

import functools
import importlib.util
import itertools
import os
import sys

SUBCLASSES = "class A(m.Counter): pass\nclass B(A): pass\n"

#: key: (title, setup, statement, operations in one statement)
ROWS = {
    "call0": ("f()", "f = m.f", "f()", 1),
    "call1": ("f1(5)", "f = m.f1", "f(5)", 1),
    "kw1": ("kw(5)", "f = m.kw", "f(5)", 1),
    "kw2": ("kw(5, 2)", "f = m.kw", "f(5, 2)", 1),
    "kw-b": ("kw(5, b=2)", "f = m.kw", "f(5, b=2)", 1),
    "kw-ab": ("kw(a=5, b=2)", "f = m.kw", "f(a=5, b=2)", 1),
    "state-function": ("tag(): function with state", "f = m.tag", "f()", 1),
    "method0": ("o.bump()", "o = m.Counter()", "o.bump()", 1),
    "method1": ("o.plus(5)", "o = m.Counter()", "o.plus(5)", 1),
    "state-method": ("o.tag(): method with state", "o = m.Counter()", "o.tag()", 1),
    "state-slot": ("len(o): slot with state", "o = m.Counter()", "len(o)", 1),
    "get": ("o.n", "o = m.Counter()", "o.n", 1),
    "state-getter": ("o.shared: getter with state", "o = m.Counter()", "o.shared", 1),
    "set": ("o.n = 5", "o = m.Counter()", "o.n = 5", 1),
    "add": ("o + 5", "o = m.Counter()", "o + 5", 1),
    "create": ("Counter(), made and dropped", "C = m.Counter", "C()", 1),
    "create-objects": ("Pair(x, y), made and dropped", "C = m.Pair; x, y = object(), object()", "C(x, y)", 1),
    "create-subclass": ("B(), B two subclasses deep", SUBCLASSES + "C = B", "C()", 1),
    "subclass-state": ("B().tag(): inherited method with state", SUBCLASSES + "o = B()", "o.tag()", 1),
    "callback": ("call(g), which calls back g()", "f = m.call\ndef g(): pass", "f(g)", 1),
    "raise": ("fail() in try/except Error", "f = m.fail; E = m.Error", "try: f()\nexcept E: pass", 1),
    "next": ("next item of our iterator", "C = m.Steps", "for _ in C(100): pass", 100),
    "iterate": ("item of total([..])", "f = m.total; l = [1] * 100", "f(l)", 100),
    "buffer": ("memoryview(block), made and dropped", "o = m.Block(); C = memoryview", "C(o)", 1),
}


def function(key, module):
    """A new function of a number of loops that runs the row's statement so many times; an empty one for the key `empty`."""
    _, setup, statement, _ = ROWS.get(key) or ("", "", "pass", 1)
    names = {"m": module, "__name__": "rows"}
    exec(setup, names)
    used = [name for name in compile(statement, key, "exec").co_names if name in names]
    lines = "\n".join("        " + line for line in statement.splitlines())
    source = f"def run(loops, {', '.join(used)}):\n    for _ in repeat(None, loops):\n{lines}\n"
    made = {"repeat": itertools.repeat}
    exec(compile(source, key, "exec"), made)
    return functools.partial(made["run"], **{name: names[name] for name in used})


def load(path):
    """The small module from this file, whatever else has that name."""
    sys.path.insert(0, os.path.dirname(path))  # What a tool's modules need at run time lies beside them.
    spec = importlib.util.spec_from_file_location("small", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
