"""CuraEngine itself: what it makes passes, and each of its misleading successes is caught."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest
from manifold3d import Manifold

from fulfillment.slicers import Printer, SlicerError, evidence, slicer
from fulfillment.slicers.asking import stl
from fulfillment.slicers.cura import DEBIAN, PLACES, PRINTER, PROGRAM, CuraEngine
from gcode.parse import parse
from gcode.slicing.check.verdict import printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.profile import Adhesion, Infill, Pattern, Profile, Retraction, Seam
from gcode.slicing.solid import Solid, SolidError
from gcode.trace import trace

from .bodies import BED, block, floating

VENDORED = Path(__file__).parents[2] / ".vendors" / "cura" / "definitions"
DEFINITIONS = next((place for place in (DEBIAN, VENDORED) if (place / PRINTER).is_file()), None)
pytestmark = pytest.mark.skipif(
    shutil.which(PROGRAM) is None or DEFINITIONS is None,
    reason="CuraEngine or its definitions are not here: make vendors",
)
SOLIDLY = Profile(infill=Infill(density=1.0))


@pytest.fixture(autouse=True)
def definitions(monkeypatch: pytest.MonkeyPatch) -> Path:
    assert DEFINITIONS is not None
    monkeypatch.setenv(PLACES, str(DEFINITIONS))
    return DEFINITIONS


def itself(folder: Path, body: bytes, **settings: str) -> int:
    """The exit code of the program for this STL, as anybody would call it."""
    (folder / "body.stl").write_bytes(body)
    said = [word for key, value in settings.items() for word in ("-s", f"{key}={value}")]
    argv = [
        PROGRAM,
        "slice",
        "-j",
        f"{DEFINITIONS}/{PRINTER}",
        *said,
        "-e0",
        *said,
        "-o",
        "out.gcode",
        "-l",
        "body.stl",
    ]
    return subprocess.run(argv, cwd=folder, capture_output=True, timeout=120, env={"PATH": os.defpath}).returncode


@pytest.mark.parametrize(
    "profile",
    [
        Profile(),
        SOLIDLY,
        Profile(height=0.3, first_height=0.2, infill=Infill(pattern=Pattern.GYROID), seam=Seam.REAR),
        Profile(adhesion=Adhesion(brim=3.0), retraction=Retraction(hop=0.4)),
        Profile(adhesion=Adhesion(skirt=2), infill=Infill(Pattern.GRID, 0.15), outer_first=True),
        Profile(infill=Infill(density=0.0), top_layers=0, bottom_layers=0),
    ],
    ids=["usual", "solid", "gyroid", "brim", "grid", "empty"],
)
def test_good_bodies_pass_and_are_the_body(profile: Profile) -> None:
    printer = Printer(BED.x, BED.y, BED.z, middle=(90.0, 70.0))
    data = slicer("curaengine", printer, {"material_print_temperature_layer_0": "210"}).slice(block(), profile)
    assert b"M109 S210" in data
    found = printed(data, [Piece(block(), 75.0, 60.0)], profile)
    assert found.wrong == () and found.unread == 0
    assert found.layers == 1 + round((10.0 - profile.first_height) / profile.height)
    retracted = {-round(length, 3) for length in trace(parse(data)).e.tolist() if length < 0}
    assert retracted == {profile.retraction.length}


def test_it_lays_as_much_as_the_body_has() -> None:
    moves = trace(parse(slicer("curaengine", BED).slice(block(), SOLIDLY)))
    laid = float(moves.e[moves.lays].sum()) * SOLIDLY.filament_area
    assert laid == pytest.approx(block().volume, rel=0.02)


def test_an_unknown_setting_is_named_though_it_would_end_with_0(tmp_path: Path) -> None:
    assert itself(tmp_path, stl(block()), layer_hight="0.3") == 0
    with pytest.raises(SlicerError, match=r"has no setting 'layer_hight'\. Write 'layer_height"):
        slicer("curaengine", BED, {"layer_hight": "0.3"}).slice(block(), Profile())


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"mesh_position_x": "9"}, "'mesh_position_x' of CuraEngine may not be set here"),
        ({"wall_line_count": "9"}, "'wall_line_count' of CuraEngine is said by the profile"),
        ({"machine_name": "a\nb"}, "'machine_name' has several lines"),
    ],
)
def test_settings_that_are_not_the_operator_s_are_refused(settings: dict[str, str], said: str) -> None:
    with pytest.raises(SlicerError, match=said):
        slicer("curaengine", BED, settings).slice(block(), Profile())


def test_a_broken_body_is_named_though_it_would_end_with_0(tmp_path: Path) -> None:
    ball = Solid.from_manifold(Manifold.sphere(10.0, 64))
    broken = stl(ball)
    broken = broken[:80] + (len(ball.faces) - 30).to_bytes(4, "little") + broken[84 + 30 * 50 :]
    assert itself(tmp_path, broken) == 0
    with pytest.raises(SolidError, match="not watertight"):
        Solid.of(ball.vertices, ball.faces[30:])


def test_a_body_larger_than_the_bed_is_named_though_it_would_end_with_0(tmp_path: Path) -> None:
    large = Solid.from_manifold(Manifold.cube((300.0, 20.0, 10.0)))
    assert itself(tmp_path, stl(large), machine_width="200", machine_depth="180") == 0
    with pytest.raises(SlicerError, match="The body is 300 x 20 x 10 mm, and the printer has room for 200 x 180 x 150"):
        slicer("curaengine", BED).slice(large, Profile())


def test_a_body_beside_the_bed_is_told_though_it_ends_with_0(tmp_path: Path) -> None:
    room = {"machine_width": "200", "machine_depth": "180", "machine_height": "150", "layer_height": "0.2",
            "layer_height_0": "0.2", "adhesion_type": "none"}  # fmt: skip
    assert itself(tmp_path, stl(block(), (-95.0, 0.0, 0.0)), **room) == 0
    data = (tmp_path / "out.gcode").read_bytes()
    assert b";TIME:6666" in data
    with pytest.raises(SlicerError, match="in X, off the bed"):
        evidence.check(data, block(), Profile(), BED)


def test_a_floating_piece_is_named_and_made_with_supports(tmp_path: Path) -> None:
    assert itself(tmp_path, stl(floating())) == 0
    with pytest.raises(SlicerError, match=r"hangs in the air, 3 mm above the bed\. .* or set support_enable to true"):
        slicer("curaengine", BED).slice(floating(), Profile())
    moves = trace(parse(slicer("curaengine", BED, {"support_enable": "true"}).slice(floating(), Profile())))
    under = moves.end[moves.lays]
    assert ((under[:, 0] > 106.0) & (under[:, 2] < 2.5)).any()


def test_what_is_not_there_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PLACES, str(tmp_path))
    with pytest.raises(SlicerError, match=r"definitions of settings cannot be read: .*fdmprinter\.def\.json"):
        slicer("curaengine", BED).slice(block(), Profile())
    (tmp_path / PRINTER).write_text("[]")
    with pytest.raises(SlicerError, match="cannot be read"):
        slicer("curaengine", BED).slice(block(), Profile())
    with pytest.raises(SlicerError, match=r"no word for the firmware 'makerbot'\. Write one of: marlin, klipper"):
        CuraEngine(Printer(200.0, 180.0, 150.0, "makerbot"), {}).slice(block(), Profile())
