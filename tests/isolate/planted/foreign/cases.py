"""Native threads, and whatever else in the C-API means "the main interpreter": all mean the one whose image it is."""

import os
import sys
import time

from case import Case
from inside import here
from recipes import extension, package

BUILD = [package("foreign"), extension("foreign/_foreign", "foreign.c")]


class Threads(Case):
    """A thread that attaches by PyGILState_Ensure runs its callback in the interpreter that started it."""

    control_count = 1
    shows = "ran in interpreter"
    without = ("foreign",)
    threads_made, times, nested, by_name = 1, 1, 0, 0
    calls_of_each = 1

    def use(self):
        from foreign import _foreign

        called = []
        seen = _foreign.run(lambda: called.append(here()), self.threads_made, self.times, self.nested, self.by_name)
        return {"called": called, "natively": [one["seen"] for one in seen], "calls": len(called)}

    def judge(self, seen):
        calls = self.threads_made * self.times * (4 if self.nested else 1)
        return seen.own("use", "called") + seen.own("use", "natively") + seen.alike(calls, "use", "calls")


class ThreadsAgainAndAgain(Threads):
    """A thread that attaches a hundred times."""

    times = 100


class ThreadsNested(Threads):
    """Ensure within Ensure, and within Py_BEGIN_ALLOW_THREADS within Ensure, has the same thread state."""

    legacy = True
    nested = 1
    times = 10


class FiftyThreads(Threads):
    """Fifty threads at once."""

    threads_made, times, nested = 50, 5, 1


class ThreadsByName(Threads):
    """PyGILState_Ensure found by dlsym(RTLD_DEFAULT, ...) is the same."""

    by_name = 1


class CallbackRaises(Case):
    """An exception in a foreign thread goes to the unraisable hook of its interpreter."""

    control_count = 1
    shows = "has caught"
    without = ("foreign",)

    def use(self):
        from foreign import _foreign

        caught = []

        def callback():
            raise LookupError(self.number)

        sys.unraisablehook = lambda unraisable: caught.append(str(unraisable.exc_value))
        try:
            _foreign.run(callback, 3, 2, 0, 0)
        finally:
            sys.unraisablehook = sys.__unraisablehook__
        return {"caught": len(caught), "mine": all(value == str(self.number) for value in caught)}

    def judge(self, seen):
        return seen.alike(6, "use", "caught") + seen.alike(True, "use", "mine")


class AlreadyAttached(Case):
    """Ensure on a thread that is attached to this interpreter keeps its thread state."""

    threads = False
    shows = "has attached|has detached|SIG|in time"
    # CPython 3.12 and newer find the thread state that was attached last, so only a thread that takes turns notices.
    control = "override" if sys.version_info < (3, 12) else None
    no_control = "from 3.12 on CPython itself gets this right"

    def use(self):
        from foreign import _foreign

        attached = _foreign.ensure_attached(here)
        detached = _foreign.ensure_detached(here)
        if sys.version_info < (3, 12):
            detached[1] = 1  # 3.11 knows no thread state of this thread; the interpreter is what counts
        return {"attached": attached[1:4], "detached": detached[1:5],
                "where": [attached[0], attached[4], detached[0], detached[5]]}

    def judge(self, seen):
        return (seen.own("use", "where") + seen.alike([1, 1, 1], "use", "attached")
                + seen.alike([1, 1, 1, 1], "use", "detached"))


class AlreadyAttachedInThreads(AlreadyAttached):
    """The same with an own thread for each interpreter."""

    threads = True


class DetachesInOneWayAttachesInAnother(Case):
    """Ensure finds a thread attached, however it detached and attached before: contourpy waited for itself on 3.11."""

    legacy = True
    control = "override" if sys.version_info < (3, 12) else None
    no_control = "from 3.12 on CPython itself gets this right"
    shows = "has turns|SIG|in time"

    def use(self):
        from foreign import _foreign

        turns = _foreign.turns()
        return {"where": turns[:4], "turns": turns[4:]}

    def judge(self, seen):
        return seen.own("use", "where") + seen.alike([4, 2], "use", "turns")


class AttachedToAnother(Case):
    """A native function of one interpreter's image, called by a thread of another, crosses over and comes back."""

    steps = ("use", "call", "forget")
    shows = "ran in interpreter|came back|in time|SIG"
    without = ("foreign",)
    in_main = False

    def use(self):
        from foreign import _foreign

        self.called = []
        address = _foreign.expose(lambda: self.called.append(here()))
        with open(os.path.join(self.scratch, f"address-{self.number}"), "w") as file:
            file.write(f"{address} {here()}")
        return address

    def call(self):
        from foreign import _foreign

        other = os.path.join(self.scratch, f"address-{0 if self.number else 1}")
        with open(other) as file:
            address, expected = file.read().split()
        where, back = _foreign.call_address(int(address))
        return {"where": where, "expected": int(expected), "back": back}

    def forget(self):
        from foreign import _foreign

        _foreign.forget()
        return self.called

    def judge(self, seen):
        wrong = [f"a call ran in interpreter {one['where']}, not in {one['expected']}" for one in seen.values("call")
                 if one["where"] != one["expected"]]
        wrong += ["a thread came back with another thread state" for one in seen.values("call") if not one["back"]]
        return wrong + seen.own("forget")


