"""The verifier passes good programs, ours and PrusaSlicer's, and names each fault that is planted in them."""

from __future__ import annotations

import math
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import CrossSection, JoinType, Manifold

from gcode.dialects import MARLIN_FDM, Setup
from gcode.slicing.check.verdict import Printed, printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.plate import Clearance, Placed, Plate, program
from gcode.slicing.profile import Adhesion, Infill, Pattern, Profile, Widths
from gcode.slicing.slicer import slice_solid
from gcode.slicing.solid import Solid

SETUP = Setup(
    tool_temperature=210.0, bed_temperature=60.0, lift=60.0, park=(0.0, 200.0), travel=10.0, acceleration=1000.0
)
GYROID = Profile(infill=Infill(Pattern.GYROID, 0.15))
SOLID = Profile(infill=Infill(density=1.0))
MIDDLE = 100.0
"""Where bodies lie on the bed."""
PRUSA = shutil.which("prusa-slicer")


def cube() -> Solid:
    return Solid.from_manifold(Manifold.cube((20.0, 20.0, 6.0)))


def bridge() -> Solid:
    return Solid.from_manifold(
        Manifold.cube((24.0, 10.0, 5.0)) - Manifold.cube((12.0, 20.0, 3.0)).translate((6.0, -5.0, 0.0))
    )


def cutter() -> Solid:
    drawn = CrossSection.circle(14.0, 60) + CrossSection.circle(10.0, 60).translate((15.0, 0.0))
    wall, rim = (drawn.offset(by, JoinType.Round) - drawn for by in (1.2, 4.0))
    return Solid.from_manifold(Manifold.extrude(wall, 4.0) + Manifold.extrude(rim, 1.6))


class Case:
    """A body in the middle of the bed, and the program that prints it."""

    def __init__(self, solid: Solid, profile: Profile) -> None:
        self.solid, self.profile = solid, profile
        self.x, self.y = (MIDDLE - (low + high) / 2 for low, high in zip(solid.low[:2], solid.high[:2], strict=True))

    def check(self, data: bytes, **more: Any) -> Printed:
        return printed(data, [Piece(self.solid, self.x, self.y)], self.profile, **more)

    def ours(self) -> bytes:
        return program([Placed(slice_solid(self.solid, self.profile), self.x, self.y)], MARLIN_FDM, SETUP)

    def prusas(self, folder: Path, *more: str) -> bytes:
        """PrusaSlicer's, with relative extrusion unless told otherwise."""
        soup = self.solid.vertices[self.solid.faces].astype("<f4").reshape(-1, 9)
        rows = np.zeros(len(soup), dtype=[("normal", "<3f4"), ("corners", "<9f4"), ("attribute", "<u2")])
        rows["corners"] = soup
        (folder / "body.stl").write_bytes(bytes(80) + np.uint32(len(soup)).tobytes() + rows.tobytes())
        pattern = "gyroid" if self.profile.infill.pattern is Pattern.GYROID else "rectilinear"
        options = f"""--seam-position rear --layer-height 0.2 --first-layer-height 0.2 --nozzle-diameter 0.4
            --filament-diameter 1.75 --extrusion-width 0.45 --perimeters 2 --top-solid-layers 5 --bottom-solid-layers 4
            --fill-pattern {pattern} --fill-density {self.profile.infill.density * 100:g}% --center 100,100"""
        extrusion = more or ("--use-relative-e-distances", "--layer-gcode", "G92 E0")
        out = folder / "body.gcode"
        subprocess.run(
            ["prusa-slicer", "-g", *options.split(), *extrusion, "--output", str(out), str(folder / "body.stl")],
            check=True,
            capture_output=True,
            timeout=120,
        )
        return out.read_bytes()


Make = Callable[[str], tuple[Case, bytes]]


@pytest.fixture(scope="module", name="cases")
def cases_fixture(name_tag: Callable[[str], Solid]) -> dict[str, Case]:
    return {
        "tag": Case(name_tag("Grace"), Profile()),
        "bridge": Case(bridge(), SOLID),
        "cube": Case(cube(), GYROID),
        "cutter": Case(cutter(), Profile()),
    }


