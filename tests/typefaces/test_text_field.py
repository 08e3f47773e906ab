"""Text as the catalog's fields ask for it: what a customer may send is what can be laid out, and nothing is lost."""

from __future__ import annotations

from typing import Any, get_args

import pytest

from fulfillment.catalog import Arc, TextField
from fulfillment.catalog.lettering import Lettering
from fulfillment.fields import Craft, Refused
from fulfillment.fields.text import lay, rule_of
from fulfillment.personalization import checked_text
from fulfillment.typefaces import TYPEFACES
from gcode.characters import counted
from gcode.design import Zone
from gcode.text import Bend

ZONE = Zone("name", 5, 5, 200, 60)
PEN = Craft(line_width=0.5)


def field(**more: Any) -> TextField:
    return TextField(type="text", title="Name", zone="name", min_height=1, **more)


def test_the_catalog_offers_every_typeface() -> None:
    assert set(get_args(Lettering)) == set(TYPEFACES)


def test_what_can_be_laid_out_passes_the_look_at_an_order(whole: str) -> None:
    assert lay(checked_text(whole, "Name", 200), field(max_characters=200), ZONE, PEN).bounds


@pytest.mark.parametrize(
    ("text", "count"),
    [("Zoë", 3), ("Zoe\u0308", 3), ("👨‍👩‍👧‍👦", 1), ("👍🏽", 1), ("🇩🇪🇺🇸", 2), ("🇩🇪🇺", 2), ("❤️‍🔥!", 2), ("1️⃣", 1),
     ("สวัสดี", 4), ("\u200d", 0), ("🏴\U000e0067\U000e007f", 1)],
)  # fmt: skip
def test_characters_are_counted_as_people_see_them(text: str, count: int) -> None:
    assert counted(text) == count


@pytest.mark.parametrize("name", get_args(Lettering))
def test_each_typeface_lays_out_a_name(name: Any) -> None:
    drawing = lay("Zoë & Łukasz", field(font=name), ZONE, PEN)
    assert bool(drawing.strokes) == (name == "hand" or name.startswith("stroke"))
    bounds = drawing.bounds
    assert bounds is not None
    assert ZONE.inset(PEN.line_width / 2).bounds.holds(bounds, 1e-6)


def test_a_field_says_how_its_text_stands() -> None:
    low, high = (lay("Zoë", field(max_height=5, vertical=at), ZONE, PEN).bounds for at in ("bottom", "top"))
    assert low is not None
    assert high is not None
    assert low.y1 < high.y0
    rule = rule_of(field(arc=Arc(radius=40, bend="down"), tracking=0.1), PEN)
    assert rule.arc is not None
    assert (rule.arc.radius, rule.arc.bend, rule.tracking) == (40, Bend.DOWN, 0.1)


def test_a_process_has_a_least_height_too() -> None:
    narrow = Zone("name", 0, 0, 12, 60)
    lay("Maximilian", field(), narrow, Craft(line_width=0.1))
    with pytest.raises(Refused, match=r"lower than 4\.8 mm"):
        lay("Maximilian", field(), narrow, Craft(line_width=1.2))


def test_what_is_finer_than_the_tool_is_held() -> None:
    bead, pen = Craft(line_width=1.2), Craft(line_width=0.2)
    small = field(max_height=6)
    assert lay("Zoë שלום 👍🏽", small, ZONE, pen).bounds
    for text, shown in (("Zoë 👍🏽 👨‍👩‍👧", "👍🏽 👨‍👩‍👧 "), ("Zoë של", "ש ל|ל ש")):
        with pytest.raises(Refused, match=f"cannot be made here: ({shown})"):
            lay(text, small, ZONE, bead)
    assert lay("של", field(), ZONE, bead).bounds
    with pytest.raises(Refused, match=r"lower than 9\.6 mm"):
        lay("Zoë and Maximilian and Anna", field(font="sans", lines=1), Zone("name", 0, 0, 60, 20), bead)


@pytest.mark.parametrize(
    ("text", "shown"),
    [("Ani Ցոլ", "Ց ո լ"), ("a\u200db", r"U\+200D ZERO WIDTH JOINER"),
     ("x \u0301", r"U\+0301 COMBINING"), ("ไกฺ\ufe01", r"U\+FE01")],
)  # fmt: skip
def test_what_cannot_be_made_is_named_for_its_customer(text: str, shown: str) -> None:
    with pytest.raises(Refused, match=shown):
        lay(text, field(), ZONE, PEN)


@pytest.mark.parametrize("text", ["q" + "\u0301" * 3, "ש" + "\u05b0" * 6, "a\u202eb", "a\u200fb", "\ue000", "\u0378"])
def test_what_is_refused_before_it_is_laid_out(text: str) -> None:
    with pytest.raises(Exception, match=r"accents|direction|cannot be written"):
        checked_text(text, "Name", 40)
