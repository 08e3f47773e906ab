"""One piece of a running batch is left out: it is scrap and made again alone, and the others end as they end."""

from __future__ import annotations

from random import Random

import pytest

from drivers import contract as c
from jobs import attempts, batches, floor, intake, leaving, route, views
from jobs import models as m
from jobs.dispatch import Dispatcher, Surroundings
from jobs.fits import Floor
from jobs.intake import Rendered
from jobs.store import NotFound, Refused

from .factory import judge_history
from .shop import FROST, FROSTED, Shop, everything, frosting, row, rows, state
from .world import Fate, ServerDriver, ServerWorld

OFFER = frosting()
WHO = "machine:frost-1"


def place(number: int) -> dict[str, object]:
    return {"pocket": number, "object": number - 1, "x": 10.0 * number, "y": 5.0, "turn": 90.0}


def gathering(shop: Shop, count: int = 3, together: str = "pla") -> list[str]:
    for _ in range(count):
        for unit in shop.order(route=FROSTED):
            intake.plan(shop.store, unit, "planner")
    jobs = [job.id for job in intake.to_render(shop.store)]
    for job in jobs:
        intake.rendered(shop.store, job, artifact(shop, job, together=together), "planner", "it waits for company")
    return jobs


def artifact(shop: Shop, what: str, **manifest: object) -> Rendered:
    data = f"; {what}\nG28\n".encode()
    return Rendered(shop.artifacts.put(data), FROST.media_type, len(data), FROST, None, {"seconds": 5.0, **manifest})


def formed(shop: Shop, jobs: list[str], placed: int) -> str:
    """A batch of which so many have found a place."""
    batch = batches.form(shop.store, {job: {"pocket": n} for n, job in enumerate(jobs, 1)}, "planner")
    places = {str(n): place(n) for n in range(1, placed + 1)}
    intake.rendered(shop.store, batch, artifact(shop, batch, places=places), "planner")
    return batch


@pytest.fixture
def plate(shop: Shop) -> tuple[list[str], str]:
    """Three pieces on the machine: their jobs, and their batch."""
    floor.register(shop.store, OFFER, WHO)
    floor.clear_bed(shop.store, OFFER.name, "looked", "operator:ann")
    jobs = gathering(shop)
    batch = formed(shop, jobs, 3)
    shop.running(OFFER)
    return jobs, batch


def calm() -> ServerWorld:
    return ServerWorld(OFFER.name, Fate(Random(0), calm=True))


class Driver(ServerDriver):
    """Answers to leave_out as it is told to."""

    def __init__(self, error: c.DriverError | None = None) -> None:
        super().__init__(calm())
        self.error, self.wishes = error, list[tuple[str, int]]()

    def leave_out(self, attempt: str, number: int) -> None:
        self.wishes.append((attempt, number))
        if self.error is not None:
            raise self.error


def obeyed(shop: Shop, driver: ServerDriver) -> str:
    """Have what was asked carried out by this driver. The answer."""
    around = Surroundings(lambda *_: [])
    dispatcher = Dispatcher(shop.store, shop.artifacts, OFFER, driver, around)
    for order in floor.asked(shop.store):
        dispatcher.obey(order)
    return str(rows(shop.store, m.commands)[-1]["answer"])


def unit(shop: Shop, job: str) -> str:
    return str(row(shop.store, m.jobs, job)["unit_id"])


def test_what_found_no_place_waits_anew_and_the_others_know_theirs(shop: Shop) -> None:
    jobs = gathering(shop)
    batch = formed(shop, jobs, 2)
    found = [row(shop.store, m.jobs, job) for job in jobs]
    assert [job["state"] for job in found] == ["batched", "batched", "gathering"]
    assert [job["place"] for job in found] == [place(1), place(2), None]
    assert [waiting.job_id for waiting in batches.waiting(shop.store)] == [jobs[2]]
    assert state(shop.store, m.jobs, batch) == "ready"
    judge_history(shop.store)


