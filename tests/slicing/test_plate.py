"""Bodies on a bed as bytes: what passes preflight, is heard by each firmware, and lays what was planned."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import shapely
from manifold3d import Manifold

from gcode.dialects import KLIPPER_FDM, MARLIN_FDM, REPRAP_FDM, Dialect, Setup
from gcode.limits import Limits
from gcode.parse import parse
from gcode.preflight import check
from gcode.recipe import Motion
from gcode.slicing.plate import Change, Clearance, Placed, Plate, PlateError, fan_of, program, slowed
from gcode.slicing.profile import Adhesion, Cooling, Profile, Retraction
from gcode.slicing.slicer import Sliced, slice_solid
from gcode.slicing.solid import Solid
from gcode.trace import trace

SETUP = Setup(
    tool_temperature=210.0, bed_temperature=60.0, lift=60.0, park=(0.0, 200.0), travel=10.0, acceleration=1000.0
)
LIMITS = Limits(
    envelope=(0.0, 0.0, 0.0, 220.0, 220.0, 200.0),
    e_area=Profile().filament_area,
    max_flow=Profile().max_flow,
    motion=Motion(1000.0, 8.0, (200.0, 200.0, 12.0, 60.0)),
    tool_temperature=(0.0, 280.0),
    bed_temperature=(0.0, 110.0),
)


def cube(size: float = 10.0, tall: float = 2.0, profile: Profile | None = None) -> Sliced:
    return slice_solid(Solid.from_manifold(Manifold.cube((size, size, tall))), profile or Profile())


@pytest.mark.parametrize("dialect", [MARLIN_FDM, KLIPPER_FDM, REPRAP_FDM], ids=lambda one: one.name)
def test_each_firmware_gets_words_that_pass_preflight(dialect: Dialect, name_tag: Callable[[str], Solid]) -> None:
    profile = Profile(retraction=Retraction(hop=0.3), adhesion=Adhesion(brim=2.0, skirt=1))
    sliced = slice_solid(name_tag("Grace"), profile)
    plate = Plate(changes=(Change(1.6),), labels=True)
    data = program([Placed(sliced, 20.0, 20.0), Placed(sliced, 20.0, 60.0)], dialect, SETUP, plate)
    report = check(data, dialect, LIMITS)
    assert report.errors == ()
    assert report.volume == pytest.approx(2 * sliced.volume, rel=0.06)


def test_the_bytes_lay_what_was_planned(name_tag: Callable[[str], Solid]) -> None:
    sliced = slice_solid(name_tag("Ada"), Profile())
    moves = trace(parse(program([Placed(sliced, 20.0, 20.0)], MARLIN_FDM, SETUP)))
    laid = moves.lays
    assert moves.e[laid].sum() * LIMITS.e_area == pytest.approx(sliced.volume, rel=1e-4)
    heights = sorted(set(np.round(moves.end[laid][:, 2], 4).tolist()))
    assert heights == [round(top, 4) for top in sliced.tops]
    count = sum(len(bead.points) - 1 for layer in sliced.layers for bead in layer.beads)
    assert int(laid.sum()) == count
    first = sliced.layers[0].beads[0].points
    assert moves.start[laid][0, :2] == pytest.approx(first[0] + 20.0, abs=0.001)


def test_absolute_extrusion_lays_the_same() -> None:
    sliced = cube()
    absolute = replace(MARLIN_FDM, absolute_extrusion=True)
    one, other = (program([Placed(sliced, 20.0, 20.0)], dialect, SETUP) for dialect in (MARLIN_FDM, absolute))
    assert b"M82" in other and b"M82" not in one
    first, second = trace(parse(one)), trace(parse(other))
    assert second.e[second.lays] == pytest.approx(first.e[first.lays], abs=2e-5)
    assert check(other, absolute, LIMITS).errors == ()


def turns(data: bytes) -> list[int]:
    return [int(one) for one in re.findall(rb"^M486 S(-?\d+)", data, re.M)]


def test_layer_by_layer_bodies_take_turns_and_are_labelled() -> None:
    pair = [Placed(cube(), 20.0, 20.0), Placed(cube(tall=1.0), 60.0, 20.0)]
    data = program(pair, MARLIN_FDM, SETUP, Plate(labels=True))
    assert b"M486 T2\n" in data
    assert turns(data) == [0, 1, 0, 1, 0, 1, 0, -1]
    assert b"M486" not in program(pair, MARLIN_FDM, SETUP)


def of_label(data: bytes, label: int) -> list[bytes]:
    """The lines of a body, without where the nozzle came from."""
    mine, found = False, []
    for line in data.split(b"\n"):
        if line.startswith(b"M486 S"):
            mine = line == b"M486 S%d" % label
        elif mine and line.startswith(b"G1 X"):
            found.append(line)
    return found


def test_a_label_holds_all_of_its_body_and_nothing_else() -> None:
    pair = [Placed(cube(), 20.0, 20.0), Placed(cube(), 60.0, 20.0)]
    data = program(pair, MARLIN_FDM, SETUP, Plate(labels=True))
    for label, low in ((0, 20.0), (1, 60.0)):
        lines = of_label(data, label)
        xs = [float(word) for line in lines for word in re.findall(rb"X([\d.]+)", line)]
        assert lines and low <= min(xs) and max(xs) <= low + 10.0
        assert len(lines) == sum(len(bead.points) - 1 for layer in pair[0].body.layers for bead in layer.beads)


def test_one_by_one_each_is_done_before_the_next_and_the_nozzle_goes_over_it() -> None:
    pair = [Placed(cube(tall=4.0), 20.0, 20.0), Placed(cube(tall=2.0), 80.0, 20.0)]
    clear = Clearance(radius=30.0, height=20.0)
    data = program(pair, MARLIN_FDM, SETUP, Plate(one_by_one=clear, labels=True))
    assert turns(data) == [0, 1, -1]
    assert check(data, MARLIN_FDM, LIMITS).errors == ()
    moves = trace(parse(data))
    between = (np.minimum(moves.start[:, 0], moves.end[:, 0]) < 40.0) & (
        np.maximum(moves.start[:, 0], moves.end[:, 0]) > 75.0
    )
    over = moves.end[between & (moves.start[:, 2] > 0.5), 2]
    assert len(over) and over.min() >= 6.0
    with pytest.raises(PlateError, match=r"bodies 1 and 2 are 5\.\d mm apart, the tool needs 30 mm"):
        program([pair[0], Placed(cube(), 35.0, 20.0)], MARLIN_FDM, SETUP, Plate(one_by_one=clear))
    with pytest.raises(PlateError, match="filament is changed at a height"):
        program(pair, MARLIN_FDM, SETUP, Plate(one_by_one=clear, changes=(Change(1.0),)))
    with pytest.raises(PlateError, match="body 1 is 4 mm tall, 3 mm are free"):
        program(pair, MARLIN_FDM, SETUP, Plate(one_by_one=Clearance(30.0, 3.0)))


def test_bodies_of_one_bed_have_one_profile() -> None:
    with pytest.raises(PlateError, match="different profiles"):
        program([Placed(cube()), Placed(cube(profile=Profile(perimeters=3)))], MARLIN_FDM, SETUP)
    with pytest.raises(PlateError, match="no body"):
        program([], MARLIN_FDM, SETUP)


def test_filament_is_changed_before_the_layer_that_is_above() -> None:
    changes = (Change(1.0, tool=1), Change(0.6))
    data = program([Placed(cube(), 20.0, 20.0)], MARLIN_FDM, SETUP, Plate(changes=changes))
    by_hand, by_tool = data.index(b"\nM600\n"), data.index(b"\nT1\n")
    assert data.index(b";Z:0.6\n") < by_hand < data.index(b";Z:0.8\n")
    assert data.index(b";Z:1\n") < by_tool < data.index(b";Z:1.2\n")
    assert (data.count(b"M600"), data.count(b"\nT1\n")) == (1, 1)


def speeds(data: bytes, layer: int) -> set[float]:
    part = data.split(b";LAYER:")[layer + 1]
    return {float(word) / 60 for word in re.findall(rb"^G1 X.*F([\d.]+)", part, re.M)}


def test_a_small_layer_is_laid_slowly_enough_to_cool() -> None:
    quick, patient = (Profile(cooling=Cooling(least_time=least, fan_full_below=30.0)) for least in (0.0, 12.0))
    fast, slow = (
        program([Placed(cube(profile=profile), 20.0, 20.0)], MARLIN_FDM, SETUP) for profile in (quick, patient)
    )
    assert max(speeds(fast, 5)) == pytest.approx(60.0)
    assert 10.0 <= min(speeds(slow, 5)) < max(speeds(slow, 5)) < 45.0
    pair = program([Placed(cube(profile=patient), 20.0 + 30.0 * at, 20.0) for at in range(4)], MARLIN_FDM, SETUP)
    assert max(speeds(pair, 5)) == pytest.approx(60.0), "four bodies take turns, and cool meanwhile"


def test_least_time_and_fan_by_hand() -> None:
    profile = Profile(cooling=Cooling(fan=1.0, fan_least=0.4, fan_full_below=60.0, least_time=10.0, fan_from=2))
    assert slowed(20.0, 1.0, profile) == (1.0, 21.0)
    share, seconds = slowed(4.0, 2.0, profile)
    assert share == 0.5 and seconds == pytest.approx(10.0)
    assert [fan_of(number, 5.0, profile.cooling) for number in range(4)] == [0.0, 0.0, 1.0, 1.0]
    assert fan_of(5, 35.0, profile.cooling) == pytest.approx(0.7)
    assert fan_of(5, 600.0, profile.cooling) == pytest.approx(0.4)


def test_a_hop_rises_on_ways_that_cross_and_only_there() -> None:
    posts = Manifold.cube((4.0, 4.0, 1.0)) + Manifold.cube((4.0, 4.0, 1.0)).translate((12.0, 0.0, 0.0))
    body = Solid.from_manifold(posts)
    flat, hops = (
        program([Placed(slice_solid(body, Profile(retraction=Retraction(hop=hop))), 20.0, 20.0)], MARLIN_FDM, SETUP)
        for hop in (0.0, 0.5)
    )
    assert check(hops, MARLIN_FDM, LIMITS).errors == ()
    moves = trace(parse(hops))
    crossing = (np.abs(moves.end[:, 0] - moves.start[:, 0]) > 5.0) & (moves.end[:, 2] < 1.6)
    inside = crossing & (moves.start[:, 0] > 19.0)
    assert inside.sum() >= 5
    tops = np.round(moves.end[moves.lays][:, 2], 3)
    assert all(round(z - 0.5, 3) in set(tops.tolist()) for z in np.round(moves.end[inside][:, 2], 3).tolist())
    assert trace(parse(flat)).end[:, 2].tolist().count(0.7) == 0


def test_a_skirt_is_laid_once_around_all_bodies() -> None:
    profile = Profile(adhesion=Adhesion(skirt=2, skirt_distance=4.0))
    pair = [Placed(cube(profile=profile), 20.0, 20.0), Placed(cube(profile=profile), 60.0, 20.0)]
    moves = trace(parse(program(pair, MARLIN_FDM, SETUP)))
    laid = moves.end[moves.lays]
    assert laid[0, :2].min() < 20.0 and laid[:, 0].min() == pytest.approx(20.0 - 4.0 - 0.75, abs=0.01)
    assert laid[:, 0].max() == pytest.approx(74.75, abs=0.01)
    high = laid[laid[:, 2] > 0.3]
    assert high[:, 0].min() >= 20.0 and high[:, 0].max() <= 70.0


def test_the_bed_may_lie_higher() -> None:
    low, high = (
        trace(parse(program([Placed(cube(), 20.0, 20.0)], MARLIN_FDM, SETUP, Plate(surface=surface))))
        for surface in (0.0, 3.0)
    )
    assert high.end[high.lays][:, 2] == pytest.approx(low.end[low.lays][:, 2] + 3.0)


def test_comments_say_what_each_bead_is_for() -> None:
    profile = Profile(adhesion=Adhesion(skirt=1))
    data = program([Placed(cube(20.0, 3.0, profile), 60.0, 60.0)], MARLIN_FDM, SETUP)
    said = [line.removeprefix(b";TYPE:").decode() for line in data.splitlines() if line.startswith(b";TYPE:")]
    assert said[0] == "Skirt/Brim"
    assert {"External perimeter", "Perimeter", "Solid infill", "Internal infill", "Top solid infill"} <= set(said)
    layer = data.split(b";LAYER:7")[1].split(b";LAYER:8")[0]
    sparse = layer.split(b";TYPE:Internal infill")[1]
    ways = [line for line in sparse.splitlines() if line.startswith(b"G1 X")]
    outer = layer.split(b";TYPE:External perimeter")[1].split(b";TYPE")[0]
    assert len(ways) > 4
    assert sum(line.startswith(b"G1 X") for line in outer.splitlines()) == 4
    assert re.sub(rb"\n;[^\n]*", b"", data).count(b"\n") == len(parse(data)), "a comment is a line of its own"


@pytest.mark.parametrize("distance", [0.6, 2.0, 5.0, 5.9, 6.3, 9.0])
def test_a_brim_leaves_its_neighbour_and_its_neighbours_brim_alone(distance: float) -> None:
    """Three bars beside each other; each brim is 3 mm wide."""
    profile = Profile(adhesion=Adhesion(brim=3.0), elephant_foot=0.0)
    bar = slice_solid(Solid.from_manifold(Manifold.cube((20.0, 8.0, 0.8))), profile)
    bodies = [Placed(bar, 50.0, 50.0), Placed(bar, 50.0, 58.0 + distance), Placed(bar, 70.0 + distance, 50.0)]
    moves = trace(parse(program(bodies, MARLIN_FDM, SETUP, Plate(labels=True))))
    low = moves.lays & (moves.end[:, 2] < 0.3)
    lines: Any = shapely.linestrings(np.stack([moves.start[low, :2], moves.end[low, :2]], axis=1))
    boxes = [shapely.box(one.x, one.y, one.x + 20.0, one.y + 8.0) for one in bodies]
    inside = shapely.union_all(boxes)
    brims = lines[~shapely.intersects(shapely.buffer(inside, 0.01), lines)]
    assert shapely.distance(shapely.union_all(brims), inside) >= 0.3
    laid = shapely.buffer(brims, profile.widths.first / 2 - 0.02, cap_style="flat")
    twice = sum(one.area for one in laid) - shapely.union_all(laid).area
    assert twice < 0.02 * sum(one.area for one in laid)
    around = shapely.buffer(inside, 3.0, join_style="mitre").difference(shapely.buffer(inside, 0.15))
    assert around.difference(shapely.buffer(shapely.union_all(laid), 0.6)).area < (9.0 if distance < 6.3 else 3.0)


def test_brims_that_are_far_apart_are_those_of_each_body() -> None:
    profile = Profile(adhesion=Adhesion(brim=3.0))
    bar = slice_solid(Solid.from_manifold(Manifold.cube((20.0, 8.0, 0.8))), profile)
    alone = [program([Placed(bar, x, 50.0)], MARLIN_FDM, SETUP) for x in (30.0, 70.0)]
    both = program([Placed(bar, x, 50.0) for x in (30.0, 70.0)], MARLIN_FDM, SETUP)
    volume = [float(moves.e[moves.lays].sum()) for moves in (trace(parse(data)) for data in (*alone, both))]
    assert volume[2] == pytest.approx(volume[0] + volume[1], abs=1e-3)
