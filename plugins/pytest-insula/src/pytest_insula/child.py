"""The child process, as pytest sees it: it is started, told what to do, listened to, and may crash."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_insula.wire import Message, Wire

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

#: How much of what the process wrote is shown of one that crashed, in characters.
SHOWN = 3000

_PROGRAM = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])["path"]
from pytest_insula import serve
serve.main()
"""


class Ended(Exception):
    """The process is no longer there, or did not answer in time: why, what it wrote, and what it had said before.

    `rest` are its messages that nobody has read: it may end while an interpreter is told what to do, and what another
    one was doing stands there.
    """

    def __init__(self, why: str, wrote: str, rest: Sequence[tuple[int, Message]] = ()) -> None:
        super().__init__(why)
        self.why = why
        self.wrote = wrote
        self.rest = rest


class Child:
    """A process with some interpreters, which are numbered from 1."""

    def __init__(self, number: int, gil: str, isolate: bool, cwd: Path, folder: Path) -> None:
        pairs = [socket.socketpair() for _ in range(number)]
        self._sockets = {place: ours for place, (ours, _) in enumerate(pairs, 1)}
        self._wires = {place: Wire(ours.fileno()) for place, ours in self._sockets.items()}
        theirs = [other for _, other in pairs]
        fds = [other.fileno() for other in theirs]
        setup = {"fds": fds, "gil": gil, "isolate": isolate, "path": sys.path, "argv": sys.argv}
        environment = {name: value for name, value in os.environ.items() if name != "PYTEST_ADDOPTS"}
        # The variable of this interpreter's test would be a wrong one in the others.
        environment.pop("PYTEST_CURRENT_TEST", None)
        if sys.dont_write_bytecode:
            environment["PYTHONDONTWRITEBYTECODE"] = "1"
        self._log = folder / "output"
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-c", _PROGRAM, json.dumps(setup)],
                pass_fds=fds,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=cwd,
                env=environment,
                # An interrupt from the keyboard is pytest's to handle.
                start_new_session=True,
            )
        for other in theirs:
            other.close()
        self._selector = selectors.DefaultSelector()
        for place, ours in self._sockets.items():
            self._selector.register(ours, selectors.EVENT_READ, place)

    def send(self, place: int, kind: str, **fields: Any) -> None:
        try:
            self._wires[place].send(kind, **fields)
        except (BrokenPipeError, ConnectionResetError):
            raise self._ended() from None

    def messages(self, timeout: float) -> Iterator[tuple[int, Message]]:
        """What the interpreters say, until `timeout` seconds are over, if that is not 0; then raises Ended."""
        deadline = time.monotonic() + timeout if timeout else None
        while True:
            left = None if deadline is None else max(0.0, deadline - time.monotonic())
            ready = self._selector.select(left)
            if not ready:
                self.close()
                raise Ended(f"no answer within {timeout:g} s", self._wrote())
            # What was said comes before the news that nobody will say more.
            ended = False
            for key, _ in ready:
                read = self._wires[key.data].read()
                ended = ended or read is None
                for message in read or ():
                    yield key.data, message
            if ended:
                raise self._ended()

    def _ended(self) -> Ended:
        try:
            code = self._process.wait(10)
        except subprocess.TimeoutExpired:
            self.close()
            return Ended("the process closed its connection to pytest", self._wrote())
        rest = list(self._rest())
        self.close()
        how = f"exit code {code}" if code >= 0 else _signal(-code)
        return Ended(f"the process ended with {how}", self._wrote(), rest)

    def _rest(self) -> Iterator[tuple[int, Message]]:
        while ready := self._selector.select(0):
            for key, _ in ready:
                read = self._wires[key.data].read()
                if read is None:
                    self._selector.unregister(key.fileobj)
                for message in read or ():
                    yield key.data, message

    def _wrote(self) -> str:
        text = self._log.read_text(encoding="utf-8", errors="replace")
        # A crash begins with what was running last.
        crash = text.rfind("Fatal Python error")
        return text[crash : crash + SHOWN] if crash >= 0 else text[-SHOWN:]

    def close(self) -> None:
        """End the process, and what tests have started in its session."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._selector.close()
        for ours in self._sockets.values():
            ours.close()


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
