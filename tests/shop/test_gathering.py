"""Who goes into which jig, and when: full ones at once, others after their wait or by hand, nobody with a stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fulfillment.config import Envelope
from fulfillment.daemon import Shop, open_shop
from fulfillment.gathering import begin, companies
from jobs import models as m
from jobs.route import cancel_unit, hold, release_unit
from jobs.store import Refused

from .bakery import AtOnce, order, plan, planner, rows, units
from .icing import cookie, iced, with_icing

WAIT = 900.0


@pytest.fixture
def shop(config: Path) -> Iterator[Shop]:
    """A bakery that ices, too."""
    shop = open_shop(with_icing(config))
    yield shop
    shop.close()


def jigs(shop: Shop) -> list[dict[str, Any]]:
    return [job for job in rows(shop, m.jobs) if job["unit_id"] is None]


@pytest.fixture
def later(shop: Shop) -> Callable[[float], None]:
    """Time goes on by so many seconds, for the record."""
    real, gone = shop.store.now, [0.0]
    shop.store.now = lambda: real() + gone[0]

    def wait(seconds: float) -> None:
        gone[0] += seconds

    return wait


def test_each_waits_with_its_own_proof_until_the_jig_is_full(shop: Shop) -> None:
    for number in range(11):
        order(shop, cookie(f"Ada {number}"))
    plan(shop)
    assert {job["state"] for job in iced(shop)} == {"gathering"} and jigs(shop) == []
    assert len({job["artifact"] for job in iced(shop)}) == 11, "each was rendered, checked and proved by itself"
    assert all("12 pieces" in job["why"] for job in iced(shop))
    order(shop, cookie("Zoë"))
    plan(shop)
    (jig,) = jigs(shop)
    assert jig["state"] == "ready" and {job["state"] for job in iced(shop)} == {"batched"}
    assert sorted(job["place"]["pocket"] for job in iced(shop)) == list(range(1, 13))
    (artifact,) = rows(shop, m.artifacts, sha256=jig["artifact"])
    assert [piece["pocket"] for piece in artifact["manifest"]["pieces"]] == list(range(1, 13))
    assert jig["seconds"] > max(job["seconds"] for job in iced(shop)) and jig["volume"] > 0


def test_thirteen_fill_one_jig_and_one_waits(shop: Shop) -> None:
    order(shop, cookie("Ada", quantity=13))
    plan(shop)
    assert [job["state"] for job in iced(shop)].count("gathering") == 1
    assert len(jigs(shop)) == 1


def test_what_is_due_first_goes_first(shop: Shop) -> None:
    order(shop, cookie("Later", quantity=12), due="2026-12-24T12:00:00Z")
    with planner(shop) as made:
        made.round()  # they are checked, not rendered yet
        urgent = order(shop, cookie("Soon"), due="2026-12-01T12:00:00Z")
    plan(shop)
    (unit,) = units(shop, urgent)
    soon = [job for job in iced(shop) if job["unit_id"] == unit["id"]]
    assert len(jigs(shop)) == 1
    assert [job["state"] for job in soon] in (["batched"], ["gathering"])  # whichever was rendered when it was full
    assert {job["due"] for job in jigs(shop)} == {min(j["due"] for j in iced(shop) if j["state"] == "batched")}


def test_after_its_wait_a_jig_is_begun_that_is_not_full(shop: Shop, later: Callable[[float], None]) -> None:
    order(shop, cookie("Ada"), cookie("Bo"))
    plan(shop)
    later(WAIT - 60)
    plan(shop)
    assert jigs(shop) == []
    later(61)
    with planner(shop) as made:
        made.round()
        made._collect_renders()
    plan(shop)
    (jig,) = jigs(shop)
    assert jig["state"] == "ready" and [job["place"]["pocket"] for job in iced(shop)] == [1, 2]


def test_a_planner_wakes_when_the_wait_is_over(shop: Shop, later: Callable[[float], None]) -> None:
    order(shop, cookie("Ada"))
    plan(shop)
    with planner(shop) as made:
        made.round()
        assert not made._due()
        later(WAIT + 1)
        assert made._due()


def test_a_person_begins_one_from_a_pocket_on(shop: Shop) -> None:
    order(shop, cookie("Ada"), cookie("Bo"), cookie("Kim"))
    plan(shop)
    (company,) = companies(shop.store, shop.factory.catalog)
    for first, leave_out in ((13, ()), (1, (0,)), (12, (12,))):
        with pytest.raises(Refused):
            begin(shop.store, company, "ann", first=first, leave_out=leave_out)
    begin(shop.store, company, "ann", first=10, leave_out=[11])
    plan(shop)
    assert [(job["place"] or {}).get("pocket") for job in iced(shop)] == [10, 12, None], "two pockets were left"
    assert iced(shop)[2]["state"] == "gathering"


def test_other_icing_is_another_jig(shop: Shop) -> None:
    order(shop, cookie("Ada"))
    plan(shop)
    order(shop, cookie("Bo"))
    plan(shop)
    with shop.store.write("test") as tx:
        other = dict(tx.connection.execute(m.needs.select()).mappings().first() or {})
        tx.add(m.needs, id="other", body={**other["body"], "material": "icing-red"})
        tx.connection.execute(m.jobs.update().where(m.jobs.c.id == iced(shop)[1]["id"]).values(needs_id="other"))
    assert len(companies(shop.store, shop.factory.catalog)) == 2


@pytest.mark.parametrize("how", ["held", "cancelled"])
def test_a_unit_that_goes_leaves_its_place_to_the_others(shop: Shop, how: str, later: Callable[[float], None]) -> None:
    order(shop, cookie("Ada"), cookie("Bo"))
    plan(shop)
    later(WAIT + 1)
    plan(shop)
    (first,) = jigs(shop)
    gone = iced(shop)[0]["unit_id"]
    with shop.store.write("ann") as tx:
        hold(tx, gone, "", "the customer called", "wait") if how == "held" else cancel_unit(tx, gone)
    plan(shop)
    assert [job["state"] for job in iced(shop)] == ["gathering" if how == "held" else "cancelled", "batched"]
    ready = [job for job in jigs(shop) if job["state"] == "ready"]
    assert len(ready) == 1 and ready[0]["id"] != first["id"] and ready[0]["artifact"] != first["artifact"]
    if how == "held":
        with shop.store.write("ann") as tx:
            release_unit(tx, gone)
        plan(shop)
        assert {job["state"] for job in iced(shop)} == {"batched"}


def test_a_program_that_is_refused_holds_everyone_in_it(shop: Shop, later: Callable[[float], None]) -> None:
    order(shop, cookie("Ada"), cookie("Bo"))
    plan(shop)
    config = shop.factory.config
    small = Envelope(x=80, y=220, z=60)
    machines = tuple(m.model_copy(update={"envelope": small}) if m.name == "icing-1" else m for m in config.machines)
    narrow = replace(shop, factory=replace(shop.factory, config=config.model_copy(update={"machines": machines})))
    later(WAIT + 1)
    plan(narrow)
    held = [unit for unit in rows(shop, m.units) if unit["state"] == "held"]
    assert len(held) == 2 and all("Preflight" in unit["problems"][0]["reason"] for unit in held)
    assert {job["state"] for job in jigs(shop)} == {"cancelled"}
    assert {job["state"] for job in iced(shop)} == {"gathering"}, "released, they gather again"


def test_the_same_jig_twice_is_the_same_bytes(shop: Shop, later: Callable[[float], None]) -> None:
    pool = AtOnce()
    for _ in range(2):
        order(shop, cookie("Ada"), cookie("Bo"))
        plan(shop, pool)
        later(WAIT + 1)
        plan(shop, pool)
    one, two = jigs(shop)
    assert one["artifact"] == two["artifact"]
