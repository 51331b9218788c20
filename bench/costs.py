"""What a module costs beside its calls, one figure a process: `python costs.py WHAT FILE`.

`import-first` and `import-further`: nanoseconds to import it in the main interpreter, and then in an interpreter with its own GIL.
`instance`: bytes of resident memory per Counter. `again`: bytes that CPython's allocators hand out for one more import, which is
what each further interpreter takes for it. Says `refused` and the reason where a module does not load.
"""

import os
import sys
import time
import tracemalloc

from rows import load

HERE = os.path.dirname(os.path.abspath(__file__))

IN_INTERPRETER = f"""
import sys, time
sys.path.insert(0, {HERE!r})
from rows import load
begun = time.perf_counter_ns()
load({{path!r}})
took = time.perf_counter_ns() - begun
import os
os.write({{pipe}}, str(took).encode())
"""


def resident():
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")


def interpreters():
    """`create()` and `run(interpreter, text)`, which returns the error's text or None; interpreters have their own GIL."""
    try:
        import _interpreters as module

        def run(interpreter, text):
            error = module.exec(interpreter, text)
            return error and f"{error.type.__name__}: {error.msg}"

        return lambda: module.create("isolated"), run
    except ImportError:
        import _xxsubinterpreters as module

        def run(interpreter, text):
            try:
                module.run_string(interpreter, text)
            except module.RunFailedError as error:
                return str(error)

        return lambda: module.create(isolated=True), run


def nanoseconds(path):
    begun = time.perf_counter_ns()
    load(path)
    return time.perf_counter_ns() - begun


def further(path):
    load(path)
    create, run = interpreters()
    read, write = os.pipe()
    best = None
    for _ in range(5):
        error = run(create(), IN_INTERPRETER.format(path=path, pipe=write))
        if error:
            return f"refused {error}"
        took = int(os.read(read, 100))
        best = took if best is None else min(best, took)
    return best


def instance(path):
    count = 200_000
    Counter = load(path).Counter
    kept = [None] * count
    [Counter() for _ in range(1000)]
    before = resident()
    for index in range(count):
        kept[index] = Counter()
    return (resident() - before) // count


def again(path):
    load(path)
    load(path)
    tracemalloc.start()
    module = load(path)
    taken, _ = tracemalloc.get_traced_memory()
    return taken if module else 0


if __name__ == "__main__":
    what = {"import-first": nanoseconds, "import-further": further, "instance": instance, "again": again}
    print(what[sys.argv[1]](sys.argv[2]))
