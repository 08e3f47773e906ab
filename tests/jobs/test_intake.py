"""Orders in: delivered twice, thrice, at once, changed, impossible; and what is planned of them."""

from __future__ import annotations

import threading
from dataclasses import replace

import pytest

from jobs import attempts, floor, intake
from jobs import models as m
from jobs.intake import MOST_LINES, MOST_QUANTITY, Delivery, NewLine, NewOrder, Received
from jobs.store import NotFound, Refused, Store

from .shop import FROST, FROSTED, TWO_SIDED, Shop, everything, frosting, row, rows, state

LINE = NewLine("POP", 2, "pop-tart", {"words": "hi"}, FROSTED)
ORDER = NewOrder("shop", "1001", (LINE, NewLine("TEE", 1)), {"name": "Ann"}, "With love", 500.0)


def test_an_order_becomes_units_with_operations(shop: Shop) -> None:
    received = intake.receive(shop.store, ORDER, "shop")
    assert received.new
    assert row(shop.store, m.orders, received.order_id)["due"] == 500.0
    assert [line["product"] for line in rows(shop.store, m.line_items)] == ["pop-tart", None]
    units = rows(shop.store, m.units)
    assert sorted((unit["number"], unit["state"]) for unit in units) == [(1, "new"), (2, "new")]
    states = {(o["name"], o["state"]) for o in rows(shop.store, m.operations)}
    assert states == {("frost", "open"), ("pack", "waiting")}
    assert len(rows(shop.store, m.operations)) == 4


def test_delivered_again_it_makes_nothing_new(shop: Shop) -> None:
    first = intake.receive(shop.store, ORDER, "shop")
    for _ in range(2):
        assert intake.receive(shop.store, ORDER, "shop") == Received(first.order_id, new=False, same=True)
    assert len(rows(shop.store, m.units)) == 2


def test_the_route_is_ours_and_makes_no_other_order(shop: Shop) -> None:
    intake.receive(shop.store, ORDER, "shop")
    rerouted = replace(ORDER, lines=(replace(LINE, route=TWO_SIDED), ORDER.lines[1]))
    assert intake.receive(shop.store, rerouted, "shop").same


@pytest.mark.parametrize(
    "changed",
    [
        replace(ORDER, note="With hate"),
        replace(ORDER, due=1.0),
        replace(ORDER, ship_to={"name": "Bob"}),
        replace(ORDER, lines=(LINE,)),
        replace(ORDER, lines=(replace(LINE, quantity=3), ORDER.lines[1])),
        replace(ORDER, lines=(replace(LINE, personalization={"words": "ho"}), ORDER.lines[1])),
    ],
    ids=["note", "due", "address", "line", "quantity", "words"],
)
def test_a_changed_order_is_told_and_left_as_it_was(changed: NewOrder, shop: Shop) -> None:
    first = intake.receive(shop.store, ORDER, "shop")
    units = rows(shop.store, m.units)
    assert intake.receive(shop.store, changed, "shop") == Received(first.order_id, new=False, same=False)
    assert rows(shop.store, m.units) == units
    assert rows(shop.store, m.events)[-1]["event"] == "differs"


def test_another_source_or_number_is_another_order(shop: Shop) -> None:
    intake.receive(shop.store, ORDER, "shop")
    assert intake.receive(shop.store, replace(ORDER, source="fair"), "shop").new
    assert intake.receive(shop.store, replace(ORDER, external_id="1002"), "shop").new


def test_a_delivery_counts_once_by_its_own_id(shop: Shop) -> None:
    paid = Delivery("ev-1", "orders/paid")
    first = intake.receive(shop.store, ORDER, "shop", paid)
    before = everything(shop.store)
    assert intake.receive(shop.store, ORDER, "shop", paid) == Received(first.order_id, new=False)
    assert everything(shop.store) == before, "a repeated delivery left a trace"
    again = intake.receive(shop.store, ORDER, "shop", Delivery("ev-2", "orders/updated"))
    assert (again.new, again.same) == (False, True)
    assert len(rows(shop.store, m.inbox)) == 2
    assert intake.receive(shop.store, replace(ORDER, source="fair"), "shop", paid).new, "ids are the source's own"


