"""Runs a package's own tests: in the main interpreter, or in several interpreters of one process at once.

suite.py --interpreters 0 --folder tests --select a --out FILE     in the main interpreter
suite.py --interpreters 4 ...                                      in four, with insula_isolate
"""

import argparse
import json
import os
import sys
import tempfile
import threading

import suite_job
from interpreters import OWN_GIL, Failed, Interpreter, prepare
from runner import INSTALL

HERE = os.path.dirname(os.path.abspath(__file__))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--interpreters", type=int, default=4)
    parser.add_argument("--folder", required=True, help="where the tests are")
    parser.add_argument("--path", action="append", default=[], help="put first on sys.path; may be repeated")
    parser.add_argument("--select", action="append", default=[], help="an argument of pytest; may be repeated")
    parser.add_argument("--without", action="append", default=[], help="tests not to run; may be repeated")
    parser.add_argument("--install", default=INSTALL, help="what an interpreter runs first")
    parser.add_argument("--out", required=True, help="the file for what was seen")
    options = parser.parse_args()
    # The tests run in another folder.
    options.out = os.path.abspath(options.out)
    with tempfile.TemporaryDirectory() as temporary:
        ini = os.path.join(temporary, "pytest.ini")
        with open(ini, "w") as file:
            file.write("[pytest]\n")

        def job(index, install):
            return {
                "folder": options.folder,
                "path": options.path,
                "select": options.select,
                "without": options.without,
                "install": install,
                "ini": ini,
                "temporary": os.path.join(temporary, f"of {index}"),
                "out": os.path.join(temporary, f"said-{index}"),
            }

        def read(index):
            with open(os.path.join(temporary, f"said-{index}")) as file:
                return json.load(file)

        kept = False
        if options.interpreters == 0:
            suite_job.run(job(0, ""))
            said = [read(0)]
        else:
            prepare()
            made = [Interpreter() for _ in range(options.interpreters)]
            said = [None] * len(made)

            def work(index):
                the_job = job(index, options.install)
                try:
                    path = f"import sys; {HERE!r} in sys.path or sys.path.insert(0, {HERE!r})"
                    made[index].run(f"{path}; import suite_job; suite_job.run({the_job!r})")
                    said[index] = read(index)
                except Failed as error:
                    said[index] = {"error": str(error)}

            threads = [threading.Thread(target=work, args=(index,)) for index in range(len(made))]
            for thread in threads:
                thread.start()
                if not OWN_GIL:
                    thread.join()
            for thread in threads:
                thread.join()
            left = (
                "import threading, sys; sys.modules['__main__'].left = [t for t in threading.enumerate() if t.daemon]"
            )
            for each in made:
                try:
                    each.run(left + "; assert not left, left")
                    each.end()
                except Failed:
                    kept = True
        with open(options.out, "w") as file:
            json.dump(said, file)
    if kept:
        # Threads of theirs still run, so CPython would not end well.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main()
