"""What the tests of the package share: a folder of small extension modules, and programs in processes of their own."""

import functools
import os
import subprocess
import sys
import sysconfig
import tempfile
import textwrap

HERE = os.path.dirname(os.path.abspath(__file__))
VERSION = sys.version_info[:2]
SUFFIX = sysconfig.get_config_var("EXT_SUFFIX")

#: Path without suffix, macros. The last part is the module's name.
MODULES = {
    "plain": (),
    "declared": ("DECLARED",),
    "keeps": ("DECLARED", "CAPSULES"),
    "single": ("SINGLE",),
    "fails": ("FAILS",),
    "truncated": (),
    "extpkg/__init__": (),
    "extpkg/leaf": (),
    "spread/leaf": (),
    "spread/single": ("SINGLE",),
    "withdata/core": (),
    "editable/outside": (),
}

FILES = {
    "extpkg/inner.py": "value = 'inner'\n",
    "extpkg/data.txt": "beside the package\n",
    "withdata/__init__.py": "from withdata import core\n",
    "withdata/data.txt": "beside the module\n",
    # What the .pth file of an editable install runs.
    "editable/editable_finder.py": """
        import importlib.util, os, sys
        class Finder:
            @classmethod
            def find_spec(cls, name, path=None, target=None):
                if name == "outside":
                    file = os.path.join(os.path.dirname(__file__), "outside" + {suffix!r})
                    return importlib.util.spec_from_file_location(name, file)
        def install(first):
            sys.meta_path.insert(0 if first else len(sys.meta_path), Finder)
        """,
}

#: What every program starts with. `create`, `run` and `end` are those of this version's interpreters module.
PRELUDE = """
import os, sys, threading
sys.path[:0] = {path!r}
try:
    import _interpreters as interpreters
except ImportError:
    import _xxsubinterpreters as interpreters
OWN_GIL = sys.version_info >= (3, 12)
# CPython 3.12 and 3.13 end the process if two threads create interpreters at once.
creation = threading.Lock()

def create():
    with creation:
        if sys.version_info >= (3, 13):
            return interpreters.create("isolated")
        return interpreters.create(isolated=OWN_GIL)

def run(interpreter, code):
    import textwrap
    code = "import sys\\nsys.path[:] = " + repr(sys.path) + "\\n" + textwrap.dedent(code)
    if sys.version_info >= (3, 13):
        failed = interpreters.exec(interpreter, code)
        if failed is not None:
            raise AssertionError(failed.errdisplay or failed.formatted)
    else:
        interpreters.run_string(interpreter, code)

def end(interpreter):
    with creation:
        interpreters.destroy(interpreter)

def isolated(code):
    \"\"\"Runs code in a new interpreter that isolates, in a thread of its own.\"\"\"
    failed = []
    def work():
        try:
            interpreter = create()
            try:
                run(interpreter, "import insula_isolate\\ninsula_isolate.install()\\n" + __import__("textwrap").dedent(code))
            finally:
                # By the thread that made it: another one would wait for ever, up to CPython 3.12.
                end(interpreter)
        except BaseException as error:
            failed.append(error)
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]
"""

#: Each use of freed memory shows; not where `Version::checks_memory_in_threads` of insula-pythons says no: CPython 3.12
#: takes these checks away, and back again, for a moment in which it makes
#: an interpreter, and what another thread allocates or frees then ends the process.
CHECKED = {} if VERSION == (3, 12) else {"PYTHONMALLOC": "debug"}


def package_folder():
    """The folder with `insula_isolate`; the step of xtask says it."""
    folder = os.environ.get("INSULA_TEST_MODULES")
    if not folder:
        raise RuntimeError("INSULA_TEST_MODULES names no folder with insula_isolate; use `cargo xtask test --only isolate`")
    return folder


@functools.cache
def site():
    """A folder with the modules, built for this Python. It goes when the test ends."""
    folder = tempfile.TemporaryDirectory(prefix="isolate-site")
    # Kept to the end of the process.
    site.folder = folder
    source = os.path.join(HERE, "package", "unit.c")
    for path, macros in MODULES.items():
        file = os.path.join(folder.name, path + SUFFIX)
        os.makedirs(os.path.dirname(file), exist_ok=True)
        name = os.path.basename(os.path.dirname(file)) if path.endswith("/__init__") else os.path.basename(path)
        command = [
            # With a library that it names, whether it needs that or not.
            os.environ.get("CC", "cc"), "-Wl,--no-as-needed", "-lm", "-shared", "-fPIC", "-O1", "-Wall", "-Wno-missing-field-initializers",
            f"-I{sysconfig.get_path('include')}", f"-DNAME={name}", *(f"-D{macro}" for macro in macros), source, "-o", file,
        ]
        done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"cannot build {path}: {' '.join(command)}\n{done.stderr}")
        if name == "truncated":
            with open(file, "r+b") as opened:
                opened.truncate(os.path.getsize(file) // 2)
    for path, text in FILES.items():
        with open(os.path.join(folder.name, path), "w", encoding="utf-8") as opened:
            opened.write(textwrap.dedent(text).replace("{suffix!r}", repr(SUFFIX)))
    return folder.name


def environment(**more):
    found = {name: value for name, value in os.environ.items() if not name.startswith(("INSULA_ISOLATE", "PYTHONMALLOC"))}
    # Nothing is written beside the sources.
    unwritten = {} if "PYTHONPYCACHEPREFIX" in found else {"PYTHONDONTWRITEBYTECODE": "1"}
    return found | CHECKED | unwritten | more


def start(arguments, *, python=sys.executable, cwd=None, timeout=60, standard_input=None, **more):
    """Run this Python with arguments; return the finished process."""
    return subprocess.run(
        [python, "-X", "faulthandler", *arguments],
        env=environment(**more), cwd=cwd or site(), input=standard_input, capture_output=True, text=True,
        errors="replace", timeout=timeout,
    )


def ok(done):
    """The output of a process that ended well and wrote nothing to stderr."""
    if done.returncode != 0:
        raise AssertionError(f"the process ended with {done.returncode}:\n{done.stdout}\n{done.stderr[-6000:]}")
    if done.stderr:
        raise AssertionError(f"it wrote to stderr:\n{done.stderr[-6000:]}")
    return done.stdout


def prelude():
    return PRELUDE.format(path=[package_folder(), site()])


def in_process(code, **options):
    """Run a program that starts with the prelude, in a process of its own; return its output."""
    return ok(start(["-c", prelude() + textwrap.dedent(code)], **options))


def script(folder, code, name="program.py"):
    """Write a program that starts with the prelude; return its path."""
    file = os.path.join(folder, name)
    with open(file, "w", encoding="utf-8") as opened:
        opened.write(prelude() + textwrap.dedent(code))
    return file
