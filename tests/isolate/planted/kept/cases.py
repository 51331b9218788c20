"""What the process keeps of an image: its addresses are used after the interpreter's end, and so the image stays."""

import os
import signal
import sys
import time

from case import Case
from recipes import extension, library, package

BUILD = [
    package("kept"),
    extension("kept/_kept", "kept.c"),
    package("threaded"),
    library("elsewhere/libplanted_threads.so", "threads.c", flags=["-pthread"]),
    extension("threaded/_threaded", "threaded.c", needs=["elsewhere/libplanted_threads.so"],
              runpath="$ORIGIN/../elsewhere"),
]


def import_ctypes():
    """Only the main interpreter can import it everywhere."""
    import ctypes

    return ctypes


WORDS = "pointers of CPython or of a library into it"


class _Kept(Case):
    """Subclasses name the function that leaves an address, and use it when all interpreters have ended."""

    control = None
    no_control = "plain loading unmaps nothing"
    kept = WORDS
    without = ("kept",) if sys.version_info >= (3, 12) else ()
    shows = "SIGSEGV|SIGBUS|SIGILL|SIGABRT|no image stays open"
    function = ""

    def use(self):
        from kept import _kept

        return getattr(_kept, self.function)()

    def judge(self, seen):
        return seen.alike(0, "use") + ([] if seen.afterwards in (None, True) else [f"afterwards: {seen.afterwards}"])


class Environment(_Kept):
    """putenv keeps the string itself."""

    function = "environment"
    kept = "memory or a function"

    def afterwards(self):
        ctypes = import_ctypes()
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_char_p
        found = getenv(b"PLANTED_NOT_THERE"), getenv(b"PLANTED_KEPT")
        os.environ["PLANTED_OTHER"] = "1"
        return found == (None, b"1")


class ExitFunction(_Kept):
    """on_exit: the function runs when the process exits."""

    function = "exit_function"
    kept = "exit functions"

    def judge(self, seen):
        ran = [line for line in seen.log if line == "on_exit"]
        more = [] if len(ran) == len(seen.interpreters) else [f"{len(ran)} functions ran"]
        return super().judge(seen) + more


class QuickExitFunction(_Kept):
    """at_quick_exit: not lost with its image."""

    function = "quick_exit_function"
    kept = "exit functions"


class Timer(_Kept):
    """A timer goes on calling its function, on a thread of the C library's."""

    function = "timer"
    kept = "memory or a function"

    def afterwards(self):
        time.sleep(0.5)
        return True


class KeyOfC11(_Kept):
    """The destructor of a key made by tss_create runs when the thread ends, which may be after the interpreter did."""

    function = "c11_key"


class StreamBuffer(_Kept):
    """Standard output writes through a buffer in the image."""

    function = "stream_buffer"
    kept = "memory or a function"

    def afterwards(self):
        libc = import_ctypes().CDLL(None)
        libc.puts(b"more")
        libc.fflush(None)
        return True


class LogName(_Kept):
    """openlog keeps the name itself."""

    function = "log_name"

    def afterwards(self):
        import_ctypes().CDLL(None).syslog(6, b"planted")
        return True


class SystemVSignal(_Kept):
    """A handler that was set by another function than signal."""

    function = "system_v_signal"
    kept = None  # such a handler is for one signal

    def beforehand(self):
        signal.signal(signal.SIGUSR2, lambda *_: None)

    def afterwards(self):
        os.kill(os.getpid(), signal.SIGUSR2)
        time.sleep(0.01)
        return True


class InputHook(_Kept):
    """PyOS_InputHook, a variable of CPython's."""

    function = "input"

    def afterwards(self):
        ctypes = import_ctypes()
        hook = ctypes.c_void_p.in_dll(ctypes.pythonapi, "PyOS_InputHook").value
        return ctypes.CFUNCTYPE(ctypes.c_int)(hook)() == 0


class Arenas(_Kept):
    """The allocator of CPython's arenas."""

    function = "arenas"

    def afterwards(self):
        return len([bytes(300) for _ in range(100000)]) == 100000


class ArgumentParser(_Kept):
    """A parser of arguments, as Argument Clinic makes it: the process's end goes through CPython's list of them."""

    function = "argument_parser"
    since = (3, 13)  # CPython 3.12 releases an object of an interpreter that has ended there, without copies, too


class MemoryView(_Kept):
    """A memoryview of the image's memory that is still there when the interpreter has ended may be another's."""

    function = "memory_view"
    kept = "memory or a function"

    def use(self):
        return int(len(super().use()) != 64)


class MemoryViewThatIsGone(_Kept):
    """One that is gone by then keeps nothing."""

    function = "short_memory_view"
    kept = None
    without = ()


class ThreadsOfALibrary(_Kept):
    """A library that is not copied goes on calling a function of the image on a thread of its own."""

    kept = "a library that is not copied"
    share = ("libplanted_threads*",)

    def use(self):
        from threaded import _threaded

        return _threaded.start()

    def afterwards(self):
        time.sleep(0.2)
        return True
