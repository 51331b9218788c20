"""What a suite may consist of runs in interpreters as it does without them."""

from __future__ import annotations

import sys
import sysconfig
import xml.etree.ElementTree
from pathlib import Path

import pytest

COUNTS = """
import {module}

def test_counts():
    assert {module}.bump() == 1
"""


def ids(result: pytest.RunResult) -> list[str]:
    """The tests of a run with -v, with how they ended, sorted."""
    ended = ("PASSED", "FAILED", "SKIPPED", "XFAIL", "ERROR")
    found = [line.split() for line in result.outlines if "[interpreter-" in line]
    return sorted(" ".join(words[:2]) for words in found if len(words) > 1 and words[1] in ended)


@pytest.mark.parametrize("gil", ["own", "legacy"])
def test_a_shared_variable_fails_and_its_isolated_twin_passes(suite: pytest.Pytester, gil: str) -> None:
    suite.makepyfile(test_shared=COUNTS.format(module="shared"), test_isolated=COUNTS.format(module="isolated"))
    result = suite.runpytest_subprocess("-v", "--interpreters", "4", "--gil", gil)
    # Whichever of them comes first has the 1.
    result.assert_outcomes(passed=5, failed=3)
    assert [line for line in ids(result) if "isolated" in line] == [
        f"test_isolated.py::test_counts[interpreter-{place}] PASSED" for place in (1, 2, 3, 4)
    ]


def test_without_the_option_nothing_changes(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_shared=COUNTS.format(module="shared"))
    result = suite.runpytest_subprocess("-v")
    result.assert_outcomes(passed=1)
    assert ids(result) == []


def test_each_interpreter_is_another_one_and_all_run_at_once(suite: pytest.Pytester) -> None:
    """Each waits until all have come: had one to wait for another's end, it would wait for ever."""
    module = "_interpreters" if sys.version_info >= (3, 13) else "_xxsubinterpreters"
    suite.makepyfile(
        f"""
        import os, pathlib, time
        import {module} as interpreters

        def test_meets():
            current = interpreters.get_current()
            number = int(current[0] if isinstance(current, tuple) else current)
            here = pathlib.Path(__file__).with_name("met")
            here.mkdir(exist_ok=True)
            (here / str(number)).write_text(str(os.getpid()))
            while len(list(here.iterdir())) < 4:
                time.sleep(0.01)
        """
    )
    suite.runpytest_subprocess("--interpreters", "4", "--insula-timeout", "30").assert_outcomes(passed=4)
    met = {file.name: file.read_text() for file in (suite.path / "met").iterdir()}
    assert len(met) == 4
    assert "0" not in met
    assert len(set(met.values())) == 1


def test_fixtures_parametrisation_classes_and_outcomes(suite: pytest.Pytester) -> None:
    suite.makeconftest(
        """
        import pytest

        def pytest_addoption(parser):
            parser.addoption("--colour", default="none")

        @pytest.fixture(scope="session")
        def colour(request):
            yield request.config.getoption("--colour")
        """
    )
    suite.makepyfile(
        test_a="""
        import unittest
        import pytest

        @pytest.fixture(scope="module")
        def made():
            yield []

        @pytest.mark.parametrize("n", [1, 2])
        def test_n(n, made, colour, tmp_path, monkeypatch, capsys):
            made.append(n)
            print("out")
            assert capsys.readouterr().out == "out\\n"
            assert made == list(range(1, n + 1))
            assert colour == "red"

        class TestClass:
            def test_in_class(self, made):
                assert made == [1, 2]

        class Old(unittest.TestCase):
            def test_old(self):
                with self.assertRaises(ValueError):
                    int("x")

        @pytest.mark.skip(reason="skipped")
        def test_skipped(): pass

        @pytest.mark.xfail
        def test_xfailed(): assert False

        @pytest.fixture
        def broken(): raise LookupError("broken fixture")

        def test_broken(broken): pass
        """
    )
    result = suite.runpytest_subprocess("-v", "--interpreters", "2", "--colour", "red")
    result.assert_outcomes(passed=8, skipped=2, xfailed=2, errors=2)
    listed = ids(result)
    assert "test_a.py::test_n[2][interpreter-2] PASSED" in listed
    assert "test_a.py::TestClass::test_in_class[interpreter-1] PASSED" in listed


