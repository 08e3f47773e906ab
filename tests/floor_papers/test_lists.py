"""What the lists of the floor say: what to fetch, where each piece of an order is, and what lies in which pocket."""

from __future__ import annotations

import pytest

from fulfillment.daemon import Shop
from fulfillment.gathering import begin, companies
from fulfillment.lists.asking import Asked, ready
from fulfillment.papers import Facts, Item
from jobs import floor, route
from jobs.store import NotFound, Refused

from . import desk


def facts(shop: Shop, name: str, about: str = "") -> Facts:
    return ready(shop, Asked(name, about)).facts


def items(shop: Shop, name: str, key: str, about: str = "") -> list[Item]:
    found = facts(shop, name, about)[key]
    assert not isinstance(found, str)
    return list(found)


def test_what_is_ready_is_picked_by_machine_and_product(shop: Shop) -> None:
    desk.load(shop, "frosting-1", "frosting-chocolate", 60_000, "A12")
    floor.register(shop.store, desk.offer(shop, "frosting-2"), "test")
    desk.order(shop, "1", desk.tart(quantity=2), desk.tart(options={"frosting": "chocolate", "flavour": "blueberry"}))
    desk.order(shop, "2", desk.tart("Bye"))
    assert items(shop, "pick-list", "work") == [], "nothing is rendered yet: nothing can be made"
    desk.plan(shop)
    work = {(row["product"], row["step"], row["options"]): row for row in items(shop, "pick-list", "work")}
    frosted = work["Personalized toaster pastry", "Frost the photo and the message", "Strawberry, Chocolate"]
    assert frosted["where"] == "Frosting printer 1 / Frosting printer 2"
    assert (frosted["count"], frosted["blank"]) == ("3 ×", "blank")
    assert frosted["material"].startswith("Chocolate frosting ")
    slips = work["Personalized toaster pastry", "Print the packing slip", "Strawberry, Chocolate"]
    assert (slips["where"], slips["material"], slips["blank"]) == ("Slip printer", "A6", "")
    (material,) = items(shop, "pick-list", "materials")
    assert (material["material"], material["count"]) == ("Chocolate frosting", "4 ×")
    assert material["loaded"] == "frosting-1: lot A12, 60.0 ml left\nfrosting-2: loaded"
    assert float(material["amount"].removesuffix(" ml")) == pytest.approx(
        sum(float(row["material"].split()[-2]) for row in work.values() if row["material"].endswith("ml")), abs=0.2
    )


def test_a_piece_that_is_made_is_fetched_no_more(shop: Shop) -> None:
    desk.order(shop, "1", desk.tart())
    desk.plan(shop)
    desk.start(shop, "frosting-1")
    steps = [row["step"] for row in items(shop, "pick-list", "work")]
    assert steps == ["Print the packing slip"]


def test_a_held_unit_is_not_fetched(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart())
    desk.plan(shop)
    unit = items(shop, "kitting-list", "pieces", order)[0]["code"]
    with shop.store.write("test") as tx:
        route.hold(tx, unit, "", "the colour looks wrong", "look")
    assert items(shop, "pick-list", "work") == []
    assert items(shop, "kitting-list", "pieces", order)[0]["where"] == "held: the colour looks wrong"


def test_pieces_in_a_jig_that_is_not_begun_are_fetched(shop: Shop) -> None:
    desk.order(shop, "1", desk.cookie("Ada"), desk.cookie("Grace"))
    desk.plan(shop)
    iced = [row for row in items(shop, "pick-list", "work") if row["step"] == "Ice the name"]
    assert [row["count"] for row in iced] == ["2 ×"]
    begin(shop.store, companies(shop.store, shop.factory.catalog)[0], "test")
    iced = [row for row in items(shop, "pick-list", "work") if row["step"] == "Ice the name"]
    assert [row["count"] for row in iced] == ["2 ×"], "they wait for the icing printer, in their jig"


