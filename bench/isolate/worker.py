"""What a worker of a pool runs, wherever it is: a thread, an interpreter or a process. It imports nothing that costs."""

import time

import work

operations = {}


def start(name):
    """Import and warm up what the workload needs."""
    operations[name] = work.prepared(name)


def run(name, thread, seconds):
    """Operate so long. Returns the clock before and after, the number of operations, and the processor time."""
    # Threads of one interpreter do not share an operation: fastapi's has an event loop of its own.
    key = (name, thread)
    operation = operations.get(key)
    if operation is None:
        operation = operations[key] = work.prepared(name)
    clock, used = time.perf_counter, time.thread_time
    done, begun, begun_used = 0, clock(), used()
    end = begun + seconds
    while (now := clock()) < end:
        for _ in range(20):
            operation()
        done += 20
    return begun, now, done, used() - begun_used
