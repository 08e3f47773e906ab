"""What technicians ask is guarded twice: when it is asked, and by the dispatcher when it would be done."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import contract as c
from drivers.service import CONSOLE_BYTES, Box, Facts, KnowsQuestions, Serviced, checked_box, checked_line
from fulfillment.comparison import Verdict, compared, missed
from fulfillment.config import Machine
from jobs import floor, service
from jobs import models as m
from jobs.artifacts import ArtifactStore
from jobs.dispatch import Dispatcher, Surroundings
from jobs.fits import Offer
from jobs.store import NotFound, Refused, Store
from tests.jobs.shop import create, rows
from tests.jobs.world import Fate, ServerDriver, ServerWorld

OFFER = Offer("m", frozenset({"plot"}), frozenset({"text/x-gcode"}), envelope=(200.0, 200.0, 50.0))
FACTS = Facts("Toy 1.0", (200.0, 200.0, 50.0), (100.0, 90.0, 5.0), (500.0, 400.0, 50.0), {"CAN": "1"})


class Mute(ServerDriver):
    """A driver that offers technicians nothing."""


class Toy(Mute):
    """A driver that writes down what technicians asked, and how the bed stood on record at that moment."""

    def __init__(self, store: Store) -> None:
        super().__init__(ServerWorld("m", Fate(Random(0), calm=True)))
        self.store, self.done = store, list[tuple[str, Any, str]]()
        self.fault: c.DriverError | None = None

    def _did(self, verb: str, argument: object = None) -> None:
        if self.fault is not None:
            raise self.fault
        (bed,) = rows(self.store, m.beds)
        self.done.append((verb, argument, bed["state"]))

    def facts(self) -> Facts:
        self._did("facts")
        return FACTS

    def console(self, line: str) -> list[str]:
        self._did("console", line)
        return [f"heard {line}"]

    def home(self) -> None:
        self._did("home")

    def nudge(self) -> None:
        self._did("nudge")

    def frame(self, box: Box, speed: float) -> None:
        self._did("frame", (box, speed))


class Knowing(Toy):
    def asks(self, line: str) -> bool:
        return line == "WHO?"


class Bench:
    """One machine with its dispatcher, its bed cleared."""

    def __init__(self, store: Store, artifacts: ArtifactStore, driver: Any) -> None:
        self.store, self.driver = store, driver
        self.dispatcher = Dispatcher(store, artifacts, OFFER, driver, Surroundings(preflight=lambda *_: []))
        floor.register(store, OFFER, "machine:m")
        floor.clear_bed(store, "m", "looked", "ann")
        self.dispatcher.connect()

    def ask(self, verb: str, argument: str | None = None) -> floor.Answer:
        number = floor.ask(self.store, "m", verb, None, "ann", argument)
        return self.obey(number)

    def obey(self, number: int) -> floor.Answer:
        (order,) = (order for order in floor.asked(self.store) if order.id == number)
        self.dispatcher.obey(order)
        answer = floor.answer_to(self.store, number)
        assert answer is not None
        return answer

    @property
    def bed(self) -> str:
        (bed,) = rows(self.store, m.beds)
        return str(bed["state"])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with closing(create(Store(f"sqlite:///{tmp_path}/record.db", lambda: 1.0))) as made:
        yield made


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return Bench(store, ArtifactStore(tmp_path / "artifacts"), Knowing(store))


def test_every_verb_reaches_the_driver_and_its_answer_the_record(bench: Bench) -> None:
    assert isinstance(bench.driver, Serviced) and isinstance(bench.driver, KnowsQuestions)
    assert service.facts_of(bench.ask("facts").result or {}) == FACTS
    assert bench.ask("console", " WHO? ").result == {"lines": ["heard WHO?"], "soiled": False}
    for verb, argument in (("home", None), ("nudge", None), ("frame", "1 2 3 4 50")):
        assert bench.ask(verb, argument) == floor.Answer(f"{verb}: done", {"soiled": False})
    assert [(verb, argument) for verb, argument, _ in bench.driver.done] == [
        ("facts", None),
        ("console", "WHO?"),
        ("home", None),
        ("nudge", None),
        ("frame", ((1, 2, 3, 4), 50)),
    ]
    assert bench.bed == "clear", "moving the head soils no bed"


def test_the_bed_is_dirty_before_the_line_goes_out(bench: Bench) -> None:
    answer = bench.ask("console", "G1 E5")
    assert answer.result is not None and answer.result["soiled"]
    assert bench.driver.done == [("console", "G1 E5", "dirty")]
    (event,) = (row for row in rows(bench.store, m.events) if row["event"] == "soiled")
    assert (event["who"], event["detail"]) == ("ann", {"how": "console: G1 E5"})


def test_a_driver_that_knows_no_questions_soils_with_every_line(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, ArtifactStore(tmp_path / "artifacts"), Toy(store))
    assert (bench.ask("console", "WHO?").result or {})["soiled"] and bench.bed == "dirty"


def test_a_line_that_failed_has_soiled_all_the_same(bench: Bench) -> None:
    bench.driver.fault = c.WireFault("the link broke")
    assert bench.ask("console", "G1 E5") == floor.Answer("console: the link broke", None)
    assert bench.bed == "dirty", "nobody knows how far it got"


def test_a_driver_without_the_verbs_says_so(store: Store, tmp_path: Path) -> None:
    driver = Mute(ServerWorld("m", Fate(Random(0), calm=True)))
    answer = Bench(store, ArtifactStore(tmp_path / "artifacts"), driver).ask("home")
    assert answer.result is None and "offers technicians nothing" in answer.text


# --- while something is on it ------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", floor.IN_HAND)
def test_it_is_refused_when_asked(state: str, bench: Bench, tools: Any) -> None:
    tools.busy(bench.store, "m", state)
    for verb, argument in (("console", "WHO?"), ("home", None), ("facts", None), ("frame", "1 2 3 4 5")):
        with pytest.raises(Refused, match="J-1"):
            floor.ask(bench.store, "m", verb, None, "ann", argument)
    assert floor.asked(bench.store) == []


@pytest.mark.parametrize("state", floor.IN_HAND)
def test_it_is_refused_when_something_came_onto_it_meanwhile(state: str, bench: Bench, tools: Any) -> None:
    number = floor.ask(bench.store, "m", "console", None, "ann", "G1 E5")
    tools.busy(bench.store, "m", state)
    answer = bench.obey(number)
    assert answer.result is None and "J-1" in answer.text
    assert bench.driver.done == [] and bench.bed == "clear"


def test_the_dispatcher_itself_refuses_with_an_attempt_in_hand_or_something_foreign(bench: Bench) -> None:
    bench.dispatcher.attempt = "J-9-a1"
    assert "J-9-a1 is on m" in bench.ask("home").text
    bench.dispatcher.attempt = None
    bench.driver.world.begin("foreign-a1")
    bench.dispatcher.handle(c.Foreign("a print from its card"))
    assert "a print from its card is on m" in bench.ask("console", "WHO?").text
    assert bench.driver.done == []


def test_a_job_on_another_machine_is_no_reason(bench: Bench, tools: Any) -> None:
    tools.busy(bench.store, "n", "running")
    assert bench.ask("home").result is not None


# --- what may be asked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("verb", "argument"),
    [
        ("console", None),
        ("console", "  "),
        ("console", "G28\nG1"),
        ("console", "x" * (CONSOLE_BYTES + 1)),
        ("frame", None),
        ("frame", "1 2 3 4"),
        ("frame", "1 2 3 nan 5"),
        ("frame", "a b c d e"),
        ("dance", None),
    ],
)
def test_what_makes_no_sense_is_not_written_down(verb: str, argument: str | None, bench: Bench) -> None:
    with pytest.raises(Refused):
        floor.ask(bench.store, "m", verb, None, "ann", argument)
    assert floor.asked(bench.store) == []


def test_a_verb_without_an_argument_keeps_none(bench: Bench) -> None:
    floor.ask(bench.store, "m", "home", None, "ann", "G28")
    assert floor.asked(bench.store)[0].argument is None
    with pytest.raises(NotFound, match="command 99"):
        floor.answer_to(bench.store, 99)


@given(st.text(max_size=300))
def test_a_line_that_passes_is_one_line(text: str) -> None:
    try:
        line = checked_line(text)
    except c.OurFault as fault:
        assert "nothing was sent" in str(fault)
        return
    assert line == text.strip() and len(line.splitlines()) == 1 and len(line.encode()) <= CONSOLE_BYTES


@given(st.tuples(*[st.floats()] * 4))
def test_a_box_that_passes_lies_inside(box: Any) -> None:
    try:
        x0, y0, x1, y1 = checked_box(box, (200.0, 100.0, 50.0))
    except c.OurFault:
        return
    assert 0 <= x0 < x1 <= 200 and 0 <= y0 < y1 <= 100


# --- as configured against as told ------------------------------------------------------------------------------------


def machine(**changes: Any) -> Machine:
    limits = {"speed": {"x": 100, "y": 90, "z": 5}, "acceleration": 400}
    body = {"name": "m", "driver": "marlin", "address": "/dev/x", "processes": ["plot"], "limits": limits}
    return Machine.model_validate({**body, "envelope": {"x": 200, "y": 200, "z": 50}, **changes}, strict=False)


def test_what_fits_is_ok_and_what_nobody_tells_is_open() -> None:
    verdicts = {row.what: row.verdict for row in compared(machine(), FACTS)}
    assert verdicts.pop("limits.speed.e") is Verdict.OPEN
    assert set(verdicts.values()) == {Verdict.OK} and len(verdicts) == 7
    assert {row.verdict for row in compared(machine(), Facts())} == {Verdict.OPEN}


@pytest.mark.parametrize(
    ("changes", "what", "mend"),
    [
        ({"envelope": {"x": 200, "y": 220, "z": 50}}, "envelope.y", "write envelope.y: 200 mm"),
        (
            {"limits": {"speed": {"x": 100, "y": 90, "z": 6}, "acceleration": 400}},
            "limits.speed.z",
            "write limits.speed.z: 5 mm/s",
        ),
        (
            {"limits": {"speed": {"x": 100, "y": 90, "z": 5}, "acceleration": 450}},
            "limits.acceleration",
            "write limits.acceleration: 400 mm/s2",
        ),
    ],
)
def test_more_than_the_machine_gives_is_bad(changes: Any, what: str, mend: str) -> None:
    (bad,) = (row for row in compared(machine(**changes), FACTS) if row.verdict is Verdict.BAD)
    assert bad.what == what and bad.mend.startswith(mend)


def test_what_a_firmware_lacks_is_named_by_what_it_means() -> None:
    (text,) = missed(machine(), Facts(capabilities={"EMERGENCY_PARSER": "0", "AUTOREPORT_TEMP": "1"}))
    assert text.startswith("EMERGENCY_PARSER: an emergency stop waits")
