"""docs/machines.md is made of docs/drivers.json: it must tell of every driver and every fault that is tested here."""

from __future__ import annotations

import json
from pathlib import Path

from drivers.registry import DRIVERS
from tests.conformance.rigs import RIGS

DOCS = Path(__file__).parents[2] / "docs"


def test_every_driver_has_a_rig() -> None:
    assert {rig.name for rig in RIGS.values()} == set(DRIVERS)


def test_what_is_written_is_what_is_tested() -> None:
    """Where this fails, `make drivers` writes it anew."""
    written = json.loads((DOCS / "drivers.json").read_text(encoding="utf-8"))["faults"]
    told = {
        kind: {name: (fault["when"], fault["may"]) for name, fault in each.items()} for kind, each in written.items()
    }
    tested = {
        kind: {name: (str(fault.when), sorted(map(str, fault.ends))) for name, fault in rig.faults.items()}
        for kind, rig in RIGS.items()
    }
    assert told == tested