def test_failed_subtests_fail_their_test_as_without_interpreters(suite: pytest.Pytester) -> None:
    """pytest counts them from version 9 on; before, a plugin does."""
    if pytest.version_tuple < (9,):
        pytest.importorskip("pytest_subtests")
    suite.makepyfile(
        test_a="""
        import unittest

        def test_parts(subtests):
            for n in range(3):
                with subtests.test(n=n):
                    assert n != 1

        def test_whole(subtests):
            with subtests.test():
                pass

        class Old(unittest.TestCase):
            def test_old(self):
                for n in range(3):
                    with self.subTest(n=n):
                        self.assertNotEqual(n, 2)
        """
    )
    alone = suite.runpytest_subprocess("-v")
    outside = alone.parseoutcomes()
    assert outside["failed"] >= 2
    result = suite.runpytest_subprocess("-v", "--interpreters", "2")
    inside = result.parseoutcomes()
    for name in ("passed", "failed"):
        assert inside[name] == 2 * outside[name], name
    for test in ("test_parts", "test_whole", "Old::test_old"):
        words = " ".join(line for line in alone.outlines if line.startswith(f"test_a.py::{test} ")).split()
        how = next(word for word in words if word in ("PASSED", "FAILED"))
        assert f"test_a.py::{test}[interpreter-2] {how}" in ids(result)


@pytest.mark.parametrize("options", [["-p", "no:xdist"], ["-n", "1"]])
def test_a_failed_subtest_is_named_as_without_interpreters(suite: pytest.Pytester, options: list[str]) -> None:
    """Each way from one process to another would quote the values once more."""
    if pytest.version_tuple < (9,):
        pytest.importorskip("pytest_subtests")
    suite.makepyfile(
        test_a="""
        def test_parts(subtests):
            with subtests.test("part", number=1, text="x", none=None):
                assert False
        """
    )
    named = "SUBFAILED[part] (number=1, text='x', none=None) test_a.py::test_parts"
    suite.runpytest_subprocess().stdout.fnmatch_lines([f"*{named.replace('[', '[[]')}*"])
    result = suite.runpytest_subprocess("--interpreters", "2", *options)
    for place in (1, 2):
        assert f"{named}[interpreter-{place}]" in "\n".join(result.outlines)


def test_the_command_line_is_that_of_pytest(suite: pytest.Pytester) -> None:
    suite.makepyfile("import sys\ndef test_argv(): assert sys.argv[-1] == '--color=no'")
    suite.runpytest_subprocess("--interpreters", "2", "--color=no").assert_outcomes(passed=2)


def test_k_chooses_tests_and_takes_the_id_of_a_result(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="def test_one(): pass\ndef test_two(): pass")
    result = suite.runpytest_subprocess("-v", "--interpreters", "2", "-k", "one")
    assert ids(result) == [f"test_a.py::test_one[interpreter-{place}] PASSED" for place in (1, 2)]
    result = suite.runpytest_subprocess("-v", "--interpreters", "2", "-k", "test_two[interpreter-1]")
    assert ids(result) == [f"test_a.py::test_two[interpreter-{place}] PASSED" for place in (1, 2)]
    result = suite.runpytest_subprocess("-v", "--interpreters", "2", "test_a.py::test_one[interpreter-2]")
    assert ids(result) == [f"test_a.py::test_one[interpreter-{place}] PASSED" for place in (1, 2)]


def test_x_stops_after_the_test_that_failed(suite: pytest.Pytester) -> None:
    suite.makepyfile("def test_one(): pass\ndef test_two(): assert 0\ndef test_three(): pass")
    result = suite.runpytest_subprocess("-x", "--interpreters", "2")
    result.assert_outcomes(passed=2, failed=2)
    assert result.ret == pytest.ExitCode.TESTS_FAILED


def test_last_failed_runs_what_failed(suite: pytest.Pytester) -> None:
    suite.makepyfile(test_a="import os\ndef test_one(): pass\ndef test_two(): assert os.path.exists('mended')")
    suite.runpytest_subprocess("--interpreters", "2").assert_outcomes(passed=2, failed=2)
    suite.runpytest_subprocess("--interpreters", "2", "--lf").assert_outcomes(failed=2)
    suite.path.joinpath("mended").touch()
    suite.runpytest_subprocess("--interpreters", "2", "--lf").assert_outcomes(passed=2)
    suite.runpytest_subprocess("--interpreters", "2", "--lf").assert_outcomes(passed=4)


def test_junit_has_a_case_for_each_interpreter(suite: pytest.Pytester) -> None:
    suite.makepyfile(
        test_a="""
        import pytest
        @pytest.mark.parametrize("n", [1])
        def test_n(n, record_property):
            record_property("kept", 5)
            print("said by the test")
            assert n == 2
        """
    )
    suite.runpytest_subprocess("--interpreters", "2", "--junitxml=out.xml").assert_outcomes(failed=2)
    cases = xml.etree.ElementTree.parse(suite.path / "out.xml").findall(".//testcase")
    assert [case.get("name") for case in cases] == ["test_n[1][interpreter-1]", "test_n[1][interpreter-2]"]
    for case in cases:
        assert case.find("failure") is not None
        assert [each.attrib for each in case.iter("property")] == [{"name": "kept", "value": "5"}]


