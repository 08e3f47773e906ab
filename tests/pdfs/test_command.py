"""`ful pdf`: its exit status is what scripts go by, and its pictures are where the boxes are."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from fulfillment.cli import ful
from fulfillment.pdfs import Box, Page, look_at
from fulfillment.pdfs.frames import COLOURS, corners

AS_AGREED = ("--trim", "100x60", "--spot", "CutContour")


@pytest.fixture
def file(good: bytes, tmp_path: Path) -> Path:
    path = tmp_path / "good.pdf"
    path.write_bytes(good)
    return path


def test_a_good_file_ends_with_0_and_another_with_1(file: Path) -> None:
    run = CliRunner().invoke
    good = run(ful, ["pdf", "check", str(file), *AS_AGREED, "--opaque", "--bleed", "3"])
    assert (good.exit_code, good.output.splitlines()[-1]) == (0, "It may be printed: nothing is wrong with it.")
    assert good.output.startswith("good.pdf: 2 pages of 100 x 60 mm, 1 fonts, 2 pictures, spot colours CutContour")
    wrong = run(ful, ["pdf", "check", str(file), *AS_AGREED, "--bleed", "5"])
    assert wrong.exit_code == 1
    assert "BleedBox" in wrong.output and "5 mm are wanted" in wrong.output and "Please let pictures" in wrong.output


def test_findings_are_told_to_programs_too(file: Path) -> None:
    told = CliRunner().invoke(ful, ["pdf", "check", str(file), "--trim", "60x100", "--spot", "CutContour", "--json"])
    said = json.loads(told.output)
    assert told.exit_code == 1 and said["ok"] is False
    assert [(one["page"], one["object"], one["mend"]) for one in said["findings"]] == [
        (1, "TrimBox", "Please turn it by a quarter."),
        (2, "TrimBox", "Please turn it by a quarter."),
    ]
    assert len(said["facts"]["images"]) == 2
    half = file.with_name("half.pdf")
    half.write_bytes(file.read_bytes()[:-3000])
    told = CliRunner().invoke(ful, ["pdf", "check", str(half), "--json"])
    assert told.exit_code == 1 and json.loads(told.output)["facts"] is None


def test_pages_are_drawn_with_their_boxes(file: Path, tmp_path: Path) -> None:
    out = tmp_path / "pages"
    shown = CliRunner().invoke(ful, ["pdf", "show", str(file), "--out", str(out), "--dpi", "72"])
    assert shown.exit_code == 0
    assert [path.name for path in sorted(out.iterdir())] == ["page-1.png", "page-2.png"]
    with Image.open(io.BytesIO((out / "page-1.png").read_bytes())) as picture:
        page = look_at(file.read_bytes()).pages[0]
        assert page.trim is not None
        left, _, right, bottom = corners(page.trim, page, picture.size)
        for x in (left + 1, right - 2):
            assert picture.getpixel((int(x), picture.height // 2)) == COLOURS["trim"]
        assert picture.getpixel((picture.width // 2, int(bottom) - 2)) == COLOURS["trim"]
        assert picture.getpixel((picture.width // 2, picture.height // 2)) != COLOURS["trim"]


def test_boxes_turn_with_their_page() -> None:
    media, trim = Box(0, 0, 100, 50), Box(10, 5, 90, 40)
    found = {
        turned: corners(trim, Page(1, media, None, None, trim, None, turned, 1.0), size)
        for turned, size in ((0, (100, 50)), (90, (50, 100)), (180, (100, 50)), (270, (50, 100)))
    }
    wanted = {0: (10, 10, 90, 45), 90: (5, 10, 40, 90), 180: (10, 5, 90, 40), 270: (10, 10, 45, 90)}
    assert {turned: tuple(round(one, 6) for one in corner) for turned, corner in found.items()} == wanted


def test_rules_cost_nothing_to_load() -> None:
    code = "import sys; import fulfillment.pdfs, fulfillment.cli; print({'pikepdf', 'pypdfium2'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
