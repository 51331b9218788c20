"""What operations on context variables cost, in insula_contextvars and in the interpreter's own module.

    python contextvars_cost.py FILE                 times, as ratios (FILE is the built insula_contextvars)
    python contextvars_cost.py FILE --count         instructions; needs valgrind and the `counter` module of this folder on PYTHONPATH
    python contextvars_cost.py FILE --count a.svg   the same, and how they grow as a chart

Prints tables in Markdown. The instructions of each module are counted in a process of its own, under callgrind, each less a loop of
none and less the empty loop. The times are taken in one process, in shuffled rounds.
"""

import glob
import importlib.util
import itertools
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time

SIZES = [1, 10, 1000, 100_000]
LOOPS = 500
# Times need longer loops.
LONGER = 20
ROUNDS = 30
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
# Where a variable lies in a map is chance: what has to do with one is done with several, one after the other.
VARIABLES = 8


def load(path):
    if path == "-":
        import contextvars

        return contextvars
    spec = importlib.util.spec_from_file_location("insula_contextvars", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


class Functions:
    """A module, with a context of so many variables, and a function of a number of loops for each row."""

    def __init__(self, module, size):
        self.size = size
        self.context = module.Context()
        self.context.run(self.fill, module)

    def fill(self, module):
        self.variables = [module.ContextVar(f"v{i}") for i in range(self.size)]
        for i, var in enumerate(self.variables):
            var.set(i)
        chosen = self.variables[:: max(1, self.size // VARIABLES)][:VARIABLES]
        names = dict(
            one=object(), two=object(), three=object(), copy_context=module.copy_context, context=module.copy_context(),
            run=module.Context().run, nothing=int, repeat=itertools.repeat,
        )
        self.rows = {}
        for row, statement in ROWS.items():
            # Each with code of its own, for CPython to specialise.
            several = chosen if "var" in statement else chosen[:1]
            source = f"def function(loops, var, {', '.join(names)}):\n for _ in repeat(None, loops):\n  {statement}\n"
            self.rows[row] = [self.function(source, dict(names, var=var)) for var in several]

    @staticmethod
    def function(source, names):
        made = {}
        exec(source, made)
        function = made["function"]
        return lambda loops: function(loops, **names)

    def run(self, row, loops):
        """Runs the statement so often, for each variable."""
        def work():
            for function in self.rows[row]:
                function(loops)

        self.context.run(work)

    def loops(self, row):
        """How often is enough."""
        return max(1, 20 * LOOPS // self.size) if row.startswith("iterate") else LOOPS // len(self.rows[row])

    def operations(self, row, loops):
        """How many operations that is."""
        return loops * len(self.rows[row]) * (self.size if row.startswith("iterate") else OPERATIONS.get(row, 1))

    def runs(self, row, loops):
        """In how many runs of the empty statement's loop."""
        return 0 if row.startswith("iterate") else loops * len(self.rows[row])


def count_here(path):
    import gc

    import counter

    module = load(path)
    gc.disable()
    for size in SIZES:
        functions = Functions(module, size)
        for row in ROWS:
            loops = functions.loops(row)
            functions.run(row, min(loops, 100))
            for number in (0, loops):
                counter.zero()
                functions.run(row, number)
                counter.dump(f"{size}/{row}/{number}/{functions.operations(row, number)}/{functions.runs(row, number)}")


def counted(path):
    """Instructions per operation, by size and row."""
    with tempfile.TemporaryDirectory() as folder:
        command = ["valgrind", "--tool=callgrind", "-q", f"--callgrind-out-file={folder}/dump", sys.executable, "-s", __file__, path,
                   "--here"]
        subprocess.run(command, check=True, env=dict(os.environ, PYTHONHASHSEED="0"))
        none, some = {}, {}
        for name in glob.glob(folder + "/*"):
            with open(name) as file:
                lines = file.read().splitlines()
            label = next((line.rsplit(": ", 1)[1] for line in lines if line.startswith("desc: Trigger: Client Request: ")), None)
            if label:
                size, row, *numbers = label.split("/")
                number, operations, runs = map(int, numbers)
                total = int(next(line for line in lines if line.startswith("summary: ")).split()[1])
                (some if number else none)[int(size), row] = total, operations, runs
    per = {}
    for (size, row), (total, operations, runs) in some.items():
        empty = (some[size, "empty"][0] - none[size, "empty"][0]) / some[size, "empty"][1]
        per[size, row] = (total - none[size, row][0] - empty * runs) / operations
    return per


def timed(path):
    """Nanoseconds per operation: the least and the median of all rounds, for the interpreter's own module and for ours."""
    import gc

    modules = [load("-"), load(path)]
    gc.disable()
    found = {}
    for size in SIZES:
        both = [Functions(module, size) for module in modules]
        for row, functions in itertools.product(ROWS, both):
            functions.run(row, 100)
        times = {}
        for _ in range(ROUNDS):
            for row, which in random.sample(list(itertools.product(ROWS, (0, 1))), 2 * len(ROWS)):
                functions, loops = both[which], both[which].loops(row) * LONGER
                begun = time.perf_counter()
                functions.run(row, loops)
                times.setdefault((row, which), []).append(time.perf_counter() - begun)
        for (row, which), taken in times.items():
            functions, loops = both[which], both[which].loops(row) * LONGER
            for pick in (min, statistics.median):
                empty = pick(times["empty", which]) / (both[which].loops("empty") * LONGER)
                per = (pick(taken) - empty * functions.runs(row, loops)) / functions.operations(row, loops)
                found.setdefault((size, row), {})[pick, which] = per * 1e9
    return found


def table(cell):
    print("| operation | " + " | ".join(f"{size:,}" for size in SIZES) + " |")
    print("| --- |" + " --- |" * len(SIZES))
    for row in list(ROWS)[1:]:
        print(f"| {row} | " + " | ".join(cell(size, row) for size in SIZES) + " |")


def chart(own, ours, path):
    """Instructions over the number of variables, both logarithmic: a panel for each operation."""
    import math

    width, height, margin = 190, 130, 36
    rows = list(ROWS)[1:]
    body = []
    for index, row in enumerate(rows):
        left, top = margin + index % 3 * (width + margin), 30 + index // 3 * (height + 50)

        def place(step, count):
            return left + step * width / (len(SIZES) - 1), top + height - (math.log10(count) - 2) * height / 2.5

        body.append(f'<text x="{left}" y="{top - 8}" font-weight="bold">{row}</text>')
        for count in (100, 1000, 10_000):
            _, y = place(0, count)
            body.append(f'<path d="M{left} {y:.1f}h{width}" stroke="#999" stroke-dasharray="2,3"/>')
            body.append(f'<text x="{left - 4}" y="{y + 4:.1f}" text-anchor="end" font-size="9">{count:,}</text>')
        for step, size in enumerate(SIZES):
            body.append(f'<text x="{place(step, 100)[0]:.1f}" y="{top + height + 14}" text-anchor="middle" font-size="9">{size:,}</text>')
        for counts, colour in ((own, "#7f7f7f"), (ours, "#d62728")):
            points = " ".join("{:.1f},{:.1f}".format(*place(step, counts[size, row])) for step, size in enumerate(SIZES))
            body.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    total = 2 * (height + 50) + 40
    legend = f'<text x="{margin}" y="{total - 12}" fill="#7f7f7f">the standard library</text>'
    legend += f'<text x="{margin + 150}" y="{total - 12}" fill="#d62728">insula_contextvars</text>'
    with open(path, "w") as file:
        file.write(f'<svg xmlns="http://www.w3.org/2000/svg" width="{3 * (width + margin) + margin}" height="{total}" ')
        file.write('font-family="sans-serif" font-size="12">\n<rect width="100%" height="100%" fill="#ffffff"/>\n')
        file.write("\n".join([*body, legend]) + "\n</svg>\n")


def main():
    path, *options = sys.argv[1:]
    if options == ["--here"]:
        return count_here(path)
    if options[:1] == ["--count"]:
        own, ours = counted("-"), counted(path)
        table(lambda size, row: f"{own[size, row]:.0f} / {ours[size, row]:.0f} ({ours[size, row] / own[size, row]:.2f})")
        if options[1:]:
            chart(own, ours, options[1])
        return None
    times = timed(path)

    def cell(size, row):
        own, ours = (times[size, row][min, which] for which in (0, 1))
        medians = [times[size, row][statistics.median, which] for which in (0, 1)]
        return f"{own:.0f} / {ours:.0f} ns ({ours / own:.2f}, {medians[1] / medians[0]:.2f})"

    return table(cell)


if __name__ == "__main__":
    main()
