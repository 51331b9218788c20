"""What pytest has: fixtures of every scope, parameters, its own fixtures."""

import asyncio
import os
import subprocess
import sys

import fair
import helpers
import pytest
import shop


@pytest.mark.usefixtures("of_class")
class TestOfClass:
    def test_leaks(self):
        self.ledger.enter("Saturday", 11, 2026)

    def test_sound(self, kept):
        kept.enter("Saturday", 11, 2026)


@pytest.mark.parametrize("module", [shop, fair], ids=["shop", "fair"])
@pytest.mark.parametrize("day", ["Saturday", "a/b [x]"])
def test_parameters(module, day):
    module.Ledger().enter(day, 11, 2026)


def test_leaks_by_a_sibling():
    helpers.enter(shop, "Saturday")


def test_sound_by_a_sibling():
    helpers.enter(fair, "Saturday")


def test_leaks_in_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DAY", "Saturday")
    shop.Ledger().enter(os.environ["DAY"], 11, 2026)


def test_sound_and_prints(capsys):
    print(fair.connect())
    assert capsys.readouterr().out == "True\n"


def test_leaks_in_a_coroutine():
    async def work():
        shop.Ledger().enter("Saturday", 11, 2026)

    asyncio.run(work())


def test_process():
    # What it leaks is gone with it.
    code = "import shop; shop.Ledger().enter('Saturday', 11, 2026)"
    environment = {**os.environ, "PYTHONPATH": os.path.dirname(shop.__file__)}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_imports_late():
    from shop import connect

    assert connect()
