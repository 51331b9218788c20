# The user's workload in one interpreter: each test, and how it ended. Everything is imported where it is needed: the
# workload decides what there is.
import sys
import time

# What interpreters restrict, whatever is tested, and the words in which CPython 3.12 to 3.15 says so.
RESTRICTED = (
    ("daemon threads", "daemon threads are disabled in this (sub)interpreter"),
    ("fork", "fork not supported for"),
    ("fork", "preexec_fn not supported within subinterpreters"),
    ("exec", "exec not supported for isolated subinterpreters"),
    ("signals", "only works in main thread of the main interpreter"),
)
# Called around the run of a test, with its id, a function that runs it, the test's own function, and its fixtures.
AROUND = [None]
# Notes what each test uses of the target, in the interpreter that is watched.
WATCH = [None]
# For how long the garbage of tests is collected right behind them, in seconds.
COLLECTION = [5.0]


def of_exercise(kind, fields):
    emit("exercise", {"told": {kind: fields}})


def exercise_began(*, test, at, whole):
    of_exercise("began", {"test": test, "at": at, "whole": whole})


def exercise_tested(*, test, ended, said):
    of_exercise("tested", {"test": test, "ended": ended, "said": said})


def exercise_exercised(*, error):
    of_exercise("exercised", {"error": error})


def exercise_called(*, reached, missed):
    of_exercise("called", {"reached": reached, "missed": missed})


def exercise_touched(*, test, calls):
    of_exercise("touched", {"test": test, "calls": calls})


def exercise_leaves(*, test, blocks, bytes, repeats, uses, calls):
    of_exercise("leaves", {"test": test, "blocks": blocks, "bytes": bytes, "repeats": repeats, "uses": uses, "calls": calls})


def exercise_keeps(*, test):
    of_exercise("keeps", {"test": test})


def exercise_beside(*, test):
    of_exercise("beside", {"test": test})


def exercise_repeated(*, count, of, steady):
    of_exercise("repeated", {"count": count, "of": of, "steady": steady})


def left_out(test, separator):
    """Whether this test, or what it is in, did not let an earlier run come to its end."""
    return any(test == one or test.startswith(one + separator) for one in CONFIG["exercise"]["leave_out"])


def now():
    """In milliseconds."""
    return int(time.monotonic() * 1000)


def begin(test, collected=False, whole=False):
    """A test, a file of tests that is imported, or the whole workload is next."""
    exercise_began(test=test, at=now(), whole=whole)
    if WATCH[0] is not None:
        WATCH[0].begin(test, collected)


def end(*tests):
    """It came to its end, under these ids if not under its own."""
    if WATCH[0] is not None:
        WATCH[0].end(*tests)


def look(function, fixtures=None):
    if WATCH[0] is not None:
        WATCH[0].look(function, fixtures)


def restriction(error):
    """Which restriction an exception, or one that led to it, comes from."""
    seen = []
    # By identity: an exception of a test may say of any other that it is equal, or raise.
    while error is not None and id(error) not in seen:
        seen.append(id(error))
        text = text_of(error)
        if isinstance(error, (RuntimeError, ValueError)):
            for what, words in RESTRICTED:
                if words in text:
                    return what
        refused = "module %s does not support loading in subinterpreters" % CONFIG["name"]
        if isinstance(error, ImportError) and "does not support loading in subinterpreters" in text and refused not in text:
            return text
        error = error.__cause__ or error.__context__
    return None


def settle():
    """Collects a test's garbage before it is said to have ended, where interpreters are compared.

    Often it is the collector that meets what a test has damaged, and later nobody could tell which one it was.
    """
    if COLLECTION[0] > 0 and CONFIG["exercise"]["asks"] in ("interpreters", "twice"):
        import gc

        begun = time.monotonic()
        gc.collect()
        COLLECTION[0] -= time.monotonic() - begun


