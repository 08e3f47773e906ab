"""PrusaSlicer itself: what it makes passes, and each of its misleading successes is caught."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from manifold3d import Manifold

from fulfillment.slicers import SlicerError, evidence, slicer
from fulfillment.slicers.asking import stl
from fulfillment.slicers.prusa import PROGRAM
from gcode.parse import parse
from gcode.slicing.profile import Adhesion, Infill, Pattern, Profile, Seam
from gcode.slicing.solid import Solid, SolidError
from gcode.trace import trace

from .bodies import BED, block, floating

pytestmark = pytest.mark.skipif(shutil.which(PROGRAM) is None, reason="prusa-slicer is not installed")
SOLIDLY = Profile(infill=Infill(density=1.0))


def itself(folder: Path, body: bytes, *options: str) -> int:
    """The exit code of the program for this STL, as anybody would call it."""
    (folder / "body.stl").write_bytes(body)
    argv = [PROGRAM, *options, "--export-gcode", "--output", "out.gcode", "body.stl"]
    return subprocess.run(argv, cwd=folder, capture_output=True, timeout=120).returncode


@pytest.fixture(scope="module")
def made() -> bytes:
    return slicer("prusaslicer", BED).slice(block(), SOLIDLY)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(),
        Profile(height=0.3, first_height=0.2, infill=Infill(pattern=Pattern.GYROID), seam=Seam.REAR),
        Profile(adhesion=Adhesion(brim=3.0, skirt=2)),
        Profile(infill=Infill(density=0.0), top_layers=0, bottom_layers=0),
    ],
)
def test_good_bodies_pass(profile: Profile) -> None:
    assert b"G1" in slicer("prusaslicer", BED, {"temperature": "210"}).slice(block(), profile)


def test_it_lays_as_much_as_the_body_has(made: bytes) -> None:
    moves = trace(parse(made))
    laid = float(moves.e[moves.lays].sum()) * SOLIDLY.filament_area
    assert laid == pytest.approx(block().volume, rel=0.03)


def test_an_unknown_setting_is_named_though_it_would_end_with_0(tmp_path: Path) -> None:
    (tmp_path / "keys.ini").write_text("layer_hight = 0.3\n")
    assert itself(tmp_path, stl(block()), "--load", "keys.ini") == 0
    with pytest.raises(SlicerError, match=r"has no setting 'layer_hight'\. Write 'layer_height'"):
        slicer("prusaslicer", BED, {"layer_hight": "0.3"}).slice(block(), Profile())


def test_thumbnails_are_refused_as_it_draws_none_of_an_stl(tmp_path: Path) -> None:
    assert itself(tmp_path, stl(block()), "--thumbnails", "64x64") == 0
    assert b"thumbnail begin" not in (tmp_path / "out.gcode").read_bytes()
    with pytest.raises(SlicerError, match="'thumbnails' of prusa-slicer may not be set"):
        slicer("prusaslicer", BED, {"thumbnails": "64x64"}).slice(block(), Profile())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"post_process": "/bin/true"}, "'post_process' of prusa-slicer may not be set here"),
        ({"layer_height": "0.1"}, "'layer_height' of prusa-slicer is said by the profile"),
        ({"notes": "a\npost_process = /bin/true"}, "'notes' has several lines"),
    ],
)
def test_settings_that_are_not_the_operator_s_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SlicerError, match=said):
        slicer("prusaslicer", BED, settings).slice(block(), Profile())


def test_a_broken_body_is_named_though_it_would_end_with_0(tmp_path: Path) -> None:
    ball = Solid.from_manifold(Manifold.sphere(10.0, 64))
    broken = stl(ball)
    broken = broken[:80] + (len(ball.faces) - 30).to_bytes(4, "little") + broken[84 + 30 * 50 :]
    assert itself(tmp_path, broken) == 0
    with pytest.raises(SolidError, match="not watertight"):
        Solid.of(ball.vertices, ball.faces[30:])


def test_a_floating_piece_is_named_though_it_would_end_with_0(tmp_path: Path) -> None:
    assert itself(tmp_path, stl(floating())) == 0
    with pytest.raises(SlicerError, match="hangs in the air, 3 mm above the bed"):
        slicer("prusaslicer", BED).slice(floating(), Profile())


def test_a_floating_piece_is_made_with_supports() -> None:
    moves = trace(parse(slicer("prusaslicer", BED, {"support_material": "1"}).slice(floating(), Profile())))
    under = moves.end[moves.lays]
    assert ((under[:, 0] > 106.0) & (under[:, 2] < 2.5)).any()


def test_a_body_larger_than_the_bed_is_named(tmp_path: Path) -> None:
    large = Solid.from_manifold(Manifold.cube((300.0, 20.0, 10.0)))
    assert itself(tmp_path, stl(large)) not in (0, 1)
    with pytest.raises(SlicerError, match="The body is 300 x 20 x 10 mm, and the printer has room for 200 x 180 x 150"):
        slicer("prusaslicer", BED).slice(large, Profile())


# --- its files, spoiled -----------------------------------------------------------------------------------------------


def layers(data: bytes) -> list[bytes]:
    """What stands before the first layer, and each layer."""
    return re.split(rb"(?m)^(?=;LAYER_CHANGE)", data)


def each(letter: bytes, by: Callable[[float], float], data: bytes) -> bytes:
    """The numbers of a letter in all moves, changed."""
    return re.sub(
        rb"(?m)^(G1 [^;\n]*?)" + letter + rb"(-?[\d.]+)",
        lambda found: found[1] + letter + f"{by(float(found[2])):.5f}".encode(),
        data,
    )


SPOILED: dict[str, tuple[Callable[[bytes], bytes], str]] = {
    "a layer is missing": (lambda data: b"".join(layers(data)[:9] + layers(data)[10:]), "a layer is missing"),
    "the top is missing": (lambda data: b"".join(layers(data)[:40]), "last layer is at 7.8 mm, and the body is 10 mm"),
    "all is missing": (lambda data: layers(data)[0], "lays nothing"),
    "it hangs in the air": (lambda data: each(b"Z", lambda z: z + 1, data), "first layer is at 1.2 mm"),
    "shifted": (lambda data: each(b"X", lambda x: x + 2, data), "in X, where the body is from 85.00 to 115.00"),
    "off the bed": (lambda data: each(b"X", lambda x: x - 100, data), "in X, off the bed"),
    "larger by a tenth": (lambda data: each(b"Y", lambda y: 90 + (y - 90) * 1.1, data), "in Y, where the body is"),
    "too much": (lambda data: each(b"E", lambda e: e * 1.2, data), "mm3 need 4949 to 6324"),
    "too little": (lambda data: each(b"E", lambda e: e * 0.8, data), "mm3 need 4949 to 6324"),
    "no G-code": (lambda data: data + b"<html>\n", "is no G-code that is taken"),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_file_that_is_not_the_body_is_told(fault: str, made: bytes) -> None:
    spoil, said = SPOILED[fault]
    evidence.check(made, block(), SOLIDLY, BED)
    with pytest.raises(SlicerError, match=said):
        evidence.check(spoil(made), block(), SOLIDLY, BED)


def test_another_body_is_told(made: bytes) -> None:
    other = Solid.of(block().vertices * np.array([1.0, 1.0, 1.2]), block().faces)
    with pytest.raises(SlicerError, match="last layer is at 10 mm, and the body is 12 mm tall"):
        evidence.check(made, other, SOLIDLY, BED)
