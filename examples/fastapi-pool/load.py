"""A load test of the application: `python load.py [--seconds S] [--rounds R]`, with the Python that serves it.

Starts it on the loopback with a pool of one interpreter, of two, and of two threads, and once more under `python -m
insula_isolate`. Asks each in turn, round after round, from several connections; every answer is compared with what this
process computes itself. Prints how many requests a second were answered: least, median and most of the rounds.
"""

import argparse
import contextlib
import http.client
import json
import os
import random
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import work

HERE = Path(__file__).resolve().parent
CONNECTIONS = 4
WRONG = b'{"products": [{"name": "", "sold": [1, 2, 3]}]}'


def bodies():
    source = random.Random(1)
    for _ in range(CONNECTIONS):
        products = [{"name": f"product {k}", "sold": [source.uniform(0, 100) for _ in range(24)]} for k in range(100)]
        yield json.dumps({"products": products}).encode()


class Server:
    def __init__(self, title, pool, workers, program=("-m", "uvicorn")):
        self.title, self.workers, self.distinct = title, workers, 1 if pool == "threads" else workers
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        command = [sys.executable, *program, "app:app", "--port", str(self.port), "--no-access-log"]
        environment = {**os.environ, "POOL": pool, "WORKERS": str(workers)}
        self.process = subprocess.Popen(
            command, cwd=HERE, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        self.seen, self.rates = set(), []

    def ready(self):
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(OSError):
                return self.connect().request("GET", "/health")
            time.sleep(0.05)
        raise SystemExit(f"{self.title}: did not start\n{self.end()[1]}")

    def connect(self):
        return http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)

    def round(self, seconds, expected):
        done, wrong = [], []

        def client(body, right):
            try:
                connection = self.connect()
                while time.monotonic() < end:
                    connection.request("POST", "/forecast", body)
                    response = connection.getresponse()
                    text = response.read()
                    answer = json.loads(text) if response.status == 200 else {}
                    if answer.get("forecast") != right:
                        wrong.append(f"{response.status} {text[:300]}")
                        return
                    self.seen.add(answer["worker"])
                    done.append(1)
            except OSError as error:
                wrong.append(repr(error))

        begun = time.monotonic()
        end = begun + seconds
        clients = [threading.Thread(target=client, args=each) for each in expected]
        for one in clients:
            one.start()
        for one in clients:
            one.join()
        if wrong:
            raise SystemExit(f"{self.title}: {wrong[0]}")
        self.rates.append(len(done) / (time.monotonic() - begun))

    def refuses(self):
        """The application says what is wrong with a request, and is none the worse for it."""
        connection = self.connect()
        connection.request("POST", "/forecast", WRONG)
        response = connection.getresponse()
        text = response.read().decode()
        if response.status != 422 or "at least 1 character" not in text:
            raise SystemExit(f"{self.title}: {response.status} {text}")

    def end(self):
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGINT)
        try:
            output, _ = self.process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            self.process.kill()
            output, _ = self.process.communicate()
            return "did not end", output.decode()
        return self.process.returncode, output.decode()


def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--seconds", type=float, default=0.5, help="of each round")
    arguments.add_argument("--rounds", type=int, default=2)
    chosen = arguments.parse_args()
    expected = [(body, json.loads(work.forecast(body))["forecast"]) for body in bodies()]
    isolated = ("-m", "insula_isolate", "-m", "uvicorn")
    servers = [
        Server("2 threads", "threads", 2),
        Server("1 interpreter", "interpreters", 1),
        Server("2 interpreters", "interpreters", 2),
        Server("2 interpreters, -m insula_isolate", "interpreters", 2, isolated),
    ]
    if sys.version_info >= (3, 14):
        servers.append(Server("2 interpreters, CPython's pool", "standard", 2, isolated))
    failed = False
    try:
        for server in servers:
            server.ready()
            server.round(0.2, expected)  # What is done once is done then.
            server.rates.clear()
        for _ in range(chosen.rounds):
            for server in servers:
                server.round(chosen.seconds, expected)
        for server in servers:
            server.refuses()
            low, middle, high = min(server.rates), statistics.median(server.rates), max(server.rates)
            print(f"{server.title:<35} {low:7.1f} {middle:7.1f} {high:7.1f} requests a second")
            if len(server.seen) != server.distinct:
                failed = True
                print(f"{server.title}: {len(server.seen)} of {server.distinct} interpreters answered")
    finally:
        for server in servers:
            code, output = server.end()
            # Uvicorn ends itself by the signal that it was sent.
            if code not in (0, -signal.SIGINT) or "Traceback" in output or "insula_isolate:" in output:
                failed = True
                print(f"{server.title}: ended with {code}\n{output}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
