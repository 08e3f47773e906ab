"""What fits where, who is next, and what a claim costs with ten and with twenty thousand jobs queued."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import insert

from jobs import floor, queue
from jobs import models as m
from jobs.condition import Condition, Loaded
from jobs.fits import Needs, misfits
from jobs.store import Refused, Store

from .shop import ENGRAVE, FROST, TWO_SIDED, Counter, Shop, condition, frosting, laser, row, rows, state

Corner = tuple[float, float, float]
PINK = replace(FROST, material="frosting-pink")

MISFITS: dict[str, tuple[dict[str, Any], str, str]] = {
    "process": ({"processes": frozenset({"fdm"})}, "does not do extrude-food", "another machine"),
    "media type": ({"media_types": frozenset({"image/svg+xml"})}, "does not take text/x.gcode", "another machine"),
    "dialect": ({"dialects": frozenset({"grbl"})}, "speaks grbl, not marlin", "another machine"),
    "reach in X": ({"envelope": (89.0, 200.0, 150.0)}, "reaches X 89 mm, 90 is needed", "larger machine"),
    "reach in Y": ({"envelope": (200.0, 59.0, 150.0)}, "reaches Y 59 mm, 60 is needed", "larger machine"),
    "reach in Z": ({"envelope": (200.0, 200.0, 4.0)}, "reaches Z 4 mm, 5 is needed", "larger machine"),
}


@pytest.mark.parametrize("name", MISFITS)
def test_each_misfit_has_its_reason_and_its_mend(name: str) -> None:
    change, text, frees = MISFITS[name]
    (reason,) = misfits(frosting(**change), FROST)
    assert text in reason.text
    assert frees in reason.frees


def test_traits_are_compared_by_value() -> None:
    assert misfits(laser(), ENGRAVE) == []
    (missing,) = misfits(laser(traits={}), ENGRAVE)
    assert "laser not stated, diode-10w is needed" in missing.text
    (other,) = misfits(laser(traits={"laser": "co2-40w"}), ENGRAVE)
    assert "co2-40w" in other.text


def test_a_machine_that_fits_has_no_reason_and_every_misfit_is_told_at_once() -> None:
    assert misfits(frosting(), FROST) == []
    bad = frosting(dialects=frozenset({"grbl"}), envelope=(1.0, 1.0, 1.0))
    assert len(misfits(bad, FROST)) == 4


def test_a_machine_may_speak_a_dialect_for_each_of_its_processes() -> None:
    both = frosting(dialects=frozenset({"grbl", "marlin"}))
    assert misfits(both, FROST) == []
    (none,) = misfits(both, replace(FROST, dialect="klipper"))
    assert "speaks grbl and marlin, not klipper" in none.text
    (mute,) = misfits(frosting(dialects=frozenset()), FROST)
    assert "speaks no dialect, not marlin" in mute.text


def test_a_heater_must_reach_the_upper_end_of_its_window() -> None:
    warm = replace(FROST, heat={"nozzle": (31.0, 33.0)})
    (none,) = misfits(frosting(), warm)
    assert "cannot heat its nozzle, 31 to 33 degrees C are needed" in none.text
    (weak,) = misfits(frosting(heat={"nozzle": 32.0}), warm)
    assert "heats its nozzle to 32, 31 to 33 degrees C are needed" in weak.text
    assert misfits(frosting(heat={"nozzle": 33.0}), warm) == []


CORNER = st.tuples(st.floats(1, 500), st.floats(1, 500), st.floats(1, 500))


@given(CORNER, CORNER)
def test_reach_fits_exactly_within_the_envelope(want: Corner, has: Corner) -> None:
    found = misfits(frosting(envelope=has), replace(FROST, reach=want))
    assert len(found) == sum(w > h for w, h in zip(want, has, strict=True))


@given(
    st.builds(
        Needs,
        process=st.sampled_from(["fdm", "plot"]),
        media_type=st.text(max_size=5),
        material=st.none() | st.text(max_size=5),
        reach=st.none() | CORNER,
        traits=st.dictionaries(st.text(max_size=3), st.floats(0, 9) | st.text(max_size=3), max_size=3),
        heat=st.dictionaries(st.text(max_size=3), st.tuples(st.floats(0, 99), st.floats(0, 99)), max_size=2),
        contains=st.none() | st.lists(st.text(max_size=3), max_size=3).map(tuple),
        leaves=st.lists(st.text(max_size=3), max_size=3).map(tuple),
    )
)
def test_needs_survive_the_record(needs: Needs) -> None:
    assert Needs.of(needs.body()) == needs
    assert Needs.of(needs.body()).id == needs.id
    assert Needs.of(json.loads(json.dumps(needs.body()))) == needs
    assert replace(needs, process="engrave").id != needs.id


# --- who is next --------------------------------------------------------------------------------------------------


def clear(shop: Shop, *names: str) -> None:
    for name in names:
        floor.register(shop.store, frosting(name), "test")
        floor.clear_bed(shop.store, name, "looked", "test")


def test_the_most_urgent_is_first_then_the_first_to_arrive(shop: Shop) -> None:
    late, soon, soon_too = (shop.ready(due=due)[0] for due in (300.0, 100.0, 100.0))
    pink_between = shop.ready(due=200.0, needs=PINK)[0]
    clear(shop, "frost-1")
    taken = []
    while claim := shop.claim(frosting(), FROST, PINK):
        taken.append(claim.job_id)
    assert taken == [soon, soon_too, pink_between, late]


def test_an_order_without_a_due_date_is_due_when_it_was_planned(shop: Shop) -> None:
    first = shop.ready()[0]
    shop.clock.sleep(10)
    overdue = shop.ready(due=1.0)[0]
    second = shop.ready()[0]
    clear(shop, "frost-1")
    order = [shop.claimed(frosting()).job_id for _ in range(3)]
    assert order == [overdue, first, second]


def test_only_what_suits_is_taken(shop: Shop) -> None:
    shop.ready(needs=PINK)
    clear(shop, "frost-1")
    assert shop.claim(frosting(), FROST) is None
    assert shop.claim(frosting()) is None
    claim = shop.claim(frosting(), PINK)
    assert claim is not None
    assert claim.needs == PINK


def test_nothing_is_claimed_for_a_bed_that_is_not_clear(shop: Shop) -> None:
    job = shop.ready()[0]
    offer = frosting()
    assert shop.claim(offer, FROST) is None, "no bed on record"
    floor.register(shop.store, offer, "test")
    assert shop.claim(offer, FROST) is None, "nobody has looked"
    floor.clear_bed(shop.store, offer.name, "looked", "test")
    floor.mark_dirty(shop.store, offer.name, "a crumb", "test")
    assert shop.claim(offer, FROST) is None, "dirty"
    assert shop.claim(frosting(bed=False), FROST) is not None, "has no bed"
    assert state(shop.store, m.jobs, job) == "claimed"


def test_a_job_whose_operation_is_not_open_waits(shop: Shop) -> None:
    frost, engrave = shop.ready(route=TWO_SIDED)
    floor.register(shop.store, laser(), "test")
    floor.clear_bed(shop.store, "laser-1", "looked", "test")
    assert {frost, engrave} == {job["id"] for job in rows(shop.store, m.jobs) if job["state"] == "ready"}
    assert shop.claim(laser(), ENGRAVE) is None
    with shop.store.read() as connection:
        assert set(queue.wanted(connection)) == {FROST.id, ENGRAVE.id}


def test_a_job_given_back_is_ready_with_its_reason_and_keeps_its_place(shop: Shop) -> None:
    first, _second = shop.ready(quantity=2)
    clear(shop, "frost-1")
    claim = shop.claimed(frosting())
    queue.release(shop.store, claim.job_id, "the door is open", "test")
    back = row(shop.store, m.jobs, first)
    assert (back["state"], back["machine"], back["why"]) == ("ready", None, "the door is open")
    assert shop.claimed(frosting()).job_id == first
    queue.release(shop.store, first, "again", "test")
    with pytest.raises(Refused):
        queue.release(shop.store, first, "twice", "test")


def test_a_machine_decides_once_for_each_set_of_needs() -> None:
    fitting, plain = queue.Fitting(frosting()), replace(FROST, material=None)
    wanted = {FROST.id: FROST, plain.id: plain, PINK.id: PINK, ENGRAVE.id: ENGRAVE}
    white = Condition("frost-1", loaded=Loaded("frosting-white"))
    assert fitting.chance(wanted, white, 0.0).needs == (FROST.id, plain.id)
    assert fitting.chance({ENGRAVE.id: ENGRAVE}, white, 0.0).needs == ()
    pink = replace(white, loaded=Loaded("frosting-pink"))
    assert fitting.chance(wanted, pink, 0.0).needs == (plain.id, PINK.id), "what is in it is asked anew each time"


# --- what it costs ------------------------------------------------------------------------------------------------


def crowd(store: Store, like: str, count: int, needs: list[str]) -> None:
    """That many more ready jobs for the operation of another."""
    pattern = row(store, m.jobs, like)
    many = [
        {**pattern, "id": f"J-x{n}", "seq": 10 + n, "due": 5000.0 - n, "needs_id": needs[n % len(needs)]}
        for n in range(count)
    ]
    with store.write("test") as tx:
        tx.connection.execute(insert(m.jobs), many)


def cost(store: Store, suits: list[str]) -> tuple[int, int, int]:
    """Statements, commits, and the steps of SQLite's machine (0 elsewhere) of one claim."""
    steps = 0

    def step() -> int:
        nonlocal steps
        steps += 1
        return 0

    if store.sqlite:
        with store.read() as connection:
            driver: Any = connection.connection.driver_connection
            driver.set_progress_handler(step, 1)
    chance = queue.Chance(tuple(suits), condition(store, frosting()))
    with Counter(store) as counter:
        assert queue.claim(store, frosting(), chance, "test") is not None
    if store.sqlite:
        driver.set_progress_handler(None, 0)
    return counter.statements, counter.commits, steps


