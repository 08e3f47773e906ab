"""The same wish on two ways: content put on a bare body here, and all of it built by cadquery, which is the oracle."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from fulfillment.cad import CadFailed, CadRefused, Part, Shelf, Template, Wish, Workshop, shaped
from gcode.design import Design, Drawing, Layer, Tone, Zone
from gcode.dialects import MARLIN_FDM, Setup
from gcode.slicing.check.verdict import printed
from gcode.slicing.check.wanted import Piece
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Infill, Profile
from gcode.slicing.slicer import slice_solid

Drawn = Callable[[Template, np.random.Generator], dict[str, float]]
EXACT = 1e-3
SETUP = Setup(
    tool_temperature=210.0, bed_temperature=60.0, lift=60.0, park=(0.0, 200.0), travel=10.0, acceleration=1000.0
)
ANY = Zone("content", 0.0, 0.0, 1.0, 1.0)


def of(*contents: Drawing | Tone) -> Design:
    return Design(tuple(Layer("name", ANY, content) for content in contents))


def bytes_of(parts: tuple[Part, ...]) -> list[tuple[str, bytes, bytes]]:
    return [(part.name, part.vertices.tobytes(), part.faces.tobytes()) for part in parts]


@pytest.mark.parametrize("style", ["raised", "sunk", "layer", "inlaid"])
@pytest.mark.parametrize("name", ["tag", "monogram", "plant-label", "cable-tidy"])
def test_content_on_a_bare_body_is_what_cadquery_builds(
    workshop: Workshop, words: Callable[..., Drawing], name: str, style: str
) -> None:
    drawing = words(name, "Åse")
    (bare,) = workshop.build(Wish(name)).parts
    whole = workshop.build(Wish(name, drawing=drawing, style=style))
    parts = shaped(name, {}, bare.solid, of(drawing), style)
    assert [part.name for part in parts] == [part.name for part in whole.parts]
    for mine, theirs in zip(parts, whole.parts, strict=True):
        assert mine.volume == pytest.approx(theirs.volume, rel=EXACT)
        assert mine.solid.low == pytest.approx(theirs.solid.low, abs=1e-3)
        assert mine.solid.high == pytest.approx(theirs.solid.high, abs=1e-3)
        assert (mine.solid.manifold - theirs.solid.manifold).volume() < EXACT * theirs.volume
    if style != "layer":
        assert abs(parts[0].volume - bare.volume) > 5 * EXACT * bare.volume, "the content is in it"


@pytest.mark.parametrize("name", ["keyring", "cutter"])
def test_what_grows_out_of_its_content_is_what_cadquery_builds(
    workshop: Workshop, words: Callable[..., Drawing], name: str
) -> None:
    drawing = words(name, "Ö") if name == "keyring" else words(name, "D")
    whole = workshop.build(Wish(name, drawing=drawing))
    for mine, theirs in zip(shaped(name, {}, None, of(drawing)), whole.parts, strict=True):
        assert mine.volume == pytest.approx(theirs.volume, rel=EXACT)
        assert (mine.solid.manifold - theirs.solid.manifold).volume() < EXACT * theirs.volume


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("tag", {}),
        ("monogram", {"roundness": 25.0}),
        ("plant-label", {}),
        ("cable-tidy", {}),
        ("cable-tidy", {"cable": 15.0, "screw": 4.0}),
        ("cable-tidy", {"cable": 2.0, "screw": 6.0}),
    ],
)
@pytest.mark.parametrize("style", ["raised", "sunk"])
def test_it_prints_without_supports_and_as_it_is(
    workshop: Workshop, words: Callable[..., Drawing], name: str, values: dict[str, float], style: str
) -> None:
    (bare,) = workshop.build(Wish(name, values)).parts
    (part,) = shaped(name, values, bare.solid, of(words(name, "Bo", **values)), style)
    solid = Profile(infill=Infill(density=1.0))
    sliced = slice_solid(part.solid, solid)
    data = program([Placed(sliced, 20.0, 20.0)], MARLIN_FDM, SETUP)
    found = printed(data, [Piece(part.solid, 20.0, 20.0)], solid)
    assert found.wrong == ()
    assert sliced.overhangs == ()
    assert found.volume == pytest.approx(part.volume, rel=0.02)
    assert printed(data, [Piece(bare.solid, 20.0, 20.0)], solid).wrong, "without its words it is another body"


def test_a_design_without_layers_leaves_the_body_bare(workshop: Workshop) -> None:
    (bare,) = workshop.build(Wish("tag")).parts
    (part,) = shaped("tag", {}, bare.solid, Design(()))
    assert part.volume == pytest.approx(bare.solid.volume, rel=1e-9)


def test_several_drawings_and_a_photo_share_a_face(workshop: Workshop) -> None:
    (bare,) = workshop.build(Wish("tag")).parts
    square = np.array([(0.0, 0.0), (8, 0), (8, 8), (0, 8)])
    one, other = Drawing(outlines=(square + np.array([12, 6]),)), Drawing(outlines=(square[::-1] + np.array([16, 6]),))
    photo = Tone(np.zeros((40, 40), dtype=np.float32), 40.0, 6.0, 10.0, 10.0)
    (part,) = shaped("tag", {}, bare.solid, of(one, other, photo), "raised")
    # They overlap, and run round in different directions: neither takes anything from the other.
    assert part.volume - bare.solid.volume == pytest.approx(0.8 * (12 * 8 + 100), rel=2e-3)


def test_the_body_that_a_template_needs_is_asked_for() -> None:
    with pytest.raises(CadFailed, match="bare body"):
        shaped("tag", {}, None, Design(()))


def test_content_over_a_hole_is_refused(workshop: Workshop) -> None:
    (bare,) = workshop.build(Wish("tag", {"hole": 6})).parts
    square = np.array([(0.0, 0.0), (8, 0), (8, 8), (0, 8)]) + np.array([4, 8])
    # These values have no hole, and their zone begins further to the left: the body is another one.
    with pytest.raises(CadRefused, match="beside the face"):
        shaped("tag", {"hole": 0}, bare.solid, of(Drawing(outlines=(square,))))


def test_a_template_of_the_factorys_own_is_taken_as_it_is(workshop: Workshop, words: Callable[..., Drawing]) -> None:
    (bare,) = workshop.build(Wish("tag")).parts
    design = of(words("tag", "Ida"))
    named, given = shaped("tag", {}, bare.solid, design), shaped(Shelf().template("tag"), {}, bare.solid, design)
    assert bytes_of(named) == bytes_of(given)
