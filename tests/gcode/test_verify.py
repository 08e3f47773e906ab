"""Broken files, each in another way: every one is found, and the good one passes. Words and a photo are made by each
tool; what is broken is the text of the program, as a defect would break it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gcode.design import Design, Drawing, Layer, Tone, Zone
from gcode.dialects import EBB, GRBL_LASER, GRBL_PEN, MARLIN_FOOD, Setup
from gcode.faithful import Found, Rows, compare
from gcode.frosting import plan
from gcode.geometry import Bounds
from gcode.proof import Marks, beads, lines
from gcode.recipe import Bead, Burn, Motion, Pen, Place
from gcode.strokefont import StrokeFont
from gcode.strokes import burnt, drawn
from gcode.text import Fit, fit
from gcode.verify import Fidelity, Limits, lines_made
from gcode.verify_tone import similarity
from gcode.write import program

PLACE, MOTION = Place(20, 30), Motion(1000, 8, (200.0,) * 4)
PIECE = Bounds(0, 0, 120, 40)
ZONE = Zone("words", 10, 8, 100, 24)
WORDS = "Ada Lovelace: ½ cup of joy, with love i"


def text(words: str, margin: float, size: float) -> Drawing:
    return fit(words.replace("½", "half a"), StrokeFont(), ZONE, Fit(size, margin=margin, max_lines=2)).drawing


@dataclass(frozen=True)
class Craft:
    """One way to make words, and what its bytes leave."""

    width: float
    least: float
    make: Callable[[Drawing], bytes]
    marks: Callable[[bytes], Marks]

    def look(self, data: bytes, wanted: Drawing) -> tuple[str, ...]:
        return lines_made([wanted], self.marks(data), self.width, PIECE).wrong(self.width)


PEN = Pen(speed=40, travel=120, line_width=0.5, up=0.3, down=0.7, settle=0.2)
BEAD = Bead(
    nozzle=0.8, height=1.0, width_min=0.45, width_max=1.45, pitch=1.45, flow=14.0, e_area=314.0, line_width=0.9,
    travel=80.0, min_speed=8.0, max_speed=60.0, stop_ahead=0.45, retract=4.2, clearance=5.0, settle=0.2,
)  # fmt: skip
CRAFTS = {
    "laser": Craft(
        0.25, 3,
        lambda drawing: program(burnt([drawing], Burn(0.6, 25, 0.25), 1000, PLACE, MOTION), GRBL_LASER, Setup()),
        lambda data: lines(data, GRBL_LASER, 0.25, PLACE),
    ),
    "grbl pen": Craft(
        0.5, 3,
        lambda drawing: program(
            drawn([drawing], PEN, PLACE, MOTION, servo=1000), GRBL_PEN, Setup(pen_up=300, settle=0.2)
        ),
        lambda data: lines(data, GRBL_PEN, 0.5, PLACE),
    ),
    "ebb": Craft(
        0.5, 3,
        lambda drawing: program(drawn([drawing], PEN, PLACE, MOTION), EBB, Setup(travel=120)),
        lambda data: lines(data, EBB, 0.5, PLACE),
    ),
    "frosting": Craft(
        0.9, 5,
        lambda drawing: program(
            plan(None, [drawing], BEAD, motion=MOTION, place=Place(20, 30, 5)), MARLIN_FOOD, Setup(cold_extrusion=True)
        ),
        lambda data: beads(data, BEAD, Place(20, 30, 5)),
    ),
}  # fmt: skip


@pytest.fixture(params=CRAFTS)
def craft(request: pytest.FixtureRequest) -> Craft:
    return CRAFTS[request.param]


def drawing(craft: Craft, words: str = WORDS) -> Drawing:
    return text(words, craft.width / 2, craft.least)


def each(data: bytes, letter: str, change: Callable[[float], float]) -> bytes:
    """Every word of a letter with another value."""
    pattern = rf"(?<= ){letter}(-?[0-9.]+)".encode()
    return re.sub(pattern, lambda found: b"%s%.4f" % (letter.encode(), change(float(found[1]))), data)


def strokes_of(data: bytes) -> list[tuple[int, int]]:
    """Begin and end of each run of G1 lines with X and Y, by line number."""
    rows = data.split(b"\n")
    drawing = [row.startswith(b"G1") and b"X" in row and b"Y" in row for row in rows]
    runs, start = [], None
    for number, yes in enumerate([*drawing, False]):
        if yes and start is None:
            start = number
        if not yes and start is not None:
            runs.append((start, number))
            start = None
    return runs


def cut(data: bytes, begin: int, end: int) -> bytes:
    rows = data.split(b"\n")
    return b"\n".join(rows[:begin] + rows[end:])


def without_a_path(data: bytes) -> bytes:
    """The shortest: the dot of an i, where there is one."""
    return cut(data, *min(strokes_of(data), key=lambda run: run[1] - run[0]))


def off_for_a_stretch(data: bytes) -> bytes:
    begin, end = max(strokes_of(data), key=lambda run: run[1] - run[0])
    middle = (begin + end) // 2
    return cut(data, middle, middle + max(1, (end - begin) // 4) + 1)


MUTATIONS: dict[str, Callable[[bytes], bytes]] = {
    "shifted": lambda data: each(data, "X", lambda x: x + 1),
    "shifted up": lambda data: each(data, "Y", lambda y: y + 1),
    "mirrored": lambda data: each(data, "X", lambda x: 160 - x),
    "scaled": lambda data: each(data, "X", lambda x: 20 + (x - 20) * 1.03),
    "a path missing": without_a_path,
}


def test_the_good_file_passes(craft: Craft) -> None:
    wanted = drawing(craft)
    assert craft.look(craft.make(wanted), wanted) == ()


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_a_broken_file_is_found(mutation: str, craft: Craft) -> None:
    wanted = drawing(craft)
    data = MUTATIONS[mutation](craft.make(wanted))
    assert craft.look(data, wanted)


@pytest.mark.parametrize("at", [0, 4, -1])
def test_a_letter_that_is_missing_is_found(at: int, craft: Craft) -> None:
    """Its strokes are left out of the bytes; all the others are where they were."""
    wanted = drawing(craft)
    first = wanted.strokes[at]
    left = tuple(stroke for stroke in wanted.strokes if abs(stroke[:, 0].mean() - first[:, 0].mean()) > 2)
    assert len(left) < len(wanted.strokes)
    assert craft.look(craft.make(Drawing(left)), wanted)


def test_a_letter_too_many_is_found(craft: Craft) -> None:
    wanted = drawing(craft)
    more = Drawing((*wanted.strokes, np.array([[3.0, 2.0], [6.0, 5.0]])))
    assert any("strange" in said for said in craft.look(craft.make(more), wanted))


def test_power_off_for_a_stretch_is_found() -> None:
    craft = CRAFTS["laser"]
    wanted = drawing(craft)
    rows = craft.make(wanted).split(b"\n")
    begin, end = max(strokes_of(b"\n".join(rows)), key=lambda run: run[1] - run[0])
    middle = (begin + end) // 2
    rows[middle] += b" S0"
    rows[middle + 3] += b" S600"
    said = craft.look(b"\n".join(rows), wanted)
    assert any("nothing would be made" in one for one in said)


def test_a_pen_that_is_not_lifted_is_found() -> None:
    craft = CRAFTS["grbl pen"]
    wanted = drawing(craft)
    rows = craft.make(wanted).split(b"\n")
    ups = [number for number, row in enumerate(rows) if row.startswith(b"M3 S300")]
    for number in sorted(ups[2 : len(ups) // 2 : 4], reverse=True):
        del rows[number]
    assert any("strange" in one for one in craft.look(b"\n".join(rows), wanted))


@pytest.mark.parametrize("factor", [0.8, 1.25])
def test_beads_too_wide_or_too_thin_are_found(factor: float) -> None:
    craft = CRAFTS["frosting"]
    wanted = drawing(craft)
    data = each(craft.make(wanted), "E", lambda e: e * factor)
    assert any("as wide as designed" in one for one in craft.look(data, wanted))


def test_a_pump_that_is_off_for_a_stretch_is_found() -> None:
    craft = CRAFTS["frosting"]
    wanted = drawing(craft)
    rows = craft.make(wanted).split(b"\n")
    begin, end = max(strokes_of(b"\n".join(rows)), key=lambda run: run[1] - run[0])
    for number in range((begin + end) // 2, (begin + 3 * end) // 4 + 1):
        rows[number] = re.sub(rb" E[0-9.]+", b"", rows[number])
    assert any("nothing would be made" in one for one in craft.look(b"\n".join(rows), wanted))


def test_what_lies_beside_the_piece_does_not_count() -> None:
    craft = CRAFTS["frosting"]
    wanted = drawing(craft)
    made = craft.marks(craft.make(wanted))
    beside = Marks(*(np.vstack([a, b]) for a, b in ((made.start, [[-9.0, 0]]), (made.end, [[-9.0, 30]]))),
                   np.append(made.width, 1.2))  # fmt: skip
    assert lines_made([wanted], beside, craft.width, PIECE).wrong(craft.width) == ()


@given(st.floats(0.05, 1), st.floats(0, 1), st.floats(0, 1), st.floats(0.5, 1.5))
def test_each_limit_is_a_limit(width: float, coverage: float, overflow: float, share: float) -> None:
    found = Fidelity(coverage, overflow, share, None, None).wrong(width, Limits())
    bad = (coverage < 0.98) + (overflow > 0.01) + (abs(share - 1) > 0.15)
    assert len(found) == bad


# --- photos -----------------------------------------------------------------------------------------------------------


TOP = Place(50, 50, 10)


@pytest.fixture(scope="module")
def portrait() -> Tone:
    """Soft light and shade with some edges, as a photo has them, on 80 x 60 mm."""
    y, x = np.mgrid[0:180, 0:240] / 180.0
    light = 0.5 + 0.3 * np.sin(3 * x + 1) * np.cos(4 * y)
    for cx, cy, radius, shade in ((0.4, 0.4, 0.12, 0.1), (0.95, 0.42, 0.12, 0.15), (0.7, 0.75, 0.2, 0.9)):
        edge = 1 / (1 + np.exp((np.hypot(x - cx, y - cy) - radius) / 0.02))
        light = light * (1 - edge) + shade * edge
    return Tone(light.astype(np.float32), 5.0, 5.0, 80.0, 60.0)


@pytest.fixture(scope="module")
def printed(portrait: Tone, bead: Bead) -> bytes:
    return program(plan(portrait, [], bead, place=TOP, motion=MOTION), MARLIN_FOOD, Setup(cold_extrusion=True))


def looked(data: bytes, portrait: Tone, bead: Bead, *, dark: bool = True) -> Found:
    design = Design((Layer("photo", Zone("photo", 5, 5, 80, 60), portrait),))
    rows = Rows(bead.pitch, bead.coverage, dark=dark)
    return compare(design, beads(data, bead, TOP), bead.line_width, Bounds(0, 0, 90, 70), rows)


def test_the_good_photo_passes(printed: bytes, portrait: Tone, bead: Bead) -> None:
    found = looked(printed, portrait, bead)
    assert found.wrong == ()
    assert found.numbers["photo"]["ssim"] > 0.95


def rows_out(data: bytes) -> bytes:
    begin, end = max(strokes_of(data), key=lambda run: run[1] - run[0])
    return cut(data, begin + (end - begin) // 2, begin + (end - begin) // 2 + (end - begin) // 12)


PHOTO = {
    "shifted": lambda data: each(data, "X", lambda x: x + 2),
    "mirrored": lambda data: each(data, "X", lambda x: 190 - x),
    "upside down": lambda data: each(data, "Y", lambda y: 170 - y),
    "scaled": lambda data: each(data, "X", lambda x: 55 + (x - 55) * 1.06),
    "beads too wide": lambda data: each(data, "E", lambda e: e * 1.2),
    "rows missing": rows_out,
}


@pytest.mark.parametrize("mutation", PHOTO)
def test_a_broken_photo_is_found(mutation: str, printed: bytes, portrait: Tone, bead: Bead) -> None:
    assert looked(PHOTO[mutation](printed), portrait, bead).wrong


def test_the_other_polarity_is_another_picture(printed: bytes, portrait: Tone, bead: Bead) -> None:
    assert looked(printed, portrait, bead, dark=False).numbers["photo"]["ssim"] < 0.2


def test_similarity_is_that_of_the_field() -> None:
    from skimage.metrics import structural_similarity

    random = np.random.Generator(np.random.PCG64(5))
    a = random.random((64, 48))
    for noise in (0.0, 0.1, 0.5):
        b = a + noise * random.random((64, 48))
        theirs = structural_similarity(
            a, b, data_range=1.0, gaussian_weights=True, sigma=1.5, use_sample_covariance=False
        )
        assert similarity(a, b, 1.0) == pytest.approx(theirs, abs=0.02)
