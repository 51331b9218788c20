"""Throughput of several workers at a time: `python scaling.py FILE KIND ROW WORKERS SECONDS [force]`.

The kinds: `interpreters` (each with its own GIL, on a thread of its own), `threads` of one interpreter, `processes`. Every worker
loads the module, warms up, waits for the start, and runs the row for so many seconds. Prints two figures: operations per second of
all together, and operations per second of processor time of one, the mean of all. The second tells what the workers share even
where other programs take a part of the machine. `force` loads what does not declare support for interpreters with their own GIL.
"""

import os
import struct
import subprocess
import sys
import threading

HERE = os.path.dirname(os.path.abspath(__file__))

WORKER = """
import gc, os, struct, sys, time
sys.path.insert(0, {here!r})
if {force}:
    import _imp
    _imp._override_multi_interp_extensions_check(-1)
import rows
run = rows.function({row!r}, rows.load({path!r}))
run(2000)
os.write({ready}, b"r")
os.read({go}, 1)
done = 0
clock, used = time.perf_counter, time.thread_time
begun, begun_used = clock(), used()
while clock() - begun < {seconds}:
    run(2000)
    done += 2000
os.write({result}, struct.pack("dddd", begun, clock(), done, done / (used() - begun_used)))
"""


def main(path, kind, row, workers, seconds, force):
    (ready_in, ready), (go, go_out), (result_in, result) = os.pipe(), os.pipe(), os.pipe()
    text = WORKER.format(here=HERE, path=path, row=row, seconds=seconds, force=force, ready=ready, go=go, result=result)
    started = []
    if kind == "processes":
        for _ in range(workers):
            command = [sys.executable, "-s", "-B", "-c", text]
            started.append(subprocess.Popen(command, pass_fds=(ready, go, result)))
    else:
        if kind == "interpreters":
            from costs import interpreters

            create, run = interpreters()
            created = [create() for _ in range(workers)]

            def work(number):
                error = run(created[number], text)
                if error:
                    os.write(2, error.encode())
                    os._exit(3)
        else:

            def work(_):
                exec(text, {"__name__": "worker"})

        for number in range(workers):
            started.append(threading.Thread(target=work, args=(number,)))
            started[-1].start()
    for _ in range(workers):
        os.read(ready_in, 1)
    os.write(go_out, b"g" * workers)
    figures = [struct.unpack("dddd", os.read(result_in, 32)) for _ in range(workers)]
    for worker in started:
        worker.join() if isinstance(worker, threading.Thread) else worker.wait()
    begun, ended, done, used = zip(*figures)
    # From the first one's start to the last one's end: the rates of workers that take turns must not be added up.
    print(sum(done) / (max(ended) - min(begun)), sum(used) / workers, flush=True)
    os._exit(0)  # Ending the interpreters is not what is measured.


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]), float(sys.argv[5]), sys.argv[6:] == ["force"])