def test_delivered_by_many_at_once_it_is_taken_in_once(shop: Shop) -> None:
    found: list[Received] = []
    stores = [Store(shop.store.url, shop.clock.now) for _ in range(6)]
    start = threading.Barrier(len(stores))

    def deliver(store: Store) -> None:
        start.wait()
        found.append(intake.receive(store, ORDER, "shop"))

    threads = [threading.Thread(target=deliver, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for store in stores:
        store.close()
    assert sum(received.new for received in found) == 1
    assert len({received.order_id for received in found}) == 1
    assert all(received.same for received in found)
    assert len(rows(shop.store, m.units)) == 2


@pytest.mark.parametrize("quantity", [0, -1, MOST_QUANTITY + 1])
def test_an_impossible_quantity_is_refused_whole(quantity: int, shop: Shop) -> None:
    before = everything(shop.store)
    with pytest.raises(Refused, match=f"quantity {quantity} is outside"):
        intake.receive(shop.store, replace(ORDER, lines=(LINE, replace(LINE, quantity=quantity))), "shop")
    assert everything(shop.store) == before


@pytest.mark.parametrize("count", [0, MOST_LINES + 1])
def test_too_few_or_many_lines_are_refused(count: int, shop: Shop) -> None:
    with pytest.raises(Refused, match=f"this one has {count}"):
        intake.receive(shop.store, replace(ORDER, lines=(LINE,) * count), "shop")


def test_the_largest_line_is_taken(shop: Shop) -> None:
    assert len(shop.order(quantity=MOST_QUANTITY)) == MOST_QUANTITY


# --- planning -----------------------------------------------------------------------------------------------------


def test_a_plan_makes_a_job_for_each_machine_step_and_once(shop: Shop) -> None:
    unit = shop.order(route=TWO_SIDED, due=77.0)[0]
    assert [row.id for row in intake.units_to_plan(shop.store)] == [unit]
    jobs = intake.plan(shop.store, unit, "planner", {"words": "HI"})
    assert intake.units_to_plan(shop.store) == []
    found = rows(shop.store, m.jobs)
    assert sorted(job["id"] for job in found) == sorted(jobs)
    assert {(job["state"], job["due"]) for job in found} == {("rendering", 77.0)}
    assert sorted(job["seq"] for job in found) == [1, 2]
    assert row(shop.store, m.units, unit)["resolved"] == {"words": "HI"}
    with pytest.raises(Refused):
        intake.plan(shop.store, unit, "planner")
    assert len(rows(shop.store, m.jobs)) == 2


def test_rendered_twice_is_rendered_once(shop: Shop) -> None:
    (job,) = shop.ready()
    before = everything(shop.store)
    intake.rendered(shop.store, job, shop.artifact(FROST), "render")
    assert everything(shop.store) == before


def test_units_of_the_same_design_share_one_artifact(shop: Shop) -> None:
    shop.ready(quantity=3)
    assert len(rows(shop.store, m.artifacts)) == len(rows(shop.store, m.needs)) == 1


def test_what_rendering_finds_holds_the_unit_and_its_jobs(shop: Shop) -> None:
    unit = shop.order(route=TWO_SIDED)[0]
    job, other = intake.plan(shop.store, unit, "planner")
    problems = [{"field": "photo", "reason": "it is all white", "mend": "another photo"}]
    intake.set_aside(shop.store, job, problems, "render")
    assert row(shop.store, m.units, unit)["problems"] == problems
    assert {state(shop.store, m.jobs, key) for key in (job, other)} == {"cancelled"}
    assert intake.to_render(shop.store) == []
    intake.rendered(shop.store, other, shop.artifact(FROST), "a render that was under way")
    assert state(shop.store, m.jobs, other) == "cancelled"
    with pytest.raises(NotFound, match="no job J-9"):
        intake.set_aside(shop.store, "J-9", problems, "render")


def test_a_held_unit_is_corrected_and_planned_anew(shop: Shop) -> None:
    one, two = shop.order(quantity=2)
    intake.hold(shop.store, one, [{"field": "words", "reason": "too long", "mend": "shorten"}], "planner")
    intake.plan(shop.store, two, "planner")
    assert state(shop.store, m.units, two) == "making", "the others go on"
    intake.correct(shop.store, one, {"words": "ok"}, "operator:ann")
    assert [(unit.id, unit.personalization) for unit in intake.units_to_plan(shop.store)] == [(one, {"words": "ok"})]
    intake.plan(shop.store, one, "planner")
    assert state(shop.store, m.units, one) == "making"


@pytest.mark.parametrize("begun", [False, True])
def test_what_a_machine_has_taken_or_tried_is_not_corrected(begun: bool, shop: Shop) -> None:
    """A claimed job leaves with the old personalization: planned anew, the piece would be made twice."""
    offer = frosting()
    floor.register(shop.store, offer, "test")
    floor.clear_bed(shop.store, offer.name, "looked", "test")
    shop.ready()
    unit = rows(shop.store, m.units)[0]["id"]
    claim = shop.claimed(offer)
    if begun:
        attempts.intend(shop.store, claim, offer, "test")
    intake.hold(shop.store, unit, [], "operator:ann")
    before = everything(shop.store)
    with pytest.raises(Refused, match="order it anew"):
        intake.correct(shop.store, unit, {"words": "no"}, "operator:ann")
    assert everything(shop.store) == before


def test_an_order_of_which_nothing_is_ours_is_on_record_and_waits_for_nobody(shop: Shop) -> None:
    order = NewOrder("shop", "napkins", (NewLine("NAPKIN", 2000),))
    received = intake.receive(shop.store, order, "test")
    assert state(shop.store, m.orders, received.order_id) == "done"
    assert rows(shop.store, m.units) == []
    assert [line["quantity"] for line in rows(shop.store, m.line_items)] == [2000]
