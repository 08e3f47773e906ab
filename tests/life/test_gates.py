"""Whatever people say and jobs do, in whatever order: nothing is begun that the machine is not fit for, and nothing
that it does is left uncounted.

The model keeps by itself what truly is in the printer and on it, by what people did there; the record is only asked.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from jobs import attempts, condition, queue, upkeep
from jobs import models as m
from jobs.fits import Cleaning, Load, Measure, Task
from jobs.states import BedState
from jobs.store import Refused

from .kitchen import ANN, SECONDS, VOLUME, Kitchen, needs, offer

MATERIALS = {
    "white": Load("white", "frosting", frozenset({"milk"})),
    "nutty": Load("nutty", "frosting", frozenset({"milk", "nuts"})),
    "plain": Load("plain", "batter", frozenset()),
}
CLEAN_EVERY = 7200.0
CONTAINS = st.sampled_from([(), ("milk",), ("milk", "wheat"), ("milk", "nuts"), ("milk", "nuts", "wheat")])
DONE = st.none() | st.sampled_from([0.0, 0.5, 1.0])
NOZZLE = Task("clean nozzle", 2, Measure.JOBS, "2 jobs", blocks=True)
HOURS = st.none() | st.just(1)
"""Until what is loaded expires."""
ENDS = st.sampled_from(["finished", "failed", "cancelled", "seen_made", "seen_failed", "doubted"])


class Printer(RuleBasedStateMachine):
    """One printer, and people who say everything that can be said of it."""

    def __init__(self) -> None:
        super().__init__()
        configured = offer(load=MATERIALS["white"], tasks=(NOZZLE,), cleaning=Cleaning(CLEAN_EVERY, "kind"))
        self.kitchen = Kitchen(configured)
        self.inside, self.left, self.expires = MATERIALS["white"], None, None
        self.residue: set[str] = {"milk"}
        self.kinds: set[str] = {"frosting"}
        self.first = self.kitchen.clock.at
        self.since_task = self.ended = 0
        self.used = 0.0
        self.needs: dict[str, Any] = {}
        self.old: queue.Chance | None = None
        self.claimed: queue.Claim | None = None
        self.attempt: str | None = None
        self.begun = False
        self.before: dict[str, Any] | None = None

    def teardown(self) -> None:
        self.kitchen.store.close()

    # --- jobs ---------------------------------------------------------------------------------------------------

    @rule(material=st.sampled_from(sorted(MATERIALS)), contains=CONTAINS, volume=st.sampled_from([VOLUME, 1500.0]))
    def order(self, material: str, contains: tuple[str, ...], volume: float) -> None:
        # A product that is made of a material is declared to contain what that contains.
        contains = tuple(sorted({*contains, *MATERIALS[material].allergens}))
        wanted = needs(material, contains)
        self.needs[self.kitchen.job(wanted, volume)] = (wanted, volume)

    @rule(event=ENDS, done=DONE)
    def step(self, event: str, done: float | None) -> None:
        """The next step of a job's life, by what the agent sees at this moment."""
        if self.begun:
            self.end(event, done)
            self.clear()
        elif self.attempt is not None:
            self.confirm()
        elif self.claimed is not None:
            self.intend()
        else:
            self.look()
            self.claim()

    @rule(event=ENDS, done=DONE)
    def whole(self, event: str, done: float | None) -> None:
        """A whole life, where one can begin."""
        for _ in range(4):
            self.step(event, done)

    @rule()
    def look(self) -> None:
        """The agent looks; what it saw may be old when it claims."""
        self.old = queue.look(self.kitchen.store, self.kitchen.offer)

    @precondition(lambda self: self.old is not None and self.claimed is None and self.attempt is None)
    @rule()
    def claim(self) -> None:
        assert self.old is not None
        self.claimed = queue.claim(self.kitchen.store, self.kitchen.offer, self.old, "agent")
        if self.claimed is not None:
            self.fit(self.claimed.job_id)
            assert self.kitchen.condition().bed is BedState.CLEAR

    def intend(self) -> None:
        claim, self.claimed = self.claimed, None
        assert claim is not None
        try:
            self.attempt = attempts.intend(self.kitchen.store, claim, self.kitchen.offer, "agent").attempt
        except Refused as refused:
            queue.release(self.kitchen.store, claim.job_id, str(refused), "agent")
            return
        self.fit(claim.job_id)
        self.touch(self.inside)
        self.residue |= set(self.needs[claim.job_id][0].leaves)

    def fit(self, job: str) -> None:
        """What must be so whenever a job is taken or is about to begin."""
        wanted, volume = self.needs[job]
        assert self.kitchen.row()["state"] == "in-service"
        assert self.inside.material == wanted.material
        assert self.residue | self.inside.allergens <= set(wanted.contains), "it may not contain what is on the printer"
        assert self.left is None or volume <= self.left
        assert self.expires is None or self.kitchen.clock.at < self.expires
        assert self.since_task < NOZZLE.every
        assert not (self.kinds - {self.inside.kind}), "another kind of material touched it"

    def confirm(self) -> None:
        attempts.confirm(self.kitchen.store, self.attempt or "", "it says so", "agent")
        self.begun = True

    @precondition(lambda self: self.attempt is not None and not self.begun)
    @rule()
    def fence(self) -> None:
        attempts.fenced(self.kitchen.store, self.attempt or "", "it is gone", "agent")
        self.attempt = None

    def end(self, event: str, done: float | None) -> None:
        attempt, self.attempt, self.begun = self.attempt or "", None, False
        self.kitchen.end(attempt, event, done)
        if event == "doubted":
            verdict = "made" if done else "failed"
            attempts.decide(self.kitchen.store, attempt.rsplit("-a", 1)[0], verdict, ANN)
            done = None
        share = 1.0 if done is None or event in ("finished", "seen_made") else done
        volume = self.needs_of(attempt) * share
        self.ended, self.since_task, self.used = self.ended + 1, self.since_task + 1, self.used + volume
        self.left = None if self.left is None else max(0.0, self.left - volume)

    def needs_of(self, attempt: str) -> float:
        return float(self.needs[attempt.rsplit("-a", 1)[0]][1])

    def clear(self) -> None:
        self.kitchen.clear()
        for job in self.kitchen.rows(m.jobs):
            if job["remake_of"] and job["id"] not in self.needs:
                self.needs[job["id"]] = self.needs[job["remake_of"]]

    # --- people -------------------------------------------------------------------------------------------------

    @rule(
        material=st.sampled_from(sorted(MATERIALS)),
        volume=st.sampled_from([None, 600.0, 5000.0]),
        hours=HOURS,
    )
    def load(self, material: str, volume: float | None, hours: int | None) -> None:
        expires = None if hours is None else self.kitchen.clock.at + hours * 3600
        load = replace(MATERIALS[material], volume=volume, expires="soon" if hours else None, expires_at=expires)
        before = {"what": "loaded", "state": self.truth()}
        with suppress(Refused):
            self.kitchen.load(load)
            self.before, self.inside, self.left, self.expires = before, load, volume, expires
            self.touch(load)

    @rule()
    def clean(self) -> None:
        before = {"what": "cleaned", "residue": set(self.residue), "kinds": set(self.kinds)}
        with suppress(Refused):
            self.kitchen.clean()
            self.residue, self.kinds, self.before = set(), set(), before

    @rule()
    def take_back(self) -> None:
        try:
            self.kitchen.undo()
        except Refused:
            return
        assert self.before is not None
        if self.before["what"] == "loaded":
            self.inside, self.left, self.expires, self.residue, self.kinds = self.before["state"]
        elif self.before["what"] == "cleaned":
            self.residue |= self.before["residue"]
            self.kinds |= self.before["kinds"]
        else:
            self.since_task += self.before["run"]
        self.before = None

    @rule(material=st.sampled_from(sorted(MATERIALS)), hours=HOURS)
    def prepare(self, material: str, hours: int | None) -> None:
        """A good morning: in service, loaded and clean, and something to make."""
        with suppress(Refused):
            self.kitchen.say(upkeep.put_back)
        self.load(material, 5000.0, hours)
        self.clean()
        self.order(material, (), VOLUME)
        self.order(material, ("milk",), VOLUME)

    @rule()
    def maintain(self) -> None:
        upkeep.maintained(self.kitchen.store, self.kitchen.offer, NOZZLE.name, "", ANN)
        self.before = {"what": "maintained", "run": self.since_task}
        self.since_task = 0

    @rule(verb=st.sampled_from([upkeep.drain, upkeep.take_out, upkeep.put_back]))
    def serve(self, verb: Any) -> None:
        with suppress(Refused):
            self.kitchen.say(verb)

    @rule(hours=st.sampled_from([0.1, 1.1, 26.0]))
    def wait(self, hours: float) -> None:
        self.kitchen.clock.at += hours * 3600

    def touch(self, load: Load) -> None:
        self.residue |= load.allergens
        self.kinds.add(load.kind)

    def truth(self) -> tuple[Any, ...]:
        return self.inside, self.left, self.expires, set(self.residue), set(self.kinds)

    # --- always -------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_lost(self) -> None:
        row = self.kitchen.row()
        assert row["jobs_done"] == self.ended
        assert row["volume_used"] == pytest.approx(self.used)
        tries = [tried["done"] for tried in self.kitchen.rows(m.attempts) if tried["done"] is not None]
        assert row["seconds_run"] == pytest.approx(SECONDS * sum(tries))
        assert (row["volume_left"] is None) == (self.left is None)
        assert self.left is None or row["volume_left"] == pytest.approx(self.left)
        assert set(row["traces"].get("allergens", ())) >= self.residue, "something that touched it is not on record"
        (task,) = self.kitchen.condition().upkeep([NOZZLE])
        assert task.run == self.since_task