NEEDS_PRUSA = pytest.mark.skipif(PRUSA is None, reason="prusa-slicer is not installed")


@pytest.fixture(scope="module", params=["ours", pytest.param("prusas", marks=NEEDS_PRUSA)], name="make")
def make_fixture(
    request: pytest.FixtureRequest, cases: dict[str, Case], tmp_path_factory: pytest.TempPathFactory
) -> Make:
    known: dict[str, tuple[Case, bytes]] = {}

    def make(name: str) -> tuple[Case, bytes]:
        if name not in known:
            case = cases[name]
            if request.param == "ours":
                known[name] = case, case.ours()
            else:
                other = Case(case.solid, replace(case.profile, elephant_foot=0.0))
                known[name] = other, other.prusas(tmp_path_factory.mktemp(name))
        return known[name]

    return make


@pytest.mark.parametrize("name", ["tag", "bridge", "cube", "cutter"])
def test_good_programs_pass(make: Make, name: str) -> None:
    case, data = make(name)
    found = case.check(data)
    assert found.wrong == ()
    assert found.layers == round(case.solid.high[2] / 0.2)
    numbers = found.body()
    assert numbers["walls"] > 0.97 and numbers["skins"] > 0.97 and numbers["farthest"] < 0.3
    if name == "tag":
        assert numbers["volume"] == pytest.approx(case.solid.volume, rel=0.04)


@pytest.mark.parametrize(
    "profile",
    [
        Profile(infill=Infill(Pattern.GRID, 0.1)),
        Profile(infill=Infill(density=0.0), perimeters=3),
        Profile(perimeters=0),
        Profile(perimeters=1, height=0.1),
        Profile(nozzle=0.6, height=0.3, first_height=0.3, widths=Widths(0.68, 0.68, 0.68, 0.68, 0.7)),
    ],
    ids=["grid", "empty", "no walls", "one wall", "thick"],
)
@pytest.mark.parametrize("shape", ["cube", "ball"])
def test_good_programs_of_any_profile_pass(profile: Profile, shape: str) -> None:
    ball = Manifold.sphere(9.0, 60).trim_by_plane((0.0, 0.0, 1.0), -6.0)
    case = Case(cube() if shape == "cube" else Solid.from_manifold(ball), profile)
    found = case.check(case.ours())
    assert found.wrong == ()
    assert found.layers > 15


# Faults, planted in the text of a program.


def layers_of(data: bytes) -> list[bytes]:
    """What stands before the first layer, and each layer from its comment on."""
    return re.split(rb"(?m)^(?=;LAYER)", data)


def in_layer(number: int, change: Callable[[bytes], bytes]) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        layers = layers_of(data)
        layers[number + 1] = change(layers[number + 1])
        return b"".join(layers)

    return changed


def word(line: bytes, letter: str) -> float | None:
    found = re.search(rb" %s(-?[\d.]+)" % letter.encode(), line)
    return float(found[1]) if found else None


def said(line: bytes, letter: str, value: float) -> bytes:
    return re.sub(rb" %s-?[\d.]+" % letter.encode(), b" %s%.4f" % (letter.encode(), value), line)


def moved(change: Callable[[float, float], tuple[float, float]]) -> Callable[[bytes], bytes]:
    """Places changed, in the part's layers."""

    def line(one: bytes) -> bytes:
        x, y = word(one, "X"), word(one, "Y")
        if x is None or y is None or not one.startswith(b"G"):
            return one
        x, y = change(x, y)
        return said(said(one, "X", x), "Y", y)

    def changed(data: bytes) -> bytes:
        return b"\n".join(line(one) for one in data.split(b"\n"))

    return changed


def lays(line: bytes) -> bool:
    return line.startswith(b"G1 X") and (word(line, "E") or 0.0) > 0


def flow(factor: float) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        lines = data.split(b"\n")
        return b"\n".join(said(one, "E", (word(one, "E") or 0.0) * factor) if lays(one) else one for one in lines)

    return changed


