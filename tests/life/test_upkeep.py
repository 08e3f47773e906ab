"""What people say of a machine, on record: each is one event, moves what it says, and can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from jobs import attempts, floor, queue, upkeep
from jobs import models as m
from jobs.fits import Cleaning, Load, Measure, Task
from jobs.states import MachineState
from jobs.store import NotFound, Refused

from .kitchen import ANN, DARK, NOZZLE, NUTTY, SECONDS, VOLUME, WHITE, Kitchen, needs, offer

# --- in service ---------------------------------------------------------------------------------------------------


def test_a_machine_out_of_service_takes_nothing_until_it_is_back(kitchen: Kitchen) -> None:
    kitchen.job()
    kitchen.say(upkeep.take_out)
    assert kitchen.claim() is None
    row = kitchen.row()
    assert (row["state"], row["state_by"], row["state_why"]) == ("out-of-service", ANN, "new nozzle")
    kitchen.say(upkeep.put_back)
    assert kitchen.claim() is not None


def test_a_machine_that_runs_is_drained_instead_of_taken_out(kitchen: Kitchen) -> None:
    kitchen.job()
    kitchen.job()
    attempt = kitchen.run()
    with pytest.raises(Refused, match="is on printer: `ful machine drain printer` lets it end first"):
        kitchen.say(upkeep.take_out)
    assert kitchen.say(upkeep.drain) is MachineState.DRAINING
    kitchen.end(attempt)
    assert kitchen.row()["state"] == "out-of-service", "it has ended, and so has the draining"
    kitchen.clear()
    assert kitchen.claim() is None


def test_an_idle_machine_is_drained_at_once(kitchen: Kitchen) -> None:
    assert kitchen.say(upkeep.drain) is MachineState.OUT_OF_SERVICE
    states = [row["event"] for row in kitchen.rows(m.events) if row["entity"] == "machine"]
    assert states[-2:] == ["draining", "drained"]


@pytest.mark.parametrize("end", ["released", "fenced", "not-started", "unknown, then made"])
def test_draining_ends_however_the_last_job_ends(end: str, kitchen: Kitchen) -> None:
    kitchen.job()
    if end == "released":
        claim = kitchen.claim()
        assert claim is not None
        kitchen.say(upkeep.drain)
        queue.release(kitchen.store, claim.job_id, "the door is open", "agent")
    elif end == "fenced":
        attempt = kitchen.intend()
        kitchen.say(upkeep.drain)
        attempts.fenced(kitchen.store, attempt, "it is gone", "agent")
    else:
        attempt = kitchen.run()
        kitchen.say(upkeep.drain)
        kitchen.end(attempt, "doubted")
        assert kitchen.row()["state"] == "draining", "nobody knows what became of it"
        verdict = "not-started" if end == "not-started" else "made"
        attempts.decide(kitchen.store, attempt.removesuffix("-a1"), verdict, ANN)
    assert kitchen.row()["state"] == "out-of-service"


def test_a_draining_that_was_a_slip_is_taken_back(kitchen: Kitchen) -> None:
    kitchen.job()
    attempt = kitchen.run()
    kitchen.say(upkeep.drain)
    kitchen.say(upkeep.put_back)
    kitchen.end(attempt)
    assert kitchen.row()["state"] == "in-service"


def test_what_was_said_between_a_claim_and_its_start_stops_it(kitchen: Kitchen) -> None:
    kitchen.job()
    claim = kitchen.claim()
    assert claim is not None
    kitchen.say(upkeep.drain)
    with pytest.raises(Refused, match="changed since it was claimed"):
        attempts.intend(kitchen.store, claim, kitchen.offer, "agent")
    queue.release(kitchen.store, claim.job_id, "it was drained", "agent")
    assert kitchen.row()["state"] == "out-of-service"


# --- what is in it ------------------------------------------------------------------------------------------------


def test_the_configured_material_counts_until_somebody_says_what_was_loaded(kitchen: Kitchen) -> None:
    assert kitchen.row()["loaded"]["by"] == "config.yaml"
    pink = offer(load=Load("pink", "frosting"))
    floor.register(kitchen.store, pink, "agent")
    assert kitchen.row()["loaded"]["material"] == "pink"
    kitchen.load(NUTTY)
    floor.register(kitchen.store, pink, "agent")
    loaded = kitchen.condition().loaded
    assert loaded is not None and (loaded.material, loaded.by, loaded.left) == ("nutty", ANN, 2000.0)
    assert kitchen.condition().traces.materials == {"white": "frosting", "pink": "frosting", "nutty": "frosting"}


def test_registering_again_changes_nothing(kitchen: Kitchen) -> None:
    before = kitchen.rows(m.machines), len(kitchen.rows(m.events))
    floor.register(kitchen.store, kitchen.offer, "agent")
    assert (kitchen.rows(m.machines), len(kitchen.rows(m.events))) == before


def test_a_cartridge_is_counted_down_until_it_does_not_hold_the_next_job(kitchen: Kitchen) -> None:
    kitchen.load(replace(WHITE, volume=1400.0))
    for _ in range(3):
        kitchen.job()
    kitchen.make(2)
    assert kitchen.row()["volume_left"] == 400.0
    assert kitchen.claim() is None
    small = kitchen.job(volume=300.0)
    claim = kitchen.claim()
    assert claim is not None and claim.job_id == small, "a job that needs less is taken meanwhile"
    kitchen.end(kitchen.intend(claim), "seen_made")
    kitchen.clear()
    kitchen.load(WHITE)
    assert kitchen.claim() is not None


@pytest.mark.parametrize(
    ("event", "done", "share"),
    [
        ("finished", None, 1.0),
        ("finished", 0.4, 1.0),
        ("failed", 0.25, 0.25),
        ("failed", None, 1.0),
        ("cancelled", 0.5, 0.5),
        ("seen_failed", None, 1.0),
        ("failed", 7.0, 1.0),
    ],
)
def test_an_ended_attempt_is_counted_as_far_as_it_got(
    event: str, done: float | None, share: float, kitchen: Kitchen
) -> None:
    kitchen.load(WHITE)
    kitchen.job()
    kitchen.end(kitchen.run(), event, done)
    row = kitchen.row()
    assert (row["jobs_done"], row["volume_left"]) == (1, 2000.0 - VOLUME * share)
    assert (row["seconds_run"], row["volume_used"]) == (SECONDS * share, VOLUME * share)
    assert kitchen.rows(m.attempts)[0]["done"] == share
    assert kitchen.events("worked")[0]["volume"] == VOLUME * share


def test_what_never_began_is_not_counted_and_what_nobody_knows_is_counted_when_it_is_decided(kitchen: Kitchen) -> None:
    kitchen.load(WHITE)
    kitchen.job()
    attempts.fenced(kitchen.store, kitchen.intend(), "it is gone", "agent")
    attempt = kitchen.run()
    kitchen.end(attempt, "doubted")
    assert kitchen.row()["jobs_done"] == 0
    attempts.decide(kitchen.store, attempt.rsplit("-a", 1)[0], "failed", ANN)
    assert (kitchen.row()["jobs_done"], kitchen.row()["volume_left"]) == (1, 1500.0)


def test_each_attempt_says_of_which_lot_it_was_made(kitchen: Kitchen) -> None:
    kitchen.load(replace(WHITE, lot="L7"))
    kitchen.job()
    kitchen.make()
    assert kitchen.rows(m.attempts)[0]["loaded"] == {"material": "white", "lot": "L7"}


def test_nothing_is_changed_in_a_machine_that_has_a_job(kitchen: Kitchen) -> None:
    kitchen.job()
    claim = kitchen.claim()
    assert claim is not None
    for say in (kitchen.clean, lambda: kitchen.load(NUTTY)):
        with pytest.raises(Refused, match=f"{claim.job_id} is on printer"):
            say()
    attempt = kitchen.intend(claim)
    kitchen.end(attempt, "doubted")
    with pytest.raises(Refused, match="nobody knows what became of it"):
        kitchen.clean()


def test_a_load_that_was_a_slip_is_taken_back_whole(kitchen: Kitchen) -> None:
    before = kitchen.condition()
    kitchen.load(NUTTY)
    assert "nuts" in kitchen.condition().traces.allergens
    assert kitchen.undo() == []
    after = kitchen.condition()
    assert replace(after, epoch=0) == replace(before, epoch=0)
    with pytest.raises(Refused, match="nothing to take back"):
        kitchen.undo()


def test_what_something_was_made_from_is_corrected_instead_and_the_pieces_are_suspect(kitchen: Kitchen) -> None:
    kitchen.load(WHITE)
    for _ in range(2):
        kitchen.job()
    kitchen.make(2)
    with pytest.raises(Refused, match="--instead` says what it really was"):
        kitchen.undo()
    units = [unit["id"] for unit in kitchen.rows(m.units)]
    assert kitchen.load(NUTTY, instead=True) == units
    held = kitchen.rows(m.units)
    assert {unit["state"] for unit in held} == {"held"}
    assert "loaded with nutty when white was said" in held[0]["problems"][0]["reason"]


# --- cleaning -----------------------------------------------------------------------------------------------------


def test_an_allergen_that_touched_the_machine_keeps_others_away_until_it_is_cleaned(kitchen: Kitchen) -> None:
    kitchen.load(NUTTY)
    kitchen.load(WHITE)
    kitchen.job(needs(contains=("milk",)))
    assert kitchen.claim() is None, "nuts were in it"
    kitchen.clean()
    assert kitchen.claim() is not None
    said = [row for row in kitchen.rows(m.events) if row["event"] == "cleaned"]
    assert [(row["who"], row["detail"]["how"]) for row in said] == [(ANN, "hot water")]
    assert said[0]["detail"]["allergens"] == ["milk", "nuts"]


def test_a_piece_leaves_its_allergens_too_and_not_what_is_sealed_inside(kitchen: Kitchen) -> None:
    kitchen.job(replace(needs(contains=("eggs", "milk", "wheat")), leaves=("milk", "wheat")))
    kitchen.make()
    assert kitchen.condition().traces.allergens == {"milk", "wheat"}
    kitchen.job(needs(contains=("milk",)))
    assert kitchen.claim() is None


def test_what_a_piece_leaves_is_on_record_before_it_can_begin(kitchen: Kitchen) -> None:
    kitchen.job(needs(contains=("milk", "wheat")))
    kitchen.intend()
    assert "wheat" in kitchen.condition().traces.allergens


def test_after_cleaning_what_is_loaded_touches_it_again_with_the_next_piece(kitchen: Kitchen) -> None:
    kitchen.job()
    kitchen.clean()
    assert kitchen.condition().traces.allergens == frozenset()
    kitchen.make()
    assert kitchen.condition().traces.allergens == {"milk"}


@pytest.mark.parametrize("what", ["foreign", "soiled"])
def test_what_is_no_job_of_ours_leaves_what_is_loaded(what: str, kitchen: Kitchen) -> None:
    kitchen.load(NUTTY)
    kitchen.clean()
    if what == "foreign":
        floor.foreign(kitchen.store, "printer", "a print from its card", "agent")
    else:
        floor.soiled(kitchen.store, "printer", "console: G1 E5", "agent")
    kitchen.load(WHITE)
    assert kitchen.condition().traces.allergens == {"milk", "nuts"}


def test_a_cleaning_is_due_after_its_time_and_after_another_kind(kitchen_with: Callable[..., Kitchen]) -> None:
    kitchen = kitchen_with(cleaning=Cleaning(every=3600.0, on_change="kind"))
    kitchen.job()
    kitchen.clock.at += 3600
    assert kitchen.claim() is None
    kitchen.clean()
    kitchen.make()
    kitchen.load(DARK)
    kitchen.job(needs("dark"))
    assert kitchen.claim() is None, "frosting touched it"
    kitchen.clean()
    assert kitchen.claim() is not None


def test_a_cleaning_that_did_not_happen_makes_what_was_made_since_suspect(kitchen: Kitchen) -> None:
    kitchen.load(NUTTY)
    kitchen.load(WHITE)
    kitchen.clean()
    kitchen.job(replace(needs(contains=("milk", "nuts")), leaves=("milk",)))
    kitchen.make()
    kitchen.job(needs(contains=("milk",)))
    attempt = kitchen.run()
    assert kitchen.row()["undo"]["what"] == "cleaned"
    running = kitchen.rows(m.units)[1]["id"]
    assert kitchen.undo() == [running], "said while it runs, as it must be known at once"
    unit = kitchen.rows(m.units)[1]
    assert unit["state"] == "held" and "nuts" in unit["problems"][0]["reason"]
    assert kitchen.condition().traces.allergens == {"milk", "nuts"}
    kitchen.end(attempt)
    kitchen.clear()
    kitchen.job(needs(contains=("milk",)))
    assert kitchen.claim() is None


# --- maintenance --------------------------------------------------------------------------------------------------


def test_a_task_that_is_due_and_blocks_lets_nothing_on_until_it_is_done(kitchen_with: Callable[..., Kitchen]) -> None:
    kitchen = kitchen_with(tasks=(NOZZLE,))
    for _ in range(4):
        kitchen.job()
    kitchen.make(3)
    assert kitchen.claim() is None
    upkeep.maintained(kitchen.store, kitchen.offer, "clean nozzle", "two crumbs", ANN)
    assert kitchen.claim() is not None
    (task,) = kitchen.condition().upkeep(kitchen.offer.tasks)
    assert (task.run, task.by, task.note) == (0, ANN, "two crumbs")
    assert kitchen.events("maintained") == [{"task": "clean nozzle", "note": "two crumbs"}]


def test_a_task_that_does_not_block_is_due_and_the_machine_goes_on(kitchen_with: Callable[..., Kitchen]) -> None:
    kitchen = kitchen_with(tasks=(Task("grease", 2 * SECONDS, Measure.SECONDS, "2 min"),))
    for _ in range(3):
        kitchen.job()
    kitchen.make(2)
    assert [task.due for task in kitchen.condition().upkeep(kitchen.offer.tasks)] == [True]
    assert kitchen.claim() is not None


def test_upkeep_that_was_not_done_after_all_is_due_again(kitchen_with: Callable[..., Kitchen]) -> None:
    kitchen = kitchen_with(tasks=(NOZZLE,))
    for _ in range(4):
        kitchen.job()
    kitchen.make(2)
    upkeep.maintained(kitchen.store, kitchen.offer, "clean nozzle", "", ANN)
    kitchen.make(1)
    upkeep.maintained(kitchen.store, kitchen.offer, "clean nozzle", "", ANN)
    kitchen.undo()
    (task,) = kitchen.condition().upkeep(kitchen.offer.tasks)
    assert task.run == 1, "as it was done the time before"


def test_what_is_not_there_is_named(kitchen_with: Callable[..., Kitchen]) -> None:
    kitchen = kitchen_with(tasks=(NOZZLE,))
    with pytest.raises(NotFound, match="no task 'oil'; there are: clean nozzle"):
        upkeep.maintained(kitchen.store, kitchen.offer, "oil", "", ANN)
    for say in (
        lambda: upkeep.load(kitchen.store, "oven", WHITE, ANN),
        lambda: upkeep.cleaned(kitchen.store, "oven", "", ANN),
        lambda: upkeep.undo(kitchen.store, "oven", "", ANN),
        lambda: upkeep.drain(kitchen.store, "oven", "", ANN),
    ):
        with pytest.raises(NotFound, match="oven"):
            say()
