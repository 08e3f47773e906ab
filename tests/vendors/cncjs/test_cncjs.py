"""CNCjs streams to our simulated GRBL: each line once and in order, at rest in the end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conformance.rigs.common import Simulated
from tests.vendors.cncjs.conftest import Cncjs

PROGRAM = [
    "G21 G90",
    "G0 X10 Y10",
    "M4 S300",
    *(f"G1 X{10 + index % 50} Y{10 + index / 20:.2f} S{index} F6000" for index in range(1, 400)),
    "M5",
    "G0 X0 Y0",
]


@pytest.mark.parametrize("arguments", [[], ["--flavour", "grblhal"], ["--tool", "pen"]])
def test_each_line_once_and_in_order(cncjs: Cncjs, tmp_path: Path, arguments: list[str]) -> None:
    port, program = tmp_path / "port", tmp_path / "program.nc"
    program.write_text("\n".join(PROGRAM) + "\n")
    machine = Simulated("grbl", "--link", str(port), "--speed", "20", *arguments)
    try:
        told = cncjs.run(port, program)
        assert told["state"] == "Idle" and told["alarms"] == []
        assert told["sent"] == told["received"] == told["total"] >= len(PROGRAM)
        assert told["settings"]["settings"]["$110"] == f"{8000 if '--tool' in arguments else 10000}.000"
        executed = [line for line in machine.executed() if line[0] in "GM" and not line.startswith("G4")]
        assert [line.replace(" ", "") for line in executed] == [line.replace(" ", "") for line in PROGRAM]
        record = machine.get("record.json")
        assert record["counts"]["overflow_bytes"] == record["counts"]["errors"] == 0
        assert record["piece"]["outcome"]["good"] or arguments  # a pen that is not waited for is no good letter
        state = machine.get("state")
        assert state["idle"] and state["mpos"] == [0, 0, 0] and state["power"] == 0
    finally:
        machine.close()


def test_an_error_reaches_the_person_and_nothing_is_made_twice(cncjs: Cncjs, tmp_path: Path) -> None:
    port, program = tmp_path / "port", tmp_path / "program.nc"
    program.write_text("\n".join(PROGRAM) + "\n")
    machine = Simulated("grbl", "--link", str(port), "--speed", "20", "--fault", "alarm@line=50:3")
    try:
        with pytest.raises(AssertionError, match="ALARM:3"):
            cncjs.run(port, program)
        executed = [line for line in machine.executed() if line.startswith("G1")]
        assert len(executed) == len(set(executed)) < 60
    finally:
        machine.close()
