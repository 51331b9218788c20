"""mod_wsgi with applications in several sub-interpreters: `python apache.py APACHE`, with the Python of an environment
that has mod_wsgi, insula_isolate and what `application.wsgi` imports. APACHE is a folder with `usr/sbin/apache2`, as
Debian packages it.

Starts Apache on the loopback three times: without INSULA_ISOLATE, where the second application must fail; with it, the
applications in one daemon process; with it, the applications in one embedded process. Says what it found; ends with 1
if something was wrong.
"""

import argparse
import http.client
import importlib.machinery
import importlib.util
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPT = HERE / "application.wsgi"
# One application each, in an interpreter each. None in the main interpreter, %{GLOBAL}: a thread of mod_wsgi 6.1.1 that
# has served another one takes that for the main interpreter, with insula_isolate and without.
GROUPS = ["a", "b"]
COPIED = ["_bcrypt", "_rust", "_pydantic_core"]
THREADS = 8
REQUESTS = 300
RESTARTS = 2
# What a process that died, or an interpreter that ended badly, leaves in the log.
BAD = re.compile(
    r"exit signal|Segmentation|segfault|core dump|Fatal Python|Abort|double free|free\(\)|corrupt|panicked|Traceback"
    r"|Deadlock|WSGI0025|not the last thread|Exception ignored|has died|[:\[](?:emerg|alert|crit|error)\]",
)

CONFIGURATION = """
ServerRoot {run}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {run}/httpd.pid
ErrorLog {run}/error.log
LogLevel info
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule wsgi_module {wsgi}
StartServers 1
ServerLimit 1
MinSpareThreads 1
MaxSpareThreads {most}
ThreadsPerChild {most}
MaxRequestWorkers {most}
WSGIPythonHome {home}
WSGISocketPrefix {run}/wsgi
{mode}
<Directory {scripts}>
    Require all granted
</Directory>
"""


class Wrong(Exception):
    """What must not be."""


def check(truth, what):
    if not truth:
        raise Wrong(what)


def expected():
    """`answer` of the application, in the main interpreter of a process without Apache."""
    loader = importlib.machinery.SourceFileLoader("application", str(SCRIPT))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("application", loader))
    loader.exec_module(module)

    def answer(n, group):
        module.GROUP = group
        return module.answer(n)

    return answer


def as_another_user():
    """Apache refuses to serve as root. It gets another user, who may read what root may: the cache is in its home."""
    if os.geteuid() != 0:
        return []
    keep = ["--inh-caps=+dac_override", "--ambient-caps=+dac_override"]
    return ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", *keep]


