"""The check of a burn: the good program passes, and each way to spoil it is found. With the word for why."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from gcode.burn_check import Burning, check_burn
from gcode.burns import burns
from gcode.design import Design, Drawing, Layer, Tone, Zone
from gcode.dialects import GRBL_LASER, Setup
from gcode.dither import DITHERS, GREYSCALE, Raster
from gcode.geometry import Bounds, rectangle
from gcode.hatch import cuts, hatched
from gcode.raster import burnt as burnt_tone
from gcode.recipe import Burn, Motion, Place
from gcode.scan import Scan, moves
from gcode.strokes import burnt, cut
from gcode.toolpath import Toolpath
from gcode.write import program

PLACE = Place(30.0, 20.0)
PIECE = Bounds(0.0, 0.0, 60.0, 50.0)
MOTION = Motion(1000.0, 8.0, (200.0, 200.0, 50.0, float("nan")))
BURN = Burn(power=0.5, speed=30.0, line_width=0.2)
SCAN = Scan(speed=60.0, full=1000.0, motion=MOTION)
RASTER = Raster(0.15, power=0.8)
HOW = Burning(0.2, line_dose=0.5 / 30, fill=0.1, raster=RASTER, dot_dose=0.8 / 60)
FILL_POWER = 1.0
ZONES = {"photo": Zone("photo", 5.0, 20.0, 30.0, 24.0), "words": Zone("words", 5.0, 3.0, 40.0, 12.0)}


def cat(zone: Zone) -> Tone:
    """A face without a symmetry."""
    y, x = np.mgrid[0:160, 0:200] / 160.0
    face = 0.85 - 0.7 * np.exp(-((x - 0.5) ** 2 + (y - 0.45) ** 2) / 0.08) * (0.6 + 0.4 * np.sin(9 * x + 4 * y))
    return Tone(face.astype(np.float32), zone.x, zone.y, zone.width, zone.height)


WORDS = Drawing(
    strokes=(
        np.array([[7.0, 4.0], [9.0, 13.0], [11.0, 4.0]]),
        np.array([[8.0, 7.0], [10.0, 7.0]]),
        np.array([[14.0, 13.0], [14.0, 4.0], [18.0, 4.0]]),
    ),
    outlines=(rectangle(22, 4, 24, 13), rectangle(27, 4, 33, 13), rectangle(29, 6, 31, 11)[::-1]),
)
DESIGN = Design((Layer("photo", ZONES["photo"], cat(ZONES["photo"])), Layer("words", ZONES["words"], WORDS)))


def toolpath(design: Design = DESIGN, raster: Raster = RASTER) -> Toolpath:
    parts = [burnt_tone(tone, raster, SCAN, PLACE) for tone in design.tones]
    for drawing in design.drawings:
        rows = [replace(row, power=row.power * FILL_POWER) for row in hatched(drawing.outlines, 0.1, inset=0.1)]
        parts.append(moves(rows, SCAN, PLACE))
        parts.append(burnt([Drawing(drawing.strokes)], BURN, 1000.0, PLACE, MOTION))
    return Toolpath.join(parts)


def made(path: Toolpath) -> bytes:
    return program(path, GRBL_LASER, Setup())


def wrong(data: bytes, how: Burning = HOW, design: Design = DESIGN) -> str:
    return "; ".join(check_burn(design, burns(data, GRBL_LASER, PLACE), how, PIECE).wrong)


def test_the_good_program_passes_with_its_numbers() -> None:
    found = check_burn(DESIGN, burns(made(toolpath()), GRBL_LASER, PLACE), HOW, PIECE)
    assert found.wrong == ()
    assert found.numbers["photo"]["ssim"] > 0.98
    assert found.numbers["words"]["ssim"] > 0.95
    assert found.numbers["photo"]["amount"] == pytest.approx(1, abs=0.02)


@pytest.mark.parametrize("dither", [*DITHERS, GREYSCALE])
def test_every_dither_passes(dither: str) -> None:
    raster = replace(RASTER, dither=dither, min_power=0.1 if dither == GREYSCALE else 0.0)
    assert wrong(made(toolpath(raster=raster)), replace(HOW, raster=raster)) == ""


def numbers(data: bytes, letter: str, change: Callable[[float], float]) -> bytes:
    return re.sub(rf"{letter}([\d.]+)".encode(), lambda m: f"{letter}{change(float(m[1])):.3f}".encode(), data)


def without(field: str) -> Design:
    return Design(tuple(layer for layer in DESIGN.layers if layer.field != field))


def thinned(strokes: tuple[int, ...] = (0, 1, 2), outlines: tuple[int, ...] = (0, 1, 2)) -> Toolpath:
    """The same with some strokes and outlines alone."""
    words = Drawing(tuple(WORDS.strokes[n] for n in strokes), tuple(WORDS.outlines[n] for n in outlines))
    return toolpath(Design((DESIGN.layers[0], Layer("words", ZONES["words"], words))))


def dark_stretch(data: bytes) -> bytes:
    """The power is off for a fifth of the photo's rows."""
    lines = data.split(b"\n")
    begin, end = len(lines) * 3 // 10, len(lines) * 4 // 10
    return b"\n".join(re.sub(rb"S\d+", b"S0", line) if begin < n < end else line for n, line in enumerate(lines))


