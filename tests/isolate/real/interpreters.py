"""Interpreters of this process, on every supported CPython, for the programs beside this file."""

import sys
import threading

if sys.version_info >= (3, 13):
    import _interpreters
else:
    import _xxsubinterpreters as _interpreters

#: Before CPython 3.12, interpreters share one GIL.
OWN_GIL = sys.version_info >= (3, 12)

#: CPython 3.12.1 frees memory of other interpreters when the process ends, and crashes, if one with its own GIL has imported
#: hashlib or asyncio: with insula_isolate and without.
ENDS_WELL = sys.version_info[:2] != (3, 12)

#: CPython itself creates and ends one at a time only.
_one_at_a_time = threading.Lock()


class Failed(Exception):
    """What an interpreter raised, as text."""


class Interpreter:
    """One further interpreter; it may have daemon threads where the version can allow them."""

    def __init__(self):
        with _one_at_a_time:
            if sys.version_info >= (3, 13):
                self.number = _interpreters.create(_interpreters.new_config("isolated", allow_daemon_threads=True))
            else:
                self.number = _interpreters.create(isolated=OWN_GIL)
                # If another thread is the first to import it, the end of the interpreter waits for that thread for ever.
                _interpreters.run_string(self.number, "import threading")

    def run(self, code):
        """Runs `code`; raises Failed with the exception's type and text, in one line, if it raises."""
        if sys.version_info >= (3, 13):
            failed = _interpreters.exec(self.number, code)
            if failed is not None:
                raise Failed(f"{failed.type.__name__}: {failed.msg}")
            return
        try:
            _interpreters.run_string(self.number, code)
        except _interpreters.RunFailedError as error:
            raise Failed(_line(error)) from None

    def end(self):
        with _one_at_a_time:
            _interpreters.destroy(self.number)


def _line(error):
    """`<class 'ImportError'>: text` as `ImportError: text`."""
    text = str(error)
    if text.startswith("<class '") and "'>" in text:
        kind, rest = text[8:].split("'>", 1)
        text = kind.rpartition(".")[2] + rest
    return text


def prepare():
    """Imports in the main interpreter those modules of CPython 3.13.0 that two interpreters cannot import at once."""
    if sys.version_info[:3] == (3, 13, 0):
        import _datetime
        import _decimal
        import _socket
        import _ssl
        import array

        return [_datetime, _decimal, _socket, _ssl, array]
    return []
