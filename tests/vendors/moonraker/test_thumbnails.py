"""Moonraker's own reader of G-code finds the thumbnails that we write."""

from __future__ import annotations

import io
import json
import subprocess
from pathlib import Path

from PIL import Image

from gcode.pictures import Size, tubes, with_thumbnails
from tests.conformance.rigs.common import ROOT

PYTHON = ROOT / ".vendors/moonraker/venv/bin/python"
READER = "moonraker.components.file_manager.metadata"
PROGRAM = b"G28\nM83\nG0 X10 Y10 Z0.2 F3000\nG1 X40 Y10 E1.2 F1800\nG1 X40 Y30 E0.8\nG1 X10 Y30 E1.2\nG1 X10 Y10 E0.8\n"


def read(folder: Path, data: bytes) -> dict[str, object]:
    (folder / "tag.gcode").write_bytes(data)
    command = [PYTHON, "-m", READER, "-p", folder, "-f", "tag.gcode"]
    done = subprocess.run(command, capture_output=True, timeout=120, check=True)
    found: dict[str, object] = json.loads(done.stdout)["metadata"]
    return found


def test_moonraker_shows_them(tmp_path: Path) -> None:
    sizes = [Size(32, 32), Size(400, 300)]
    data = with_thumbnails(PROGRAM, tubes(PROGRAM, 2.405), [(200, 30, 30)], sizes)
    found = read(tmp_path, data)["thumbnails"]
    assert isinstance(found, list)
    assert [(one["width"], one["height"]) for one in found] == [(32, 32), (400, 300)]
    for one in found:
        picture = Image.open(io.BytesIO((tmp_path / one["relative_path"]).read_bytes()))
        assert picture.size == (one["width"], one["height"])


def test_a_program_without_them_has_none(tmp_path: Path) -> None:
    assert "thumbnails" not in read(tmp_path, PROGRAM)
