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


class PytestPlugin:
    """Reports each test of pytest."""

    def __init__(self):
        self.errors = {}
        self.failed = {}
        self.skipped = {}

    def pytest_addoption(self, parser):
        # Those of the plugin faulthandler, which interpreters cannot load. The suite's configuration may name them.
        parser.addini("faulthandler_timeout", "not used", default="0")
        parser.addini("faulthandler_exit_on_timeout", "not used", default="false")

    def pytest_runtest_setup(self, item):
        # A doctest is without its names once it ran.
        names = getattr(getattr(item, "dtest", None), "globs", None)
        item.insula_names = None if names is None else dict(names)

    def pytest_sessionstart(self, session):
        # Its summary is nobody's to read, and plugins import for it what interpreters refuse.
        session.config.pluginmanager.unregister(name="terminalreporter")

    def pytest_collectstart(self, collector):
        # The first one is the whole suite, and has no id.
        test = str(collector.nodeid)
        begin(test or CONFIG["exercise"]["command"], collected=True, whole=not test)

    def pytest_make_collect_report(self, collector):
        if left_out(str(collector.nodeid), "::"):
            from _pytest.reports import CollectReport

            return CollectReport(collector.nodeid, "passed", None, [])
        return None

    def pytest_collection_modifyitems(self, config, items):
        out = [item for item in items if left_out(str(item.nodeid), "::")]
        if out:
            items[:] = [item for item in items if item not in out]
            config.hook.pytest_deselected(items=out)

    def pytest_runtest_logstart(self, nodeid):
        begin(str(nodeid))

    def pytest_runtest_call(self, item):
        # A failure of unittest's is not raised, and stands here.
        if AROUND[0] is not None and not getattr(item, "_excinfo", None):
            function, fixtures = getattr(item, "obj", None), getattr(item, "funcargs", None)
            AROUND[0](str(item.nodeid), lambda: once_more(item), function, fixtures)

    def pytest_runtest_teardown(self, item):
        look(getattr(item, "obj", None), getattr(item, "funcargs", None))

    def pytest_exception_interact(self, node, call, report):
        self.errors.setdefault(str(report.nodeid), call.excinfo.value)

    def pytest_runtest_logreport(self, report):
        if report.outcome == "skipped" and not hasattr(report, "wasxfail"):
            self.skipped[str(report.nodeid)] = str(report.longrepr)
        elif report.outcome == "failed":
            # An unexpected success is a failure without an exception. Of others the exception comes next.
            self.failed[str(report.nodeid)] = AssertionError(str(report.longrepr).strip().split("\n")[-1])

    def pytest_runtest_logfinish(self, nodeid):
        test = str(nodeid)
        end()
        error = self.errors.pop(test, None) or self.failed.pop(test, None)
        if error is None and test in self.skipped:
            exercise_tested(test=test, ended="skipped", said=self.skipped[test][:300])
        else:
            judged(test, error)

    def pytest_collectreport(self, report):
        end()
        if report.outcome == "failed":
            test = str(report.nodeid)
            error = self.errors.pop(test, None) or ImportError(str(report.longrepr).strip().split("\n")[-1])
            judged(test, error.__cause__ or error)


def once_more(item):
    """Runs a test of pytest that ran before."""
    case = getattr(item, "instance", None)
    if getattr(case, "_asyncioRunner", None) is not None:
        # unittest closes it at the end of a run, and does not expect another one.
        case._asyncioRunner = None
    if getattr(item, "insula_names", None) is not None:
        item.dtest.globs.update(item.insula_names)
    item.runtest()
    if getattr(item, "_excinfo", None):
        item._excinfo = None
        raise AssertionError("it does not pass again")


def with_pytest(arguments):
    import importlib.util

    if importlib.util.find_spec("pytest") is None:
        return "this interpreter has no pytest; install it there"
    import pytest
    import _pytest.runner

    # The environment belongs to the process, and no other interpreter may read it meanwhile.
    _pytest.runner._update_current_test_var = lambda item, when: None
    # Behind pytest's own, which runs the test for the first time, and before what takes its fixtures away.
    PytestPlugin.pytest_runtest_call = pytest.hookimpl(trylast=True)(PytestPlugin.pytest_runtest_call)
    PytestPlugin.pytest_runtest_teardown = pytest.hookimpl(tryfirst=True)(PytestPlugin.pytest_runtest_teardown)
    # What is left out is not even imported.
    PytestPlugin.pytest_make_collect_report = pytest.hookimpl(tryfirst=True)(PytestPlugin.pytest_make_collect_report)
    adopt_options()
    # A file that cannot be imported is one failure, and not the end of the others.
    options = ["-o", "addopts=", "--capture=sys", "--continue-on-collection-errors"]
    for name in ("faulthandler", "cacheprovider", "xdist", "xdist.looponfail", "pytest_cov", "timeout", "insula"):
        options += ["-p", "no:" + name]
    said = sys.stderr
    status = int(pytest.main(arguments + options, plugins=[PytestPlugin()]))
    lines = [line for line in said.getvalue().split("\n") if line.strip()]
    if status == 5:
        return None if CONFIG["exercise"]["leave_out"] else "pytest found no tests"
    if status in (0, 1, 2):
        return None
    # An exception of a conftest comes last; of a wrong option the line that says what is wrong.
    wrong = [line for line in lines if "error:" in line]
    last = [line[1:].strip() if line.startswith("E ") else line for line in lines[1:][-1:]]
    return "pytest ended with code %d: %s" % (status, " ".join((wrong or lines)[:1] + last))