def test_pieces_of_several_products_are_made_together_where_their_artifacts_say_so(shop: Shop) -> None:
    jobs = gathering(shop, 2) + gathering(shop, 1, together="petg")
    with shop.store.write("test") as tx:
        tx.connection.execute(m.units.update().where(m.units.c.id == unit(shop, jobs[1])).values(product="keyring"))
    companies = {waiting.company for waiting in batches.waiting(shop.store)}
    assert companies == {(FROST.id, "pla"), (FROST.id, "petg")}
    with pytest.raises(Refused, match="not made in one batch"):
        batches.form(shop.store, {job: {"pocket": n} for n, job in enumerate(jobs, 1)}, "planner")
    assert formed(shop, jobs[:2], 2)


@pytest.mark.parametrize("named", ["job", "unit", "pocket"])
def test_a_piece_is_left_out_and_made_again_alone(shop: Shop, plate: tuple[list[str], str], named: str) -> None:
    jobs, batch = plate
    name = {"job": jobs[1], "unit": unit(shop, jobs[1]), "pocket": "2"}[named]
    leaving.ask(shop.store, batch, name, "operator:ann")
    driver = Driver()
    assert obeyed(shop, driver) == "leave-out: done"
    assert driver.wishes == [(f"{batch}-a1", 1)]
    assert "operator:ann had it left out" in row(shop.store, m.jobs, jobs[1])["place"]["left_out"]
    assert state(shop.store, m.jobs, jobs[1]) == "batched", "what becomes of it is said when the batch ends"

    attempts.ended(shop.store, f"{batch}-a1", "finished", "motion finished", WHO)
    assert [state(shop.store, m.jobs, job) for job in [batch, *jobs]] == ["made", "made", "failed", "made"]
    packs = [state(shop.store, m.operations, f"{unit(shop, job)}.pack") for job in jobs]
    assert packs == ["open", "waiting", "open"]
    assert row(shop.store, m.attempts, f"{batch}-a1")["state"] == "judged"
    (again,) = floor.clear_bed(shop.store, OFFER.name, "took them off", "operator:ann")
    anew = row(shop.store, m.jobs, again)
    assert (anew["state"], anew["remake_of"], anew["artifact"]) == (
        "gathering",
        jobs[1],
        row(shop.store, m.jobs, jobs[1])["artifact"],
    )
    judge_history(shop.store)


def test_one_that_came_out_well_after_all_is_kept(shop: Shop, plate: tuple[list[str], str]) -> None:
    jobs, batch = plate
    leaving.ask(shop.store, batch, jobs[0], "operator:ann")
    obeyed(shop, Driver())
    attempts.ended(shop.store, f"{batch}-a1", "finished", "motion finished", WHO)
    with shop.store.write("operator:ann") as tx:
        route.keep(tx, jobs[0])
    assert floor.clear_bed(shop.store, OFFER.name, "took them off", "operator:ann") == []
    judge_history(shop.store)


def test_a_doubt_is_said_and_the_piece_is_scrap(shop: Shop, plate: tuple[list[str], str]) -> None:
    jobs, batch = plate
    leaving.ask(shop.store, batch, jobs[2], "operator:ann")
    assert "the cable" in obeyed(shop, Driver(c.WireFault("the cable fell out")))
    said = row(shop.store, m.jobs, jobs[2])["place"]["left_out"]
    assert "whether the machine obeyed is not known: the cable fell out" in said
    attempts.ended(shop.store, f"{batch}-a1", "doubted", "nobody knows", WHO)
    assert [state(shop.store, m.jobs, job) for job in jobs] == ["batched"] * 3
    attempts.decide(shop.store, batch, "made", "operator:ann")
    assert [state(shop.store, m.jobs, job) for job in jobs] == ["made", "made", "failed"]
    judge_history(shop.store)


@pytest.mark.parametrize(
    "driver", [Driver(c.NotSupported("no M486")), Driver(c.MachineFault("no")), ServerDriver(calm())]
)
def test_a_refusal_changes_nothing(shop: Shop, plate: tuple[list[str], str], driver: ServerDriver) -> None:
    jobs, batch = plate
    leaving.ask(shop.store, batch, jobs[2], "operator:ann")
    assert obeyed(shop, driver) != "leave-out: done"
    assert row(shop.store, m.jobs, jobs[2])["place"] == place(3)
    attempts.ended(shop.store, f"{batch}-a1", "finished", "motion finished", WHO)
    assert [state(shop.store, m.jobs, job) for job in jobs] == ["made"] * 3


