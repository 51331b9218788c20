"""Instructions per operation, under callgrind: `python count.py FILE LOOPS ROW..`; `counter` must be importable.

Each row is warmed up, so that CPython has specialised it, then run with no loops and with LOOPS, each followed by a dump that
bears its name. The row `empty` gives what the loop itself takes.
"""

import gc
import sys

import counter
from rows import function, load

module = load(sys.argv[1])
loops = int(sys.argv[2])
gc.disable()
for row in ["empty", *sys.argv[3:]]:
    run = function(row, module)
    run(500)
    for count in (0, loops):
        counter.zero()
        run(count)
        counter.dump(f"{row} {count}")
