"""The engraved coaster and the drawn card: from a customer's words to bytes, needs and proof, or to a sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from fulfillment import personalization
from fulfillment.catalog import Catalog
from fulfillment.config import Machine, Material
from fulfillment.machines import limits_of, preflight
from fulfillment.processes import Made, Problems
from gcode.dialects import DIALECTS
from gcode.preflight import check
from jobs.queue import Needs

Render = Callable[..., Made]
NOTE = "Dear Ada,\nthank you for the notes, which I have read twice.\nYours, Charles"
ORDERS = {"engrave": {"words": "Ada & Charles"}, "draw": {"note": NOTE}}


@pytest.mark.parametrize("operation", ORDERS)
def test_the_same_order_gives_the_same_bytes_and_another_gives_others(operation: str, render: Render) -> None:
    (field,) = ORDERS[operation]
    one, again, other = (render(operation, {field: text}) for text in (*[ORDERS[operation][field]] * 2, "Zoë"))
    assert (one.data, one.needs, one.manifest, one.proof) == (again.data, again.needs, again.manifest, again.proof)
    assert one.data != other.data
    assert one.proof != other.proof


@pytest.mark.parametrize(
    ("operation", "machine", "dialect"),
    [("engrave", "laser", "grbl-laser"), ("draw", "ebb", "ebb"), ("draw", "grbl", "grbl-pen")],
)
def test_what_is_made_passes_the_machine_and_names_what_it_needs(
    operation: str, machine: str, dialect: str, render: Render, shop: dict[str, Machine]
) -> None:
    made = render(operation, ORDERS[operation], (machine,))
    report = check(made.data, DIALECTS[dialect], limits_of(shop[machine]))
    assert report.findings == ()
    assert preflight(shop[machine], made.data, made.needs) == []
    assert (made.needs.process, made.needs.dialect) == ({"engrave": "engrave", "draw": "plot"}[operation], dialect)
    assert made.needs.material == {"engrave": "bamboo", "draw": "ink-blue"}[operation]
    assert made.manifest["seconds"] == pytest.approx(report.time, abs=0.05)
    assert made.manifest["materials"] == {made.needs.material: {"length": round(report.length, 1)}}


def test_the_words_lie_in_their_zone_on_the_piece_in_the_jig(render: Render, catalog: Catalog) -> None:
    for operation, name, zone in (("engrave", "bamboo-coaster", "words"), ("draw", "note-card", "note")):
        product = catalog[name]
        x0, y0, _, x1, y1, _ = render(operation, ORDERS[operation]).manifest["bounds"]
        box = product.zones[zone]
        half = product.recipes[{"engrave": "bamboo", "draw": "gel-pen"}[operation]].line_width / 2
        assert product.jig.x + box.x + half <= x0 + 0.001
        assert x1 - 0.001 <= product.jig.x + box.x + box.width - half
        assert product.jig.y + box.y + half <= y0 + 0.001
        assert y1 - 0.001 <= product.jig.y + box.y + box.height - half


def test_every_corner_of_the_coasters_zone_lies_on_the_round_piece(catalog: Catalog) -> None:
    piece, box = catalog["bamboo-coaster"].piece, catalog["bamboo-coaster"].zones["words"]
    corners = [(x, y) for x in (box.x, box.x + box.width) for y in (box.y, box.y + box.height)]
    radius = piece.corner_radius
    assert radius == piece.width / 2 == piece.height / 2
    assert all(np.hypot(x - radius, y - radius) <= radius - 5 for x, y in corners)


def test_the_proof_shows_the_burn_and_the_ink_in_their_colours(render: Render) -> None:
    for operation, mark, surface in (
        ("engrave", (0x5A, 0x34, 0x13), (0xDC, 0xB8, 0x77)),
        ("draw", (0x1F, 0x3A, 0x93), (0xFB, 0xF8, 0xF0)),
    ):
        made = render(operation, ORDERS[operation])
        assert made.proof is not None
        colours = dict(map(reversed, Image.open(io.BytesIO(made.proof)).getcolors(1 << 24)))  # type: ignore[arg-type]
        assert colours[mark] > 200
        assert colours[surface] > 10 * colours[mark]


def test_the_recipe_sets_power_speed_and_passes(render: Render, catalog: Catalog) -> None:
    product = catalog["bamboo-coaster"]
    strong = product.recipes["bamboo"].model_copy(update={"power": 0.9, "speed": 10.0, "passes": 1})
    other = product.model_copy(update={"recipes": {"bamboo": strong}})
    weak, fierce = render("engrave", ORDERS["engrave"]), render("engrave", ORDERS["engrave"], product=other)
    assert b"F1500 S600\n" in weak.data
    assert b"F600 S900\n" in fierce.data
    assert weak.manifest["line"] == {"width": 0.25, "power": 0.6, "speed": 25.0, "passes": 2}
    assert fierce.manifest["materials"]["bamboo"]["length"] == pytest.approx(
        weak.manifest["materials"]["bamboo"]["length"] / 2, abs=0.1
    )


def test_line_breaks_of_the_customer_are_kept_and_long_lines_broken(render: Render, catalog: Catalog) -> None:
    product = catalog["note-card"]
    found = personalization.check(product, {"note": " Dear Ada, \r\n\u2028 yours,\nCharles \n"}, {}, {})
    assert isinstance(found, personalization.Resolved)
    assert found.texts["note"] == "Dear Ada,\n\nyours,\nCharles"
    heights = {}
    for name, text in (("typed", "I\nI\nI"), ("flowing", "I I I"), ("long", "W" * 20 + " " + "W" * 20)):
        box = render("draw", {"note": text}).manifest["bounds"]
        heights[name] = box[4] - box[1]
    assert heights["typed"] > 2.5 * heights["flowing"]
    assert heights["long"] > 1.5 * heights["flowing"]


REFUSED: list[tuple[str, dict[str, str], str, str, str]] = [
    ("engrave", {"words": "Love ក"}, "words", "Words has characters that cannot be made here: ក .",
     "Please write it without them."),
    ("engrave", {"words": "W" * 40}, "words",
     "Words is too long: its letters would be lower than 4 mm, too small to read.",
     "Please shorten it to about 14 characters, or choose a larger piece."),
    ("draw", {"note": "生日快乐"}, "note", "Note has characters that cannot be made here: 生 日 快 乐 .",
     "Please write it without them."),
    ("draw", {"note": "\n".join("I" * 30)}, "note",
     "Note is too long: its letters would be lower than 3 mm, too small to read.",
     "Please write it on about 16 line(s), or choose a larger piece."),
    ("draw", {"note": "a " * 90}, "note", "A text may have 400 characters and 80 words.", "Shorten it."),
    ("draw", {}, "", "Nothing was sent that could be made: Note.", "Please send one of them."),
]  # fmt: skip


@pytest.mark.parametrize(("operation", "fields", "where", "reason", "mend"), REFUSED, ids=[one[3] for one in REFUSED])
def test_words_that_cannot_be_made_are_told_in_sentences(
    operation: str, fields: dict[str, str], where: str, reason: str, mend: str, render: Render
) -> None:
    with pytest.raises(Problems) as refused:
        render(operation, fields)
    assert refused.value.problems == [{"field": where, "reason": reason, "mend": mend}]


def test_what_the_factory_lacks_is_told(render: Render, catalog: Catalog, materials: dict[str, Material]) -> None:
    def told(operation: str, **more: Any) -> str:
        with pytest.raises(Problems) as refused:
            render(operation, ORDERS[operation], **more)
        (problem,) = refused.value.problems
        assert problem["field"] == ""
        return f"{problem['reason']} {problem['mend']}"

    assert told("engrave", machines=()) == (
        "No machine of this factory engraves bamboo. Add one to config.yaml that does engrave."
    )
    assert told("draw", machines=("laser",)).startswith("No machine of this factory draws with ink-blue.")
    assert told("engrave", materials={}).startswith("The material 'bamboo' is not one of this factory.")
    card = catalog["note-card"].model_copy(update={"recipes": {"crayon": catalog["note-card"].recipes["gel-pen"]}})
    assert (
        told("draw", product=card)
        == "Note card drawn with a pen has no recipe for gel-pen. Add one to the product's recipes."
    )
    burnt = card.model_copy(update={"recipes": {"gel-pen": catalog["bamboo-coaster"].recipes["bamboo"]}})
    assert "A laser cannot do this" in told("draw", product=burnt)
    far = catalog["note-card"].model_copy(update={"jig": catalog["note-card"].jig.model_copy(update={"x": 290.0})})
    assert "Preflight refused it: plotter-1, line" in told("draw", product=far)


def test_a_photo_where_lines_are_made_is_told(render: Render, catalog: Catalog) -> None:
    card, photo = catalog["note-card"], catalog["pop-tart"].fields["photo"]
    fields = {"note": photo.model_copy(update={"zone": "note"})}
    with pytest.raises(Problems) as refused:
        render("draw", {}, product=card.model_copy(update={"fields": fields}), files={"note": b"a picture"})
    assert refused.value.problems[0]["reason"] == "Photo is a photo, and this operation makes lines only."


def test_preflight_refuses_what_was_changed_on_the_way(render: Render, shop: dict[str, Machine]) -> None:
    coaster, card = render("engrave", ORDERS["engrave"]), render("draw", ORDERS["draw"], ("ebb",))
    travel = coaster.data.replace(b" S0\nG1", b"\nG1", 3)
    lit, down = coaster.data.replace(b"M5\nG0 X0 Y0", b"G0 X0 Y0"), card.data.replace(b"M5\nG0", b"G0", 3)
    for broken, made, machine, says in (
        (lit, coaster, "laser", "the laser is not switched off at the end"),
        (travel, coaster, "laser", "the laser works on a travel"),
        (down, card, "ebb", "the pen works on a travel"),
    ):
        assert broken != made.data
        assert any(says in finding for finding in preflight(shop[machine], broken, made.needs))
    wrong = Needs(**{**coaster.needs.body(), "process": "plot"})
    assert preflight(shop["laser"], coaster.data, wrong), "a laser's program is none for a pen"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(max_size=120), operation=st.sampled_from(sorted(ORDERS)))
def test_whatever_is_written_becomes_a_good_program_or_a_sentence(
    text: str, operation: str, render: Render, catalog: Catalog, shop: dict[str, Machine]
) -> None:
    (field,) = ORDERS[operation]
    product = catalog[{"engrave": "bamboo-coaster", "draw": "note-card"}[operation]]
    found = personalization.check(product, {field: text}, {}, {})
    if isinstance(found, list):
        return
    try:
        made = render(operation, dict(found.texts))
    except Problems as problems:
        assert all(problem["reason"].endswith(".") and problem["mend"].endswith(".") for problem in problems.problems)
        return
    machine = shop["laser" if operation == "engrave" else "ebb"]
    assert preflight(machine, made.data, made.needs) == []


def test_only_food_is_food(catalog: Catalog) -> None:
    """Papers of what nobody eats say nothing of allergens."""
    assert [catalog[name].food for name in ("bamboo-coaster", "note-card", "pop-tart")] == [False, False, True]
