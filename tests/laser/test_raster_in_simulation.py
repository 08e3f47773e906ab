"""A raster as an independent machine burns it: dot by dot the dithered bitmap, with nothing fitted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from gcode.design import Tone
from gcode.dialects import GRBL_LASER, Setup
from gcode.dither import DITHERS, GREYSCALE, Raster
from gcode.limits import Limits
from gcode.preflight import check
from gcode.raster import bitmap, rows
from gcode.recipe import Motion, Place
from gcode.scan import Controller, Offsets, Row, Scan, moves, row_speed
from gcode.write import program
from tests.laser.conftest import Dots, Play

pytestmark = pytest.mark.journey
PLACE = Place(30.0, 20.0)
INTERVAL = 0.1
MOTION = Motion(1000.0, 8.0, (200.0, 200.0, 50.0, float("nan")))
SCAN = Scan(speed=60.0, full=1000.0, motion=MOTION, controller=Controller(lines=400))
LIMITS = Limits(envelope=(0, 0, 0, 300, 200, 50), e_area=1.0, max_flow=float("inf"), motion=MOTION)
SETTINGS = ("--setting", "120=1000", "--setting", "121=1000", "--setting", "110=12000", "--setting", "111=12000")
LAG = 0.001
"""s: at 60 mm/s more than half a dot."""


def region(tone: Tone) -> tuple[float, float, float, float]:
    return PLACE.x + tone.x, PLACE.y + tone.y, tone.width, tone.height


def written(made: list[Row], scan: Scan) -> bytes:
    data = program(moves(made, scan, PLACE), GRBL_LASER, Setup())
    assert check(data, GRBL_LASER, LIMITS).findings == ()
    return data


def same(one: Dots, other: Dots) -> float:
    """The share of dots that are alike."""
    assert one.shape == other.shape
    return float((one == other).mean())


def burnt(made: list[Row], scan: Scan, tone: Tone, play: Play, *arguments: str) -> Dots:
    found = play(written(made, scan), region(tone), *SETTINGS, *arguments)
    assert found.record["outcome"]["good"], found.record["outcome"]
    return found.dots()


WAYS = [*((dither, True) for dither in DITHERS), ("floyd-steinberg", False), ("halftone", False)]


@pytest.mark.parametrize(("dither", "bidirectional"), WAYS)
def test_what_is_burnt_is_the_bitmap(dither: str, bidirectional: bool, cat: Tone, play: Play) -> None:
    picture = bitmap(cat, Raster(INTERVAL, dither))
    made = burnt(rows(picture), replace(SCAN, bidirectional=bidirectional), cat, play)
    wanted = picture.power > 0
    assert 0.1 < wanted.mean() < 0.9
    assert same(made, wanted) >= 0.995
    assert same(made, np.roll(wanted, 1, axis=0)) < 0.9, "a row too high"
    assert same(made, np.roll(wanted, 1, axis=1)) < 0.9, "a dot too far to the right"
    assert same(made, wanted[:, ::-1]) < 0.9, "left for right"


def test_a_row_that_is_moved_or_left_out_is_seen(cat: Tone, play: Play) -> None:
    picture = bitmap(cat, Raster(INTERVAL))
    good = rows(picture)
    moved = [replace(row, edges=row.edges + 3 * INTERVAL) if 40 <= n < 60 else row for n, row in enumerate(good)]
    for broken in (moved, good[:40] + good[60:]):
        assert same(burnt(broken, SCAN, cat, play), picture.power > 0) < 0.98


def test_what_the_laser_lags_behind_is_made_good_by_its_table(cat: Tone, play: Play) -> None:
    """Rows of many speeds: the controller's pace lowers some of them, and the table is asked for each."""
    picture = bitmap(cat, Raster(INTERVAL))
    made, wanted, late = rows(picture), picture.power > 0, ("--laser-lag", str(LAG))
    table = replace(SCAN, offsets=Offsets(((20.0, 20 * LAG), (100.0, 100 * LAG))))
    speeds = {row_speed(row, SCAN) for row in made}
    assert len(speeds) > 2
    assert same(burnt(made, table, cat, play, *late), wanted) >= 0.995
    assert same(burnt(made, SCAN, cat, play, *late), wanted) < 0.9, "teeth"
    turned = replace(SCAN, offsets=Offsets(((100.0, -100 * LAG),)))
    assert same(burnt(made, turned, cat, play, *late), wanted) < 0.9, "the table upside down"


def test_greyscale_leaves_as_much_as_each_place_wants(cat: Tone, play: Play) -> None:
    picture = bitmap(cat, Raster(INTERVAL, GREYSCALE, power=0.8, min_power=0.1))
    data = written(rows(picture), SCAN)
    energy = play(data, region(cat), *SETTINGS, "--dose", "1").energy()
    share, wanted = energy / energy.mean(), picture.power / picture.power.mean()
    assert (np.abs(share - wanted) < 0.08).mean() >= 0.995
    assert (np.abs(share - wanted[::-1]) < 0.08).mean() < 0.3, "upside down"


def test_a_controller_keeps_up_with_rows_that_heed_its_pace(cat: Tone, play: Play) -> None:
    """400 lines a second, on a machine whose axes would let it ask for many more."""
    fast = Motion(5000.0, 8.0, (400.0, 400.0, 50.0, float("nan")))
    limits = replace(LIMITS, motion=fast, pace=(400, 15))
    settings = ("--setting", "120=5000", "--setting", "121=5000", "--setting", "110=24000", "--setting", "111=24000")
    strip = replace(cat, lightness=cat.lightness[:40], height=4.0)
    made = rows(bitmap(strip, Raster(INTERVAL)))
    seconds = {}
    for heeds, controller in ((True, Controller(lines=400)), (False, Controller(lines=1e5, bytes=1e7))):
        scan = replace(SCAN, speed=150.0, motion=fast, controller=controller)
        data = program(moves(made, scan, PLACE), GRBL_LASER, Setup())
        codes = [finding.code for finding in check(data, GRBL_LASER, limits).findings]
        assert codes == ([] if heeds else ["too-dense"])
        for parsing in (0.0, 1 / 400):
            record = play(data, region(strip), *settings, "--line-time", str(parsing)).record
            seconds[heeds, parsing] = record["motion_time"]
    assert seconds[True, 1 / 400] == pytest.approx(seconds[True, 0.0], rel=0.02)
    assert seconds[False, 1 / 400] > 1.15 * seconds[False, 0.0]


def test_the_spot_is_at_speed_while_it_burns(cat: Tone, play: Play) -> None:
    """And the time that preflight tells is the time it takes."""
    made = rows(bitmap(cat, Raster(INTERVAL)))
    data = written(made, SCAN)
    found = play(data, region(cat), *SETTINGS)
    assert check(data, GRBL_LASER, LIMITS).time == pytest.approx(found.record["motion_time"], rel=0.05)
