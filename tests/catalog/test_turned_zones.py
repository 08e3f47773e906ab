"""Zones whose content is turned or mirrored: the same content, elsewhere, exactly."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from fulfillment.catalog import FOLDER, load
from fulfillment.config import load_factory
from fulfillment.designs import design
from fulfillment.fields import Craft
from fulfillment.planning import specification
from fulfillment.processes import Problems, Spec
from gcode.design import Drawing, Tone, Turn, Zone

SHIPPED = Path(__file__).parents[2] / "config.yaml"
turns = st.builds(Turn, st.sampled_from([0, 90, 180, 270]), st.booleans())
lines = arrays.arrays(np.float64, (5, 2), elements=st.floats(0, 10, allow_nan=False, width=32))


@given(turns, lines)
def test_content_stays_in_its_zone_and_keeps_its_lengths(turn: Turn, line: np.ndarray) -> None:
    zone = Zone("z", 7.0, -3.0, 30.0, 12.0)
    upright = turn.upright(zone)
    drawn = Drawing((line * [upright.width / 10, upright.height / 10] + [upright.x, upright.y],))
    placed = turn.placed(drawn, zone)
    assert isinstance(placed, Drawing)
    (found,) = placed.strokes
    assert (found >= [7 - 1e-9, -3 - 1e-9]).all() and (found <= [37 + 1e-9, 9 + 1e-9]).all()
    ways = [np.hypot(*np.diff(one, axis=0).T) for one in (drawn.strokes[0], found)]
    assert np.allclose(*ways)


@given(turns)
def test_a_photo_turns_as_a_drawing_does(turn: Turn) -> None:
    """A dark corner of the one is where a dot in that corner of the other is."""
    zone = Zone("z", 5.0, 40.0, 8.0, 4.0)
    upright = turn.upright(zone)
    picture = np.ones((4, 8) if upright.width > upright.height else (8, 4), dtype=np.float32)
    picture[0, 0] = 0.0  # the upper left corner
    tone = Tone(picture, upright.x, upright.y, upright.width, upright.height)
    dot = Drawing((np.array([[upright.x + 0.5, upright.y + upright.height - 0.5]] * 2),))
    turned, moved = turn.placed(tone, zone), turn.placed(dot, zone)
    assert isinstance(turned, Tone) and isinstance(moved, Drawing)
    at = moved.strokes[0][:1]
    assert turned.at(at[:, 0], at[:, 1]) == pytest.approx([0.0])
    assert (turned.bounds.x0, turned.bounds.y0, turned.width, turned.height) == (5.0, 40.0, 8.0, 4.0)


def spec(**zone: object) -> Spec:
    factory = load_factory(SHIPPED)
    product = factory.catalog["pet-tag"]
    boxes = {name: box.model_copy(update=zone) for name, box in product.zones.items()}
    resolved = {"texts": {"name": "Rex", "phone": "555 01 99"}, "options": {}, "photos": {}, "parameters": {}}
    options = {name: option.default for name, option in product.options.items()}
    base = specification(factory, "pet-tag", "engrave", {**resolved, "options": options})
    return replace(base, product=product.model_copy(update={"zones": boxes}))


def test_a_product_turns_its_words() -> None:
    plain, mirrored, over = (design(spec(**how), {}, Craft(0.1)) for how in ({}, {"mirrored": True}, {"turn": 180}))
    for one, other, twice in zip(plain.drawings, mirrored.drawings, over.drawings, strict=True):
        assert one.bounds is not None and other.bounds is not None and twice.bounds is not None
        assert (one.bounds.x1 - one.bounds.x0) == pytest.approx(other.bounds.x1 - other.bounds.x0)
        assert not np.allclose(one.strokes[0] if one.strokes else one.outlines[0], (other.strokes or other.outlines)[0])
        assert not np.allclose((one.strokes or one.outlines)[0], (twice.strokes or twice.outlines)[0])


def test_what_does_not_fit_when_it_stands_is_refused() -> None:
    with pytest.raises(Problems, match="too long"):
        narrow = spec(turn=90)
        design(replace(narrow, fields={"name": "Maximilian von Habsburg", "phone": "555 01 99"}), {}, Craft(0.1))


def test_the_catalog_judges_letters_by_the_zone_as_they_see_it(tmp_path: Path) -> None:
    text = (FOLDER / "pop-tart.yaml").read_text(encoding="utf-8")
    turned = text.replace("width: 100 mm, height: 16 mm }", "width: 100 mm, height: 16 mm, turn: 90 }")
    for written, min_height, good in ((text, 20, False), (turned, 20, True), (turned, 120, False)):
        (tmp_path / "pop-tart.yaml").write_text(written.replace("min_height: 6 mm", f"min_height: {min_height} mm"))
        assert (load(tmp_path)[1] == []) is good
