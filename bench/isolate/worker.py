"""What a worker runs, be it a thread, an interpreter or a process. It imports nothing that costs."""

import time

import work

operations = {}


def start(name):
    """Import and warm up what the workload needs."""
    operations[name] = work.prepared(name)


def run(name, thread, seconds):
    """Operate so long. Returns the clock before and after, and the number of operations."""
    # Threads of one interpreter do not share an operation: fastapi's has an event loop of its own.
    key = (name, thread)
    operation = operations.get(key)
    if operation is None:
        operation = operations[key] = work.prepared(name)
    clock = time.perf_counter
    done, begun = 0, clock()
    end = begun + seconds
    while (now := clock()) < end:
        for _ in range(20):
            operation()
        done += 20
    return begun, now, done
