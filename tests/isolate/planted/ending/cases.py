"""Native threads that are there when their interpreter ends, and are told to end when the module is freed."""

import sys

from case import Case
from recipes import extension, package

BUILD = [package("ending"), extension("ending/_ending", "ending.cpp")]


# CPython 3.12 and 3.13.0 crash ("thread state already initialized") where one thread attaches to an interpreter at the moment in
# which another, the only one there, leaves it.
LEAVES_BADLY = (3, 12) <= sys.version_info < (3, 13, 1)


def stay():
    """Keeps a thread of Python's here until the interpreter ends."""
    import threading

    over = threading.Event()
    threading.Thread(target=over.wait).start()
    threading._register_atexit(over.set)


class Caller(Case):
    """A thread attaches again and again until the module is freed, which joins it: the interpreter ends."""

    control = None
    no_control = "without insula_isolate such a thread attaches to the main interpreter, which does not end"
    # Where the main interpreter ends, CPython from 3.14 on stops the thread, and the module waits for it for ever.
    in_main = False
    # 3.11 looks for other threads before it ends an interpreter, and refuses.
    since = (3, 12)
    kind, by_cpp = "caller", False
    kept = "threads that have not ended"
    timeout = 30

    def use(self):
        from ending import _ending

        if LEAVES_BADLY:
            stay()
        _ending.start(self.kind, self.number, self.by_cpp)

    def judge(self, seen):
        expected = [f"joined {number}" for number in range(len(seen.interpreters))]
        return [] if sorted(seen.log) == expected else [f"the log is {seen.log}, not {expected}"]


class CallerByCpp(Caller):
    """The same with std::thread."""

    by_cpp = True
    kept = "threads that cannot be watched|another image"


class Worker(Caller):
    """A thread attached once, and is detached until the module is freed."""

    kind = "worker"


class WorkerByCpp(Worker):
    """The same with std::thread."""

    by_cpp = True
    kept = "threads that cannot be watched|another image"


class Leaky(Worker):
    """A thread detached, and ended without PyGILState_Release."""

    kind = "leaky"
    kept = None


class Deleter(Caller):
    """A thread deletes the thread state that PyGILState_Ensure has made."""

    kind = "deleter"
    kept = None
