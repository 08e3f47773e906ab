"""Bodies as templates build them, in a real worker with cadquery, held against what can be reckoned by hand."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from manifold3d import CrossSection, Error, FillRule, Manifold, Mesh64

from fulfillment.cad import Built, CadRefused, Part, Template, Wish, Workshop
from fulfillment.cad.files import WRITERS
from gcode.design import Drawing

Drawn = Callable[[Template, np.random.Generator], dict[str, float]]
TAG = {"width": 60.0, "height": 24.0, "thickness": 2.0, "radius": 5.0, "chamfer": 0.0, "hole": 6.0, "relief": 0.8}
PLATE = (60 * 24 - (4 - math.pi) * 25 - math.pi * 9) * 2.0


def body(part: Part) -> Manifold:
    """Looked at by another library than the one that built it."""
    found = Manifold(Mesh64(vert_properties=part.vertices, tri_verts=part.faces.astype(np.uint64)))
    assert found.status() == Error.NoError
    return found


def surface(drawing: Drawing) -> float:
    return float(CrossSection([np.asarray(line) for line in drawing.outlines], FillRule.NonZero).area())


def boxed(outline: list[tuple[float, float]]) -> Drawing:
    return Drawing(outlines=(np.array(outline, dtype=np.float64),))


def test_a_plate_with_a_hole_has_the_volume_of_one(workshop: Workshop) -> None:
    (part,) = workshop.build(Wish("tag", TAG)).parts
    assert part.volume == pytest.approx(PLATE, rel=1e-9)
    assert body(part).volume() == pytest.approx(PLATE, rel=1e-3)
    assert body(part).genus() == 1
    assert body(part).bounding_box() == pytest.approx((0, 0, 0, 60, 24, 2), abs=0.01)


@pytest.mark.parametrize(
    ("style", "more", "parts", "top"),
    [("raised", 1, ["body"], 2.8), ("sunk", -1, ["body"], 2.0), ("layer", 1, ["body", "content"], 2.8),
     ("inlaid", 0, ["body", "content"], 2.0)],
)  # fmt: skip
def test_words_stand_on_it_or_are_let_into_it(
    workshop: Workshop, words: Callable[..., Drawing], style: str, more: int, parts: list[str], top: float
) -> None:
    drawing = words("tag", "Åse & Bo", **TAG)
    built = workshop.build(Wish("tag", TAG, drawing, style))
    assert [part.name for part in built.parts] == parts
    assert built.volume == pytest.approx(PLATE + more * surface(drawing) * 0.8, rel=1e-3)
    for part in built.parts:
        assert body(part).volume() == pytest.approx(part.volume, rel=1e-3)
    assert max(part.solid.high[2] for part in built.parts) == pytest.approx(top)


def test_parts_of_two_colours_share_no_volume(workshop: Workshop, words: Callable[..., Drawing]) -> None:
    built = workshop.build(Wish("tag", TAG, words("tag", "Bo", **TAG), "inlaid", colours={"content": "#FF0000"}))
    plate, letters = built.parts
    assert (body(plate) ^ body(letters)).volume() == pytest.approx(0, abs=1e-3)
    assert (plate.colour, letters.colour) == ("#b0b0b0", "#ff0000")


def test_strokes_become_as_wide_as_was_asked(workshop: Workshop) -> None:
    stroke = np.array([(20.0, 12.0), (40.0, 12.0)])
    built = workshop.build(Wish("tag", TAG, Drawing(strokes=(stroke,)), "raised", line_width=1.0))
    assert built.volume == pytest.approx(PLATE + (20 + math.pi / 4) * 0.8, rel=1e-4)


def test_outlines_that_cross_and_overlap_are_one_area(workshop: Workshop) -> None:
    square = np.array([(20.0, 8.0), (28, 8), (28, 16), (20, 16)])
    built = workshop.build(Wish("tag", TAG, Drawing(outlines=(square, square + np.array([4, 0]))), "raised"))
    assert built.volume == pytest.approx(PLATE + 12 * 8 * 0.8, rel=1e-4)


def test_points_nearer_than_the_kernel_can_tell_are_one(workshop: Workshop) -> None:
    rng = np.random.default_rng(3)
    corners = np.array([(20.0, 8.0), (28, 8), (28, 16), (20, 16)])
    near = (
        np.repeat(corners, 6, axis=0) + rng.uniform(-1, 1, (24, 2)) * np.repeat(10.0 ** -np.arange(4, 10), 4)[:, None]
    )
    for style in ("raised", "sunk"):
        part = workshop.build(Wish("tag", TAG, Drawing(outlines=(near,)), style)).parts[0]
        assert body(part).volume() == pytest.approx(part.volume, rel=1e-3)


def test_letters_that_touch_in_one_point_are_a_closed_body(workshop: Workshop) -> None:
    square = np.array([(20.0, 8.0), (24, 8), (24, 12), (20, 12)])
    built = workshop.build(Wish("tag", TAG, Drawing(outlines=(square, square + 4)), "raised"))
    assert body(built.parts[0]).volume() == pytest.approx(PLATE + 32 * 0.8, rel=1e-3)


def test_a_cutter_is_a_wall_on_a_rim(workshop: Workshop) -> None:
    values = {"size": 60.0, "height": 14.0, "wall": 1.0, "rim": 4.0, "rim-height": 2.0}
    drawing = boxed([(14, 14), (54, 14), (54, 44), (14, 44)])
    (part,) = workshop.build(Wish("cutter", values, drawing)).parts

    def band(width: float) -> float:
        return 140 * width + math.pi * width**2

    assert part.volume == pytest.approx(band(4) * 2 + band(1) * 12, rel=2e-3)
    assert body(part).genus() == 1
    assert body(part).bounding_box() == pytest.approx((10, 10, 0, 58, 48, 14), abs=0.03)


def test_a_cookie_and_not_its_cutter_looks_as_drawn(workshop: Workshop) -> None:
    drawing = boxed([(14, 14), (54, 14), (54, 20), (20, 20), (20, 44), (14, 44)])
    (part,) = workshop.build(Wish("cutter", {"size": 60.0}, drawing)).parts
    (_, inside) = sorted(body(part).slice(10.0).to_polygons(), key=lambda ring: -np.ptp(ring, axis=0).sum())
    # The zone is 4 to 64 mm: used upside down, x and 68 - x change places, and the upright is at the left again.
    upright = inside[inside[:, 1] > 30][:, 0]
    assert (upright.min(), upright.max()) == pytest.approx((68 - 20, 68 - 14), abs=0.02)


def test_holes_of_a_drawing_do_not_cut_the_cookie(workshop: Workshop) -> None:
    outer, hole = [(14, 14), (54, 14), (54, 44), (14, 44)], [(24, 20), (24, 30), (34, 30), (34, 20)]
    whole = workshop.build(Wish("cutter", drawing=boxed(outer)))
    drilled = Drawing(outlines=(np.array(outer, dtype=np.float64), np.array(hole, dtype=np.float64)))
    assert workshop.build(Wish("cutter", drawing=drilled)).volume == pytest.approx(whole.volume, rel=1e-4)


@pytest.mark.parametrize(
    ("outlines", "said"),
    [
        ([[(10, 10), (20, 10), (20, 20)], [(40, 40), (60, 40), (60, 60)]], "2 shapes that do not touch"),
        ([[(10, 10), (70, 10), (70, 12), (10, 12)]], "narrower than 3 mm"),
        ([[(10, 10), (20, 10), (30, 10)]], "no surface"),
    ],
)
def test_a_drawing_that_makes_no_cutter_is_refused(
    workshop: Workshop, outlines: list[list[tuple[float, float]]], said: str
) -> None:
    drawing = Drawing(outlines=tuple(np.array(line, dtype=np.float64) for line in outlines))
    with pytest.raises(CadRefused, match=said):
        workshop.build(Wish("cutter", drawing=drawing))


def test_a_key_ring_follows_its_words_and_has_one_hole_more(workshop: Workshop, words: Callable[..., Drawing]) -> None:
    drawing = words("keyring", "Ida")
    built = workshop.build(Wish("keyring", {}, drawing, "layer"))
    plate, letters = built.parts
    assert letters.volume == pytest.approx(surface(drawing) * 0.8, rel=3e-3)
    assert body(plate).genus() == 1
    assert len(body(plate).decompose()) == 1
    above = body(plate).slice(1.0)
    assert (CrossSection([np.asarray(line) for line in drawing.outlines], FillRule.NonZero) - above).area() < 1e-6


def test_words_too_far_apart_for_their_border_are_refused(workshop: Workshop) -> None:
    squares = [np.array([(0.0, 0.0), (4, 0), (4, 4), (0, 4)]) + np.array([x, 10]) for x in (15, 60)]
    with pytest.raises(CadRefused, match="so far apart") as caught:
        workshop.build(Wish("keyring", drawing=Drawing(outlines=tuple(squares))))
    assert caught.value.conflicts[0].parameter == "border"


@pytest.mark.parametrize("name", ["tag", "keyring", "monogram", "plant-label", "cable-tidy"])
def test_whatever_the_rules_allow_is_a_closed_body(workshop: Workshop, name: str, drawn: Drawn) -> None:
    template = workshop.shelf.template(name)
    rng = np.random.default_rng(11)
    made = 0
    while made < 8:
        try:
            values = template.checked(drawn(template, rng))
        except CadRefused:
            continue
        zone = template.zone(values)
        x, y = zone.x + zone.width / 2, zone.y + zone.height / 2
        square = np.array([(x - 2, y - 2), (x + 2, y - 2), (x + 2, y + 2), (x - 2, y + 2)])
        style = template.styles[made % len(template.styles)]
        for part in workshop.build(Wish(name, values, Drawing(outlines=(square,)), style)).parts:
            assert body(part).volume() == pytest.approx(part.volume, rel=1e-3), values
        made += 1


def everything(built: Built) -> list[bytes]:
    return [built.step or b"", *(write(built) for write in WRITERS.values())]


def test_two_workers_give_the_same_bytes_whatever_they_did_before(
    workshop: Workshop, cadquery: Path | None, words: Callable[..., Drawing]
) -> None:
    wish = Wish("tag", TAG, words("tag", "Åse", **TAG), "raised", step=True)
    workshop.build(Wish("cutter", drawing=boxed([(14, 14), (54, 14), (54, 44), (14, 44)])))
    first, again = workshop.build(wish), workshop.build(wish)
    with Workshop(packages=cadquery) as other:
        elsewhere = other.build(wish)
        assert other.pid != workshop.pid
    assert everything(first) == everything(again) == everything(elsewhere)
    assert everything(first) != everything(workshop.build(Wish("tag", TAG, words("tag", "Ase", **TAG), step=True)))
