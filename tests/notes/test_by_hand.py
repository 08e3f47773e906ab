"""A note is written by hand until its paper is made, taken back, and forgotten with its order."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fulfillment import notes
from fulfillment.daemon import Shop
from jobs import attempts, floor, noting, queue, retention
from jobs import models as m
from jobs.states import JobState
from jobs.store import NotFound, Refused

from . import desk
from .conftest import Opens

ON_SLIPS = "notes: {}"


def write(shop: Shop, order_id: str, text: str) -> None:
    noting.write(shop.store, order_id, text, notes.papers(shop.store, shop.factory, order_id), "Mia")


def take_back(shop: Shop, order_id: str) -> str:
    return noting.take_back(shop.store, order_id, notes.papers(shop.store, shop.factory, order_id), "Mia")


def slip_of(shop: Shop, unit_id: str) -> str:
    """What the newest slip of a piece says."""
    slips = [job for job in desk.jobs(shop, unit_id) if job.name == "slip" and job.state == JobState.READY]
    assert len(slips) == 1, "one slip waits to be printed, however often it was drawn"
    return desk.words(shop.artifacts.get(slips[0].artifact))


def test_a_slip_is_drawn_anew_with_a_persons_words_and_back(opens: Opens) -> None:
    shop = opens(ON_SLIPS)
    order = desk.order(shop, "1").order_id
    (piece,) = desk.units(shop, order)
    desk.plan(shop)
    assert "brings a smile" in slip_of(shop, piece.id)
    write(shop, order, "For the {first_name} <b>next door</b>")
    desk.plan(shop)
    assert "For the {first_name} <b>next door</b>" in slip_of(shop, piece.id)
    assert take_back(shop, order) == ""
    desk.plan(shop)
    assert "brings a smile" in slip_of(shop, piece.id)
    take_back(shop, order)
    with shop.store.read() as connection:
        assert notes.view(connection, shop.factory, order)["text"].startswith("For the {first_name}")


def test_a_card_is_checked_and_drawn_anew(shop: Shop) -> None:
    order = desk.order(shop, "1").order_id
    (card,) = desk.units(shop, order, note=True)
    desk.plan(shop)
    before = [job.artifact for job in desk.jobs(shop, card.id) if job.state == JobState.READY]
    write(shop, order, "Dear neighbour,\nthank you!")
    desk.plan(shop)
    after = [job.artifact for job in desk.jobs(shop, card.id) if job.state == JobState.READY]
    assert len(before) == len(after) == 1
    assert before != after
    (card,) = desk.units(shop, order, note=True)
    assert card.resolved["texts"]["note"] == "Dear neighbour,\nthank you!"
    take_back(shop, order)
    desk.plan(shop)
    assert [job.artifact for job in desk.jobs(shop, card.id) if job.state == JobState.READY] == before


def test_a_held_note_is_mended_by_hand(shop: Shop) -> None:
    order = desk.order(shop, "1", ship_to={"first_name": "Ada \U00012000"}).order_id
    desk.plan(shop)
    (card,) = desk.units(shop, order, note=True)
    assert card.state == "held"
    write(shop, order, "Dear Ada, thank you!")
    desk.plan(shop)
    assert desk.units(shop, order, note=True)[0].state == "making"


def test_once_a_machine_has_it_it_stands(shop: Shop, opens: Opens) -> None:
    order = desk.order(shop, "1").order_id
    desk.plan(shop)
    desk.make(shop, "plotter-1")
    with pytest.raises(Refused, match="a machine has begun the note"):
        write(shop, order, "too late")
    shop = opens(ON_SLIPS)
    order = desk.order(shop, "2").order_id
    desk.plan(shop)
    own = next(offer for offer in shop.offers if offer.name == "slip-printer")
    floor.register(shop.store, own, "test")
    while (claim := queue.claim(shop.store, own, queue.look(shop.store, own), "test")) is not None:
        intent = attempts.intend(shop.store, claim, own, "test")
        attempts.confirm(shop.store, intent.attempt, "seen", "test")
        attempts.ended(shop.store, intent.attempt, "finished", "at its end", "test")
    with pytest.raises(Refused, match="which has the note on it, is made: the note stands"):
        write(shop, order, "too late")


@pytest.mark.parametrize("text", ["x" * 1001])
def test_what_is_no_note_is_refused(shop: Shop, text: str) -> None:
    order = desk.order(shop, "1").order_id
    with pytest.raises(Refused, match="at most 1000 characters"):
        write(shop, order, text)
    with pytest.raises(Refused, match="nobody has written a note"):
        take_back(shop, order)
    with pytest.raises(NotFound):
        noting.write(shop.store, "O-NONE", "x", notes.papers(shop.store, shop.factory, "O-NONE"), "Mia")


def test_a_held_piece_is_settled_first(opens: Opens) -> None:
    shop = opens(ON_SLIPS)
    order = desk.order(shop, "1", "ok", "\U00012000").order_id
    desk.plan(shop)
    with pytest.raises(Refused, match="is held: correct, release or cancel it, then write the note"):
        write(shop, order, "x")


def test_what_was_written_is_forgotten_with_the_order(opens: Opens) -> None:
    shop = opens(ON_SLIPS)
    order = desk.order(shop, "1", customer="c-1").order_id
    write(shop, order, "For Ada, whom we know")
    with shop.store.write("test") as tx:
        from jobs import route

        for unit in desk.units(shop, order):
            route.cancel_unit(tx, unit.id)
    retention.forget_orders(shop.store, "api", ["1"], "test")
    with shop.store.read() as connection:
        told = connection.execute(select(m.events.c.detail).where(m.events.c.entity_id == order)).all()
        row = connection.execute(select(m.orders).where(m.orders.c.id == order)).one()
    assert "Ada" not in repr(told) + repr(row)
    assert "c-1" not in repr(row)
    with pytest.raises(Refused):
        take_back(shop, order)
