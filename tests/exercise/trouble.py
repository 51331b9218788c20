"""Workloads that do not go well, a function each."""

import os
import time


def fails():
    raise LookupError("no such shelf")


def hangs():
    time.sleep(1_000_000)


def ends():
    os._exit(3)


def forks():
    if os.fork() == 0:
        time.sleep(60)


def writes():
    os.write(1, b"written to the terminal\n" * 1000)
    print("printed")


def needs():
    import no_such_package