def free_port():
    """A port that nobody has, and that the system gives to nobody else before the server takes it."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    while True:
        port = random.SystemRandom().randrange(10_000, max(first, 20_000))
        with socket.socket() as free:
            try:
                free.bind(("127.0.0.1", port))
                return port
            except OSError:
                pass


class Apache:
    """A running one, in a folder of its own."""

    # Ends it when what it answers is answered. At a SIGTERM, the event MPM of Apache 2.4 closes the connections of its
    # threads while they do so themselves, and crashes at times.
    END = signal.SIGWINCH

    def __init__(self, folder, run, embedded, isolate):
        self.port = free_port()
        self.run = run
        self.log = run / "error.log"
        alias = "WSGIScriptAlias /{} {} application-group={}"
        lines = [alias.format(group, SCRIPT, group) for group in GROUPS]
        if not embedded:
            lines = [f"{line} process-group=applications" for line in lines]
            # Its interpreters get time to end, on a busy machine too.
            daemon = f"processes=1 threads={THREADS} home={run} shutdown-timeout=60"
            lines.insert(0, f"WSGIDaemonProcess applications {daemon}")
        (wsgi,) = Path(importlib.util.find_spec("mod_wsgi.server").origin).parent.glob("mod_wsgi-py*.so")
        configuration = CONFIGURATION.format(
            run=run,
            port=self.port,
            modules=folder / "usr/lib/apache2/modules",
            wsgi=wsgi,
            # More than there are clients, or Apache complains.
            most=2 * THREADS,
            home=sys.prefix,
            mode="\n".join(lines),
            scripts=HERE,
        )
        (run / "httpd.conf").write_text(configuration)
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "INSULA"))}
        # Memory that was freed or never written is recognised then.
        environment["PYTHONMALLOC"] = "debug"
        libraries = sorted({str(path.parent) for path in folder.glob("**/lib*.so.*")})
        # That of Python, if it is not where the loader finds it by itself, is in the environment already.
        libraries += [environment["LD_LIBRARY_PATH"]] if environment.get("LD_LIBRARY_PATH") else []
        environment["LD_LIBRARY_PATH"] = ":".join(libraries)
        environment["PYTHONDONTWRITEBYTECODE"] = "1"
        if isolate:
            environment["INSULA_ISOLATE"] = "1"
        command = [folder / "usr/sbin/apache2", "-f", run / "httpd.conf", "-D", "FOREGROUND"]
        with open(run / "output", "w") as output:
            self.process = subprocess.Popen(
                [*as_another_user(), *command], env=environment, stdout=output, stderr=output, start_new_session=True
            )

    def __enter__(self):
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
                return self
            except OSError:
                time.sleep(0.05)
        self.__exit__(None, None, None)
        raise Wrong(f"Apache did not start: {(self.run / 'output').read_text()}{self.said()}")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(self.END)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
                raise Wrong("Apache did not end within 30 seconds") from None

    def said(self):
        return self.log.read_text() if self.log.exists() else ""

    def ask(self, group, n, connection=None):
        """The status and the text."""
        one = connection or http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        one.request("GET", f"/{group}?n={n}")
        answer = one.getresponse()
        text = answer.read().decode()
        if connection is None:
            one.close()
        return answer.status, text

    def restart_gracefully(self):
        before = self.said().count("resuming normal operations")
        self.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + 30
        while self.said().count("resuming normal operations") == before:
            check(time.monotonic() < deadline and self.process.poll() is None, "Apache did not restart")
            time.sleep(0.05)


def load(apache, answer, groups, seed):
    """Asks from eight threads at once; returns what each group said of itself, and how many answers came a second."""
    numbers = {group: [] for group in groups}
    work = [(group, n) for group in groups for n in range(REQUESTS // len(groups))]
    random.Random(seed).shuffle(work)
    right = {(group, n): answer(n, group) for group, n in work}
    where = {group: [] for group in groups}
    asked = {group: [] for group in groups}
    wrong = []

    def client(mine):
        connection = http.client.HTTPConnection("127.0.0.1", apache.port, timeout=60)
        try:
            for group, n in mine:
                status, text = apache.ask(group, n, connection)
                if status != 200:
                    raise Wrong(f"{group}?n={n}: {status}")
                said = json.loads(text)
                where[group].append(said.pop("where"))
                asked[group].append(said.pop("asked"))
                numbers[group].append(n)
                expected = right[group, n]
                differs = [
                    f"{key} {said.get(key)!r} instead of {expected[key]!r}"
                    for key in expected
                    if said.get(key) != expected[key]
                ]
                if differs:
                    raise Wrong(f"{group}?n={n}: {', '.join(differs)}")
        except Exception as error:
            wrong.append(f"{type(error).__name__}: {error}")
        finally:
            connection.close()

    begun = time.monotonic()
    clients = [threading.Thread(target=client, args=(work[k::THREADS],)) for k in range(THREADS)]
    for one in clients:
        one.start()
    for one in clients:
        one.join()
    taken = time.monotonic() - begun
    check(not wrong, "; ".join(wrong[:3]))
    for group in groups:
        # Nobody else's requests are in a group's own sum.
        check(
            max(asked[group]) == sum(numbers[group]),
            f"{group} counted {max(asked[group])} instead of {sum(numbers[group])}",
        )
    return where, len(work) / taken


def look(where, copied):
    """That the groups are interpreters of one process, each with its own images, and which of them have copies."""
    for group, said in where.items():
        for key in ("group", "process", "type", "file", "python"):
            check(len({one[key] for one in said}) == 1, f"{group} is not one interpreter: {key}")
    first = {group: said[0] for group, said in where.items()}
    check(len({one["process"] for one in first.values()}) == 1, "the groups are in different processes")
    check(len({one["type"] for one in first.values()}) == len(first), "two groups share a type")
    check(len({one["file"] for one in first.values()}) == 1, "a copy's __file__ is not that of the original")
    for group, one in first.items():
        report = one["report"] or ""
        for module in COPIED:
            (line,) = [line for line in report.splitlines() if module in line.split()[0]] or [""]
            check(
                ("isolated by copy" in line) == (group in copied),
                f"{module} in {group}: {line or 'not in the report'}\n{report}",
            )
    return first


def log_is_clean(apache):
    lines = [line for line in apache.said().splitlines() if BAD.search(line)]
    check(not lines, "in Apache's log:\n" + "\n".join(lines[:40]))


def control(folder, run, answer):
    """One application works at most: the one that mod_wsgi loads first, and from CPython 3.13 not even that."""
    statuses = {}
    with Apache(folder, run, embedded=False, isolate=False) as apache:
        for group in GROUPS:
            statuses[group], text = apache.ask(group, 7)
            if statuses[group] == 200:
                said = json.loads(text)
                where = said.pop("where")
                check(said == {**answer(7, group), "asked": 7}, f"{group} says {said}")
                check(where["report"] is None, "insula_isolate is at work without INSULA_ISOLATE")
    failed = [group for group, status in statuses.items() if status == 500]
    check(len(failed) >= len(GROUPS) - 1, f"{statuses} without INSULA_ISOLATE: the test shows nothing")
    errors = [line for line in apache.said().splitlines() if "ImportError: " in line]
    check(errors, "no ImportError in the log")
    works = [group for group in GROUPS if group not in failed]
    print(
        f"without INSULA_ISOLATE: {' and '.join(works) or 'neither'} of {' and '.join(GROUPS)} works:",
        errors[-1].partition("ImportError: ")[2],
    )


def isolated(folder, run, answer, embedded):
    rates, processes = [], set()
    with Apache(folder, run, embedded, isolate=True) as apache:
        for turn in range(RESTARTS + 1):
            if turn:
                apache.restart_gracefully()
            if turn % 2:
                apache.ask("b", 0)  # The other one is the first to import.
            where, rate = load(apache, answer, GROUPS, turn)
            first = look(where, GROUPS)
            rates.append(rate)
            processes.add(first["a"]["process"])
    check(len(processes) == RESTARTS + 1, "a graceful restart kept the process")
    check(apache.process.returncode == 0, f"Apache ended with {apache.process.returncode}")
    log_is_clean(apache)
    kind = "embedded" if embedded else "daemon"
    print(
        f"with it, {kind} process: {len(rates) * REQUESTS} right answers of {len(GROUPS)} interpreters,"
        f" {RESTARTS} graceful restarts,"
        f" {min(rates):.0f} to {max(rates):.0f} a second"
    )


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("apache", type=lambda text: Path(text).resolve())
    arguments.add_argument("--only", choices=["control", "daemon", "embedded"])
    chosen = arguments.parse_args()
    answer = expected()
    cases = {
        "control": lambda run: control(chosen.apache, run, answer),
        "daemon": lambda run: isolated(chosen.apache, run, answer, embedded=False),
        "embedded": lambda run: isolated(chosen.apache, run, answer, embedded=True),
    }
    failed = 0
    for name, case in cases.items():
        if chosen.only in (None, name):
            with tempfile.TemporaryDirectory() as run:
                os.chmod(run, 0o755)
                try:
                    case(Path(run))
                except Wrong as error:
                    failed += 1
                    print(f"{name}: {error}")
                    log = Path(run) / "error.log"
                    if log.exists():
                        print("".join(log.read_text().splitlines(keepends=True)[-25:]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