def aside(line: np.ndarray) -> np.ndarray:
    moved: np.ndarray = line + np.array([0.6, 0.0])
    return moved


def stranger() -> Toolpath:
    line = Drawing((np.array([[50.0, 10.0], [50.0, 40.0]]),))
    return burnt([line], BURN, 1000.0, PLACE, MOTION)


SPOILT: dict[str, tuple[str, Callable[[], bytes]]] = {
    "shifted": ("photo:", lambda: numbers(made(toolpath()), "X", lambda x: x + 2)),
    "lines shifted by one": ("words:", lambda: made(toolpath(Design((
        DESIGN.layers[0], replace(DESIGN.layers[1], content=Drawing(
            tuple(aside(line) for line in WORDS.strokes), tuple(aside(line) for line in WORDS.outlines)
        )),
    ))))),
    "mirrored": ("photo:", lambda: numbers(made(toolpath()), "X", lambda x: 2 * PLACE.x + 40 - x)),
    "upside down": ("photo:", lambda: numbers(made(toolpath()), "Y", lambda y: 2 * PLACE.y + 47 - y)),
    "scaled": ("photo:", lambda: numbers(made(toolpath()), "X", lambda x: PLACE.x + (x - PLACE.x) * 0.93)),
    "half the power": ("of what it needs would be burnt", lambda: numbers(made(toolpath()), "S", lambda s: s / 2)),
    "dark for a stretch": ("photo: ", lambda: dark_stretch(made(toolpath()))),
    "a stroke missing": ("words: at x", lambda: made(thinned(strokes=(0, 1)))),
    "the bar of the A missing": ("words: at x", lambda: made(thinned(strokes=(0, 2)))),
    "a letter missing": ("words: ", lambda: made(thinned(outlines=(1, 2)))),
    "a hole filled": ("words: at x", lambda: made(thinned(outlines=(0, 1)))),
    "no photo": ("photo: ", lambda: made(toolpath(without("photo")))),
    "no words": ("words: ", lambda: made(toolpath(without("words")))),
    "something strange": ("something strange would be made", lambda: made(Toolpath.join([toolpath(), stranger()]))),
}  # fmt: skip


@pytest.mark.parametrize("name", SPOILT)
def test_what_is_spoilt_is_found(name: str) -> None:
    says, spoil = SPOILT[name]
    assert says in wrong(spoil())


def test_cuts_are_no_strangers_and_may_not_be_missing() -> None:
    contours = cuts([rectangle(0.2, 0.2, 59.8, 49.8)], 0.2, tabs=3, tab=1.0)
    lines = [line for lines in contours for line in lines]
    path = Toolpath.join([toolpath(), cut(contours, Burn(1.0, 5.0, 0.2, 2), 1000.0, PLACE, MOTION)])
    found = check_burn(DESIGN, burns(made(path), GRBL_LASER, PLACE), HOW, PIECE, lines)
    assert found.wrong == ()
    assert "something strange" in wrong(made(path))
    half = Toolpath.join([toolpath(), cut([contours[0][:2]], Burn(1.0, 5.0, 0.2), 1000.0, PLACE, MOTION)])
    missing = check_burn(DESIGN, burns(made(half), GRBL_LASER, PLACE), HOW, PIECE, lines)
    assert "nothing would be made over" in "; ".join(missing.wrong)
