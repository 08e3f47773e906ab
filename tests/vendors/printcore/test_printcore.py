"""Printrun's printcore feeds our simulated Marlin: each line once and in order, with and without a bad line."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.conformance.rigs.common import ROOT, Simulated, moves

PYTHON = ROOT / ".vendors/printcore/venv/bin/python"
PATIENCE = 60.0
LINES = [b"G28", *moves(300)]


@pytest.mark.parametrize("arguments", [[], ["--no-advanced-ok"], ["--fault", "resend@line=40"], ["--no-reset-on-open"]])
def test_each_line_once_and_in_order(tmp_path: Path, arguments: list[str]) -> None:
    assert PYTHON.exists(), "printcore is not installed: run `make vendors`"
    port, file = tmp_path / "port", tmp_path / "print.gcode"
    file.write_bytes(b"\n".join(LINES) + b"\n")
    printer = Simulated("marlin", "--link", str(port), "--speed", "max", "--min-temp", "0", *arguments)
    try:
        feed = [str(PYTHON), str(Path(__file__).with_name("feed.py")), str(port), str(file), str(PATIENCE)]
        done = subprocess.run(feed, capture_output=True, text=True, timeout=2 * PATIENCE)
        assert done.returncode == 0, done.stderr
        assert [line for line in printer.executed() if line.startswith("G")] == [line.decode() for line in LINES]
        counts = printer.get("record.json")["counts"]
        assert (counts["kills"], counts["overflow_bytes"]) == (0, 0)
        assert (counts["resends"] > 0) == ("--fault" in arguments)
    finally:
        printer.close()