def test_beside_xdist(suite: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    suite.makepyfile(
        test_a="""
        import pytest
        import shared
        @pytest.mark.parametrize("n", range(6))
        def test_n(n): assert n < 5
        """
    )
    result = suite.runpytest_subprocess("-v", "-n", "2", "--interpreters", "2")
    result.assert_outcomes(passed=10, failed=2)
    result.stdout.fnmatch_lines(["FAILED test_a.py::test_n[[]5][[]interpreter-1]*"])
    result.stdout.no_fnmatch_line("*[[] 2??%]*")


def test_the_suites_configuration_does_not_come_between(suite: pytest.Pytester) -> None:
    """Its addopts would break each session inside, and what it says of faulthandler is no error there."""
    suite.makepyprojecttoml(
        """
        [tool.pytest.ini_options]
        addopts = ["--capture=fd", "--strict-markers", "--strict-config", "--junitxml=own.xml", "-p", "helper"]
        pythonpath = ["."]
        faulthandler_timeout = 30
        filterwarnings = ["error"]
        """
    )
    suite.makepyfile(helper="import pytest\n@pytest.fixture\ndef helped(): return 3")
    suite.makepyfile(
        test_a="""
        import os, sys
        def test_it(helped, request):
            assert helped == 3
            assert "PYTEST_CURRENT_TEST" not in os.environ
            assert request.config.option.capture == "sys"
            assert request.config.option.xmlpath is None
            assert not request.config.pluginmanager.hasplugin("faulthandler")
        """
    )
    result = suite.runpytest_subprocess("--interpreters", "2")
    result.assert_outcomes(passed=2)


def test_without_the_cache_its_settings_are_no_warning(suite: pytest.Pytester) -> None:
    suite.makepyprojecttoml('[tool.pytest.ini_options]\nfilterwarnings = ["error"]')
    suite.makepyfile("def test_it(): pass")
    suite.runpytest_subprocess("--interpreters", "2", "-p", "no:cacheprovider").assert_outcomes(passed=2)
    suite.runpytest_subprocess("--interpreters", "2").assert_outcomes(passed=2)


def test_again_on_second_copies(suite: pytest.Pytester) -> None:
    """The variable of the process is known to the second copy, that of the module object is not."""
    suite.makepyfile(test_shared=COUNTS.format(module="shared"), test_isolated=COUNTS.format(module="isolated"))
    modules = ("--insula-module", "shared", "--insula-module", "isolated")
    result = suite.runpytest_subprocess("-v", "--interpreters", "1", "--reimport", *modules)
    assert ids(result) == [
        "test_isolated.py::test_counts[interpreter-1-again] PASSED",
        "test_isolated.py::test_counts[interpreter-1] PASSED",
        "test_shared.py::test_counts[interpreter-1-again] FAILED",
        "test_shared.py::test_counts[interpreter-1] PASSED",
    ]


def test_private_copies_by_insula_isolate(suite: pytest.Pytester) -> None:
    pytest.importorskip("insula_isolate")
    suite.makepyfile("import refuses\ndef test_it(): assert refuses.bump() == 1")
    suite.runpytest_subprocess("--interpreters", "2").assert_outcomes(errors=2)
    suite.runpytest_subprocess("--interpreters", "2", "--isolate").assert_outcomes(passed=2)


def test_the_audit_is_a_test(suite: pytest.Pytester, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program in its place shows what it is asked; what it answers decides."""
    program = tmp_path / "audit"
    program.write_text('#!/bin/sh\necho "asked: $1 $2 $3"\n[ "$2" = isolated ]\n')
    program.chmod(0o755)
    monkeypatch.setenv("INSULA", str(program))
    modules = ("--insula-module", "shared", "--insula-module", "isolated")
    result = suite.runpytest_subprocess("--insula-audit", *modules)
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines(["asked: audit shared --python", "FAILED insula::audit[[]shared] - exit code 1*"])
    # It finds the modules where the tests do.
    suite.makeini("[pytest]\npythonpath = src")
    suite.mkdir("src")
    program.write_text('#!/bin/sh\necho "path: $PYTHONPATH"\nfalse\n')
    result = suite.runpytest_subprocess("--insula-audit", *modules)
    result.stdout.fnmatch_lines([f"path: {suite.path / 'src'}:*"])
    result.stdout.no_fnmatch_line(f"path: *{sysconfig.get_path('purelib')}*")
    monkeypatch.setenv("INSULA", "no-such-program")
    result = suite.runpytest_subprocess("--insula-audit", *modules)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["ERROR: --insula-audit: there is no program no-such-program;*"])
