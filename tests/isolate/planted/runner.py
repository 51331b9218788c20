"""The child process of a test: makes interpreters, runs a case's steps in all of them, ends them.

`runner.py ARGUMENTS`, where ARGUMENTS is JSON; see `support_planted.run`. Results are files in the outbox.
"""

import json
import os
import queue
import sys
import threading
import time

import inside

try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters

OWN_GIL = sys.version_info >= (3, 12)


def create(own_gil):
    if sys.version_info >= (3, 13):
        return interpreters.create("isolated" if own_gil else "legacy")
    return interpreters.create(isolated=own_gil and OWN_GIL)


def execute(interpreter, code):
    if sys.version_info >= (3, 13):
        failure = interpreters.exec(interpreter, code)
        if failure is not None:
            raise RuntimeError(failure.formatted)
    else:
        interpreters.run_string(interpreter, code)


class Worker:
    """A thread that enters one interpreter only."""

    def __init__(self):
        self.work, self.answers = queue.Queue(), queue.Queue()
        self.thread = threading.Thread(target=self.loop, daemon=True)
        self.thread.start()

    def loop(self):
        while True:
            function, arguments = self.work.get()
            if function is None:
                return
            try:
                self.answers.put((function(*arguments), None))
            except BaseException as error:
                self.answers.put((None, error))

    def begin(self, function, *arguments):
        self.work.put((function, arguments))

    def end(self):
        # Short waits, so that the main thread keeps evaluating code, where pending calls of the main interpreter run.
        while True:
            try:
                value, error = self.answers.get(timeout=0.01)
                break
            except queue.Empty:
                continue
        if error is not None:
            raise error
        return value

    def stop(self):
        self.work.put((None, ()))
        self.thread.join(10)
        if self.thread.is_alive():
            raise RuntimeError("a thread whose interpreter has ended does not end")


class Here:
    """The same in the main thread: all interpreters take turns in it."""

    def begin(self, function, *arguments):
        self.value = function(*arguments)

    def end(self):
        return self.value

    def stop(self):
        pass


def write(outbox, name, value):
    """Leaves a value to the test; all of it, or nothing."""
    path = os.path.join(outbox, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(repr(value))
    os.rename(path + ".new", path + ".value")


def reap():
    """Closes the images of the interpreters that have ended, as the next interpreter to begin does."""
    from insula_isolate import _native

    return _native.reap()


def reap_at_last(kept):
    """The same when all threads have ended, which is a moment after they were joined."""
    for _ in range(50):
        counts = reap()
        if kept or not counts["kept"]:
            break
        time.sleep(0.02)
    return counts


def main(arguments):
    theme, name, mode, site, outbox = (arguments[key] for key in ("theme", "case", "mode", "site", "outbox"))
    case = inside.find_case(theme, name)
    case.number, case.site, case.mode, case.scratch = -1, site, mode, arguments["options"]["scratch"]
    if mode == "main":
        one = inside.Interpreter(theme, name, mode, site, outbox, 0, arguments["options"])
        for step in case.steps:
            one.run(step)
        if hasattr(case, "afterwards"):
            one.case.afterwards()
        return
    if hasattr(case, "beforehand"):
        case.beforehand()
    count = arguments["count"]
    workers = [Worker() if case.threads else Here() for _ in range(count)]
    made = []
    for number, worker in enumerate(workers):
        worker.begin(create, arguments["own_gil"])
        made.append(worker.end())
    for number, (worker, interpreter) in enumerate(zip(workers, made)):
        values = theme, name, mode, site, outbox, number, arguments["options"]
        worker.begin(execute, interpreter,
                     f"import sys; sys.path[:0] = {[*arguments['path'], inside.HERE]!r}\n"
                     f"import inside\nplanted = inside.Interpreter(*{values!r})")
        worker.end()
    for step in case.steps:
        for worker, interpreter in zip(workers, made):
            worker.begin(execute, interpreter, f"planted.run({step!r})")
        for worker in workers:
            worker.end()
    order = sorted(range(count), key=lambda number: hash((arguments.get("seed", 0), number)))
    for worker, interpreter in ((workers[number], made[number]) for number in order):
        worker.begin(interpreters.destroy, interpreter)
        worker.end()
    write(outbox, "ended", reap() if mode == "isolate" else None)
    for worker in workers:
        worker.stop()
    if hasattr(case, "afterwards"):
        value = case.afterwards()
        write(outbox, "afterwards", value)
    write(outbox, "later", reap_at_last(arguments["kept"]) if mode == "isolate" else None)


if __name__ == "__main__":
    sys.path[:0] = json.loads(sys.argv[1])["path"]
    main(json.loads(sys.argv[1]))
