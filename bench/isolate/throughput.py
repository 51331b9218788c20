"""Throughput, start-up and memory: `python throughput.py [--workload NAME ..] [--rounds R] [--seconds S]` prints JSON.

For each workload: one worker and two, as interpreters with isolated imports, as threads of the main interpreter, and as
processes. They all exist at the same time, idle but for the one whose turn it is; the rounds go through them in an
order that is shuffled each time, so that what else the machine does meets them all. The best rounds are those that
nothing disturbed: `best` compares the best with the best. Further processes of this script measure start-up and memory.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import worker
from work import WORK

KINDS = {
    "interpreters": lambda: __import__("insula_isolate").InterpreterPoolExecutor(1),
    "threads": lambda: ThreadPoolExecutor(1),
    "processes": lambda: ProcessPoolExecutor(1, mp_context=get_context("spawn")),
}


def pss(*processes):
    """Proportional set size of these processes, in MB: a page that several of them have counts as a part in each."""
    total = 0
    for process in processes:
        with open(f"/proc/{process}/smaps_rollup") as lines:
            total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def family():
    """This process and its children."""
    found = [os.getpid()]
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{name}/stat") as stat:
                parent = int(stat.read().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid():
            found.append(int(name))
    return found


def throughput(name, most, rounds, seconds):
    pools = {kind: [make() for _ in range(most)] for kind, make in KINDS.items()}
    for kind, some in pools.items():
        # One after the other: CPython 3.13.0 has races of its own in the first imports.
        for number, pool in enumerate(some):
            pool.submit(worker.start, name).result()
            pool.submit(worker.run, name, number, 0.01).result()
    cases = [(kind, workers) for kind in pools for workers in (1, most)]
    rates = {case: [] for case in cases}
    for turn in range(rounds):
        random.Random(turn).shuffle(cases)
        for kind, workers in cases:
            tasks = [
                pool.submit(worker.run, name, number, seconds) for number, pool in enumerate(pools[kind][:workers])
            ]
            begun, ended, done = zip(*(task.result() for task in tasks))
            rates[kind, workers].append(sum(done) / (max(ended) - min(begun)))
    for some in pools.values():
        for pool in some:
            pool.shutdown()

    # One interpreter: a thread of the main interpreter.
    one = rates["threads", 1]
    return {
        f"{workers} {kind}": {
            "rate": max(some),
            "best": max(some) / max(one),
            "median": statistics.median(many / single for many, single in zip(some, one)),
        }
        for (kind, workers), some in sorted(rates.items())
    }


def costs(kind, name):
    """Seconds until a worker has done the first operation, and what it adds to the memory: the first and the third."""
    sizes, times = [pss(*family())], []
    pools = []
    for number in range(3):
        begun = time.perf_counter()
        pools.append(KINDS[kind]())
        pools[-1].submit(worker.run, name, number, 0).result()
        times.append(time.perf_counter() - begun)
        sizes.append(pss(*family()))
    for pool in pools:
        pool.shutdown()
    grown = [after - before for before, after in zip(sizes, sizes[1:])]
    return {"first": {"seconds": times[0], "MB": grown[0]}, "further": {"seconds": times[2], "MB": grown[2]}}


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--workload", action="append", choices=WORK)
    arguments.add_argument("--workers", type=int, default=2)
    arguments.add_argument("--rounds", type=int, default=15)
    arguments.add_argument("--seconds", type=float, default=0.08)
    arguments.add_argument("--costs", choices=KINDS)
    chosen = arguments.parse_args()
    names = chosen.workload or list(WORK)
    if chosen.costs:
        print(json.dumps(costs(chosen.costs, names[0])))
        return
    result = {}
    for name in names:
        print(name, file=sys.stderr)
        result[name] = throughput(name, chosen.workers, chosen.rounds, chosen.seconds)
        result[name]["costs"] = {}
        for kind in KINDS:
            command = [sys.executable, *sys.orig_argv[1 : sys.orig_argv.index(sys.argv[0])], sys.argv[0]]
            command += ["--costs", kind, "--workload", name]
            # A fresh process for each: nothing has been imported.
            shown = [json.loads(subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout) for _ in range(3)]
            result[name]["costs"][kind] = {
                which: {what: statistics.median(one[which][what] for one in shown) for what in ("seconds", "MB")}
                for which in ("first", "further")
            }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
