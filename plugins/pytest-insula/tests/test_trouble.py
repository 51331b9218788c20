"""Crashes, hangs and what interpreters refuse: each is said in its place, and the rest of the suite goes on."""

from __future__ import annotations

import pytest


def test_a_crash_is_a_failed_test_and_the_rest_goes_on(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_a="""
        import isolated
        def test_before(): pass
        def test_crash(): isolated.crash()
        def test_after(): pass
        """
    )
    result = suite.runpytest_subprocess("-v", "--interpreters", "2")
    outcome = result.parseoutcomes()
    # The second interpreter may have been in the test, too, or not have begun it: an error then.
    assert outcome["passed"] == 4
    assert outcome["failed"] >= 1
    assert outcome["failed"] + outcome.get("errors", 0) == 2
    result.stdout.fnmatch_lines(
        [
            "the process ended with SIGSEGV; in this test at that time: interpreter *",
            "Fatal Python error: Segmentation fault",
            "FAILED test_a.py::test_crash[[]interpreter-?] - the process ended with SIGSEGV*",
        ]
    )
    assert "interpreter-1] PASSED" in next(line for line in result.outlines if "test_after" in line)


_CRASHES_IN_INTERPRETERS = """
import threading, isolated
try:
    threading.Thread(target=int, daemon=True).start()
except RuntimeError:
    isolated.crash()
def test_b(): pass
"""

# Tells the second interpreter to do something when the first one has crashed in it.
_LATE = """
import time
from pytest_insula.child import Child
send = Child.send
def late(self, place, kind, **fields):
    if (place, kind) == (2, "{kind}"):
        time.sleep(1)
    send(self, place, kind, **fields)
Child.send = late
"""


def test_a_crash_before_another_interpreter_is_told_to_run_the_test(suite: pytest.Pytester) -> None:
    suite.makeconftest(_LATE.format(kind="run"))
    suite.makepyfile(test_a="import isolated\ndef test_crash(): isolated.crash()")
    result = suite.runpytest_subprocess("--interpreters", "2")
    result.assert_outcomes(failed=1, errors=1)
    result.stdout.fnmatch_lines(["the process ended with SIGSEGV; in this test at that time: interpreter 1"])


def test_a_crash_before_another_interpreter_is_told_to_collect(suite: pytest.Pytester) -> None:
    suite.makeconftest(_LATE.format(kind="collect"))
    suite.makepyfile(test_a="def test_a(): pass", test_b=_CRASHES_IN_INTERPRETERS)
    result = suite.runpytest_subprocess("-v", "--interpreters", "2")
    result.assert_outcomes(passed=2, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_b.py[[]interpreter-1] - the process ended with SIGSEGV while *"])


def test_a_test_that_ends_the_process_is_a_failed_test(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="import os\ndef test_ends(): os._exit(3)\ndef test_after(): pass")
    result = suite.runpytest_subprocess("--interpreters", "1")
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["*the process ended with exit code 3*"])


def test_a_crash_in_an_import_is_an_error_of_the_file(suite: pytest.Pytester) -> None:
    """The modules crash in interpreters only: pytest itself imports them first."""
    suite.makepyfile(test_a="def test_a(): pass", test_b=_CRASHES_IN_INTERPRETERS)
    result = suite.runpytest_subprocess("-v", "--interpreters", "1")
    result.assert_outcomes(passed=1, errors=1)
    result.stdout.fnmatch_lines(["ERROR test_b.py[[]interpreter-1] - the process ended with SIGSEGV while *"])


@pytest.mark.parametrize("number", [1, 2])
def test_crashes_in_every_import_end_with_what_failed(suite: pytest.Pytester, number: int) -> None:
    """Without a file to collect pytest would collect the folder: the same files, which would crash for ever."""
    suite.makepyfile(test_a=_CRASHES_IN_INTERPRETERS, test_b=_CRASHES_IN_INTERPRETERS)
    for files in ("test_a.py",), ("test_a.py", "test_b.py"):
        # Two interpreters may be in two files when one of them crashes, or in one.
        result = suite.runpytest_subprocess("--interpreters", str(number), *files, timeout=120)
        assert result.ret == pytest.ExitCode.TESTS_FAILED
        assert len(files) <= result.parseoutcomes()["errors"] <= len(files) * number
        result.stdout.fnmatch_lines(["ERROR test_?.py[[]interpreter-?] - the process ended with SIGSEGV while *"])


