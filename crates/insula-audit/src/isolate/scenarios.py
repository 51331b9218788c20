# The scenarios of an audit with --isolate, run by the worker's main interpreter.
import _thread


class Threads:
    """One interpreter with a thread of its own, which makes it, runs it and ends it."""

    creation = _thread.allocate_lock()

    def __init__(self, api, number):
        self.api, self.number = api, number
        self.job = self.interpreter = None
        self.go, self.done = _thread.allocate_lock(), _thread.allocate_lock()
        self.go.acquire()
        self.done.acquire()
        _thread.start_new_thread(self.loop, ())
        self.run(self.make)

    def loop(self):
        while True:
            self.go.acquire()
            job, self.job = self.job, None
            if job is None:
                self.done.release()
                return
            try:
                job()
            except BaseException as error:
                failed(error, "thread")
            self.done.release()

    def make(self):
        # CPython 3.12 and 3.13 end the process if two threads create interpreters at once.
        with self.creation:
            self.interpreter = self.api.create(CONFIG["gil"])
        lines = opening("isolated interpreter %d" % self.number, INSIDE)
        self.execute("\n".join([*lines, "begin(%d)" % self.number]))

    def execute(self, code):
        self.api.execute(self.interpreter, "isolated interpreter %d" % self.number, code)

    def begin(self, code):
        self.job = code if callable(code) else lambda: self.execute(code)
        self.go.release()

    def wait(self):
        # Short waits, so that the main thread keeps evaluating code: pending calls of the main interpreter run there.
        while not self.done.acquire(True, 0.05):
            pass

    def run(self, code):
        self.begin(code)
        self.wait()

    def end(self):
        self.run(self.destroy)
        self.job = None
        self.go.release()
        self.wait()

    def destroy(self):
        with self.creation:
            self.api.destroy(self.interpreter)


def everywhere(threads, code, here=None):
    """Runs code in all these interpreters at the same time, and a function in the main one."""
    for one in threads:
        one.begin(code)
    if here is not None:
        here()
    for one in threads:
        one.wait()


def shuffled(items):
    state = CONFIG["seed"] + 1
    items = list(items)
    for last in range(len(items) - 1, 0, -1):
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        other = (state >> 33) % (last + 1)
        items[last], items[other] = items[other], items[last]
    return items


def scenario_isolate_present():
    """Whether insula_isolate is there."""
    say_step(name="import of insula_isolate")
    try:
        begin(0)
    except BaseException as error:
        notes = "; ".join(getattr(error, "__notes__", ()))
        tell_present(error="%s: %s" % (type(error).__name__, text_of(error) + (notes and "; " + notes)))
        return
    tell_present(error=None)


def scenario_isolate_calls():
    """The calls, in the main interpreter of an ordinary process: which ones are there, and what do they come to?"""
    begin(0)
    bring_in()
    tell_standard_library(names=stdlib_names())
    record()
    tell_calls()


def scenario_isolate_proof():
    """The main interpreter and others import and use the target, are seen from outside, and end in random order."""
    api = Interpreters()
    say_step(name="import of insula_isolate")
    begin(0)
    say_step(name="creation of the interpreters")
    threads = [Threads(api, number + 1) for number in range(CONFIG["width"])]
    first, others = threads[0], threads[1:]
    first.run("bring_in()\nrecord()")
    # In a control of the replay the others do without the target.
    enter = "" if CONFIG["absent"] else "bring_in()"
    everywhere(others, enter, None if CONFIG["absent"] else bring_in)
    everywhere([first], "replay('after the others imported it')")
    working = [first] if CONFIG["early"] else threads
    if not CONFIG["early"]:
        everywhere(others, "record()", record)
        everywhere(threads, "replay('while all work at the same time')", lambda: replay("while all work at the same time"))
    for reading in (1, 2):
        say_step(name="reading %d" % reading)
        for one in threads:
            one.run("tell(%d)" % reading)
        tell(reading)
        wait_at_copies(reading=reading)
        everywhere(working, "replay('after a reading')", lambda: replay("after a reading"))
    if CONFIG["early"]:
        # How they end was seen, or not, where all of them worked.
        posix._exit(0)
    # The first one is the last, for the others' ends are to be noticed in it.
    for one in shuffled(others) + [first]:
        say_step(name="end of isolated interpreter %d" % one.number)
        one.end()
        if one is not first:
            first.run("replay('after another interpreter ended')")
        else:
            replay("after all others ended")
    say_step(name="the process's end")


def scenario_isolate_race():
    """Interpreters import at the same time, with nobody before them, and end in random order, several times over."""
    api = Interpreters()
    say_step(name="import of insula_isolate")
    begin(0)
    for number in range(CONFIG["rounds"]):
        CONFIG["seed"] += 1
        say_step(name="creation of interpreters, round %d" % (number + 1))
        threads = [Threads(api, one + 1) for one in range(CONFIG["width"])]
        everywhere(threads, "bring_in()\nrecord()\nreplay('in parallel')")
        for one in shuffled(threads):
            say_step(name="end of isolated interpreter %d, round %d" % (one.number, number + 1))
            one.end()
    say_step(name="import in the main interpreter, after all others")
    bring_in()
    record()
    say_step(name="the process's end")


def memory():
    clear = getattr(sys, "_clear_internal_caches", None) or getattr(sys, "_clear_type_cache", None)
    if clear is not None:
        clear()
    file = posix.open("/proc/self/statm", posix.O_RDONLY)
    pages = posix.read(file, 200).split()
    posix.close(file)
    return [sys.getallocatedblocks(), MALLOC_BYTES[0](), int(pages[1]) * posix.sysconf("SC_PAGESIZE")]


def scenario_isolate_leaks():
    """Interpreters come and go; each imports the target."""
    import gc

    api = Interpreters()
    say_step(name="import of insula_isolate")
    begin(0)
    find_mallinfo()
    cycles = CONFIG["cycles"]

    def cycle():
        one = Threads(api, 1)
        one.run("bring_in()")
        one.end()

    readings = []
    for window in range(4):
        for number in range(cycles):
            say_step(name="interpreter %d of %d" % (window * cycles + number + 1, 4 * cycles))
            cycle()
        gc.collect()
        readings.append(memory())
    windows = [[now - before for now, before in zip(later, earlier)] for earlier, later in zip(readings, readings[1:])]
    tell_growth(windows=windows, cycles=cycles, bytes=MALLOC_BYTES[0] is not no_bytes)
    say_step(name="the process's end")
