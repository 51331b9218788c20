"""Uses one package in one process, as `cargo xtask isolate` asks; says what it saw as JSON.

    runner.py main      in the main interpreter: what is right
    runner.py without   in a further interpreter, without insula_isolate (before CPython 3.12: in two)
    runner.py isolated  in many at once, which end in random order
    runner.py proof     in some at once, with insula_isolate.verify() in each
    runner.py cost      in one after the other: memory and time

A use is a file with a function `use(turn)`, whose result has a `repr` that depends on `turn` alone.
"""

import argparse
import importlib
import os
import queue
import random
import sys
import tempfile
import threading
import time

import job as jobs
from interpreters import ENDS_WELL, OWN_GIL, Failed, Interpreter, prepare

HERE = os.path.dirname(os.path.abspath(__file__))
INSTALL = "import insula_isolate; insula_isolate.install()"


def make(options, index, **changes):
    """The job of one interpreter."""
    made = {
        "folder": options.folder,
        "index": index,
        "use": options.use,
        "imports": options.imports,
        "rounds": options.rounds,
        "install": options.install,
        "expected": options.expected,
        "meet": 0,
        "proof": False,
    }
    return made | changes


def do(interpreter, job):
    """Has the interpreter do the job. Returns what it said."""
    try:
        interpreter.run(f"import sys; sys.path.insert(0, {HERE!r}); import job; job.run({job!r})")
        return jobs.read(os.path.join(job["folder"], f"said-{job['index']}"))
    except Failed as error:
        return {"error": str(error), "wrong": [], "calls": 0, "threads": []}


def in_thread(function, *arguments):
    """Calls the function in a thread, and returns its result."""
    results = []
    thread = threading.Thread(target=lambda: results.append(function(*arguments)))
    thread.start()
    thread.join()
    return results[0]


def in_main(options):
    before, begun = jobs.pss(), time.perf_counter()
    for name in options.imports:
        importlib.import_module(name)
    said = {"import_s": time.perf_counter() - begun, "import_kb": jobs.pss() - before, "call_s": 1e9}
    use = jobs.load(options.use)
    said["results"] = []
    for turn in range(options.rounds):
        begun = time.perf_counter()
        said["results"].append(repr(use(turn)))
        said["call_s"] = min(said["call_s"], time.perf_counter() - begun)
        if turn == 0:
            said["used_kb"] = jobs.pss() - before
    # What is not the same every time would prove nothing.
    again = [repr(use(turn)) for turn in range(options.rounds)]
    said["unstable"] = [turn for turn, result in enumerate(again) if result != said["results"][turn]]
    return said


def without(options):
    made = []
    for index in range(1 if OWN_GIL else 2):
        made.append(Interpreter())
        said = in_thread(do, made[-1], make(options, index, install="", rounds=2))
        if said["error"]:
            break
    # What follows may be the end of the process.
    jobs.write(options.out, said)
    for interpreter in made:
        if not said.get("threads"):
            interpreter.end()
    return said


def at_once(options):
    prepare()
    chance = random.Random(options.seed)
    count = options.interpreters if OWN_GIL else 2
    made = [Interpreter() for _ in range(count)]
    said = {"seed": options.seed, "interpreters": [None] * count, "kept": []}
    done = queue.SimpleQueue()
    early = {index for index in range(count) if OWN_GIL and chance.random() < 0.4}

    def work(index, job):
        said["interpreters"][index] = do(made[index], job)
        done.put(index)

    def end(index):
        threads = said["interpreters"][index].get("threads")
        if threads:
            # CPython aborts if an interpreter is ended that has some.
            said["kept"].append([index, threads])
        else:
            made[index].end()

    proof = options.mode == "proof"
    each = [make(options, index, meet=count if OWN_GIL else 0, proof=proof) for index in range(count)]
    if OWN_GIL:
        threads = [threading.Thread(target=work, args=job) for job in enumerate(each)]
        for thread in threads:
            thread.start()
        for _ in threads:
            # In this thread: CPython 3.12 waits for ever if another one than that of `import threading` ends it.
            if (index := done.get()) in early:
                # The others still work.
                end(index)
        for thread in threads:
            thread.join()
    else:
        # The second one begins when the first one has used the package; then each uses it again. Each has one thread
        # for both, as it has in a host: what belongs to a thread, such as the hub of gevent, is there again. None has
        # the main thread, which is for signals, that CPython has in the main interpreter only.
        turns = [queue.SimpleQueue() for _ in range(count)]

        def serve(index):
            while turns[index].get():
                work(index, each[index])

        threads = [threading.Thread(target=serve, args=(index,)) for index in range(count)]
        for thread in threads:
            thread.start()
        for _ in range(2):
            for turn in turns:
                turn.put(True)
                done.get()
        for turn, thread in zip(turns, threads, strict=True):
            turn.put(False)
            thread.join()
    late = [index for index in range(count) if index not in early]
    chance.shuffle(late)
    for index in late:
        end(index)

    # And one that comes after all of them.
    made.append(Interpreter())
    said["interpreters"].append(None)
    in_thread(work, count, make(options, count, rounds=min(options.rounds, 3)))
    end(count)
    if "insula_isolate" in options.install:
        import insula_isolate

        said["counts"] = insula_isolate._native.reap()
    return said


def cost(options):
    prepare()
    said = {"bare": [], "interpreters": []}
    alive = []
    for index in range(options.interpreters):
        # First one that imports nothing of the package.
        for name, imports in (("bare", []), ("interpreters", options.imports)):
            before = jobs.pss()
            alive.append(Interpreter())
            one = in_thread(
                do, alive[-1], make(options, f"{name}-{index}", imports=imports, rounds=int(name != "bare"))
            )
            if one["error"]:
                raise SystemExit(one["error"])
            said[name].append({"kb": jobs.pss() - before, **one})
    said["kept"] = [each for each in said["interpreters"] if each.get("threads")]
    return said


def main():
    parser = argparse.ArgumentParser()
    modes = {"main": in_main, "without": without, "isolated": at_once, "proof": at_once, "cost": cost}
    parser.add_argument("mode", choices=modes)
    parser.add_argument("--use", required=True, help="a file")
    parser.add_argument("--imports", required=True, type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--interpreters", type=int, default=8)
    parser.add_argument("--expected", help="what `main` said, a file")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--install", default=INSTALL, help="what an interpreter runs first")
    parser.add_argument("--out", required=True, help="the file for what was seen")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as options.folder:
        said = modes[options.mode](options)
        jobs.write(options.out, said)
    if said.get("kept") or not ENDS_WELL:
        # Threads of theirs still run, or it is one of CPython's defects: it would not end well.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
