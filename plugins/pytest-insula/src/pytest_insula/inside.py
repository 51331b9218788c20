"""What runs in each interpreter: a pytest session that collects, then runs one test after another as it is told."""

from __future__ import annotations

import importlib
import io
import os
import sys
from typing import TYPE_CHECKING, Any

import _pytest.runner
import pytest

from pytest_insula.limits import place, restriction, within
from pytest_insula.wire import Message, Orders, Wire

if TYPE_CHECKING:
    from collections.abc import Generator
    from types import ModuleType

#: First copies of modules. They live on beside the second ones, as in a program that has both.
_kept: list[ModuleType] = []


def serve(fd: int) -> None:
    """Run the sessions that pytest orders."""
    # The environment belongs to the process: while one interpreter changes it, no other may read it.
    if hasattr(_pytest.runner, "_update_current_test_var"):
        _pytest.runner._update_current_test_var = lambda item, when: None
    wire = Wire(fd)
    orders = Orders(wire)
    while True:
        order = orders.next()
        if order["again"]:
            forget(order["modules"], order["rootdir"])
        stdout, stderr = sys.stdout, sys.stderr
        # What pytest says here is nobody's to read, except why it did not start.
        said = io.StringIO()
        with open(os.devnull, "w", encoding="utf-8") as nowhere:
            sys.stdout, sys.stderr = nowhere, said
            try:
                status = int(pytest.main(order["args"], plugins=[Inside(wire, orders, order)]))
            except Exception as error:
                # A plugin that does not get on with interpreters.
                status = int(pytest.ExitCode.INTERNAL_ERROR)
                print(f"{type(error).__name__}: {error}", file=said)
            finally:
                sys.stdout, sys.stderr = stdout, stderr
        wire.send("finished", status=status, said=said.getvalue())


def forget(modules: list[str], rootdir: str) -> None:
    """Take the modules under test, and what imported them from the project, out of `sys.modules`."""
    for name in modules:
        # A process that was started anew has no first copy yet.
        importlib.import_module(name)
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) or ""
        ours = file.startswith(rootdir + os.sep) and "site-packages" not in file
        if ours or any(within(name, each) for each in modules):
            _kept.append(module)
            del sys.modules[name]


class Inside:
    """The plugin of a session in an interpreter."""

    def __init__(self, wire: Wire, orders: Orders, order: Message) -> None:
        self.wire = wire
        self.orders = orders
        self.options: dict[str, Any] = order["options"]
        self.modules: list[str] = order["modules"]
        self.items: dict[str, pytest.Item] = {}

    def pytest_addoption(self, parser: pytest.Parser) -> None:
        # Those of the plugin faulthandler, which cannot be loaded here. The suite's configuration may name them.
        parser.addini("faulthandler_timeout", "not used in an interpreter", default="0")
        parser.addini("faulthandler_exit_on_timeout", "not used in an interpreter", default="false")

    @pytest.hookimpl(tryfirst=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        for name, value in self.options.items():
            setattr(config.option, name, value)

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection(self) -> None:
        self.wire.send("configured")
        self.orders.next()

    def pytest_collectstart(self, collector: pytest.Collector) -> None:
        if isinstance(collector, pytest.File):
            self.wire.send("collecting", id=collector.nodeid, path=str(collector.path))

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        report = yield
        call: Any = getattr(report, "call", None)
        if report.failed and call is not None and call.excinfo is not None:
            self._judge(report, call.excinfo, collector)
        return report

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        if not report.passed:
            # The nodes below are objects of this interpreter, and nobody needs them.
            report.result = []
            self.wire.send("report", id=report.nodeid, data=self._data(report))

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        self.config = session.config
        self.items = {item.nodeid: item for item in session.items}
        self.wire.send("collected", ids=list(self.items))
        while (order := self.orders.next())["kind"] == "run":
            item, following = self.items[order["id"]], self.items.get(order["next"])
            self.wire.send("started", id=item.nodeid)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
            self.wire.send("done", id=item.nodeid)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: pytest.CallInfo[None]
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        report = yield
        if report.failed and call.excinfo is not None:
            self._judge(report, call.excinfo, item)
        return report

    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        # pytest's own terminal would say why pytest.exit() was called.
        print(excinfo.value, file=sys.stderr)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call":
            # Whoever asks for the status of a test makes it fail if a subtest did. That is pytest's terminal, which is
            # missing here, and outside nobody counts subtests.
            self.config.hook.pytest_report_teststatus(report=report, config=self.config)
        self.wire.send("report", id=report.nodeid, data=self._data(report))

    def _judge(
        self,
        report: pytest.TestReport | pytest.CollectReport,
        excinfo: pytest.ExceptionInfo[BaseException],
        node: pytest.Item | pytest.Collector,
    ) -> None:
        """Skip what fails because interpreters restrict it."""
        found = restriction(excinfo.value, self.modules)
        if found is not None:
            what, error = found
            begins = (node.location[1] or 0) + 1 if isinstance(node, pytest.Item) else 1
            file, line = place(error, str(node.path), str(node.config.rootpath)) or (str(node.path), begins)
            report.outcome = "skipped"
            report.longrepr = (file, line, f"Skipped: not in an interpreter: {what}")
            report.__dict__["insula_restriction"] = what

    def _data(self, report: pytest.TestReport | pytest.CollectReport) -> Any:
        return self.config.hook.pytest_report_to_serializable(config=self.config, report=report)

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        self.config = session.config
