"""uWSGI with applications in several sub-interpreters: `python uwsgi.py UWSGI`, with the Python that the program UWSGI was
built for, of an environment that has insula_isolate and what `application.wsgi` imports.

uWSGI runs the first application that it mounts in the main interpreter, and each further one in an interpreter of its own. Without
INSULA_ISOLATE it does not start; with it, all of them answer under load.
"""

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from apache import BAD, SCRIPT, THREADS, Apache, Wrong, check, expected, free_port, load, look

GROUPS = ["main", "a", "b"]
# What uWSGI 2.0 itself does, with any two applications and threads: it ends the interpreters before their threads.
ENDS = "SIGINT/SIGTERM received"


class Uwsgi(Apache):
    """A running one. It is asked, and ended, like an Apache."""

    END = signal.SIGTERM

    def __init__(self, program, run, isolate):
        self.port = free_port()
        self.run, self.log = run, run / "output"
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "INSULA"))}
        environment |= {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONMALLOC": "debug"}
        if isolate:
            environment["INSULA_ISOLATE"] = "1"
        command = [program, "--http-socket", f"127.0.0.1:{self.port}", "--need-app", "--master"]
        command += ["--enable-threads", "--threads", str(THREADS), "--manage-script-name", "--home", sys.prefix]
        command += ["--die-on-term", "--disable-logging"]
        for group in GROUPS:
            command += ["--mount", f"/{group}={SCRIPT}"]
        with open(self.log, "w") as output:
            self.process = subprocess.Popen(
                command, env=environment, stdout=output, stderr=output, start_new_session=True
            )

    def ask(self, group, n, connection=None):
        # Its socket closes each connection without saying so.
        return super().ask(group, n)


def control(program, run):
    server = Uwsgi(program, run, isolate=False)
    try:
        code = server.process.wait(60)
    except subprocess.TimeoutExpired:
        server.__exit__()
        raise Wrong("uWSGI serves the applications without INSULA_ISOLATE: the test shows nothing") from None
    errors = [line for line in server.said().splitlines() if "ImportError: " in line]
    check(code != 0 and errors, f"uWSGI ended with {code}, and not for an ImportError\n{server.said()}")
    print("without INSULA_ISOLATE uWSGI does not start:", errors[-1].partition("ImportError: ")[2])


def isolated(program, run):
    with Uwsgi(program, run, isolate=True) as server:
        where, rate = load(server, expected(), GROUPS, 0)
        look(where, ["a", "b"])
    said = server.said().partition(ENDS)[0]
    lines = [line for line in said.splitlines() if BAD.search(line)]
    check(not lines, "uWSGI says:\n" + "\n".join(lines[:25]))
    answers = sum(map(len, where.values()))
    print(f"with it: {answers} right answers of {len(GROUPS)} interpreters, {rate:.0f} a second")


def main():
    cases = {"control": control, "isolated": isolated}
    arguments = argparse.ArgumentParser()
    arguments.add_argument("uwsgi", type=lambda text: Path(text).resolve())
    arguments.add_argument("--only", choices=cases)
    chosen = arguments.parse_args()
    failed = 0
    for name, case in cases.items():
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory() as run:
                try:
                    case(chosen.uwsgi, Path(run))
                except Wrong as error:
                    failed += 1
                    print(f"{name}: {error}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
