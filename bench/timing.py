"""Nanoseconds per operation: `python timing.py ROUNDS LOOPS ROWS PEER=FILE ..`, rows separated by commas.

All peers run in one process, in rounds, each round in a new order, so that whatever disturbs the machine disturbs all alike.
Prints a JSON object: for each peer and row the least and the median of the rounds.
"""

import gc
import json
import random
import statistics
import sys
import time

from rows import ROWS, function, load

rounds, loops = int(sys.argv[1]), int(sys.argv[2])
runs = {}
for argument in sys.argv[4:]:
    peer, _, path = argument.partition("=")
    module = load(path)
    for row in ["empty", *sys.argv[3].split(",")]:
        if row == "buffer" and not hasattr(module, "Block"):
            continue
        run = runs[peer, row] = function(row, module)
        run(500)  # CPython specialises it.
times = {key: [] for key in runs}
order = list(runs)
gc.disable()
for _ in range(rounds):
    random.shuffle(order)
    for key in order:
        # Fewer loops where one statement does many operations.
        count = max(1, loops // ROWS[key[1]][3]) if key[1] in ROWS else loops
        begun = time.perf_counter_ns()
        runs[key](count)
        times[key].append((time.perf_counter_ns() - begun) / count)
result = {}
for (peer, row), measured in times.items():
    if row != "empty":
        operations = ROWS[row][3]
        empty = times[peer, "empty"]
        result.setdefault(peer, {})[row] = [
            (of(measured) - of(empty)) / operations for of in (min, statistics.median)
        ]
json.dump(result, sys.stdout)
