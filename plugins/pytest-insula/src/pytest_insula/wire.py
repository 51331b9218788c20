"""Messages between pytest and an interpreter: one JSON object a line, through a socket of that interpreter's own.

JSON, because the process at the other end may have corrupted its memory: what it sends is parsed, never executed.
"""

from __future__ import annotations

import json
import os
from typing import Any

type Message = dict[str, Any]


class Wire:
    """One end of the socket."""

    def __init__(self, fd: int) -> None:
        self.fd = fd
        self._pending = b""

    def send(self, kind: str, **fields: Any) -> None:
        # What a test puts into a report may be any object. It is for people to read.
        data = json.dumps({"kind": kind, **fields}, default=str, skipkeys=True).encode() + b"\n"
        while data:
            data = data[os.write(self.fd, data) :]

    def read(self) -> list[Message] | None:
        """Wait for data; the messages that are complete with it. None once the other end is closed."""
        try:
            data = os.read(self.fd, 1 << 16)
        except ConnectionResetError:
            return None
        if not data:
            return None
        *lines, self._pending = (self._pending + data).split(b"\n")
        return [json.loads(line) for line in lines]


class Orders:
    """What pytest tells an interpreter, one order at a time."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire
        self._waiting: list[Message] = []

    def next(self) -> Message:
        while not self._waiting:
            read = self._wire.read()
            if read is None:
                # pytest is gone, and nobody wants results.
                os._exit(0)
            self._waiting += read
        return self._waiting.pop(0)
