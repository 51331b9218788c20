"""Runs each test in all interpreters at once, in place of pytest's own way to run it."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import pytest

from pytest_insula import ids, session
from pytest_insula.audit import AuditItem
from pytest_insula.child import Child, Ended
from pytest_insula.wire import Message

type Report = pytest.TestReport | pytest.CollectReport

#: How long a step of starting or ending may take at least, in seconds, where time is limited.
START = 60.0

_PHASES = ("setup", "call", "teardown")


class Runner:
    """The plugin of a pytest that runs tests: the only one, or one worker of xdist."""

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.number: int = config.option.interpreters
        self.timeout: float = config.option.insula_timeout
        #: Starting pytest in each interpreter, collecting and ending is no test, and takes its own time.
        self.patience = max(self.timeout, START) if self.timeout else 0.0
        self.folder = Path(tempfile.mkdtemp(prefix="pytest-insula-"))
        self.child: Child | None = None
        self.again = False
        #: The tests that each interpreter has found.
        self.found: dict[int, set[str]] = {}
        #: Files that crash the process, or keep it for ever, where they are collected.
        self.excluded: set[str] = set()
        self.reported: set[str] = set()
        self.ran: list[pytest.Item] = []

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
        if isinstance(item, AuditItem):
            return None
        self.ran.append(item)
        self.run(item, nextitem)
        if nextitem is None and self.config.option.reimport:
            self.run_again()
        return True

    def run_again(self) -> None:
        """Run what was run on second copies of the modules under test."""
        self.again = True
        if self.child is not None:
            self.finish()
            self.start_sessions(self.ran[0].session)
        for item, following in zip(self.ran, [*self.ran[1:], None], strict=True):
            if item.session.shouldfail or item.session.shouldstop:
                break
            self.run(item, following)

    def run(self, item: pytest.Item, following: pytest.Item | None) -> None:
        if self.child is None:
            self.start(item.session)
        running = [place for place, found in sorted(self.found.items()) if item.nodeid in found]
        reports: dict[int, list[Report]] = {place: [] for place in running}
        waiting, started = set(running), set()
        next_id = None if following is None else following.nodeid

        def take(place: int, message: Message) -> None:
            if message["kind"] == "started":
                started.add(place)
            elif message["kind"] == "report":
                reports[place].append(self.report(place, message["data"]))
            elif message["kind"] == "done":
                waiting.discard(place)
            elif message["kind"] == "finished":
                self.stopped(place, message)

        child = self.child
        try:
            if child is not None and running:
                for place in running:
                    child.send(place, "run", id=item.nodeid, next=next_id)
                for place, message in child.messages(self.timeout):
                    take(place, message)
                    if not waiting:
                        break
        except Ended as ended:
            self.child = None
            for place, message in ended.rest:
                take(place, message)
            for place in sorted(waiting):
                reports[place].append(self.crashed(item, place, reports[place], waiting & started, ended))
        for place in running:
            name = item.nodeid + ids.suffix(place, self.again)
            item.ihook.pytest_runtest_logstart(nodeid=name, location=item.location)
            for report in reports[place]:
                item.ihook.pytest_runtest_logreport(report=report)
            item.ihook.pytest_runtest_logfinish(nodeid=name, location=item.location)

    def start(self, within: pytest.Session) -> None:
        """Start a process, and go on without the files that crash it; without one, where that leaves none.

        Each turn leaves out a file more, or is the last one.
        """
        self.found = {}
        while self.child is None and self.files(within):
            options = self.config.option
            self.child = Child(
                self.number, options.gil, options.isolate, self.config.invocation_params.dir, self.folder
            )
            self.start_sessions(within)

    def files(self, within: pytest.Session) -> list[str]:
        """The files that interpreters are to collect. Without one, pytest would collect what it finds by itself."""
        return sorted({str(item.path) for item in tests_of(within)} - self.excluded)

    def start_sessions(self, within: pytest.Session) -> None:
        assert self.child is not None
        files = self.files(within)
        places = range(1, self.number + 1)
        collecting: dict[int, Message] = {}
        self.found = {}
        try:
            for place in places:
                # One after another: pytest changes the environment of the process while it starts.
                order = session.order(self.config, files, place, self.again, self.folder)
                self.child.send(place, "session", **order)
                for _, message in self.child.messages(self.patience):
                    if message["kind"] == "configured":
                        break
                    if message["kind"] == "finished":
                        self.broken(place, message)
            for place in places:
                self.child.send(place, "collect")
            for place, message in self.child.messages(self.patience):
                self.collected(place, message, collecting)
                if len(self.found) == self.number:
                    break
        except Ended as ended:
            self.child = None
            for place, message in ended.rest:
                self.collected(place, message, collecting)
            self.found = {}
            crashed = {message["path"] for message in collecting.values()}
            if not crashed.intersection(files):
                # Without these, the next process would do the same.
                raise pytest.UsageError(f"the interpreters do not start: {ended.why}\n{ended.wrote}") from None
            self.excluded |= crashed
            for place, message in sorted(collecting.items()):
                text = f"{ended.why} while interpreters collected this file\n{ended.wrote}"
                self.collect_report(place, pytest.CollectReport(message["id"], "failed", text, []))
            return
        self.not_found(tests_of(within))

    def collected(self, place: int, message: Message, collecting: dict[int, Message]) -> None:
        if message["kind"] == "collecting":
            collecting[place] = message
        elif message["kind"] == "report":
            self.collect_report(place, self.report(place, message["data"]))
        elif message["kind"] == "collected":
            collecting.pop(place, None)
            self.found[place] = set(message["ids"])
        elif message["kind"] == "finished":
            self.broken(place, message)

    def not_found(self, tests: list[pytest.Item]) -> None:
        """Say which tests an interpreter does not have, though nothing said why: they would pass unnoticed."""
        silent = {ids.without(name) for name in self.reported}
        for place, found in sorted(self.found.items()):
            for item in tests:
                known = item.nodeid in found or str(item.path) in self.excluded
                if known or any(part in silent for part in above(item)):
                    continue
                text = (
                    "an interpreter did not collect this test, though pytest outside did: is its id the same each time?"
                )
                self.collect_report(place, pytest.CollectReport(item.nodeid, "failed", text, []))

    def collect_report(self, place: int, report: pytest.CollectReport) -> None:
        self.named(report, place)
        key = ids.without(report.nodeid) + ids.suffix(place, self.again)
        if key not in self.reported:
            self.reported.add(key)
            self.config.hook.pytest_collectreport(report=report)

    def report(self, place: int, data: Any) -> Any:
        report: Any = self.config.hook.pytest_report_from_serializable(config=self.config, data=data)
        # JSON has no tuples, and pytest tells by them.
        if isinstance(report.longrepr, list):
            report.longrepr = tuple(report.longrepr)
        return self.named(report, place)

    def named(self, report: Any, place: int) -> Any:
        report.insula_suffix = ids.suffix(place, self.again)
        if not hasattr(self.config, "workerinput"):
            # A worker of xdist reports on tests by the ids that it was given. Its controller adds the interpreter.
            ids.name(report)
        return report

    def crashed(self, item: pytest.Item, place: int, before: list[Report], where: set[int], ended: Ended) -> Any:
        """What stands for the result that an interpreter owes."""
        done = [report.when for report in before]
        phase: Any = next((each for each in _PHASES if each not in done), "teardown")
        who = ", ".join(str(each) for each in sorted(where)) or "none"
        text = f"{ended.why}; in this test at that time: interpreter {who}"
        sections = [("Output of the process", ended.wrote)] if ended.wrote else []
        keywords: Any = dict.fromkeys(item.keywords, 1)
        report = pytest.TestReport(item.nodeid, item.location, keywords, "failed", text, phase, sections)
        return self.named(report, place)

    def broken(self, place: int, message: Message) -> None:
        """A session that does not come to its tests: one line, and the exit code that pytest gives."""
        if self.child is not None:
            self.child.close()
            self.child = None
        lines = [line for line in message["said"].splitlines() if line.strip()]
        # The last one is the exception; that of a conftest stands behind E.
        first = lines[0] if lines else "pytest ended without a word"
        last = lines[-1].removeprefix("E").strip() if len(lines) > 1 else ""
        text = f"interpreter {place}: {first.removeprefix('ERROR: ')} {last}".strip()
        if message["status"] == pytest.ExitCode.USAGE_ERROR and not hasattr(self.config, "workerinput"):
            raise pytest.UsageError(text)
        pytest.exit(text, returncode=message["status"] or pytest.ExitCode.INTERNAL_ERROR)

    def stopped(self, place: int, message: Message) -> None:
        """A test that ended the session, by pytest.exit() for instance."""
        # The other interpreters are in the middle of something.
        if self.child is not None:
            self.child.close()
            self.child = None
        lines = message["said"].strip().splitlines() or ["the test ended the session"]
        pytest.exit(f"interpreter {place}: {lines[-1]}", returncode=message["status"])

    def finish(self) -> None:
        """End the sessions, one after another, and leave the process waiting for more."""
        assert self.child is not None
        try:
            for place in range(1, self.number + 1):
                self.child.send(place, "finish")
                for _, message in self.child.messages(self.patience):
                    if message["kind"] == "finished":
                        break
        except Ended as ended:
            self.child = None
            self.config.issue_config_time_warning(
                pytest.PytestWarning(f"insula: at the end of the sessions, {ended.why}\n{ended.wrote}"), stacklevel=2
            )

    def pytest_sessionfinish(self) -> None:
        if self.child is not None:
            self.finish()
        if self.child is not None:
            self.child.close()
            self.child = None

    def pytest_unconfigure(self) -> None:
        if self.child is not None:
            self.child.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def tests_of(session: pytest.Session) -> list[pytest.Item]:
    """The tests that interpreters are to run."""
    return [item for item in session.items if not isinstance(item, AuditItem)]


def above(item: pytest.Item) -> set[str]:
    return {node.nodeid for node in item.listchain()}