def judged(test, error):
    """Reports how a test ended that raised this, or nothing."""
    settle()
    if error is None:
        return exercise_tested(test=test, ended="passed", said="")
    what = restriction(error)
    line = "%s: %s" % (type(error).__name__, (text_of(error).strip() or "no message").split("\n")[0])
    exercise_tested(test=test, ended="restricted" if what else "failed", said=(what or line)[:300])


def one(test, run):
    """Runs a workload that is one test."""
    begin(test, whole=True)
    try:
        run()
        if AROUND[0] is not None:
            AROUND[0](test, run, run, None)
    except SystemExit as stop:
        judged(test, stop if stop.code not in (None, 0) else None)
    except BaseException as error:
        judged(test, error)
    else:
        judged(test, None)
    look(run)
    end()
    return None


def not_there(said, test, arguments):
    """What unittest says of a name that was given and stands for nothing, as opposed to a file that fails."""
    for name in arguments:
        parts = name.split(".")
        packages = [".".join(parts[: end + 1]) for end in range(len(parts))]
        no_module = any("No module named %r" % package in said for package in packages)
        if parts[-1:] == [test] and "has no attribute %r" % test in said or no_module:
            yield said


def no_module(name):
    """Why `python -m` would not find this module. What importing its packages raises is the workload's to meet."""
    import importlib.util

    try:
        found = importlib.util.find_spec(name)
        if found is not None and found.submodule_search_locations is not None:
            found, name = importlib.util.find_spec(name + ".__main__"), name + ".__main__"
    except ModuleNotFoundError as error:
        return text_of(error) if error.name and (name + ".").startswith(error.name + ".") else None
    except BaseException:
        return None
    return "No module named %r" % name if found is None else None


def workload():
    """Runs it; why it cannot be run, or None."""
    import os
    import shlex

    words = shlex.split(CONFIG["exercise"]["command"])
    if words[:1] in (["python"], ["python3"]):
        words = words[1:]
    folder = CONFIG["exercise"]["folder"]
    if not words or words == ["-m"]:
        return "it names no program"
    first, rest = words[0], words[1:]
    if first == "pytest":
        return with_pytest(rest)
    if first == "-m":
        sys.path.insert(0, folder)
        if rest[0] == "pytest":
            return with_pytest(rest[1:])
        if rest[0] == "unittest":
            return with_unittest(rest[1:])
        problem = no_module(rest[0])
        if problem is not None:
            return problem
        import runpy

        return one(" ".join(words), lambda: run_as(rest, lambda: runpy.run_module(rest[0], run_name="__main__", alter_sys=True)))
    if first.endswith(".py"):
        if not os.path.isfile(first):
            return "there is no file %s in %s" % (first, folder)
        import runpy

        sys.path.insert(0, os.path.dirname(os.path.abspath(first)))
        return one(first, lambda: run_as(words, lambda: runpy.run_path(first, run_name="__main__")))
    module, _, name = first.partition(":")
    sys.path.insert(0, folder)
    found = __import__(module, fromlist=[""])
    for part in name.split("."):
        found = getattr(found, part)
    return one(first, found)


def run_as(arguments, run):
    sys.argv = arguments
    run()


def exercise():
    """Runs the workload here. What it prints is nobody's to read."""
    import io
    import os

    os.chdir(CONFIG["exercise"]["folder"])
    path, output, errors, arguments = sys.path[:], sys.stdout, sys.stderr, getattr(sys, "argv", [])
    sys.stdout, sys.stderr = io.StringIO(), io.StringIO()
    error = None
    try:
        problem = workload()
        if problem is not None:
            error = ImportError(problem)
    except BaseException as raised:
        problem, error = "%s: %s" % (type(raised).__name__, (text_of(raised).strip() or "no message").split("\n")[0]), raised
    finally:
        sys.path[:], sys.stdout, sys.stderr, sys.argv = path, output, errors, arguments
    if error is not None:
        judged(CONFIG["exercise"]["command"], error)
    exercise_exercised(error=problem)
