"""The greeting card: a note in a hand of its own for every unit, told apart by nothing but the unit."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fulfillment import personalization
from fulfillment.catalog import TextField
from fulfillment.catalog.files import identity
from fulfillment.config import Factory
from fulfillment.designs import design
from fulfillment.fields import Craft
from fulfillment.planning import specification
from fulfillment.processes import Problems, Spec, plot

TEXT = "Dear Ada,\nhappy birthday, and thank you for the evening in the garden.\nYours, Grace"


def _spec(factory: Factory, unit: str, note: str = TEXT) -> Spec:
    product = factory.catalog["greeting-card"]
    found = personalization.check(product, {"note": note}, {}, {})
    assert not isinstance(found, list)
    resolved = {"texts": found.texts, "photos": {}, "options": found.options, "parameters": {}}
    return replace(specification(factory, "greeting-card", "write", resolved), facts={"unit": unit})


def test_a_remake_is_the_same_and_another_unit_is_not(factory: Factory) -> None:
    first, again = (plot.render(_spec(factory, "U-1"), {}) for _ in range(2))
    assert first.data == again.data
    assert first.proof == again.proof
    assert plot.render(_spec(factory, "U-2"), {}).data != first.data


def test_only_what_is_written_by_hand_asks_for_the_unit(factory: Factory) -> None:
    assert identity(list(factory.catalog["greeting-card"].fields.values())) == {"unit"}
    assert identity(list(factory.catalog["note-card"].fields.values())) == frozenset()


def test_a_note_of_twelve_lines_is_written_within_its_zone(factory: Factory) -> None:
    spec = _spec(factory, "U-3", "\n".join(["a line of a note"] * 12))
    bounds = design(spec, {}, Craft(0.5)).drawings[0].bounds
    zone = spec.product.zones["note"]
    assert bounds is not None
    assert zone.x <= bounds.x0 < bounds.x1 <= zone.x + zone.width
    assert zone.y <= bounds.y0 < bounds.y1 <= zone.y + zone.height


def test_what_cannot_be_written_is_named(factory: Factory) -> None:
    with pytest.raises(Problems, match="cannot be made here"):
        plot.render(_spec(factory, "U-4", "Ada \U00012000"), {})


@pytest.mark.parametrize("key", [{"tracking": 0.2}, {"arc": {"radius": 40.0}}])
def test_a_hand_follows_no_arc_and_keeps_its_own_gaps(key: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="keeps its own line"):
        TextField.model_validate(
            {"type": "text", "title": "Note", "zone": "note", "min_height": 3, "font": "hand", **key}
        )
