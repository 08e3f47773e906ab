"""The lists as they are printed: read back as text and by a scanner, in several sizes, whatever people wrote."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from fulfillment.daemon import Shop, open_shop
from fulfillment.gathering import begin, companies
from fulfillment.lists.asking import LISTS, Asked, ready
from fulfillment.lists.drawn import pdf, picture
from fulfillment.papers import languages, shipped
from fulfillment.papers.drawing import draw
from fulfillment.processes import Problems
from fulfillment.typeset import PaperError

from . import desk

HOSTILE = (
    '<img src="/etc/passwd">',
    "{{ 7 * 7 }} {order} %s ${HOME}",
    "<script>alert(1)</script>",
    "{ship_to} {@order} {item.code}",
)


def printed(shop: Shop, name: str, about: str = "", **more: str) -> bytes:
    return pdf(ready(shop, Asked(name, about, **more)), shop.artifacts.folder)


@pytest.mark.parametrize("name", sorted(LISTS))
def test_every_size_and_language_is_printed(shop: Shop, name: str) -> None:
    for size in shipped()[name].sizes:
        data = pdf(ready(shop, Asked(name, example=True, size=size)), shop.artifacts.folder)
        assert "Ada Lovelace" in desk.words(data) or name == "pick-list"
    seen = {
        desk.words(pdf(ready(shop, Asked(name, example=True, language=one)), shop.artifacts.folder))
        for one in languages()
    }
    assert len(seen) > 1, "some words are those of the language"


def test_codes_of_an_order_are_read_off_its_kitting_list(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart(quantity=3))
    units = [item["code"] for item in ready(shop, Asked("kitting-list", order)).facts["pieces"]]  # type: ignore[index,union-attr]
    for size in ("a5", "a6"):
        data = printed(shop, "kitting-list", order, size=size)
        assert Counter(desk.codes(data)) == Counter([order, *units])
        assert all(unit in desk.words(data) for unit in units)


def test_a_long_order_goes_on_over_pages(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart(quantity=60))
    data = printed(shop, "kitting-list", order)
    read = Counter(desk.codes(data))
    assert len(read) == 61
    assert read.pop(order) == 1
    assert set(read.values()) == {1}


def test_the_code_of_a_batch_is_read_off_its_jig_sheet(shop: Shop) -> None:
    desk.order(shop, "1", desk.cookie("Ada"), desk.cookie("Grace"), ship_to={"name": "عائشة محمد"})
    desk.plan(shop)
    batch = begin(shop.store, companies(shop.store, shop.factory.catalog)[0], "test")
    data = printed(shop, "jig-sheet", batch)
    assert desk.codes(data) == [batch]
    places = [item for item in ready(shop, Asked("jig-sheet", batch)).facts["places"] if item["code"]]  # type: ignore[index,union-attr]
    assert all(desk.words(data).count(place["code"]) == 2 for place in places), "in its pocket, and in the table"


@pytest.mark.parametrize("text", HOSTILE)
def test_what_people_wrote_is_printed_as_text(shop: Shop, text: str) -> None:
    order = desk.order(shop, text, desk.cookie("Ada"), ship_to={"name": text})
    kitting = desk.words(printed(shop, "kitting-list", order)).replace(" ", "")
    assert kitting.count(text.replace(" ", "")) == 2, "as the order's number, and as who gets it"
    desk.plan(shop)
    batch = begin(shop.store, companies(shop.store, shop.factory.catalog)[0], "test")
    assert text.replace(" ", "") in desk.words(printed(shop, "jig-sheet", batch)).replace(" ", "")


def test_a_factory_of_a_hostile_name_is_printed_as_text(tmp_path: Path) -> None:
    shop = open_shop(desk.write_config(tmp_path, "<b>{printed}</b> & Söhne"))
    try:
        assert "<b>{printed}</b> & Söhne" in desk.words(printed(shop, "pick-list"))
    finally:
        shop.close()


def test_what_turns_the_direction_of_writing_turns_no_other_text(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart(), ship_to={"name": "Ada \u202eecalevoL\u202c"})
    try:
        said = desk.words(printed(shop, "kitting-list", order))
    except Problems as problems:
        assert "ship to" in str(problems), "refused, by the name of what it is"
    else:
        assert "Kitting list" in said and order in said


def test_a_glyph_that_no_font_has_is_told_and_not_dropped(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart(), ship_to={"name": "Ada \U00012000"})
    with pytest.raises(Problems, match="ship to"):
        printed(shop, "kitting-list", order)


def test_slip_and_traveler_are_printed_once_more(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart("Once more"))
    desk.plan(shop)
    unit = ready(shop, Asked("kitting-list", order)).facts["pieces"][0]["code"]  # type: ignore[index]
    slip, traveler = printed(shop, "slip", unit), printed(shop, "traveler", unit.lower())
    assert unit in desk.codes(slip)
    assert f"frost/{unit}" in desk.codes(traveler)
    assert "Once more" in desk.words(slip)
    german = desk.words(printed(shop, "slip", unit, language="de"))
    assert "Bestellung" in german and "Order" not in german
    assert "Weizen" in german, "allergens too"


def test_a_page_is_shown_as_a_picture(shop: Shop) -> None:
    asked = ready(shop, Asked("jig-sheet", example=True))
    page = Image.open(io.BytesIO(picture(asked, shop.artifacts.folder, 1)))
    assert page.format == "PNG"
    assert page.width / page.height == pytest.approx(210 / 297, abs=0.01)
    with pytest.raises(Problems, match="no page 2"):
        picture(asked, shop.artifacts.folder, 2)


PLACE = {"x": "0", "y": "0", "width": "40", "height": "20", "pocket": "1", "code": "U-1", "name": "Ada"}


@pytest.mark.parametrize("wrong", [{"x": "nan"}, {"width": "0"}, {"y": "1e9"}, {"height": "a"}, {"x": ""}])
def test_a_piece_that_lies_nowhere_is_refused(wrong: dict[str, str]) -> None:
    template = shipped()["jig-sheet"]
    assert draw(template, {"places": [PLACE]})
    with pytest.raises(PaperError, match="piece of the plan"):
        draw(template, {"places": [{**PLACE, **wrong}]})


def test_a_plan_is_to_scale() -> None:
    """Frames on the page stand to each other as the pieces do in their jig."""
    from reportlab.lib.units import mm

    from fulfillment.papers.drawing import lay
    from fulfillment.papers.items import Panel

    places = [PLACE, {**PLACE, "x": "49", "y": "44", "pocket": "2"}]
    pages = lay(shipped()["jig-sheet"], {"places": places})
    frames = [item for item in pages.pages[0] if isinstance(item, Panel) and item.width > item.height * 1.9]
    first, second = sorted(frames, key=lambda frame: frame.x)
    scale = first.width / 40
    assert scale <= mm, "never larger than the pieces are"
    assert (second.x - first.x) / scale == pytest.approx(49, abs=0.01)
    assert (first.y - second.y) / scale == pytest.approx(44, abs=0.01), "away from who stands before it is up"