def test_a_claim_costs_the_same_with_ten_and_with_twenty_thousand_queued(shop: Shop) -> None:
    like = shop.ready()[0]
    shop.ready(needs=PINK)
    clear(shop, "frost-1")
    suits = [FROST.id, PINK.id]
    crowd(shop.store, like, 10, suits)
    few = cost(shop.store, suits)
    with shop.store.write("test") as tx:
        tx.connection.execute(m.jobs.delete().where(m.jobs.c.id.like("J-x%")))
    crowd(shop.store, like, 20_000, suits)
    many = cost(shop.store, suits)
    print(f"a claim: (statements, commits, SQLite steps) {few} with 10 queued, {many} with 20,000")
    assert few[:2] == many[:2] == (3, 1)
    assert many[2] <= few[2] * 1.2


def test_a_claim_and_the_look_use_the_partial_index(shop: Shop) -> None:
    shop.ready()
    if not shop.store.sqlite:
        return  # the plan's words are SQLite's
    chance = queue.Chance((FROST.id,), condition(shop.store, frosting()))
    with Counter(shop.store) as counter:
        queue.claim(shop.store, frosting(), chance, "test")
        with shop.store.read() as connection:
            queue.wanted(connection)
    plans = [explain(shop.store, text) for text in counter.texts if text.startswith("SELECT")]
    assert len(plans) == 2
    for plan in plans:
        assert "USING INDEX ix_jobs_ready" in plan or "USING COVERING INDEX ix_jobs_ready" in plan, plan
        assert "SCAN jobs" not in plan, plan


def explain(store: Store, text: str) -> str:
    with store.read() as connection:
        driver: Any = connection.connection.driver_connection
        return "\n".join(
            str(line[3]) for line in driver.execute(f"EXPLAIN QUERY PLAN {text}", ["ready"] * text.count("?"))
        )