class ChecksAndStates(Case):
    """PyGILState_Check and GetThisThreadState answer for the thread and this interpreter."""

    shows = "has"
    without = ("foreign",)

    def use(self):
        from foreign import _foreign

        run = _foreign.run(lambda: None, 2, 1, 1, 0)
        for one in run:
            del one["seen"]
        return {"here": _foreign.check(), "threads": run}

    def judge(self, seen):
        one = {"check before": 0, "check inside": 1, "check after": 0, "check detached": 0, "state before": 0,
               "state inside": 1}
        return seen.alike([1, 0, 1], "use", "here") + seen.alike([one, one], "use", "threads")


class ChecksInTurns(ChecksAndStates):
    """The same where interpreters take turns in one thread."""

    legacy = True
    threads = False


class MainByHand(Case):
    """A thread state made for PyInterpreterState_Main belongs to the interpreter whose image asks."""

    legacy = True
    control_count = 1
    shows = "ran in interpreter|has main is mine"
    without = ("foreign",)
    head = "main"

    def use(self):
        from foreign import _foreign

        called = []
        seen = [_foreign.by_hand(lambda: called.append(here()), self.head) for _ in range(5)]
        return {"natively": seen, "called": called, "main is mine": _foreign.main_is_mine()}

    def judge(self, seen):
        return seen.own("use", "natively") + seen.own("use", "called") + seen.alike(True, "use", "main is mine")


class HeadByHand(MainByHand):
    """The same for PyInterpreterState_Head: some modules take the first interpreter for the only one."""

    control_count = 2
    shows = "ran in interpreter|has main is mine|SIG"
    head = "head"


class PendingCalls(Case):
    """Py_AddPendingCall of a native thread runs in the interpreter whose image it is."""

    legacy = True
    steps = ("use", "wait")
    # CPython 3.11 handles pending calls in the process's main thread only, whatever the interpreter.
    threads = sys.version_info >= (3, 12)
    control_count = 1
    shows = "ran in interpreter" if sys.version_info >= (3, 12) else "ran in interpreter|ended with 1|SIG"
    without = ("pending",)
    foreign = 1

    def use(self):
        from foreign import _foreign

        self.called = []
        _foreign.add_pending(lambda: self.called.append(here()), self.foreign)

    def wait(self):
        from foreign import _foreign

        end = time.monotonic() + 3
        while len(self.called) < 10 and time.monotonic() < end:
            time.sleep(0.001)
        return {"calls": len(self.called), "called": self.called, "natively": _foreign.pending_done()}

    def judge(self, seen):
        return (seen.alike(10, "wait", "calls") + seen.own("wait", "called") + seen.own("wait", "natively"))


class PendingCallsOfOwnThread(PendingCalls):
    """The same of a thread that is attached to it."""

    control = "override" if sys.version_info >= (3, 12) else None
    no_control = "3.11 itself gets this right"
    without = ("pending",) if sys.version_info >= (3, 12) else ()
    shows = "ran in interpreter|has calls 0"
    foreign = 0


class ThreadOutlives(Case):
    """A native thread that attaches when its interpreter has ended gets nowhere, and the process lives on."""

    legacy = True
    shows = "attached|SIG"
    without = ("foreign",)
    in_main = False
    kind = "ensure"
    kept = "threads that have not ended"

    def use(self):
        from foreign import _foreign

        _foreign.outlive(self.kind, self.number)

    def afterwards(self):
        time.sleep(1.2)
        return True

    def judge(self, seen):
        woke = [line for line in seen.log if line.endswith("woke")]
        wrong = [f"{line}, though its interpreter has ended" for line in seen.log
                 if "attached" in line or "back" in line]
        if len(woke) != len(seen.interpreters):
            wrong.append(f"{len(woke)} threads woke: the test shows nothing")
        return wrong


class PendingOutlives(ThreadOutlives):
    """A pending call of a thread whose interpreter has ended is refused or dropped, and never made elsewhere."""

    kind = "pending"
    kept = None
    without = ("pending",)
    shows = "SIG|ended with 1"

    def afterwards(self):
        time.sleep(1)
        for _ in range(100):
            time.sleep(0.001)
        return True

    def use(self):
        from foreign import _foreign

        self.called = []
        _foreign.add_pending(lambda: self.called.append(here()), 0)
        for _ in range(100):
            time.sleep(0.001)
        _foreign.outlive(self.kind, self.number)


class ThreadInsideAtTheEnd(ThreadOutlives):
    """A native thread that has attached, and waits in Py_BEGIN_ALLOW_THREADS, when its interpreter ends."""

    kind = "inside"
    kept = None
    # 3.11 looks for other threads before it ends an interpreter, and refuses: nobody could wait for them.
    since = (3, 12)
    control_count = 1
    shows = "was inside"

    def use(self):
        super().use()
        end = time.monotonic() + 3
        while time.monotonic() < end:
            if os.path.exists(os.environ["PLANTED_LOG"]):
                with open(os.environ["PLANTED_LOG"]) as file:
                    if f"thread {self.number} inside" in file.read():
                        return

    def judge(self, seen):
        # Waiting for it is as right as ending without it: "back" is wrong only in another interpreter.
        inside = {line.split()[1]: line.split()[-1] for line in seen.log if "inside" in line}
        back = [line.split() for line in seen.log if "back in" in line]
        wrong = [f"thread {line[1]} is back in {line[-1]}, not in {inside[line[1]]}" for line in back
                 if inside[line[1]] != line[-1]]
        wrong += [f"thread {number} was inside {where}" for number, where in inside.items()
                  if seen.ids()[int(number)] != int(where)]
        return wrong