def dry(begin: float, end: float) -> Callable[[bytes], bytes]:
    """Beads become travels, from one share of the lines to another."""

    def changed(data: bytes) -> bytes:
        lines = data.split(b"\n")
        mine = [number for number, one in enumerate(lines) if lays(one)]
        for number in mine[int(begin * len(mine)) : int(end * len(mine))]:
            lines[number] = re.sub(rb" E[\d.]+", b"", lines[number])
        return b"\n".join(lines)

    return changed


def hollow(data: bytes) -> bytes:
    """Nothing is laid in the middle of a cube."""

    def line(one: bytes) -> bytes:
        x, y = word(one, "X"), word(one, "Y")
        inside = x is not None and y is not None and max(abs(x - MIDDLE), abs(y - MIDDLE)) < 9.3
        return re.sub(rb" E[\d.]+", b"", one) if lays(one) and inside else one

    return b"\n".join(line(one) for one in data.split(b"\n"))


def top_lost(data: bytes) -> bytes:
    layers = layers_of(data)
    return b"".join([*layers[:-5], *(hollow(layer) for layer in layers[-5:])])


def without(number: int) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        layers = layers_of(data)
        return b"".join([*layers[: number + 1], *layers[number + 2 :]])

    return changed


def swapped(one: int, other: int) -> Callable[[bytes], bytes]:
    """The content of two layers, each at the height of the other; Z stays where it was said."""

    def changed(data: bytes) -> bytes:
        layers = layers_of(data)
        a, b = layers[one + 1], layers[other + 1]
        za, zb = (b"%g" % (0.2 * (number + 1)) for number in (one, other))

        def raised(layer: bytes, z: bytes) -> bytes:
            return re.sub(rb"(?m)^(G[01] Z)[\d.]+", rb"\g<1>" + z, layer)

        layers[one + 1], layers[other + 1] = raised(b, za), raised(a, zb)
        return b"".join(layers)

    return changed


def out_of_order(data: bytes) -> bytes:
    layers = layers_of(data)
    layers[4], layers[5] = layers[5], layers[4]
    return b"".join(layers)


def heights(factor: float) -> Callable[[bytes], bytes]:
    def changed(data: bytes) -> bytes:
        return re.sub(rb"(?m)^(G[01] Z)([\d.]+)", lambda found: found[1] + b"%.3f" % (float(found[2]) * factor), data)

    return changed


def hole_filled(layer: bytes) -> bytes:
    """Of a tag, whose hole is 25 mm left of its middle."""
    lines = [b"G1 X73.2 Y%.2f F9000\nG1 X76.8 Y%.2f E0.1347" % (y, y) for y in np.arange(98.5, 101.6, 0.45)]
    return layer + b"\n".join([b"", *lines, b""])


def oozing(layer: bytes) -> bytes:
    """The longest travel lays a bead."""
    lines, here, best = layer.split(b"\n"), None, (0.0, 0)
    for number, one in enumerate(lines):
        x, y = word(one, "X"), word(one, "Y")
        if x is None or y is None:
            continue
        if here is not None and word(one, "E") is None:
            best = max(best, (math.dist(here, (x, y)), number))
        here = x, y
    length, number = best
    assert length > 4.0
    lines[number] = lines[number].replace(b"G0", b"G1") + b" E%.4f" % (length * 0.09 / 2.405)
    return b"\n".join(lines)


def turned(x: float, y: float) -> tuple[float, float]:
    sine, cosine = math.sin(math.radians(2.0)), math.cos(math.radians(2.0))
    x, y = x - MIDDLE, y - MIDDLE
    return MIDDLE + x * cosine - y * sine, MIDDLE + x * sine + y * cosine


