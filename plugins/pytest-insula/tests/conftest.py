"""Two extension modules for the tests, built from one source: one shares a variable of the process, one does not."""

from __future__ import annotations

import os
import subprocess
import sysconfig
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

HERE = Path(__file__).parent


@pytest.fixture(scope="session")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules `shared`, `isolated` and `refuses`."""
    folder = tmp_path_factory.mktemp("planted")
    for name, macros in {"shared": ["SHARED"], "isolated": [], "refuses": ["REFUSES"]}.items():
        file = folder / (name + sysconfig.get_config_var("EXT_SUFFIX"))
        command = ["cc", "-shared", "-fPIC", "-O1", f"-I{sysconfig.get_path('include')}", f"-DNAME={name}"]
        subprocess.run([*command, *(f"-D{each}" for each in macros), HERE / "planted.c", "-o", file], check=True)
    return folder


@pytest.fixture
def suite(pytester: pytest.Pytester, planted: Path, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """A place for a suite whose tests can import the modules."""
    folders = [str(planted), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(folders))
    # What the run of these tests is configured with does not concern theirs.
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    return pytester
