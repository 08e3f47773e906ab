"""The other way round: OctoPrint feeds our simulated Marlin, which so is no easier to please than a real one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Made, Start
from tests.conformance.rigs.common import Simulated, moves

LINES = [b"G28", *moves(120)]


@pytest.mark.parametrize("fault", [[], ["--fault", "resend@line=40"], ["--fault", "corrupt-in@line=60"]])
def test_each_line_once_and_in_order(
    octoprint: Any, connect: Any, another: Any, tmp_path: Path, fault: list[str]
) -> None:
    port = octoprint.folder / f"port{tmp_path.name}"
    printer = Simulated("marlin", "--link", str(port), "--speed", "max", "--min-temp", "0", *fault)
    try:
        octoprint.disconnect()
        work = another(connect(connection={"port": str(port), "baudrate": 115200}), tmp_path)
        attempt = work.transferred(LINES)
        assert work.machine.start(attempt).start is Start.STARTED
        assert isinstance(work.end(), Made)
        # It asks for states and positions of its own accord, but moves nothing.
        assert [line for line in printer.executed() if line.startswith("G")] == [line.decode() for line in LINES]
        counts = printer.get("record.json")["counts"]
        assert (counts["kills"], counts["overflow_bytes"]) == (0, 0)
        assert (counts["resends"] > 0) == bool(fault)
    finally:
        octoprint.disconnect()
        printer.close()
