# The suites of pytest and of unittest, each test by itself.
import sys


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
