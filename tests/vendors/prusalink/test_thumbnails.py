"""PrusaLink's own reader of G-code finds the thumbnails that we write."""

from __future__ import annotations

import base64
import io
import json
import subprocess
from pathlib import Path

from PIL import Image

from gcode.pictures import Size, tubes, with_thumbnails
from tests.conformance.rigs.common import ROOT

PYTHON = ROOT / ".vendors/prusalink/venv/bin/python"
READ = """
import json, sys
from gcode_metadata import get_metadata
found = get_metadata(sys.argv[1], save_cache=False).thumbnails
print(json.dumps({name: data.decode() for name, data in found.items()}))
"""
PROGRAM = b"G28\nM83\nG0 X10 Y10 Z0.2 F3000\nG1 X40 Y10 E1.2 F1800\nG1 X40 Y30 E0.8\nG1 X10 Y30 E1.2\nG1 X10 Y10 E0.8\n"


def read(path: Path, data: bytes) -> dict[str, str]:
    path.write_bytes(data)
    done = subprocess.run([PYTHON, "-c", READ, path], capture_output=True, timeout=120, check=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def test_prusalink_shows_them(tmp_path: Path) -> None:
    data = with_thumbnails(PROGRAM, tubes(PROGRAM, 2.405), [(200, 30, 30)], [Size(16, 16), Size(220, 124)])
    found = read(tmp_path / "tag.gcode", data)
    assert set(found) == {"16x16_PNG", "220x124_PNG"}
    assert Image.open(io.BytesIO(base64.b64decode(found["220x124_PNG"]))).size == (220, 124)


def test_a_program_without_them_has_none(tmp_path: Path) -> None:
    assert read(tmp_path / "tag.gcode", PROGRAM) == {}
