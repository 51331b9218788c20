"""Beginning and end of an image: constructors and exit functions run once each, and none into unmapped memory."""

import gc
import os
import time

from case import Case
from recipes import extension, package

BUILD = [package("exits"), extension("exits/_exits", "exits.cpp"), extension("exits/_early", "early.c")]


class Constructors(Case):
    """Constructors and destructors run once for an image."""

    kept = "exit functions"
    shows = "constructors ran"

    def use(self):
        from exits import _exits

        return {"constructed": _exits.constructors(), "counts": [_exits.count() for _ in range(self.number + 1)]}

    def judge(self, seen):
        wrong = seen.alike([1, 1], "use", "constructed")
        begun, ended = seen.log.count("constructor"), [line for line in seen.log if line.startswith("destructor")]
        if begun != len(seen.interpreters):
            wrong.append(f"{begun} constructors ran for {len(seen.interpreters)} images")
        if len(ended) > begun or len(set(ended)) != len(ended):
            wrong.append(f"destructors ran twice: {ended}")
        return wrong


class AtExit(Case):
    """A handler of C's atexit runs once, with the variables of its image, when that is closed or the process ends."""

    kept = "exit functions"
    shows = "handlers ran"
    function = "with_atexit"
    label = "atexit"

    def use(self):
        from exits import _exits

        registered = getattr(_exits, self.function)()
        for _ in range(self.number + 1):
            counted = _exits.count()
        return {"registered": registered, "counted": counted}

    def judge(self, seen):
        ran = sorted(int(line.split()[1]) for line in seen.log if line.startswith(self.label))
        wrong = seen.alike(0, "use", "registered")
        expected = list(range(1, len(seen.interpreters) + 1))
        if ran != expected:
            wrong.append(f"handlers ran that saw {ran}, not {expected}")
        return wrong


class PyAtExit(AtExit):
    """The same by Py_AtExit, which is the process's list of 32."""

    legacy = True
    function = "with_py_at_exit"
    label = "Py_AtExit"
    # Nothing is missed without: CPython's list is looked through before an image is closed.


class PyAtExitManyTimes(Case):
    """Forty interpreters, one handler each: the process's list holds 32."""

    kept = "exit functions"
    steps = ("use",)
    count = 40
    threads = False
    function = "with_py_at_exit"
    shows = "has registered"
    without = ("atexit",)
    in_main = False

    def use(self):
        from exits import _exits

        return {"registered": _exits.with_py_at_exit()}

    def judge(self, seen):
        return seen.alike(0, "use", "registered")


class AtFork(Case):
    """Handlers of pthread_atfork go with their image: a later fork does not call into unmapped memory."""

    kept = "exit functions"
    control = None
    no_control = "glibc removes the handlers of a library that is closed"

    def use(self):
        from exits import _exits

        return _exits.with_atfork()

    def afterwards(self):
        gc.collect()
        child = os.fork()
        if child == 0:
            os._exit(7)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

    def judge(self, seen):
        return seen.alike(0, "use") + ([] if seen.afterwards in (None, 7) else [f"a fork ended with {seen.afterwards}"])


class StaticDestructor(Case):
    """A static destructor that releases an object of an interpreter that has ended."""

    kept = "exit functions"
    attach = 0
    control = None
    no_control = "what a closed image runs; plain loading closes none"

    def use(self):
        from exits import _exits

        class Kept:
            pass

        _exits.hold([Kept() for _ in range(100)], self.attach)

    def afterwards(self):
        time.sleep(0.1)
        return True

    def judge(self, seen):
        ran = seen.log.count("static destructor")
        return [] if ran <= len(seen.interpreters) else [f"{ran} static destructors ran"]


class StaticDestructorAttaches(StaticDestructor):
    """The same, which attaches first: it may not hang whoever closes the image."""

    attach = 1


class ThreadOfConstructor(Case):
    """A thread that a constructor starts, and a constructor that attaches, are in the interpreter that imports."""

    shows = "ran in interpreter|in time"
    control_count = 1
    without = ("foreign",)

    def use(self):
        from exits import _early

        return _early.saw()

    def judge(self, seen):
        return seen.own("use")
