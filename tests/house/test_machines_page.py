"""docs/machines.md: what the drivers' tests found is told of the right driver, and nothing of it is left out."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from drivers.registry import DRIVERS
from fulfillment.machines_page import PROGRAMS, markdown

ROOT = Path(__file__).parents[2]


def test_every_program_that_is_tested_with_has_a_driver_that_it_speaks_for() -> None:
    folders = {path.parent.name for path in (ROOT / "tests" / "vendors").glob("*/test_*.py")}
    assert set(PROGRAMS) == folders
    assert {driver for driver, _ in PROGRAMS.values()} <= set(DRIVERS)


def rows(page: str) -> dict[str, list[str]]:
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in page.splitlines() if line.startswith("| `")]
    return {first.strip("`"): rest for first, *rest in cells}


@pytest.fixture
def page(tmp_path: Path) -> str:
    found = {"contract": {"grbl": 24}, "faults": {}, "vendors": {"cncjs": 4, "octoprint": 21}}
    (tmp_path / "drivers.json").write_text(json.dumps(found))
    (tmp_path / "hardware.yaml").write_text("grbl: [Mia]\n")
    return markdown(tmp_path)


def test_host_programs_stand_beside_the_driver_of_the_machine_that_they_drove(page: str) -> None:
    told = rows(page)
    assert told["grbl"] == ["yes", "24 tests, 0 faults", "4 tests: CNCjs drives its simulator", "Mia"]
    assert told["octoprint"][2] == "21 tests: OctoPrint" and told["marlin"] == ["not yet", "not yet", "", ""]
