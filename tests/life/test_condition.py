"""The rules by themselves: what keeps a machine from taking a job, with its reason and its mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jobs.condition import Condition, Loaded, Traces, amount, gates, unfit
from jobs.fits import Cleaning, Measure, Task
from jobs.states import MachineState

from .kitchen import NOZZLE, needs, offer

NOW = 1_700_000_000.0
WHITE = Loaded("white", "frosting", frozenset({"milk"}), left=2000.0)
FIT = Condition("printer", loaded=WHITE, traces=Traces(frozenset({"milk"}), {"white": "frosting"}, NOW - 60))
SHUT: dict[str, tuple[dict[str, Any], dict[str, Any], str, str]] = {
    "out of service": (
        {},
        {"state": MachineState.OUT_OF_SERVICE, "by": "Ann", "why": "it leaks"},
        "printer is out of service: Ann said so (it leaks)",
        "`ful machine in-service printer`",
    ),
    "draining": ({}, {"state": MachineState.DRAINING, "by": "Ann"}, "takes nothing more: Ann", "in-service printer"),
    "upkeep": (
        {"tasks": (NOZZLE,)},
        {"counters": {Measure.JOBS: 5}, "done": {"clean nozzle": {"jobs": 2}}},
        "clean nozzle is due: 3 jobs of 3 jobs",
        '`ful machine maintained printer "clean nozzle" --note`',
    ),
    "cleaning after a time": (
        {"cleaning": Cleaning(every=3600.0)},
        {"traces": Traces(since=NOW - 3600)},
        "1.0 h since something first touched it",
        "`ful machine cleaned printer --how`",
    ),
    "cleaning after another material": (
        {"cleaning": Cleaning(on_change="material")},
        {"traces": Traces(materials={"white": "frosting", "pink": "frosting"})},
        "pink touched it, and now it is loaded with white",
        "cleaned printer",
    ),
    "cleaning after another kind": (
        {"cleaning": Cleaning(on_change="kind")},
        {"traces": Traces(materials={"white": "frosting", "pink": "frosting", "dark": "chocolate"})},
        "dark touched it",
        "cleaned printer",
    ),
    "expired": (
        {},
        {"loaded": replace(WHITE, lot="L7", expires="2023-11-13", expires_at=NOW)},
        "lot L7 of white in printer expired on 2023-11-13",
        "load printer white",
    ),
}


@pytest.mark.parametrize("name", SHUT)
def test_each_gate_says_why_and_what_opens_it(name: str) -> None:
    machine, condition, text, frees = SHUT[name]
    (reason,) = gates(offer(**machine), replace(FIT, **condition), NOW)
    assert text in reason.text and frees in reason.frees


def test_a_machine_that_is_fit_has_no_gate() -> None:
    rules = {"tasks": (NOZZLE,), "cleaning": Cleaning(every=3600.0, on_change="material")}
    assert gates(offer(**rules), FIT, NOW) == []
    assert unfit(FIT, needs(), 2000.0) == []


def test_a_gate_opens_and_shuts_at_its_moment() -> None:
    lot = replace(FIT, loaded=replace(WHITE, expires="2023-11-14", expires_at=NOW))
    assert not gates(offer(), lot, NOW - 1) and gates(offer(), lot, NOW)
    clean = offer(cleaning=Cleaning(every=60.0))
    assert gates(clean, FIT, NOW) and not gates(clean, FIT, NOW - 1)
    never = replace(FIT, traces=Traces())
    assert not gates(clean, never, NOW), "what nothing touched need not be cleaned"


UNFIT: dict[str, tuple[Any, dict[str, Any], str]] = {
    "another material": (needs("pink"), {}, "loaded with white, pink is needed"),
    "nothing loaded": (needs(), {"loaded": None}, "loaded with nothing, white is needed"),
    "too little": (needs(), {"loaded": replace(WHITE, left=499.0)}, "has 0.49 ml of white left, 0.50 ml are needed"),
    "an allergen on it": (
        needs(contains=("milk",)),
        {"traces": Traces(frozenset({"milk", "nuts", "eggs"}))},
        "eggs and nuts touched printer since it was last cleaned",
    ),
    "an allergen in it": (needs(material=None, contains=()), {"traces": Traces()}, "milk touched printer"),
}


@pytest.mark.parametrize("name", UNFIT)
def test_a_job_that_cannot_be_taken_says_why(name: str) -> None:
    wanted, condition, text = UNFIT[name]
    (reason,) = unfit(replace(FIT, **condition), wanted, 500.0)
    assert text in reason.text and "`ful machine" in reason.frees


def test_what_is_no_food_may_be_made_on_anything() -> None:
    dirty = replace(FIT, traces=Traces(frozenset({"nuts"})))
    assert unfit(dirty, replace(needs(), contains=None)) == []
    assert unfit(dirty, needs()) != []


def test_what_is_not_counted_never_runs_out() -> None:
    assert unfit(replace(FIT, loaded=replace(WHITE, left=None)), needs(), 1e9) == []


ALLERGENS = st.frozensets(st.sampled_from(["milk", "nuts", "eggs", "wheat"]))


@given(ALLERGENS, ALLERGENS, ALLERGENS)
def test_a_job_is_let_on_exactly_where_it_may_contain_all_that_is_there(
    traces: frozenset[str], within: frozenset[str], contains: frozenset[str]
) -> None:
    condition = replace(FIT, traces=Traces(traces), loaded=replace(WHITE, allergens=within))
    let_on = not unfit(condition, needs(contains=tuple(sorted(contains))))
    assert let_on == ((traces | within) <= contains)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 1e5), st.sampled_from(list(Measure)))
def test_a_task_is_due_when_its_counter_has_run_its_interval(
    then: float, run: float, every: float, of: Measure
) -> None:
    done = {"t": {str(of): then}}
    (task,) = Condition(counters={of: then + run}, done=done).upkeep([Task("t", every, of, "")])
    assert task.due == (then + run - then >= every)


def test_amounts_are_told_as_people_measure() -> None:
    said = [amount(1, Measure.JOBS), amount(21, Measure.JOBS), amount(5400, Measure.SECONDS)]
    assert said == ["1 job", "21 jobs", "1.5 h"]
    assert [amount(499.6, Measure.VOLUME), amount(60_000, Measure.VOLUME)] == ["0.50 ml", "60.0 ml"]


@given(
    ALLERGENS, st.dictionaries(st.sampled_from(["a", "b"]), st.sampled_from(["x", "y"])), st.none() | st.floats(0, 9)
)
def test_traces_survive_the_record(allergens: frozenset[str], materials: dict[str, str], since: float | None) -> None:
    traces = Traces(allergens, materials, since, "Ann", since, "hot water")
    assert Traces.of(traces.body()) == traces
    loaded = replace(WHITE, allergens=allergens, lot="L")
    assert Loaded.of(loaded.body(), 2000.0) == loaded
