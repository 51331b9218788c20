"""How to start pytest in an interpreter so that it runs what pytest outside has chosen, in the same way."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

#: Plugins of pytest and of others that act on the process, or do what pytest outside does already.
BLOCKED = (
    "faulthandler",
    "terminal",
    "xdist",
    "xdist.looponfail",
    "pytest_cov",
    "timeout",
    "rerunfailures",
    "run-parallel",
    "pytest-run-parallel",
)

#: Options that choose tests, say where results go or how tests are spread. All others mean the same inside.
OUTSIDE = frozenset(
    """
    capture basetemp pythonwarnings file_or_dir keyword markexpr deselect maxfail exitfirst lf failedfirst newfirst
    last_failed_no_failures stepwise stepwise_skip stepwise_reset cacheclear cacheshow usepdb usepdb_cls trace plugins
    override_ini inifilename rootdir confcutdir noconftest xmlpath junitprefix pastebin log_file debug version help
    collectonly setuponly setupplan strict_config interpreters gil reimport insula_module insula_audit isolate
    insula_timeout numprocesses maxprocesses dist tx px distload looponfail rsyncdir testrunuid maxworkerrestart
    report_log htmlpath json_report_file
    """.split()
)


def order(config: pytest.Config, files: list[str], place: int, again: bool, folder: Path) -> dict[str, Any]:
    """The order that starts a session."""
    return {
        "args": arguments(config, files, place, folder),
        "options": options(config),
        "modules": config.option.insula_module,
        "rootdir": str(config.rootpath),
        "again": again,
    }


def arguments(config: pytest.Config, files: list[str], place: int, folder: Path) -> list[str]:
    # What is passed here is what pytest needs to know before it loads a conftest.
    found = [f"--rootdir={config.rootpath}", "--capture=sys", f"--basetemp={folder / f'interpreter-{place}'}"]
    if config.inipath is not None:
        found += ["-c", str(config.inipath)]
    for plugin in [*config.option.plugins, *(f"no:{name}" for name in BLOCKED)]:
        if plugin not in BLOCKED:
            found += ["-p", plugin]
    # Of the plugins that are blocked, the suite's configuration may still say something.
    overridden = ["addopts=", "strict_config=false"]
    if config.pluginmanager.hasplugin("cacheprovider"):
        # Without the plugin the name is unknown: a warning, which the suite's configuration may make an error.
        overridden.append(f"cache_dir={folder / f'cache-{place}'}")
    for each in [*(config.option.override_ini or ()), *overridden]:
        found += ["-o", each]
    for each in config.option.pythonwarnings or ():
        found += ["-W", each]
    found.append(f"--import-mode={config.option.importmode}")
    if config.option.confcutdir:
        found.append(f"--confcutdir={config.option.confcutdir}")
    if config.option.noconftest:
        found.append("--noconftest")
    return [*found, *files]


def options(config: pytest.Config) -> dict[str, Any]:
    """The values of all other options, those of the suite's conftest among them, as far as they are plain data."""
    found = {}
    for name, value in vars(config.option).items():
        if name in OUTSIDE or name.startswith(("cov", "no_cov")):
            continue
        try:
            found[name] = json.loads(json.dumps(value))
        except (TypeError, ValueError):
            continue
    return found
