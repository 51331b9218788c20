"""Instructions per call, under callgrind: `python count.py WHERE LOOPS`; `counter` must be importable.

WHERE is `main` or `isolated`: in the main interpreter, whose modules are the wheels' own, or in an interpreter with a
GIL of its own, whose modules are private copies. `main-again` is the main interpreter once more, after other things
were allocated: what differs there has nothing to do with copies. Each call is warmed up, then run in a loop of none and in a loop of
LOOPS, each followed by a dump that bears its name.
"""

import sys

CALLS = {
    "pydantic": ("from pydantic import TypeAdapter; call = TypeAdapter(list[int]).validate_python", "call([1, 2, 3])"),
    "orjson": ("from orjson import dumps; given = {'a': [1, 2.5, 'text', None]}", "dumps(given)"),
    "numpy": ("import numpy; a = numpy.arange(8.0); b = a + 1; add = numpy.add", "add(a, b)"),
    "markupsafe": ("from markupsafe._speedups import _escape_inner as escape", "escape('a < b & c')"),
    # Nothing of it is a copy: what differs here, differs between the interpreters.
    "python": ("def function(a, b): return a", "function(1, 2)"),
    "empty": ("", "pass"),
}

PROGRAM = """
import sys
sys.path[:] = {path!r}
if {isolated}:
    import insula_isolate
    insula_isolate.install()
import gc
import counter
for name, (setup, call) in {calls!r}.items():
    scope = {{}}
    exec(setup, scope)
    exec(f"def run(loops):\\n    for _ in [None] * loops:\\n        {{call}}", scope)
    run = scope["run"]
    run(500)
    gc.collect()
    gc.disable()
    for loops in (0, {loops}):
        counter.zero()
        run(loops)
        counter.dump(f"{{name}} {{loops}}")
    gc.enable()
if {isolated}:
    # That copies were measured, and not the wheels' own.
    copied = [each.name for each in insula_isolate.report() if each.action == "isolated by copy"]
    assert len(copied) >= 4, insula_isolate.report()
"""


def main():
    isolated = sys.argv[1] == "isolated"
    program = PROGRAM.format(path=sys.path, isolated=isolated, calls=CALLS, loops=int(sys.argv[2]))
    if not isolated:
        if sys.argv[1] == "main-again":
            # Another heap, with holes.
            import random

            others = [bytes(random.Random(number).randrange(3000)) for number in range(6000)]
            del others[::2]
        exec(program, {})
        return
    import _interpreters

    import insula_isolate  # noqa: F401  The main interpreter is the first to.

    interpreter = _interpreters.create("isolated")
    failed = _interpreters.exec(interpreter, program)
    if failed is not None:
        sys.exit(failed.formatted)
    _interpreters.destroy(interpreter)


if __name__ == "__main__":
    main()