def test_a_crash_in_a_file_that_pytest_outside_does_not_collect_ends_the_run(suite: pytest.Pytester) -> None:
    """Nothing that could be left out would make the next process another one."""
    suite.makeconftest(
        """
        import threading
        import pytest
        def inside():
            try:
                threading.Thread(target=int, daemon=True).start()
            except RuntimeError:
                return True
        class Crashes(pytest.File):
            def collect(self):
                import isolated
                isolated.crash()
        class Other(pytest.File):
            def collect(self):
                yield Crashes.from_parent(self, path=self.path.with_name("other"))
        def pytest_collect_file(file_path, parent):
            if inside():
                return Other.from_parent(parent, path=file_path)
        """
    )
    suite.makepyfile(test_a="def test_a(): pass")
    result = suite.runpytest_subprocess("--interpreters", "1", timeout=120)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: the interpreters do not start: the process ended with SIGSEGV"])


def test_a_hanging_test_fails_in_time_and_the_rest_goes_on(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="import time\ndef test_hangs(): time.sleep(1000)\ndef test_after(): pass")
    result = suite.runpytest_subprocess("--interpreters", "2", "--insula-timeout", "2")
    result.assert_outcomes(passed=2, failed=2)
    result.stdout.fnmatch_lines(["FAILED test_a.py::test_hangs[[]interpreter-1] - no answer within 2 s*"])
    assert result.duration < 30


def test_a_conftest_that_breaks_in_interpreters_is_one_line(suite: pytest.Pytester) -> None:
    suite.makeconftest("import refuses")
    suite.makepyfile("def test_a(): pass")
    suite.runpytest_subprocess("-q").assert_outcomes(passed=1)
    result = suite.runpytest_subprocess("-q", "--interpreters", "2")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    said = [line for line in result.errlines if line]
    assert len(said) == 1
    assert said[0].startswith("ERROR: interpreter 1: ImportError while loading conftest")
    assert said[0].endswith("ImportError: module refuses does not support loading in subinterpreters")


def test_what_interpreters_restrict_is_listed_and_no_failure(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_a="""
        import os, signal, threading
        import pytest

        def test_thread(): threading.Thread(target=int, daemon=True).start()
        def test_fork(): os.fork()
        def test_signal(): signal.signal(signal.SIGUSR1, signal.SIG_IGN)
        def test_import(): import refuses
        def test_own(): raise RuntimeError("the module's own")
        @pytest.mark.no_interpreters(reason="measures time")
        def test_time(): pass
        """,
        test_b="import refuses\ndef test_b(): pass",
    )
    result = suite.runpytest_subprocess("--interpreters", "2", "--insula-module", "isolated")
    result.assert_outcomes(failed=2, skipped=10, deselected=1)
    result.stdout.fnmatch_lines(
        [
            "*not run in interpreters (deselected: measures time)*",
            "test_a.py::test_time",
            "*(interpreters restrict: refuses refuses to be imported)*",
            "test_b.py",
            "test_a.py::test_import",
            "*(interpreters restrict: daemon threads)*",
            "test_a.py::test_thread",
            "*(interpreters restrict: fork)*",
            "test_a.py::test_fork",
            "*(interpreters restrict: signals)*",
            "test_a.py::test_signal",
        ]
    )


def test_a_skip_is_where_the_test_meets_the_restriction(suite: pytest.Pytester) -> None:
    """What raises is the standard library, and no line of that is one of the test's file."""
    suite.makepyfile(
        helper="import threading\n\n\n\ndef start(): threading.Thread(target=int, daemon=True).start()",
        conftest="""
        import helper, pytest
        @pytest.fixture
        def started():
            helper.start()
        """,
        test_a="""
        import helper

        def test_direct():
            helper.start()

        def test_by_a_fixture(started): pass

        def test_later():
            try:
                helper.start()
            except RuntimeError as error:
                raise ValueError("another one") from error
        """,
        test_b="import os\nimport refuses\ndef test_b(): pass",
    )
    result = suite.runpytest_subprocess("-rs", "--interpreters", "1", "--insula-module", "isolated")
    result.assert_outcomes(skipped=4)
    skips = sorted(line.split(" ", 2)[2] for line in result.outlines if line.startswith("SKIPPED"))
    assert skips == [
        "helper.py:5: not in an interpreter: daemon threads",
        "test_a.py:10: not in an interpreter: daemon threads",
        "test_a.py:4: not in an interpreter: daemon threads",
        "test_b.py:2: not in an interpreter: refuses refuses to be imported",
    ]