def walk(examples: int = 40, *phases: Phase) -> None:
    few = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    rules = settings(
        max_examples=examples,
        stateful_step_count=30,
        phases=phases or tuple(Phase),
        deadline=None,
        database=None,
        derandomize=True,
        report_multiple_bugs=False,
        suppress_health_check=few,
    )
    run_state_machine_as_test(Printer, settings=rules)  # type: ignore[no-untyped-call]


def test_no_sequence_of_events_lets_on_what_the_machine_is_not_fit_for() -> None:
    walk()


LEFT_OUT = {
    "traces": lambda p: p.setattr(condition, "forbidden_traces", lambda _c, _n: []),
    "expiry": lambda p: p.setattr(condition, "expired", lambda _c, _n: []),
    "upkeep": lambda p: p.setattr(condition, "_upkeep", lambda _o, _c: []),
    "what is loaded since": lambda p: p.setattr(queue, "unchanged", lambda _m, _c: m.jobs.c.id.is_not(None)),
    "the count": lambda p: p.setattr(
        attempts, "_count", lambda tx, machine, *_: attempts._activity(tx, machine, "idle")
    ),
}


@pytest.mark.parametrize("name", LEFT_OUT)
def test_a_rule_that_is_left_out_is_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    LEFT_OUT[name](monkeypatch)
    with pytest.raises(AssertionError):
        walk(150, Phase.generate)
