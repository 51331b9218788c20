"""What interpreters restrict, whatever is tested: a test that needs it says nothing about an extension module."""

from __future__ import annotations

import os
import re
import traceback

#: What is restricted, and the words in which CPython 3.12 to 3.15 says so.
RESTRICTED = (
    ("daemon threads", r"daemon threads are disabled in this \(sub\)interpreter"),
    ("fork", r"fork not supported for (isolated )?subinterpreters"),
    ("fork", r"preexec_fn not supported within subinterpreters"),
    ("exec", r"exec not supported for isolated subinterpreters"),
    ("signals", r"(signal|set_wakeup_fd) only works in main thread of the main interpreter"),
)

_REFUSED = re.compile(r"module (\S+) does not support loading in subinterpreters")


def restriction(error: BaseException, modules: list[str]) -> tuple[str, BaseException] | None:
    """Which restriction this exception, or one that led to it, comes from; and the one that says so.

    That another module than those under test refuses to be imported is one. Where `modules` does not say which are
    under test, every refusal counts as a failure: it may be what the tests are to find.
    """
    for each in _chain(error):
        if not isinstance(each, RuntimeError | ValueError | ImportError):
            continue
        try:
            text = str(each)
        except Exception:
            # An exception of a test may do anything.
            continue
        for what, pattern in RESTRICTED:
            if isinstance(each, RuntimeError | ValueError) and re.search(pattern, text):
                return what, each
        refused = _REFUSED.search(text) if isinstance(each, ImportError) else None
        if refused and modules and not any(within(refused[1], module) for module in modules):
            return f"{refused[1]} refuses to be imported", each
    return None


def place(error: BaseException, file: str, rootdir: str) -> tuple[str, int] | None:
    """Where the code of a test comes to an exception: a file and a line of it.

    That is the innermost place in the test's file, or else in the project: what raises is mostly the standard library.
    """
    passed = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    ours = [each for each in passed if each[0].startswith(rootdir + os.sep) and "site-packages" not in each[0]]
    return next(reversed([each for each in passed if each[0] == file] or ours), None)


def within(name: str, package: str) -> bool:
    """Whether `name` is the package or a module in it."""
    return name == package or name.startswith(package + ".")


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    rest = [error]
    while rest:
        each = rest.pop()
        # By identity: an exception of a test may say of any other that it is equal, or raise.
        if all(each is not other for other in chain):
            chain.append(each)
            rest += [other for other in (each.__cause__, each.__context__) if other is not None]
    return chain
