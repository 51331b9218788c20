"""Runs a planted case in a process of its own, and says what is wrong."""

import ast
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
PLANTED = os.path.join(HERE, "planted")
sys.path[:0] = [PLANTED] if PLANTED not in sys.path else []

import build  # noqa: E402
import support  # noqa: E402
from case import Seen  # noqa: E402

CONTROLS = "override", "copy"
VERSION = sys.version_info[:2]


def modules_folder():
    """Where `insula_isolate` is built; the step of xtask says it."""
    folder = os.environ.get("INSULA_TEST_MODULES")
    if not folder:
        raise RuntimeError(
            "INSULA_TEST_MODULES names no folder with insula_isolate; use `cargo xtask test --only isolate`")
    return folder


def read(path):
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        # As it was sent through JSON: a list for a tuple.
        return json.loads(json.dumps(ast.literal_eval(file.read())))


def ending(code):
    if code is None:
        return "it did not end in time"
    if code < 0:
        return f"it was ended by {signal.Signals(-code).name}"
    return f"it ended with {code}"


def kept_by(case):
    """A pattern for why images may stay open. On 3.11 all do: CPython points to their types beyond the interpreter."""
    return "CPython before 3.12" if VERSION < (3, 12) else case.kept


class Outcome:
    """The process's ending, what the interpreters returned, and the case's own judgement."""

    def __init__(self, case, code, seen, ended, stderr):
        self.code, self.seen, self.stderr = code, seen, stderr
        self.complaints = []
        if code != 0:
            self.complaints.append(f"the process: {ending(code)}" + ("" if ended else ", before its interpreters did"))
        self.complaints += seen.failures()
        self.tracebacks = "\n".join(result["traceback"] for one in seen.interpreters for result in one.values()
                                    if "traceback" in result)
        missing = [f"interpreter {number} has no {step}" for number, one in enumerate(seen.interpreters)
                   for step in seen.steps if step not in one]
        if code == 0:
            self.complaints += missing
        if not missing and not seen.failures():
            self.complaints += case.judge(seen)
        if code == 0 and seen.counts[1] is not None:
            kept, expected = seen.counts[1]["kept_why"], kept_by(case)
            reasons = {reason for reason in kept if not (expected and re.search(expected, reason))}
            if reasons:
                self.complaints.append(f"images stay open: {kept}")
            if not expected and seen.counts[1]["open"]:
                self.complaints.append(f"{seen.counts[1]['open']} images are mapped, and nothing says why")
            if case.kept and not kept:
                self.complaints.append(f"no image stays open, though one must ({case.kept})")

    def __str__(self):
        return "\n".join([*self.complaints, self.tracebacks, self.stderr[-6000:]])


def run(theme, name, mode, *, without=None, seed=0, own_gil=True):
    """Runs a case; `mode` as in `inside.install`, or `main` for the main interpreter alone.

    `own_gil=False` makes legacy interpreters, which share the main one's GIL, as mod_wsgi does.
    """
    case = getattr(build.cases(theme), name)()
    site = build.build(theme)
    count = 1 if mode == "main" else 2 if VERSION < (3, 12) and case.count == 3 else case.count
    if (mode in CONTROLS or without) and case.control_count:
        count = case.control_count
    with tempfile.TemporaryDirectory(prefix="planted") as scratch:
        outbox, log = os.path.join(scratch, "outbox"), os.path.join(scratch, "log")
        os.mkdir(outbox)
        options = dict(policy=case.policy, private=case.private, share=case.share, scratch=scratch)
        path = [modules_folder()] if mode in ("isolate", "native") else []
        arguments = dict(theme=theme, case=name, mode=mode, site=site, outbox=outbox, count=count, options=options,
                         path=path, seed=seed, kept=bool(kept_by(case)), own_gil=own_gil)
        more = {name: value.replace("{site}", site) for name, value in case.environment.items()}
        environment = support.environment(PLANTED_LOG=log, **more)
        if without:
            environment["INSULA_ISOLATE_WITHOUT"] = without
        command = [sys.executable, "-X", "faulthandler", os.path.join(PLANTED, "runner.py"), json.dumps(arguments)]
        errors = os.path.join(scratch, "stderr")
        with open(errors, "w+b") as file:
            process = subprocess.Popen(command, env=environment, stdout=file, stderr=file, start_new_session=True)
            try:
                code = process.wait(case.timeout if mode in ("isolate", "main") else min(case.timeout, 20))
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
                code = None
            file.seek(0)
            stderr = file.read().decode("utf-8", "replace")
        interpreters = []
        for number in range(count):
            results = {}
            for step in case.steps:
                result = read(os.path.join(outbox, f"{number}-{step}.value"))
                if result is not None:
                    results[step] = result
            interpreters.append(results)
        afterwards = read(os.path.join(outbox, "afterwards.value"))
        counts = [read(os.path.join(outbox, f"{name}.value")) for name in ("ended", "later")]
        lines = []
        if os.path.exists(log):
            with open(log, encoding="utf-8") as file:
                lines = file.read().splitlines()
        case.mode, case.site = mode, site
        seen = Seen(case.steps, interpreters, lines, afterwards, counts)
        return Outcome(case, code, seen, os.path.exists(os.path.join(outbox, "ended.value")), stderr)


def all_cases():
    """(theme, name, class) of each case that this version of Python has."""
    for theme in build.themes():
        for name, value in vars(build.cases(theme)).items():
            planted = isinstance(value, type) and hasattr(value, "judge") and value.__module__ == f"planted_{theme}"
            if planted and not name.startswith("_"):
                if VERSION >= value.since:
                    yield theme, name, value


def snake(name):
    return "".join("_" + letter.lower() if letter.isupper() else letter for letter in name).lstrip("_")


def main():
    unittest.main(verbosity=1 if len(sys.argv) < 2 else 2)