def with_unittest(arguments):
    import unittest

    def id_of(test):
        """Its own, or that of what could not be set up or imported: the class or the module that has the tests."""
        description = getattr(test, "description", None)
        if description is not None:
            return description.partition("(")[2].rstrip(")") or description
        return test._testMethodName if type(test).__name__ == "_FailedTest" else test.id()

    def method_of(test):
        return getattr(test, getattr(test, "_testMethodName", ""), None)

    # What is wrong with the names that were given, and whether there was anything to run.
    wrong, ran = [], []

    class Suite(unittest.TestSuite):
        def _handleModuleFixture(self, test, result):
            if getattr(result, "_previousTestClass", None) is not type(test):
                # The set-up of the class is next, or of its module. `startTest` notes what that calls.
                exercise_began(test=unittest.util.strclass(type(test)), at=now(), whole=False)
            super()._handleModuleFixture(test, result)

    def kept(suite):
        """The same without what is left out."""
        if not CONFIG["exercise"]["leave_out"]:
            return suite
        found = Suite()
        for one in suite:
            if isinstance(one, unittest.TestSuite):
                found.addTest(kept(one))
            elif not left_out(id_of(one), "."):
                found.addTest(one)
        return found

    class Result(unittest.TestResult):
        def startTest(self, test):
            ran.append(test.id())
            super().startTest(test)
            # What ran since the last test has set up the class, or the module.
            module = type(test).__module__
            end(unittest.util.strclass(type(test)), *[module] * hasattr(sys.modules.get(module), "setUpModule"))
            begin(test.id())

        def stopTest(self, test):
            super().stopTest(test)
            look(method_of(test))
            end()

        def addSuccess(self, test):
            method = method_of(test)
            if AROUND[0] is not None and method is not None:
                # Not by a plain call: a method may be a coroutine, which its class runs.
                AROUND[0](test.id(), lambda: test._callTestMethod(method), method, None)
            judged(test.id(), None)

        def addFailure(self, test, error):
            raised = error[1]
            if type(test).__name__ == "_FailedTest":
                # A traceback as text: what was raised comes last.
                raised = ImportError(text_of(raised).strip().split("\n")[-1])
                wrong.extend(not_there(text_of(raised), id_of(test), arguments))
            ran.append(id_of(test))
            judged(id_of(test), raised)

        addError = addFailure

        def addSubTest(self, test, subtest, error):
            if error is not None:
                judged(test.id(), error[1])

        def addExpectedFailure(self, test, error):
            judged(test.id(), None)

        def addUnexpectedSuccess(self, test):
            judged(test.id(), AssertionError("it was expected to fail, and did not"))

        def addSkip(self, test, reason):
            ran.append(id_of(test))
            exercise_tested(test=id_of(test), ended="skipped", said=str(reason)[:300])

    class Loader(unittest.TestLoader):
        suiteClass = Suite

        def loadTestsFromName(self, name, module=None):
            if left_out(name, "."):
                return self.suiteClass()
            begin(name, collected=True)
            try:
                return super().loadTestsFromName(name, module)
            except Exception as error:
                # For unittest this is the end of all. Here it is one failure, as in a file that is discovered.
                ran.append(name)
                judged(name, error)
                return self.suiteClass()
            finally:
                end()

        def _get_module_from_name(self, name):
            # By this, files that are discovered are imported.
            if left_out(name, "."):
                return type(sys)(name)
            begin(name, collected=True)
            try:
                return super()._get_module_from_name(name)
            finally:
                end()

    class Runner:
        def run(self, suite):
            result = Result()
            kept(suite)(result)
            return result

    unittest.main(module=None, argv=["python -m unittest"] + arguments, testRunner=Runner(), testLoader=Loader(), exit=False)
    if not ran and not CONFIG["exercise"]["leave_out"]:
        return "unittest found no tests"
    return wrong[0] if wrong else None


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