FAULTS: dict[str, tuple[str, Callable[[bytes], bytes], set[str], int]] = {
    "a layer shifted": ("tag", in_layer(4, moved(lambda x, y: (x + 0.5, y))), {"beyond", "gap"}, 5),
    "a layer shifted on a cube": ("cube", in_layer(9, moved(lambda x, y: (x, y + 0.5))), {"beyond", "gap"}, 10),
    "too much": ("tag", flow(1.15), {"flow", "volume", "total"}, 0),
    "too little": ("tag", flow(0.85), {"flow", "volume", "total"}, 0),
    "too much in one layer": ("cube", in_layer(2, flow(1.15)), {"flow", "volume"}, 3),
    "a layer lacking": ("tag", without(5), {"missing"}, 6),
    "a layer lacking inside": ("cube", without(15), {"missing"}, 16),
    "layers out of order": ("tag", out_of_order, {"order"}, 4),
    "layers swapped": ("tag", swapped(6, 8), {"beyond", "gap"}, 0),
    "mirrored": ("tag", moved(lambda x, y: (2 * MIDDLE - x, y)), {"beyond", "gap"}, 0),
    "larger": ("tag", moved(lambda x, y: (1.02 * x - 2.0, 1.02 * y - 2.0)), {"beyond"}, 0),
    "smaller": ("tag", moved(lambda x, y: (0.98 * x + 2.0, 0.98 * y + 2.0)), {"gap", "walls"}, 0),
    "turned": ("tag", moved(turned), {"beyond", "gap"}, 0),
    "a cube turned": ("cube", moved(turned), {"beyond"}, 0),
    "lines dropped": ("tag", in_layer(3, dry(0.6, 0.68)), {"gap"}, 4),
    "lines of infill dropped": ("cube", in_layer(12, dry(0.4, 0.9)), {"hollow"}, 13),
    "no top": ("cube", top_lost, {"gap", "skins"}, 0),
    "no infill": ("cube", in_layer(14, hollow), {"hollow"}, 15),
    "hole filled": ("tag", in_layer(2, hole_filled), {"beyond", "far"}, 3),
    "layers too high": ("tag", heights(1.25), {"height"}, 0),
    "first layer too high": ("tag", in_layer(0, heights(2.0)), {"missing"}, 1),
    "a travel that lays": ("tag", in_layer(9, oozing), {"beyond"}, 10),
    "a clog": ("tag", dry(0.5, 0.6), {"gap"}, 0),
    "a clog up to the end": ("cube", dry(0.5, 1.1), {"missing"}, 0),
    "a clog in a bridge": ("bridge", dry(0.6, 0.63), {"gap"}, 0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_planted_faults_are_named(make: Make, name: str) -> None:
    body, plant, codes, layer = FAULTS[name]
    case, data = make(body)
    bad = plant(data)
    assert bad != data
    found = case.check(bad)
    assert codes <= set(found.codes), found.wrong
    if layer:
        worst = {fault.layer for code, fault in found.faults.items() if code in codes}
        assert worst == {layer}, found.wrong


def test_a_fault_is_told_with_its_place_and_amount(cases: dict[str, Case]) -> None:
    case = cases["tag"]
    found = case.check(in_layer(2, hole_filled)(case.ours()))
    words = found.faults["far"].text
    place = re.search(r"up to ([\d.]+) mm from it, at ([\d.]+), ([\d.]+) mm", words)
    assert place is not None, words
    far, x, y = map(float, place.groups())
    assert 1.5 < far <= 2.0 and math.dist((x, y), (75.0, 100.0)) < 0.6
    assert found.faults["far"].count == 1
    assert found.body()["farthest"] == pytest.approx(far, abs=0.01)


def pair(tall: float = 2.0) -> tuple[list[Solid], list[tuple[float, float]]]:
    wide, deep = (Solid.from_manifold(Manifold.cube(size)) for size in ((16.0, 8.0, tall), (8.0, 16.0, tall)))
    return [wide, deep], [(50.0, 50.0), (120.0, 50.0)]


@pytest.mark.parametrize(
    "plate", [Plate(labels=True), Plate(labels=True, one_by_one=Clearance(20.0, 20.0))], ids=["together", "one by one"]
)
def test_two_bodies_each_at_its_place(plate: Plate) -> None:
    solids, places = pair()
    sliced = [slice_solid(one, Profile()) for one in solids]

    def put(order: list[int]) -> bytes:
        bodies = [Placed(sliced[which], *at) for which, at in zip(order, places, strict=True)]
        return program(bodies, MARLIN_FDM, SETUP, plate)

    wanted = [Piece(one, *at) for one, at in zip(solids, places, strict=True)]
    good = put([0, 1])
    assert printed(good, wanted, Profile()).wrong == ()
    assert {"beyond", "gap"} <= set(printed(put([1, 0]), wanted, Profile()).codes)
    names = re.sub(rb"M486 S([01])", lambda found: b"M486 S%d" % (1 - int(found[1])), good)
    assert printed(names, wanted, Profile()).codes == ("label",)
    alone = program([Placed(sliced[0], *places[0])], MARLIN_FDM, SETUP, plate)
    assert {"gap", "body"} & set(printed(alone, wanted, Profile()).codes)


def test_brim_and_skirt_are_no_fault_but_a_hole_that_they_close_is() -> None:
    ring = Solid.from_manifold(
        Manifold.extrude(CrossSection.square((30.0, 30.0)) - CrossSection.circle(6.0).translate((15.0, 15.0)), 1.0)
    )
    profile = Profile(adhesion=Adhesion(brim=3.0, skirt=1))
    data = program([Placed(slice_solid(ring, profile), 50.0, 50.0)], MARLIN_FDM, SETUP)
    piece = [Piece(ring, 50.0, 50.0)]
    assert printed(data, piece, profile).wrong == ()
    assert printed(data, piece, Profile()).wrong == (), "comments say what lies beside the body"
    unsaid = re.sub(rb"\n;TYPE:[^\n]*", b"", data)
    assert printed(unsaid, piece, profile).wrong == ()
    assert "beyond" in printed(unsaid, piece, Profile()).codes


@pytest.mark.parametrize("block", [500, 20_000])
def test_small_blocks_find_the_same(cases: dict[str, Case], block: int) -> None:
    case = cases["tag"]
    for data in (case.ours(), in_layer(3, dry(0.6, 0.68))(case.ours())):
        whole, parts = case.check(data), case.check(data, block=block)
        assert parts.wrong == whole.wrong
        assert parts.body() == whole.body()


def test_absolute_extrusion_and_shifted_coordinates_are_the_same(cases: dict[str, Case]) -> None:
    case = cases["tag"]
    absolute = program(
        [Placed(slice_solid(case.solid, case.profile), case.x, case.y)],
        replace(MARLIN_FDM, absolute_extrusion=True),
        SETUP,
    )
    assert b"G92 E0" in absolute
    for block in (3000, 10**9):
        assert case.check(absolute, block=block).wrong == ()
    head, *layers = layers_of(case.ours())
    here = b"G0 X100 Y100\nG92 X0 Y0\n"
    shifted = moved(lambda x, y: (x - MIDDLE, y - MIDDLE))(b"".join(layers))
    for block in (3000, 10**9):
        assert case.check(head + here + shifted, block=block).wrong == ()


def test_arcs_are_beads() -> None:
    ring = Solid.from_manifold(Manifold.extrude(CrossSection.circle(10.45, 200) - CrossSection.circle(9.55, 200), 0.2))
    full = 2 * math.pi * 10 * 0.9 * 0.2 / Profile().filament_area
    profile = Profile(perimeters=1, elephant_foot=0.0)
    start = b"G28\nG90\nM83\nG0 Z0.2\nG0 X60 Y50\n"
    piece = [Piece(ring, 50.0, 50.0)]
    for code in (b"G2", b"G3"):
        one = b"%s X60 Y50 I-10 J0 E%.5f\n" % (code, full)
        halves = b"%s X40 Y50 I-10 J0 E%.5f\n%s X60 Y50 I10 J0 E%.5f\n" % (code, full / 2, code, full / 2)
        assert printed(start + one, piece, profile).wrong == ()
        assert printed(start + halves, piece, profile).wrong == ()
        half = b"%s X40 Y50 I-10 J0 E%.5f\n" % (code, full)
        assert "gap" in printed(start + half, piece, profile).codes


def test_words_do_not_hide_material(cases: dict[str, Case]) -> None:
    case = cases["cube"]
    layers = layers_of(case.ours())
    layers[5] = re.sub(rb"\n;TYPE:[^\n]*", b"\n;TYPE:Support material", layers[5])
    found = case.check(b"".join(layers))
    assert "missing" in found.codes or "inside" in found.codes


@pytest.mark.parametrize("data", [b"", b"G28\n", b";LAYER:0\n;TYPE:Custom\n", b"\xff\x00 G1 X\n", b"G1 X9e9 E1\n"])
def test_nothing_laid_is_told(cases: dict[str, Case], data: bytes) -> None:
    found = cases["tag"].check(data)
    assert found.wrong and found.layers == 0


def test_more_than_a_bed_holds_is_refused_at_once(cases: dict[str, Case]) -> None:
    lines = b"".join(b"G1 X%d Y%d E9999\n" % (number % 7 * 1_000_000, number % 5 * 1_000_000) for number in range(9000))
    found = cases["cube"].check(b"G90\nM83\nG0 Z0.2\n" + lines)
    assert "endless" in found.codes


def test_rising_beads_are_refused(cases: dict[str, Case]) -> None:
    data = b"G90\nM83\nG0 X90 Y90 Z0.2\nG1 X110 Z0.4 E1\n"
    assert "slanted" in cases["cube"].check(data).codes


def test_layers_without_end_are_not_compared_without_end(cases: dict[str, Case]) -> None:
    case = cases["cube"]
    rising = b"".join(b"G0 Z%.3f\nG1 X%d E0.1\n" % (0.2 + number * 0.01, 95 + number % 2) for number in range(500))
    assert "endless" in case.check(b"G90\nM83\nG0 X95 Y95\n" + rising).codes
    again = b"G0 Z0.2\nG1 X95 E0.1\nG0 Z0.4\nG1 X96 E0.1\n" * 500
    assert "endless" in case.check(b"G90\nM83\nG0 X95 Y95\n" + again).codes


MOVES = ["G0", "G1", "G2", "G3", "G28", "G90", "G91", "G92", "M82", "M83", "M486", ";LAYER:1", ";TYPE:Skirt", "x"]
PLACES = ["X95", "X9", "Y100", "Y-3", "Z.2", "Z1", "E1", "E-9", "E99999999", "I3", "J-99999999", "R4", "S0", "\xff"]
WORDS = st.sampled_from([*MOVES, *PLACES])


@settings(max_examples=60)
@given(lines=st.lists(st.lists(WORDS, min_size=1, max_size=5).map(" ".join), max_size=30), block=st.integers(1, 300))
def test_any_bytes_are_answered(lines: list[str], block: int) -> None:
    body = Case(Solid.from_manifold(Manifold.cube((4.0, 4.0, 1.0))), Profile())
    found = body.check("\n".join(lines).encode("latin-1"), block=block)
    assert found.wrong
    assert all(math.isfinite(one) for one in found.body().values() if isinstance(one, float))


@pytest.mark.parametrize("mark", [b";TYPE:Skirt", b"; FEATURE: Prime tower", b";TYPE:SUPPORT"])
def test_what_lies_beside_the_part_is_counted_apart(cases: dict[str, Case], mark: bytes) -> None:
    case = cases["cube"]

    def tower(layer: bytes) -> bytes:
        return layer + mark + b"\nG0 X10 Y10 F9000\nG1 X30 E0.7483\n"

    found = case.check(in_layer(3, tower)(case.ours()))
    assert found.wrong == ()
    assert found.beside == pytest.approx(1.8, rel=0.01)
    nameless = case.check(in_layer(3, tower)(case.ours()).replace(mark, b""))
    assert set(nameless.codes) >= {"beyond", "far"}


@NEEDS_PRUSA
def test_prusaslicers_own_absolute_extrusion_passes(cases: dict[str, Case], tmp_path: Path) -> None:
    case = Case(cases["tag"].solid, Profile(elephant_foot=0.0))
    data = case.prusas(tmp_path, "--retract-length", "2")
    assert b"M82" in data
    for block in (10_000, 10**9):
        assert case.check(data, block=block).wrong == ()
