"""What one interpreter does with one package; `runner.py` has many do it at once."""

import _thread
import gc
import importlib
import json
import os
import sys
import threading
import time
import traceback
import types

#: Where interpreters wait for each other.
PLACES = ("installed", "used", "seen")


def run(job):
    """Does the job and leaves what it saw in a file: all kinds of things, an error among them."""
    said = {"wrong": [], "calls": 0, "error": None}
    try:
        exec(job["install"], {})
        meet(job, "installed")
        before, begun = pss(), time.perf_counter()
        for name in job["imports"]:
            importlib.import_module(name)
        said["import_s"], said["import_kb"] = time.perf_counter() - begun, pss() - before
        use = load(job["use"]) if job["rounds"] else None
        expected = read(job["expected"])["results"] if job["expected"] else None
        for turn in range(job["rounds"]):
            begun = time.perf_counter()
            result = repr(use(turn))
            said["call_s"] = min(said.get("call_s", 1e9), time.perf_counter() - begun)
            said["calls"] += 1
            if expected and result != expected[turn]:
                said["wrong"].append([turn, expected[turn][:500], result[:500]])
        meet(job, "used")
        if job["proof"]:
            prove(job, said)
        gc.collect()
        said["threads"] = threads_left()
    except BaseException as error:
        said["error"] = "".join(traceback.format_exception_only(error)).strip()
        said["traceback"] = traceback.format_exc()
    # Nobody is to wait for this one any more.
    for place in PLACES:
        mark(job, place)
    write(os.path.join(job["folder"], f"said-{job['index']}"), said)


def threads_left():
    """The names of this interpreter's threads that still run."""
    # Not `current_thread()`: it would make an object of this thread, whose end CPython 3.12 waits for.
    here = threading.get_ident(), threading.main_thread().ident
    known = [each.name for each in threading.enumerate() if each.ident not in here and each.is_alive()]
    # gevent starts some that the threading module does not know.
    return known + ["a thread of _thread"] * (_thread._count() - len(known))


def prove(job, said):
    """What insula_isolate's own instruments say."""
    import insula_isolate

    insula_isolate.verify()
    meet(job, "seen")
    # Now each interpreter has shown what it has.
    found = insula_isolate.verify()
    said["proof"] = [bool(found), str(found)]
    said["report"] = [[each.name, each.action, each.why] for each in insula_isolate.report()]
    images = insula_isolate._native.images()
    said["images"] = [len(images), sum(each["size"] for each in images)]


def mark(job, place):
    open(os.path.join(job["folder"], f"{place}-{job['index']}"), "w").close()


def meet(job, place):
    """Waits until as many interpreters are here as are to meet."""
    if job["meet"] < 2:
        return
    mark(job, place)
    deadline = time.monotonic() + 300
    while not all(os.path.exists(os.path.join(job["folder"], f"{place}-{each}")) for each in range(job["meet"])):
        if time.monotonic() > deadline:
            raise TimeoutError(f"the other interpreters did not come to {place!r}")
        time.sleep(0.001)


def load(path):
    """The function `use` of a file, which one interpreter loads once: it may register things."""
    module = sys.modules.get("used")
    if module is not None and module.__file__ == path:
        return module.use
    module = types.ModuleType("used")
    module.__file__ = path
    sys.modules["used"] = module
    with open(path) as file:
        exec(compile(file.read(), path, "exec"), vars(module))
    return module.use


def pss():
    """This process's proportional set size in kB."""
    with open("/proc/self/smaps_rollup") as file:
        return sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))


def write(path, value):
    with open(path + ".new", "w") as file:
        json.dump(value, file)
    os.replace(path + ".new", path)


def read(path):
    with open(path) as file:
        return json.load(file)