def test_where_each_piece_is(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart(quantity=4), due="2026-05-08T17:00:00")

    def where() -> list[str]:
        return [row["where"] for row in items(shop, "kitting-list", "pieces", order)]

    assert where() == ["not begun: it is being checked"] * 4
    desk.plan(shop)
    assert where() == ["not begun: waits for a machine"] * 4
    first = desk.start(shop, "frosting-1")
    second = desk.start(shop, "frosting-2")
    desk.end(shop, second)
    assert where()[:2] == ["being made on frosting-1", "on the bed of frosting-2"]
    desk.end(shop, first)
    desk.start(shop, "frosting-1")
    assert where() == [
        "with the people",
        "on the bed of frosting-2",
        "being made on frosting-1",
        "not begun: waits for a machine",
    ]
    rows = items(shop, "kitting-list", "pieces", order)
    assert [row["missing"] for row in rows] == [
        "Print the packing slip",
        "Print the packing slip",
        "Frost the photo and the message, Print the packing slip",
        "Frost the photo and the message, Print the packing slip",
    ]
    assert [row["number"] for row in rows] == ["1/4", "2/4", "3/4", "4/4"]
    head = facts(shop, "kitting-list", order)
    assert (head["due"], head["count"], head["packed"], head["missing"]) == ("2026-05-08 17:00", "4", "0", "4")


def test_what_was_cancelled_is_on_no_list(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart(quantity=2))
    desk.plan(shop)
    unit = items(shop, "kitting-list", "pieces", order)[0]["code"]
    with shop.store.write("test") as tx:
        route.cancel_unit(tx, unit)
    assert unit not in [row["code"] for row in items(shop, "kitting-list", "pieces", order)]
    assert facts(shop, "kitting-list", order)["count"] == "1"


def test_a_jig_is_drawn_with_each_piece_in_its_pocket(shop: Shop) -> None:
    desk.order(shop, "1", desk.cookie("Ada"), desk.cookie("Grace"), ship_to={"name": "Ada Lovelace"})
    desk.order(shop, "2", desk.cookie("Alan"), ship_to={"name": "Alan Turing"})
    desk.plan(shop)
    batch = begin(shop.store, companies(shop.store, shop.factory.catalog)[0], "test", first=5, leave_out=[6])
    places = items(shop, "jig-sheet", "places", batch)
    assert [place["pocket"] for place in places] == [str(number) for number in range(1, 13)]
    taken = {place["pocket"]: place["name"] for place in places if place["code"]}
    assert taken == {"5": "Ada Lovelace", "7": "Ada Lovelace", "8": "Alan Turing"}
    five = next(place for place in places if place["pocket"] == "5")
    assert [float(five[key]) for key in ("x", "y", "width", "height")] == [22, 74, 46, 34]
    head = facts(shop, "jig-sheet", batch)
    assert (head["count"], head["size"], head["batch"]) == ("3", "193 × 122 mm", batch)
    assert (head["product"], head["step"]) == ("Favour cookie", "Ice the name")
    assert set(ready(shop, Asked("jig-sheet", batch)).pictures) == {"piece1", "piece2", "piece3"}


def test_what_is_about_nothing_known_says_so(shop: Shop) -> None:
    order = desk.order(shop, "1", desk.tart())
    unit = items(shop, "kitting-list", "pieces", order)[0]["code"]
    with pytest.raises(NotFound, match="there is no order O-NONE"):
        facts(shop, "kitting-list", "o-none")
    with pytest.raises(NotFound, match="no paper is called 'pick'"):
        facts(shop, "pick")
    with pytest.raises(NotFound, match="there is no job"):
        facts(shop, "jig-sheet", "J-NONE")
    with pytest.raises(NotFound, match="there is no unit"):
        facts(shop, "slip", "U-NONE")
    with pytest.raises(Refused, match="is about one order: say which"):
        facts(shop, "kitting-list")
    with pytest.raises(Refused, match="takes no 'X'"):
        facts(shop, "pick-list", "x")
    with pytest.raises(Refused, match="has no papers yet"):
        facts(shop, "slip", unit)
    with pytest.raises(Refused, match="do not speak 'tlh'"):
        ready(shop, Asked("pick-list", language="tlh"))
    with pytest.raises(Refused, match="is not made for 'a0'"):
        ready(shop, Asked("pick-list", size="a0"))
    desk.plan(shop)
    job = desk.start(shop, "frosting-1").rpartition("-a")[0]
    with pytest.raises(NotFound, match="it makes one piece alone"):
        facts(shop, "jig-sheet", job)
