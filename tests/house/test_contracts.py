"""Each import contract of pyproject.toml breaks when it is breached: a contract that cannot break says nothing."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SETTINGS = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
NAMES: dict[str, str] = {contract["id"]: contract["name"] for contract in SETTINGS["contracts"]}

BREACHES = {
    "layers": ("drivers/offender.py", "import jobs.states"),
    "simulators-import-nothing": ("simulators/offender.py", "import gcode.write"),
    "nothing-imports-simulators": ("fulfillment/offender.py", "import simulators.record"),
    "machines-are-siblings": ("drivers/machines/offender.py", "import drivers.machines.marlin"),
    "protocols-are-siblings": ("drivers/protocols/offender.py", "import drivers.protocols.marlin"),
    "processes-are-siblings": ("fulfillment/processes/offender.py", "import fulfillment.processes.document"),
    "sources-are-siblings": ("fulfillment/sources/offender.py", "import fulfillment.sources.shopify"),
    "pure-gcode": ("gcode/offender.py", "import time"),
    "pure-protocols": ("drivers/protocols/offender.py", "import socket"),
    "pure-states": ("jobs/states.py", "import random"),
    "pure-catalog": ("fulfillment/catalog/offender.py", "import sqlite3"),
    "cad-in-its-worker": ("fulfillment/offender.py", "def late():\n    import cadquery"),
    "cad-worker-alone": ("fulfillment/offender.py", "def late():\n    import fulfillment.cad.solids"),
}
"""Contract to the file and the import that breach it."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages and their contracts, in a folder of their own."""
    folder = tmp_path_factory.mktemp("house")
    for package in SETTINGS["root_packages"]:
        ignored = shutil.ignore_patterns("__pycache__", "static", "*.html", "*.ttf")
        shutil.copytree(ROOT / package, folder / package, ignore=ignored)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def broken(folder: Path) -> set[str]:
    """Ids of the contracts that do not hold there."""
    program = "import sys; sys.path.insert(0, '.'); from importlinter.cli import lint_imports_command as c; c()"
    done = subprocess.run([sys.executable, "-P", "-c", program], cwd=folder, capture_output=True, text=True)
    found = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
    assert set(found) == set(NAMES.values()), done.stdout + done.stderr
    assert (done.returncode != 0) == ("BROKEN" in found.values())
    return {contract for contract, name in NAMES.items() if found[name] == "BROKEN"}


def test_every_contract_has_its_breach() -> None:
    assert set(BREACHES) == set(NAMES)


def test_the_house_as_it_is_keeps_them_all(copy: Path) -> None:
    assert broken(copy) == set()


@pytest.mark.parametrize("contract", BREACHES)
def test_one_offending_import_breaks_exactly_its_contract(contract: str, copy: Path) -> None:
    name, offence = BREACHES[contract]
    path = copy / name
    before = path.read_text() if path.exists() else None
    path.write_text(f"{before or ''}\n{offence}\n")
    try:
        assert broken(copy) == {contract}
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_text(before)
