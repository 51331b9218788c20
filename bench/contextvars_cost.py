"""What operations on context variables cost, in insula_contextvars and in the interpreter's own module.

    python contextvars_cost.py FILE             times, as ratios (FILE is the built insula_contextvars)
    python contextvars_cost.py FILE --count     instructions; needs valgrind and the `counter` module of this folder on PYTHONPATH

`--count` starts itself under callgrind, and prints a table in Markdown.
"""

import glob
import importlib.util
import itertools
import os
import subprocess
import sys
import tempfile
import time

SIZES = [1, 10, 1000, 100_000]
LOOPS = 500
ROWS = {
    "empty": "pass",
    "get": "var.get()",
    "set": "var.set(one); var.set(two)",
    "set and reset": "var.reset(var.set(three))",
    "copy_context": "copy_context()",
    "run": "run(nothing)",
    "iterate, per item": "for _ in context: pass",
}


# How many operations one run of the statement is.
OPERATIONS = {"set": 2}


def load(path):
    if path == "-":
        import contextvars

        return contextvars
    spec = importlib.util.spec_from_file_location("insula_contextvars", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def functions(module, size):
    """A function of a number of loops for each row, for CPython to specialise each by itself."""
    variables = [module.ContextVar(f"v{i}") for i in range(size)]
    for i, var in enumerate(variables):
        var.set(i)
    context = module.copy_context()
    names = dict(
        var=variables[size // 2], one=object(), two=object(), three=object(), copy_context=module.copy_context, context=context,
        run=module.Context().run, nothing=int, repeat=itertools.repeat,
    )
    for row, statement in ROWS.items():
        source = f"def function(loops, {', '.join(names)}):\n for _ in repeat(None, loops):\n  {statement}\n"
        made = {}
        exec(source, made)
        yield row, lambda loops, function=made["function"]: function(loops, **names)


def measure(path, report):
    import gc

    module = load(path)
    gc.disable()
    for size in SIZES:
        def work():
            for row, function in functions(module, size):
                loops = max(1, 20 * LOOPS // size) if row.startswith("iterate") else LOOPS
                report(size, row, function, loops)
        module.Context().run(work)


def count_here(path):
    import counter

    def report(size, row, function, loops):
        function(100 if loops == LOOPS else 1)
        for number in (0, loops):
            counter.zero()
            function(number)
            counter.dump(f"{size}/{row}/{loops}/{number}")

    measure(path, report)


def counted(path):
    """Instructions per operation, by size and row."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={folder}/dump", sys.executable, "-s", __file__, path,
                   "--here"]
        subprocess.run(command, check=True, env=dict(os.environ, PYTHONHASHSEED="0"))
        found = {}
        for name in glob.glob(folder + "/*"):
            with open(name) as file:
                lines = file.read().splitlines()
            label = next((line.rsplit(": ", 1)[1] for line in lines if line.startswith("desc: Trigger: Client Request: ")), None)
            if label:
                found[label] = int(next(line for line in lines if line.startswith("summary: ")).split()[1])
    per = {}
    for label, count in found.items():
        size, row, loops, number = label.split("/")
        if number != "0":
            per[int(size), row] = (count - found[f"{size}/{row}/{loops}/0"]) / int(number)
    return {
        (size, row): per[size, row] / size if row.startswith("iterate") else (per[size, row] - per[size, "empty"]) / OPERATIONS.get(row, 1)
        for size, row in per if row != "empty"
    }


def timed(path):
    best = {}

    def report(size, row, function, loops):
        function(100 if loops == LOOPS else 1)
        for _ in range(20):
            begun = time.perf_counter()
            function(loops)
            taken = (time.perf_counter() - begun) / loops * 1e9
            best[size, row] = min(best.get((size, row), 1e18), taken)

    measure(path, report)
    return {
        (size, row): value / size if row.startswith("iterate") else (value - best[size, "empty"]) / OPERATIONS.get(row, 1)
        for (size, row), value in best.items() if row != "empty"
    }


def main():
    path, *options = sys.argv[1:]
    if options == ["--here"]:
        return count_here(path)
    how = counted if options == ["--count"] else timed
    own, ours = how("-"), how(path)
    print("| operation | " + " | ".join(f"{size:,}" for size in SIZES) + " |")
    print("| --- |" + " --- |" * len(SIZES))
    for row in list(ROWS)[1:]:
        cells = (f"{own[size, row]:.0f} / {ours[size, row]:.0f} ({ours[size, row] / own[size, row]:.2f})" for size in SIZES)
        print(f"| {row} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
