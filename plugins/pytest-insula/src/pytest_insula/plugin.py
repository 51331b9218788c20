"""The options, and who acts on them: this is what pytest loads."""

from __future__ import annotations

import importlib.util
import sys
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import pytest

from pytest_insula import audit, ids
from pytest_insula.limits import within
from pytest_insula.runner import Runner

if TYPE_CHECKING:
    from collections.abc import Generator

_MARKER = "no_interpreters(reason): this test is not run where --interpreters is given"


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("insula", "sub-interpreters")
    option = group.addoption
    option("--interpreters", type=int, default=0, metavar="N", help="run each test in N sub-interpreters at once")
    option("--gil", choices=("own", "legacy"), default="own", help="their GILs: their own, or one that all share")
    option("--reimport", action="store_true", help="run the suite again on second copies of --insula-module")
    option("--insula-module", action="append", default=[], metavar="NAME", help="a module or package under test")
    option("--insula-audit", action="store_true", help="run `insula audit` on each --insula-module, as a test")
    option("--isolate", action="store_true", help="give each interpreter private copies, by insula_isolate")
    option("--insula-timeout", type=float, default=0.0, metavar="S", help="time for a test in all interpreters; 0: any")


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    option = config.option
    if (option.insula_audit or option.reimport) and not option.insula_module:
        raise pytest.UsageError("name the modules under test with --insula-module")
    if option.insula_audit:
        audit.program()
    if option.interpreters < 0:
        raise pytest.UsageError("--interpreters needs a number from 1")
    if not option.interpreters:
        needy = [name for name in ("reimport", "isolate") if getattr(option, name)]
        if needy:
            raise pytest.UsageError(f"--{needy[0]} needs --interpreters")
        return
    if option.isolate and importlib.util.find_spec("insula_isolate") is None:
        raise pytest.UsageError("--isolate: insula_isolate is not installed")
    # The id of a failure can be given back to pytest.
    config.args = [ids.without(argument) for argument in config.args]
    config.pluginmanager.register(Listing(config), "insula-listing")
    # The controller of xdist runs nothing itself.
    if getattr(option, "dist", "no") == "no" or hasattr(config, "workerinput"):
        config.pluginmanager.register(Runner(config), "insula-runner")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, items: list[pytest.Item]) -> Generator[None, object, object]:
    config = session.config
    if config.option.insula_audit:
        items += audit.items(session)
    if config.option.interpreters:
        for item in items:
            numbers = range(1, config.option.interpreters + 1)
            item.extra_keyword_matches.update(item.name + ids.suffix(number, False) for number in numbers)
        _leave_out(config, items)
    return (yield)


def pytest_collection_finish(session: pytest.Session) -> None:
    """A name that stands for nothing would turn the failures that it is to show into skipped tests.

    Only now: conftest files and the tests' own folders may have made the modules importable.
    """
    option = session.config.option
    for name in option.insula_module if option.interpreters else ():
        wrong = _not_there(name)
        if wrong is None:
            continue
        if hasattr(session.config, "workerinput"):
            # xdist has no word for a usage error of a worker, and shows an error of collection once.
            session.config.hook.pytest_collectreport(report=pytest.CollectReport("insula", "failed", wrong, []))
        else:
            raise pytest.UsageError(wrong)


def _not_there(name: str) -> str | None:
    """Why a name cannot be that of a module, or None."""
    if name in sys.modules:
        return None
    try:
        found = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        # The package that it is to be in, or something which that one needs.
        found = None
        if error.name is None or not within(name, error.name):
            return f"--insula-module {name}: {error}"
    except Exception as error:
        return f"--insula-module {name}: {type(error).__name__}: {error}"
    return f"--insula-module {name}: there is no such module" if found is None else None


def _leave_out(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Deselect what must not run in interpreters, and keep why."""
    listing: Any = config.pluginmanager.getplugin("insula-listing")
    out = {item: mark for item in items if (mark := item.get_closest_marker("no_interpreters"))}
    for item, mark in out.items():
        reason = mark.kwargs.get("reason") or (mark.args[0] if mark.args else "no reason is given")
        listing.left_out[str(reason)].append(item.nodeid)
    if out:
        items[:] = [item for item in items if item not in out]
        config.hook.pytest_deselected(items=list(out))


class Listing:
    """Lists what did not run in interpreters, and keeps pytest's cache of failures to the ids of tests."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.left_out: dict[str, list[str]] = defaultdict(list)
        self.restricted: dict[str, list[str]] = defaultdict(list)
        self.counted = False
        self.passed: set[str] = set()
        self.failed: set[str] = set()

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logstart(self, nodeid: str) -> None:
        session: Any = self.config.pluginmanager.getplugin("session")
        if session is not None and not self.counted:
            # Results are what progress is counted in.
            self.counted = True
            session.testscollected *= self.config.option.interpreters * (1 + self.config.option.reimport)

    @pytest.hookimpl(wrapper=True)
    def pytest_report_from_serializable(self, data: dict[str, Any]) -> Generator[None, object, object]:
        report = yield
        ids.restore_values(report, data)
        if not hasattr(self.config, "workerinput"):
            ids.name(report)
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        test = ids.without(report.nodeid)
        if test != report.nodeid:
            (self.failed if report.failed else self.passed).add(test)
        self._note(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self._note(report)

    def _note(self, report: pytest.TestReport | pytest.CollectReport) -> None:
        what = getattr(report, "insula_restriction", None)
        test = ids.without(report.nodeid)
        if what is not None and test not in self.restricted[what]:
            self.restricted[what].append(test)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self) -> None:
        output = getattr(self.config, "workeroutput", None)
        if output is not None:
            output["insula_left_out"] = dict(self.left_out)
        last: dict[Any, bool] | None = getattr(self.config.pluginmanager.getplugin("lfplugin"), "lastfailed", None)
        if last is not None:
            # The keys are texts up to pytest 9.1, and objects that are parsed from a text since.
            tests = {getattr(type(key), "parse", str)(ids.without(str(key))) for key in last}
            last.clear()
            last.update((test, True) for test in tests if str(test) not in self.passed - self.failed)

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        for reason, tests in getattr(node, "workeroutput", {}).get("insula_left_out", {}).items():
            # Every worker collects all tests.
            self.left_out[reason] += [test for test in tests if test not in self.left_out[reason]]

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for title, listed in (("deselected", self.left_out), ("interpreters restrict", self.restricted)):
            for what, tests in listed.items():
                if tests:
                    terminalreporter.section(f"not run in interpreters ({title}: {what})")
                    for test in tests:
                        terminalreporter.line(test)