def test_what_fails_or_is_cancelled_as_a_whole_ends_as_a_whole(shop: Shop, plate: tuple[list[str], str]) -> None:
    jobs, batch = plate
    leaving.ask(shop.store, batch, jobs[2], "operator:ann")
    obeyed(shop, Driver())
    attempts.ended(shop.store, f"{batch}-a1", "failed", "the nozzle clogged", WHO, 0.5)
    assert [state(shop.store, m.jobs, job) for job in jobs] == ["failed"] * 3
    assert len(floor.clear_bed(shop.store, OFFER.name, "took them off", "operator:ann")) == 3
    judge_history(shop.store)


def test_what_cannot_be_left_out_is_refused_with_the_reason(shop: Shop, plate: tuple[list[str], str]) -> None:
    jobs, batch = plate
    before = everything(shop.store)
    with pytest.raises(NotFound, match="no piece 9"):
        leaving.ask(shop.store, batch, "9", "operator:ann")
    with pytest.raises(NotFound, match="no job"):
        leaving.ask(shop.store, "J-nobody", "1", "operator:ann")
    with pytest.raises(Refused, match="alone: cancel it"):
        leaving.ask(shop.store, jobs[0], "1", "operator:ann")
    assert everything(shop.store) == before
    for name in ("1", "2"):
        leaving.ask(shop.store, batch, name, "operator:ann")
        obeyed(shop, Driver())
    with pytest.raises(Refused, match="left out already"):
        leaving.ask(shop.store, batch, "1", "operator:ann")
    with pytest.raises(Refused, match="last piece"):
        leaving.ask(shop.store, batch, "3", "operator:ann")
    attempts.ended(shop.store, f"{batch}-a1", "finished", "motion finished", WHO)
    with pytest.raises(Refused, match="is made"):
        leaving.ask(shop.store, batch, "3", "operator:ann")


def test_a_wish_that_comes_after_the_end_is_not_sent(shop: Shop, plate: tuple[list[str], str]) -> None:
    jobs, batch = plate
    leaving.ask(shop.store, batch, jobs[0], "operator:ann")
    attempts.ended(shop.store, f"{batch}-a1", "finished", "motion finished", WHO)
    driver = Driver()
    assert "no piece of" in obeyed(shop, driver)
    assert driver.wishes == []
    assert state(shop.store, m.jobs, jobs[0]) == "made"


def test_pockets_of_a_jig_have_no_labels(shop: Shop) -> None:
    floor.register(shop.store, OFFER, WHO)
    floor.clear_bed(shop.store, OFFER.name, "looked", "operator:ann")
    jobs = gathering(shop, 2)
    batch = batches.form(shop.store, {job: {"pocket": n} for n, job in enumerate(jobs, 1)}, "planner")
    intake.rendered(shop.store, batch, artifact(shop, batch), "planner")
    shop.running(OFFER)
    with pytest.raises(Refused, match="does not say which piece"):
        leaving.ask(shop.store, batch, jobs[0], "operator:ann")


def test_pages_show_pieces_in_their_order_whatever_was_left_out(shop: Shop, plate: tuple[list[str], str]) -> None:
    _, batch = plate
    for name in ("1", "2"):
        leaving.ask(shop.store, batch, name, "operator:ann")
        obeyed(shop, Driver())
    with shop.store.read() as connection:
        found = views.jobs(connection, m.jobs.c.id == batch, Floor((OFFER,), 0.0))
    assert [piece["place"]["pocket"] for piece in found[0]["pieces"]] == [1, 2, 3]


def test_an_agent_that_dies_over_it_leaves_the_doubt_on_record(shop: Shop, plate: tuple[list[str], str]) -> None:
    class Dead(Exception):
        """The agent's process is gone."""

    class Dying(Driver):
        def leave_out(self, attempt: str, number: int) -> None:
            raise Dead

    jobs, batch = plate
    leaving.ask(shop.store, batch, jobs[0], "operator:ann")
    with pytest.raises(Dead):
        obeyed(shop, Dying())
    said = row(shop.store, m.jobs, jobs[0])["place"]["left_out"]
    assert said == "operator:ann had it left out; whether the machine obeyed is not known"
    attempts.ended(shop.store, f"{batch}-a1", "seen_made", "its history says so", WHO)
    assert [state(shop.store, m.jobs, job) for job in jobs] == ["failed", "made", "made"]
    judge_history(shop.store)
