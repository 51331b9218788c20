"""A package's own tests under pytest in one interpreter; `suite.py` has several do it at once."""

import json
import os
import sys
import traceback


class Seen:
    """A plugin that notes how each test ended."""

    def __init__(self):
        #: By test id: "passed", "failed" or "skipped", and the last line of why.
        self.tests = {}
        #: Files that could not be collected.
        self.broken = {}

    def pytest_collectreport(self, report):
        if report.failed:
            self.broken[report.nodeid] = _last(report)

    def pytest_runtest_logreport(self, report):
        if report.when == "call" or report.outcome != "passed":
            # An error of a set-up, or of what comes after a test, counts.
            before = self.tests.get(report.nodeid)
            if before is None or before[0] != "failed":
                self.tests[report.nodeid] = [report.outcome, "" if report.passed else _last(report)]


def _last(report):
    text = str(report.longrepr[-1]) if isinstance(report.longrepr, tuple) else str(report.longrepr)
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    errors = [line for line in lines if line.startswith("E ")]
    return (errors or lines or [""])[0][:300]


def run(job):
    """Runs the tests, leaves how they ended in a file."""
    said = {"error": None}
    try:
        exec(job["install"], {})
        # The environment belongs to the process, and reading it while another thread writes is an error in C.
        os.putenv = lambda key, value: None
        os.unsetenv = lambda key: None
        os.chdir(job["folder"])
        sys.path[:0] = job["path"]

        import pytest
        from _pytest import runner

        runner._update_current_test_var = lambda item, when: None
        seen = Seen()
        # pytest-timeout ends the process, where four at once on a busy machine take their time.
        arguments = ["-q", "-p", "no:faulthandler", "-p", "no:cacheprovider", "--capture=sys", "-W", "ignore"]
        arguments += ["-p", "no:timeout"]
        arguments += ["--rootdir", job["folder"], "-c", job["ini"], "--basetemp", job["temporary"]]
        arguments += ["--no-header", "--tb=short", "-o", "addopts=", "-o", "xfail_strict=false"]
        # What some files lack is no reason not to run the others.
        arguments += ["--continue-on-collection-errors"]
        # A name deselects all tests that have it in theirs.
        names = [f"not {each}" for each in job["without"] if "/" not in each and each[0] != "@"]
        arguments += ["-k", " and ".join(names)] if names else []
        marks = [f"not {each[1:]}" for each in job["without"] if each[0] == "@"]
        arguments += ["-m", " and ".join(marks)] if marks else []
        arguments += [f"--deselect={each}" for each in job["without"] if "/" in each]
        said["code"] = int(pytest.main(arguments + job["select"], plugins=[seen]))
        said["tests"], said["broken"] = seen.tests, seen.broken
    except BaseException as error:
        said["error"] = "".join(traceback.format_exception_only(error)).strip()
        said["traceback"] = traceback.format_exc()
    with open(job["out"] + ".new", "w") as file:
        json.dump(said, file)
    os.replace(job["out"] + ".new", job["out"])