@pytest.mark.parametrize("more", [[], ["-n", "1"]])
def test_a_module_that_is_not_there_is_a_usage_error(suite: pytest.Pytester, more: list[str]) -> None:
    """Its own refusal would be that of another module, and be skipped."""
    suite.makepyfile("def test_import(): import refuses")
    for name in ("refused", "isolated.part", "no.such"):
        result = suite.runpytest_subprocess("--interpreters", "1", "--insula-module", name, *more)
        said = f"*--insula-module {name}: there is no such module*"
        (result.stdout if more else result.stderr).fnmatch_lines([said])
        assert result.ret != 0
        if not more:
            assert result.ret == pytest.ExitCode.USAGE_ERROR
            assert len([line for line in result.errlines if line]) == 1


def test_a_module_beside_the_tests_is_there(suite: pytest.Pytester) -> None:
    """pytest puts that folder into sys.path while it collects."""
    tests = suite.mkdir("tests")
    (tests / "under_test.py").write_text("")
    (tests / "test_a.py").write_text("def test_a(): import under_test")
    result = suite.runpytest_subprocess("--interpreters", "1", "--insula-module", "under_test")
    result.assert_outcomes(passed=1)


def test_a_refusal_of_the_module_under_test_fails(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_import(): import refuses")
    for modules in ([], ["--insula-module", "refuses"]):
        suite.runpytest_subprocess("--interpreters", "1", *modules).assert_outcomes(failed=1)


def test_what_only_pytest_outside_collects_does_not_pass_unnoticed(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="import os, pytest\n@pytest.mark.parametrize('pid', [os.getpid()])\ndef test_a(pid): pass")
    result = suite.runpytest_subprocess("--interpreters", "1")
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["an interpreter did not collect this test, *is its id the same each time?"])


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--reimport", "--insula-module", "shared"], "--reimport needs --interpreters"),
        (["--isolate"], "--isolate needs --interpreters"),
        (["--interpreters", "1", "--reimport"], "name the modules under test with --insula-module"),
        (["--interpreters", "-1"], "--interpreters needs a number from 1"),
    ],
)
def test_options_that_make_no_sense(suite: pytest.Pytester, options: list[str], said: str) -> None:
    result = suite.runpytest_subprocess(*options)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"ERROR: {said}"])


def test_exceptions_that_raise_when_they_are_looked_at_are_failures(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_a="""
        class Odd(Exception):
            def __str__(self): raise RuntimeError("str")
            def __eq__(self, other): raise RuntimeError("eq")
            __hash__ = None
        def test_odd(): raise Odd
        def test_chain():
            try:
                raise Odd
            except Odd:
                raise ValueError("next")
        def test_after(): pass
        """
    )
    result = suite.runpytest_subprocess("--interpreters", "2")
    result.assert_outcomes(passed=2, failed=4)


def test_warnings_are_errors_inside_as_outside(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="import warnings\ndef test_warns(): warnings.warn('old', DeprecationWarning)")
    suite.runpytest_subprocess("--interpreters", "2").assert_outcomes(passed=2)
    suite.runpytest_subprocess("-W", "error", "--interpreters", "2").assert_outcomes(failed=2)
    suite.makeini("[pytest]\naddopts = -W error::DeprecationWarning\n")
    suite.runpytest_subprocess("--interpreters", "2").assert_outcomes(failed=2)


def test_a_test_that_ends_the_session_is_heard(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="import pytest\ndef test_exit(): pytest.exit('enough', returncode=7)")
    result = suite.runpytest_subprocess("--interpreters", "3")
    assert result.ret == 7
    result.stdout.fnmatch_lines(["*Exit: interpreter ?: enough*"])
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stderr.no_fnmatch_line("*Traceback*")
