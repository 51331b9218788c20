"""Runs the steps of action.yml as GitHub would: the inputs in place of its expressions, each script by bash.

    python workflow.py ACTION WHEEL FOLDER

The action installs the program from its source code, which takes minutes; here it gets the wheel that this makes. Steps
that are other people's actions are left out. The folder has a `dist` with a wheel that has findings, and a `clean.so`.
"""

import os
import pathlib
import re
import subprocess
import sys

import yaml

ACTION, WHEEL, FOLDER = (pathlib.Path(word).resolve() for word in sys.argv[1:])


def run(inputs):
    """Runs the action; returns its exit code, what it wrote, and the summary."""
    action = yaml.safe_load(ACTION.read_text())
    given = {name: one.get("default", "") for name, one in action["inputs"].items()} | inputs
    assert given.keys() == action["inputs"].keys(), "an input that the action does not know"
    temporary = FOLDER / "runner"
    temporary.mkdir(exist_ok=True)
    summary = FOLDER / "summary.md"
    summary.write_text("")

    def value(text):
        known = {"inputs." + name: str(one) for name, one in given.items()} | {"github.action_path": str(ACTION.parent)}
        return re.sub(r"\$\{\{ *([^ }]+) *\}\}", lambda found: known[found[1]], text)

    written = ""
    for step in action["runs"]["steps"]:
        if "run" not in step:
            continue
        own = {name: value(text) for name, text in step.get("env", {}).items()}
        if "SOURCE" in own:
            assert (pathlib.Path(own["SOURCE"]) / "pyproject.toml").is_file(), own
            own["SOURCE"] = str(WHEEL)
        variables = os.environ | own | {"RUNNER_TEMP": str(temporary), "GITHUB_STEP_SUMMARY": str(summary)}
        assert step["shell"] == "bash"
        script = temporary / "step.sh"
        script.write_text(value(step["run"]))
        # As GitHub starts bash.
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", str(script)]
        done = subprocess.run(command, cwd=FOLDER, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        written += done.stdout
        if done.returncode:
            return done.returncode, written, summary.read_text()
    return 0, written, summary.read_text()


def check(inputs, code, *words):
    got, written, summary = run(inputs)
    for word in words:
        assert word in written + summary, f"{inputs}: no {word!r} in {written}\n{summary}"
    assert got == code, f"{inputs}: {got}, not {code}: {written}"
    print("ok:", inputs)


# A folder; annotations, a summary, and reports for the steps that follow.
check({"targets": "dist", "python": "3.13", "sarif": "a.sarif", "html": "a.html"}, 1, "kiwisolver._cext", "::warning", "```")
assert (FOLDER / "a.sarif").is_file() and (FOLDER / "a.html").is_file()
# Lines and patterns, on two interpreters.
check({"targets": "dist/*.whl\n./clean.so\n", "python": "3.12 3.13"}, 2, "kiwisolver._cext", "clean")
check({"targets": "./clean.so", "python": "3.13"}, 0, "clean")
check({"targets": "dist", "python": "3.13", "arguments": "--ignore INS"}, 0, "kiwisolver._cext")
# What is in the inputs never becomes a part of the script.
check({"targets": "$(touch injected) ;touch injected"}, 2)
assert not (FOLDER / "injected").exists()
