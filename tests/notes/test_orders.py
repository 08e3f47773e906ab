"""A note that a pen writes is a piece of its order: made once, asked for by its code, packed with the last piece."""

from __future__ import annotations

import pytest
from sqlalchemy import insert, select
from sqlalchemy.exc import IntegrityError

from fulfillment.daemon import Shop
from jobs import attention, route
from jobs import models as m
from jobs.states import UnitState
from jobs.store import Refused

from . import desk
from .conftest import Opens


def pack(shop: Shop, unit_id: str, note: str = "") -> None:
    with shop.store.write("Mia") as tx:
        route.done_by_person(tx, unit_id, "pack", note)


def by_hand(shop: Shop) -> dict[str, str]:
    """What people are asked to do: units, with the note that goes along."""
    with shop.store.read() as connection:
        calls = attention.calls(connection, shop.floor)
    return {call.subject: call.note for call in calls if call.kind == "by-hand"}


def state(shop: Shop, order_id: str) -> str:
    with shop.store.read() as connection:
        return str(connection.execute(select(m.orders.c.state).where(m.orders.c.id == order_id)).scalar_one())


def test_an_order_gets_one_card_with_the_rules_words(shop: Shop) -> None:
    order = desk.order(shop, "1", "Dear Grace", "Dear Alan").order_id
    (card,) = desk.units(shop, order, note=True)
    assert card.product == "thank-you-card"
    says = "Thanks, Ada, hope your card finds a good place. Bakery {next} <door>, 1"
    assert card.personalization == {"fields": {"note": says}, "options": {}}
    assert len(desk.units(shop, order, note=False)) == 2


def test_delivered_three_times_it_is_made_once(shop: Shop, opens: Opens) -> None:
    first = desk.order(shop, "1")
    again = desk.order(shop, "1")
    changed = opens(desk.BY_PEN.replace("Thanks, ", "Hello, "))
    third = desk.order(changed, "1")
    assert (first.new, again.new, third.new) == (True, False, False)
    assert again.same and third.same, "a rule is ours: the customer's order is the same"
    assert len(desk.units(changed, first.order_id)) == 2


def test_the_database_itself_refuses_a_second_note(shop: Shop) -> None:
    order = desk.order(shop, "1").order_id
    line = {"id": "L-2", "order_id": order, "position": 9, "sku": "x", "product": "thank-you-card", "quantity": 1}
    with pytest.raises(IntegrityError), shop.store.write("test") as tx:
        tx.connection.execute(insert(m.line_items).values(**line, personalization={}, is_note=True))


def test_what_is_not_ours_gets_no_card(shop: Shop) -> None:
    from fulfillment.notes import with_card
    from jobs.intake import NewLine, NewOrder

    new = NewOrder("shop", "1", (NewLine("SOCKS", 1),))
    assert with_card(shop.store, shop.factory, new).card is None


def test_the_first_order_of_a_customer_is_told_apart(opens: Opens) -> None:
    rules = '    - { text: "Welcome", first_order: true }\n    - { text: "Again", first_order: false, by: slip }\n'
    shop = opens(desk.BY_PEN.replace("  rules:\n", f"  rules:\n{rules}"))
    found = [desk.order(shop, number, customer="c-1").order_id for number in "12"]
    unknown = desk.order(shop, "3").order_id
    other = desk.order(shop, "4", customer="c-2").order_id
    texts = [[unit.personalization["fields"]["note"] for unit in desk.units(shop, one, note=True)] for one in found]
    assert texts == [["Welcome"], []], "the second note is printed on the slip"
    assert desk.units(shop, unknown, note=True)[0].personalization["fields"]["note"].startswith("Thanks, Ada")
    assert desk.units(shop, other, note=True)[0].personalization["fields"]["note"] == "Welcome"


def test_the_last_piece_is_packed_with_the_note_and_not_without(shop: Shop) -> None:
    order = desk.order(shop, "1", "Dear Grace", "Dear Alan").order_id
    one, two = (unit.id for unit in desk.units(shop, order, note=False))
    (card,) = (unit.id for unit in desk.units(shop, order, note=True))
    desk.plan(shop)
    desk.make(shop, "slip-printer")
    desk.make(shop, "plotter-1", most=2)  # the two pieces; the note waits for the same plotter
    assert by_hand(shop) == {one: "", two: ""}
    pack(shop, one)
    assert by_hand(shop) == {}, "its note is not written yet: nobody can pack"
    with pytest.raises(Refused, match=f"{two} is the last piece .* note {card} is still being made .write to do."):
        pack(shop, two)
    assert desk.make(shop, "plotter-1") == 1
    assert by_hand(shop) == {two: card}
    with pytest.raises(Refused, match="scan the code on the note"):
        pack(shop, two)
    with pytest.raises(Refused, match=f"'{one}' was scanned"):
        pack(shop, two, one)
    with pytest.raises(Refused, match="is packed with the last of its pieces"):
        pack(shop, card)
    pack(shop, two, f" https://here.example/units/{card.lower()}/ ")
    assert {unit.state for unit in desk.units(shop, order)} == {UnitState.PACKED}
    assert state(shop, order) == "done"
    pack(shop, two)  # said again it changes nothing


def test_a_note_that_cannot_be_written_is_mended_or_left_out(shop: Shop) -> None:
    order = desk.order(shop, "1", ship_to={"first_name": "Ada \U00012000"}).order_id
    (piece,) = desk.units(shop, order, note=False)
    (card,) = desk.units(shop, order, note=True)
    desk.plan(shop)
    desk.make(shop, "slip-printer")
    desk.make(shop, "plotter-1")
    with pytest.raises(Refused, match=f"its note {card.id} is held: mend it, or cancel it"):
        pack(shop, piece.id)
    with shop.store.write("Mia") as tx:
        route.cancel_unit(tx, card.id)
    pack(shop, piece.id)
    assert state(shop, order) == "done"


def test_a_note_goes_with_the_last_of_its_pieces(shop: Shop) -> None:
    order = desk.order(shop, "1", "Dear Grace", "Dear Alan").order_id
    for unit in desk.units(shop, order, note=False):
        with shop.store.write("Mia") as tx:
            route.cancel_unit(tx, unit.id)
    assert {unit.state for unit in desk.units(shop, order)} == {UnitState.CANCELLED}
    assert state(shop, order) == "cancelled"


def test_the_slip_of_a_piece_names_the_card_instead_of_a_note(shop: Shop) -> None:
    order = desk.order(shop, "1").order_id
    (piece,) = desk.units(shop, order, note=False)
    (card,) = desk.units(shop, order, note=True)
    desk.plan(shop)
    (slip,) = [job for job in desk.jobs(shop, piece.id) if job.name == "slip"]
    words = desk.words(shop.artifacts.get(slip.artifact))
    assert card.id in words
    assert "finds a good place" not in words
