"""Words that are a body: nothing falls out of a topper, a stand stands, a key ring holds together."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from manifold3d import Manifold

from gcode.design import Drawing
from gcode.shaping.areas import area_of, grown, pieces, prism, rectangle
from gcode.shaping.cutter import cutter
from gcode.shaping.dress import dressed
from gcode.shaping.joined import baseline
from gcode.shaping.keyring import plate
from gcode.shaping.stand import stand
from gcode.shaping.topper import Sticks, outline, topper
from gcode.shaping.wrong import ShapeError
from gcode.slicing.solid import Solid

STICKS = Sticks(2, 60.0, 4.0)
LETTERS = "".join(
    letter for letter in map(chr, range(0x21, 0x180)) if unicodedata.category(letter)[0] in "LN" or letter in "!?&'.-:"
)
Lettering = Callable[..., Drawing]


def words(lettering: Lettering, text: str, width: float = 100.0, typeface: str = "NotoSans-Bold") -> Any:
    return area_of([lettering(text, width, typeface, y=70.0)], 0.45)


def one(body: Manifold) -> Solid:
    assert len(body.decompose()) == 1
    return Solid.from_manifold(body)


@given(st.text(LETTERS, min_size=3, max_size=9))
@settings(max_examples=40, deadline=None)
def test_any_word_is_one_piece_with_all_of_its_letters(lettering: Lettering, text: str) -> None:
    area = words(lettering, text)
    try:
        flat = outline(area, 4.0, STICKS)
    except ShapeError as error:
        assert "fall out" in str(error) or "break" in str(error)
        return
    assert len(pieces(flat)) == 1
    assert (area - flat).area() < 0.01 * area.area()
    one(topper(area, 2.4, 4.0, STICKS)["body"])


@pytest.mark.parametrize("text", ["Jörg & Mia", "Émilie", "Ängström", "¡Sí!", "Zoë?", "Łucja", "Ňižňan"])
def test_dots_and_accents_are_joined(lettering: Lettering, text: str) -> None:
    area = words(lettering, text)
    assert len(pieces(area)) > len(text) - text.count(" ")
    body = one(topper(area, 2.4, 4.0, STICKS)["body"])
    # Words 70 mm up, on a bar about their baseline, with sticks of 60 mm below.
    assert baseline(area) + 1.6 - 4.0 - 60.0 == pytest.approx(body.low[1], abs=0.3)


def test_sticks_hide_no_tails(lettering: Lettering) -> None:
    area = words(lettering, "Magnegna")
    bar = baseline(area) + 1.6 - 4.0
    flat = outline(area, 4.0, STICKS)
    tails = area ^ rectangle(-500, -500, 500, bar - 0.5)
    beside = (grown(tails, 0.5) - tails) ^ rectangle(-500, -500, 500, bar - 1.0)
    assert tails.area() > 10
    assert (beside ^ flat).area() < 0.1 * beside.area()


def test_words_of_a_script_stand_on_their_bar(lettering: Lettering) -> None:
    """All of a word is one piece there, so that no piece tells where it stands."""
    area = words(lettering, "Wollmaus", 100.0, "DancingScript-Regular")
    _, y0, _, y1 = area.bounds()
    assert baseline(area) == pytest.approx(y0, abs=0.12 * (y1 - y0))
    tailed = words(lettering, "Jagger", 100.0, "DancingScript-Regular")
    assert baseline(tailed) > tailed.bounds()[1] + 0.15 * (tailed.bounds()[3] - tailed.bounds()[1])


def test_what_is_too_far_away_would_fall_out(lettering: Lettering) -> None:
    area = words(lettering, "Ada") + words(lettering, "o", 5.0).translate((30.0, 60.0))
    with pytest.raises(ShapeError, match=r"33, 13\d mm is \d+\.\d mm away from the rest, and would fall out"):
        topper(area, 2.4, 4.0, STICKS)


def test_a_cloud_of_specks_is_refused_at_once(lettering: Lettering) -> None:
    specks = [rectangle(x, y, x + 0.5, y + 0.5) for x in range(20) for y in range(80, 100)]
    with pytest.raises(ShapeError, match="400 pieces that stand alone"):
        topper(words(lettering, "Ada", 20.0) + sum(specks[1:], specks[0]), 2.4, 4.0, STICKS)


def test_letters_too_thin_to_be_carried_are_refused(lettering: Lettering) -> None:
    with pytest.raises(ShapeError, match="narrower than 1 mm"):
        topper(words(lettering, "Minimum", 40.0, "GreatVibes-Regular"), 2.4, 4.0, STICKS)


def test_letters_stand_on_their_foot(lettering: Lettering) -> None:
    area = words(lettering, "Ä", 40.0)
    body = one(stand(area, 6.0, 3.0, 25.0)["body"])
    assert body.high[2] == 25.0
    over = body.manifold.slice(15.0)
    assert over.area() == pytest.approx(40.0 * 3.0, rel=1e-3), "only the foot is higher than the letters are thick"
    assert body.low[1] == pytest.approx(70.0 - 1.5, abs=0.01)


def test_a_key_ring_has_a_hole_beside_its_words(lettering: Lettering) -> None:
    area = words(lettering, "Ida", 30.0)
    flat = plate(area, 2.5, 4.0, 2.4)
    assert len(flat.to_polygons()) == 2, "its edge and the hole"
    hole = min(flat.to_polygons(), key=lambda ring: float(np.ptp(ring, axis=0).sum()))
    assert np.ptp(hole, axis=0) == pytest.approx([4.0, 4.0], abs=0.05)
    assert hole[:, 0].max() < area.bounds()[0]
    assert (area - flat).area() < 1e-6


def test_a_key_ring_whose_words_do_not_hang_together_is_refused(lettering: Lettering) -> None:
    apart = words(lettering, "a", 8.0) + words(lettering, "b", 8.0).translate((40.0, 0.0))
    with pytest.raises(ShapeError) as caught:
        plate(apart, 2.5, 4.0, 2.4)
    assert caught.value.parameter == "border"


def test_what_lies_inside_of_a_drawing_is_no_second_shape() -> None:
    ring = np.array([(10.0, 10), (70, 10), (70, 60), (10, 60)])
    line, eye = np.vstack([ring, ring[:1]]), np.array([(30.0, 40), (34, 40), (34, 44), (30, 44)])
    drawn = cutter(area_of([Drawing((line,), (eye,))], 1.0), 40.0, 0.9, 4.0, 2.0, 14.0)["body"]
    plain = cutter(area_of([Drawing((line,))], 1.0), 40.0, 0.9, 4.0, 2.0, 14.0)["body"]
    assert one(drawn).volume == pytest.approx(one(plain).volume, rel=1e-6)


BLOBS = st.lists(st.floats(14.0, 30.0), min_size=5, max_size=9)


@given(BLOBS)
@settings(max_examples=25, deadline=None)
def test_the_cookie_is_the_drawing_and_not_its_mirror_image(radii: list[float]) -> None:
    turns = np.arange(len(radii)) * 2 * np.pi / len(radii)
    ring = np.stack([40 + np.array(radii) * np.cos(turns), 40 + np.array(radii) * np.sin(turns)], 1)
    area = area_of([Drawing(outlines=(ring,))], 0.45)
    try:
        body = one(cutter(area, 40.0, 0.9, 4.0, 2.0, 14.0)["body"])
    except ShapeError as error:
        assert "narrower" in str(error)
        return
    walls = body.manifold.slice(10.0).to_polygons()
    cut = min(walls, key=lambda line: float(np.ptp(line, axis=0).sum()))
    # Set upside down on the dough, left and right change places.
    cut = cut * [-1, 1] + [80, 0]
    assert cut.min(axis=0) == pytest.approx(ring.min(axis=0), abs=0.02)
    assert cut.max(axis=0) == pytest.approx(ring.max(axis=0), abs=0.02)


def printable(lettering: Lettering) -> dict[str, Any]:
    leaf = Drawing(outlines=(np.array([(20.0, 20), (60, 24), (70, 50), (40, 44), (30, 60)]),))
    key = words(lettering, "Ida", 40.0)
    return {
        "topper": topper(words(lettering, "Jörg"), 2.4, 4.0, STICKS),
        "stand": stand(words(lettering, "Gi", 60.0), 6.0, 3.0, 25.0),
        "cutter": cutter(area_of([leaf], 0.45), 40.0, 0.9, 4.0, 2.0, 14.0),
        "keyring": dressed(prism(plate(key, 2.5, 4.0, 2.4), 0.0, 2.4), key, "raised", 2.4, 0.8),
        "sunk": dressed(prism(plate(key, 2.5, 4.0, 2.4), 0.0, 2.4), key, "sunk", 2.4, 0.8),
    }


@pytest.mark.parametrize("name", ["topper", "stand", "cutter", "keyring", "sunk"])
def test_it_prints_without_supports_and_as_it_is(name: str, lettering: Lettering, tried: Callable[..., Any]) -> None:
    found = tried(printable(lettering)[name])
    found.check()
    low, high = found.solid.low[0], found.solid.high[0]
    turned = Solid.from_manifold(found.solid.manifold.mirror((1.0, 0.0, 0.0)).translate((low + high, 0.0, 0.0)))
    assert found.held(turned).wrong, "its mirror image is another body"
