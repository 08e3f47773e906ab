"""The shell around print servers, at a server that is a model: one clock, no network, and every call may go wrong."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from drivers.contract import (
    Activity,
    Cancelled,
    Changed,
    Doubted,
    DriverError,
    Event,
    Failed,
    Foreign,
    Link,
    MachineFault,
    Made,
    OurFault,
    Payload,
    Seen,
    Settings,
    Start,
    WireFault,
    WrongAttempt,
)
from drivers.hosted import Hosted, Options
from drivers.servers import Outcome, Server, Sight
from drivers.service import Facts, Serviced

DATA = b"G28\nG1 X1\n"
FILE = "j1-a1.gcode"
LONG = 10_000
LATE = {f"late {calls}": calls for calls in (1, 6, 7, 8, 9, 12)}
"""Calls that pass before an effect arrives: during the wait for the start, amid what decides of it, or after all."""


class Clock:
    """Time passes when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@dataclass
class World:
    """A server and its printer. ``troubles``: what happens at each of the next calls, in their order.

    - lost      no answer, and no effect
    - unheard   the effect, and no answer
    - late n    no answer, and the effect so many calls later
    - refused   a refusal, and no effect
    - lie       a refusal, and the effect
    - restart   the effect; then the server is away for two calls, and has forgotten its job
    """

    feeds: bool = True
    troubles: list[str] = field(default_factory=list)
    length: int = LONG
    """Looks that a print takes."""
    files: dict[str, int] = field(default_factory=dict)
    history: dict[str, Outcome] = field(default_factory=dict)
    printing: str | None = None
    left: int = 0
    paused: bool = False
    online: bool = True
    away: int = 0
    began: list[str] = field(default_factory=list)
    """Files in the order in which their prints truly began."""
    finished: set[str] = field(default_factory=set)
    stops: int = 0
    lines: list[str] = field(default_factory=list)
    late: list[tuple[int, Callable[[], None]]] = field(default_factory=list)
    last: str = ""
    """What it says of the print that ended last."""
    remembers: bool = True
    """Ends go on record."""
    shows: bool = False
    """That something has ended is shown until the next print begins, and not what."""
    careless: bool = False
    """A file that is being printed can be deleted, and is printed all the same."""

    def _call(self, effect: Callable[[], None] = lambda: None) -> None:
        due = [each for calls, each in self.late if calls <= 0]
        self.late = [(calls - 1, each) for calls, each in self.late if calls > 0]
        for each in due:
            try_(each)
        if self.away:
            self.away -= 1
            raise WireFault("connection refused")
        trouble = self.troubles.pop(0) if self.troubles else ""
        if trouble == "lost":
            raise WireFault("timed out")
        if trouble in LATE:
            self.late.append((LATE[trouble], effect))
            raise WireFault("timed out")
        if trouble == "refused":
            raise MachineFault("409")
        effect()
        if trouble == "restart":
            self.restart(2)
        if trouble == "lie":
            raise MachineFault("409")
        if trouble:
            raise WireFault("timed out")

    def restart(self, away: int = 0) -> None:
        """The server forgets; where it feeds the printer, the print is over by that."""
        self.away = away
        if self.feeds:
            self.printing = None

    def finish(self, outcome: Outcome = Outcome.DONE) -> None:
        assert self.printing is not None
        if outcome is Outcome.DONE:
            self.finished.add(self.printing)
        if self.remembers:
            self.history[self.printing] = outcome
        if self.shows:
            self.last = "FINISHED"
        self.printing = None

    # --- the seam -----------------------------------------------------------------------------------------------

    def open(self, hint: Callable[[], None]) -> str:
        self.hint = hint
        self._call()
        return "model 1"

    def look(self) -> Sight:
        self._call()
        if not self.online:
            return Sight(Link.OFFLINE)
        if self.printing is None:
            return Sight(Link.ONLINE, last=self.last)
        self.left -= not self.paused
        if self.left < 0:
            self.finish()
            return Sight(Link.ONLINE, last=self.last)
        return Sight(
            Link.ONLINE, Activity.PAUSED if self.paused else Activity.BUSY, self.printing, progress=1 / (1 + self.left)
        )

    def outcome(self, file: str) -> Outcome:
        self._call()
        return self.history.get(file, Outcome.UNKNOWN)

    def why(self, file: str) -> str:
        return "it fell off the bed" if self.history.get(file) is Outcome.FAILED else ""

    def upload(self, file: str, payload: Payload) -> None:
        def effect() -> None:
            if file in self.files:
                raise MachineFault("it is there already")
            self.files[file] = payload.size

        self._call(effect)

    def size(self, file: str) -> int | None:
        self._call()
        return self.files.get(file)

    def begin(self, file: str) -> None:
        if file not in self.files:
            raise MachineFault("404")
        if self.printing is not None or not self.online:
            raise MachineFault("409")
        self.printing, self.left, self.paused = file, self.length, False
        self.began.append(file)
        self.last = ""

    def start(self, file: str) -> None:
        self._call(lambda: self.begin(file))

    def delete(self, file: str) -> None:
        def effect() -> None:
            if self.printing == file and not self.careless:
                raise MachineFault("in use")
            self.files.pop(file, None)

        self._call(effect)

    def pause(self, sight: Sight) -> None:
        self._call(lambda: setattr(self, "paused", True))

    def resume(self, sight: Sight) -> None:
        self._call(lambda: setattr(self, "paused", False))

    def cancel(self, sight: Sight) -> None:
        self._call(lambda: self.finish(Outcome.CANCELLED) if self.printing else None)

    def stop(self) -> str:
        self.stops += 1
        return "M112 was sent"

    def facts(self) -> Facts:
        self._call()
        return Facts("model 1")

    def console(self, line: str) -> list[str]:
        self._call()
        self.lines.append(line)
        return [f"said {line}"]

    def close(self) -> None: ...


def try_(effect: Callable[[], None]) -> None:
    """What comes too late may be refused, and nobody hears of it."""
    try:
        effect()
    except MachineFault:
        return


def refused(verb: Callable[[], None]) -> None:
    with pytest.raises(DriverError):
        verb()


QUICK = {"poll": 0.01, "idle_poll": 0.01, "settle": 2.0}


class Unwatched(Hosted):
    """Verbs alone make the calls, so that each comes in its turn."""

    def _watch(self) -> None:
        self._closing.wait()


@contextmanager
def hosted(world: World, clock: Clock | None = None, **options: object) -> Iterator[Hosted]:
    """Watched where options say how often."""
    server: Server = world
    kind = Hosted if options.keys() & {"poll", "idle_poll"} else Unwatched
    settings_ = Settings("printer", "model:", envelope=(100.0, 100.0, 50.0))
    with kind(settings_, clock or Clock(), server, Options(**options)) as machine:  # type: ignore[arg-type]
        machine.connect()
        yield machine


@pytest.fixture(scope="module")
def payload(tmp_path_factory: pytest.TempPathFactory) -> Payload:
    path = tmp_path_factory.mktemp("artifact") / "a"
    path.write_bytes(DATA)
    return Payload(path, hashlib.sha256(DATA).hexdigest(), len(DATA), "text/x-gcode")


def until(machine: Hosted, wanted: type[Event] | tuple[type[Event], ...]) -> Event:
    end = time.monotonic() + 20
    while time.monotonic() < end:
        event = machine.next_event(0.0)
        if isinstance(event, wanted):
            return event
        time.sleep(0.001)
    raise AssertionError(f"{wanted} did not come; the status is {machine.status()}")


def reach(done: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not done():
        assert time.monotonic() < end
        time.sleep(0.001)


# --- at most once, whatever goes wrong --------------------------------------------------------------------------------

TROUBLES = st.lists(st.sampled_from(["", "", "", "lost", "unheard", *LATE, "refused", "lie", "restart"]), max_size=14)


def attempted(machine: Hosted, payload: Payload) -> Start:
    """As the dispatcher does it: a transfer that fails is followed by no start."""
    try:
        machine.transfer("j1-a1", payload)
    except (WireFault, MachineFault):
        return Start.UNCERTAIN
    return machine.start("j1-a1").start


@settings(max_examples=400, deadline=None)
@given(TROUBLES, st.booleans(), st.booleans(), st.sampled_from([0, 3, LONG]), TROUBLES)
@example(["", "", "", "", "late 12"], True, False, LONG, [])
@example(["", "", "", "", "late 7"], True, True, LONG, [])
@example(["", "", "", "", "restart"], True, False, LONG, [])
@example(["", "", "", "", "restart"], False, False, LONG, [])
@example(["", "", "", "", "lie", "", "", "late 1"], False, True, 0, [])
def test_nothing_begins_twice_and_no_answer_is_untrue(
    payload: Payload, troubles: list[str], feeds: bool, careless: bool, length: int, more: list[str]
) -> None:
    world = World(feeds, length=length, careless=careless)
    with hosted(world, start_wait=0.5) as machine:
        world.troubles = list(troubles)
        answer = attempted(machine, payload)
        if answer is Start.STARTED:
            assert world.began == [FILE]
        if answer is Start.REFUSED:
            assert world.began == []
        world.troubles = list(more)
        for _ in range(3):
            evidence = machine.reconcile("j1-a1")
            assert is_true(evidence.seen, world), evidence
        world.troubles.clear()
        for _ in range(4):  # Whatever was under way arrives now.
            evidence = machine.reconcile("j1-a1")
        assert is_true(evidence.seen, world), evidence
        machine.start("j1-a1")
        for _ in range(15):
            try_(world._call)
        assert len(world.began) <= 1
        if evidence.seen is Seen.ABSENT:
            assert world.began == []


@settings(max_examples=300, deadline=None)
@given(TROUBLES, st.booleans(), st.sampled_from([0, 1, 3, LONG]), TROUBLES)
@example(["", "", "", "", "lie"], False, 0, [])
def test_no_answer_of_a_server_without_a_memory_is_untrue(
    payload: Payload, troubles: list[str], careless: bool, length: int, more: list[str]
) -> None:
    """It shows that something has ended, and never what: a print of ours may come and go between two looks."""

    class Quick(World):
        def begin(self, file: str) -> None:
            super().begin(file)
            if length == 0:
                self.finish()

    world = Quick(feeds=False, length=length, careless=careless, remembers=False, shows=True)
    with hosted(world, start_wait=0.5, settle=0.5) as machine:
        world.troubles = list(troubles)
        answer = attempted(machine, payload)
        if answer in (Start.STARTED, Start.REFUSED):
            assert world.began == [FILE] * (answer is Start.STARTED)
        for world.troubles in (list(more), []):
            for _ in range(4):
                evidence = machine.reconcile("j1-a1")
                assert is_true(evidence.seen, world), evidence
        machine.start("j1-a1")
        for _ in range(15):
            try_(world._call)
        assert len(world.began) <= 1
        assert evidence.seen is not Seen.ABSENT or world.began == []


def is_true(seen: Seen, world: World) -> bool:
    """Whether evidence holds of what has happened in truth."""
    began, over = bool(world.began), world.printing is None
    return {
        Seen.ABSENT: not began,
        Seen.MADE: FILE in world.finished,
        Seen.RUNNING: began,
        Seen.PAUSED: began,
        # What it may have begun is called failed, where it cannot have ended well.
        Seen.FAILED: FILE not in world.finished and (over or not began),
        Seen.UNKNOWN: True,
    }[seen]


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 8), TROUBLES, st.booleans())
def test_another_process_goes_on_where_the_first_one_died(
    payload: Payload, calls: int, troubles: list[str], feeds: bool
) -> None:
    """The first is cut off after so many calls; nobody but the server knows how far it came."""

    class Dead(BaseException):
        pass

    world = World(feeds)
    with hosted(world) as first:
        world.troubles = [""] * calls + ["dead"]
        honest, world._call = world._call, lambda effect=lambda: None: dying(effect)  # type: ignore[method-assign]

        def dying(effect: Callable[[], None]) -> None:
            if world.troubles and world.troubles[0] == "dead":
                raise Dead
            honest(effect)

        try:
            attempted(first, payload)
        except Dead:
            pass
        finally:
            world._call = honest  # type: ignore[method-assign]
            world.troubles.clear()
    with hosted(world) as second:
        world.troubles = list(troubles)
        seen = [second.reconcile("j1-a1").seen for _ in range(3)]
        world.troubles.clear()
        seen += [second.reconcile("j1-a1").seen for _ in range(3)]
        assert all(is_true(each, world) for each in seen), seen
        second.start("j1-a1")
        assert len(world.began) <= 1
        assert Seen.ABSENT not in seen or world.began == []


# --- single cases -----------------------------------------------------------------------------------------------------


def test_a_late_start_finds_no_file(payload: Payload) -> None:
    world = World()
    with hosted(world) as machine:
        machine.transfer("j1-a1", payload)
        world.troubles = ["", "", "lost"]  # The look, the size, the start.
        assert machine.start("j1-a1").start is Start.UNCERTAIN
        assert machine.reconcile("j1-a1").seen is Seen.ABSENT
        with pytest.raises(MachineFault):
            world.begin(FILE)
        assert machine.start("j1-a1").start is Start.REFUSED
        with pytest.raises(OurFault):
            machine.transfer("j1-a1", payload)


def test_bytes_that_did_not_all_arrive_are_not_started(payload: Payload) -> None:
    class Short(World):
        def upload(self, file: str, payload: Payload) -> None:
            self.files[file] = payload.size - 1

    world = Short()
    with hosted(world) as machine:
        with pytest.raises(MachineFault, match="9 bytes"):
            machine.transfer("j1-a1", payload)
        assert machine.start("j1-a1").start is Start.REFUSED
        assert machine.reconcile("j1-a1").seen is Seen.ABSENT
    assert world.began == []


def test_an_upload_that_broke_off_can_be_done_again(payload: Payload) -> None:
    world = World(troubles=["", ""])
    with hosted(world) as machine:
        world.troubles = ["unheard"]
        with pytest.raises(WireFault):
            machine.transfer("j1-a1", payload)
        machine.transfer("j1-a1", payload)
        assert machine.start("j1-a1").start is Start.STARTED


@pytest.mark.parametrize("outcome", [Outcome.DONE, Outcome.FAILED, Outcome.CANCELLED])
def test_a_print_that_came_and_went_between_two_looks_is_told(payload: Payload, outcome: Outcome) -> None:
    class Quick(World):
        def begin(self, file: str) -> None:
            super().begin(file)
            self.finish(outcome)

    with hosted(Quick()) as machine:
        machine.transfer("j1-a1", payload)
        assert machine.start("j1-a1").start is Start.STARTED
        kind = Made if outcome is Outcome.DONE else Failed
        assert isinstance(until(machine, (Made, Failed, Cancelled)), kind)
        assert machine.reconcile("j1-a1").seen is (Seen.MADE if outcome is Outcome.DONE else Seen.FAILED)


def test_what_runs_is_looked_at_often_from_its_start_on(payload: Payload) -> None:
    world = World()
    with hosted(world, poll=0.01, idle_poll=3600.0) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        until(machine, Made)


def test_idle_is_no_end(payload: Payload) -> None:
    """The record may lag behind the state, and an idle printer says nothing of how a print ended."""
    world, clock = World(remembers=False), Clock()
    with hosted(world, clock, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        reach(lambda: machine.status().activity is Activity.IDLE)
        time.sleep(0.05)
        assert machine.status().attempt == "j1-a1"
        world.history[FILE] = Outcome.DONE
        assert isinstance(until(machine, (Made, Failed)), Made)


@pytest.mark.parametrize(("feeds", "seen", "told"), [(True, Seen.FAILED, Failed), (False, Seen.UNKNOWN, Doubted)])
def test_a_server_that_has_forgotten_a_print(
    payload: Payload, feeds: bool, seen: Seen, told: type[Failed | Doubted]
) -> None:
    world, clock = World(feeds, remembers=False), Clock()
    with hosted(world, clock, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish(Outcome.FAILED)
        reach(lambda: machine._missing is not None)
        clock.now += 3.0
        end = until(machine, (Made, Failed, Doubted))
        assert isinstance(end, told) and "neither" in end.why
        assert machine.reconcile("j1-a1").seen is seen
        assert machine.start("j1-a1").start is Start.STARTED
        assert world.began == [FILE] and FILE not in world.files


def test_a_lost_link_ends_nothing(payload: Payload) -> None:
    world = World()
    with hosted(world, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.away = LONG
        reach(lambda: machine.status().link is Link.OFFLINE)
        assert machine.status().attempt == "j1-a1"
        assert machine.reconcile("j1-a1").seen is Seen.UNKNOWN
        world.away = 0
        reach(lambda: machine.status().link is Link.ONLINE)
        world.finish()
        assert isinstance(until(machine, (Made, Failed)), Made)


def test_a_fed_printer_that_is_gone_from_its_server_prints_no_more(payload: Payload) -> None:
    world, clock = World(), Clock()
    with hosted(world, clock, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.restart()
        world.online = False
        reach(lambda: machine._missing is not None)
        assert machine.status().attempt == "j1-a1"
        clock.now += 3.0
        until(machine, Failed)
        assert machine.reconcile("j1-a1").seen is Seen.FAILED


def test_a_printer_out_of_its_servers_sight_may_print_on(payload: Payload) -> None:
    world, clock = World(feeds=False), Clock()
    with hosted(world, clock, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.online = False
        reach(lambda: machine.status().link is Link.OFFLINE)
        clock.now += 3600.0
        time.sleep(0.05)
        assert machine.status().attempt == "j1-a1"
        assert machine.reconcile("j1-a1").seen is Seen.UNKNOWN and FILE in world.files
        world.online = True
        reach(lambda: machine.status().link is Link.ONLINE)
        world.finish()
        until(machine, Made)


@pytest.mark.parametrize("feeds", [True, False])
def test_what_was_given_up_and_runs_all_the_same(payload: Payload, feeds: bool) -> None:
    """What was told as failed is foreign then; what was doubted is in hand again, and its end is told."""
    world, clock = World(feeds), Clock()
    with hosted(world, clock, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        held, world.printing = world.printing, None
        reach(lambda: machine._missing is not None)
        clock.now += 3.0
        until(machine, Failed if feeds else Doubted)
        world.printing = held
        if feeds:
            assert until(machine, Foreign) == Foreign(FILE)
            return
        reach(lambda: machine.status().attempt == "j1-a1")
        assert machine.reconcile("j1-a1").seen is Seen.RUNNING
        world.finish()
        events = [until(machine, (Made, Foreign, Changed))]
        while not isinstance(events[-1], Made):
            events.append(until(machine, (Made, Foreign, Changed)))
        assert not any(isinstance(event, Foreign) for event in events)


def test_a_record_that_somebody_has_taken_away_is_no_failure(payload: Payload) -> None:
    """A person, or a plugin that tidies up, deletes the file as soon as it is printed, and its history with it."""
    world, clock = World(feeds=True, remembers=False), Clock()
    with hosted(world, clock, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        world.files.clear()
        reach(lambda: machine._missing is not None)
        clock.now += 3.0
        until(machine, Doubted)
        assert machine.reconcile("j1-a1").seen is Seen.UNKNOWN


def test_a_stop_that_did_not_arrive_ends_nothing(payload: Payload) -> None:
    """The server is away, and its printer prints on: to call that a failure would have it made a second time."""

    class Deaf(World):
        def stop(self) -> str:
            raise WireFault("timed out")

    world = Deaf(feeds=False)
    with hosted(world, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.away = LONG
        machine.stop()
        assert "did not reach" in until(machine, (Failed, Doubted)).why  # type: ignore[union-attr]
        assert machine.reconcile("j1-a1").seen is Seen.UNKNOWN
        world.away = 0
        reach(lambda: machine.status().attempt == "j1-a1")
        assert machine.status().activity is Activity.FAULT
        machine.connect()
        assert machine.reconcile("j1-a1").seen is Seen.RUNNING
        world.finish()
        until(machine, Made)


@pytest.mark.parametrize("before", [True, False])
def test_a_start_that_is_under_way_does_not_outlive_an_emergency_stop(payload: Payload, before: bool) -> None:
    """The stop found no job yet (PrusaLink can only end one), and then the start took effect."""

    class Slow(World):
        def size(self, file: str) -> int | None:
            if before and self.armed:
                machine.stop()
            return super().size(file)

        def start(self, file: str) -> None:
            machine.stop()
            super().start(file)

        def stop(self) -> str:
            if self.printing is not None:
                self.finish(Outcome.CANCELLED)
            return super().stop()

        armed = False

    world = Slow(feeds=False)
    with hosted(world) as machine:
        machine.transfer("j1-a1", payload)
        world.armed = True
        answer = machine.start("j1-a1")
        assert answer.start is (Start.REFUSED if before else Start.STARTED)
        assert world.printing is None, "it goes on after the stop"
        assert machine.reconcile("j1-a1").seen is (Seen.ABSENT if before else Seen.FAILED)
        assert len(world.began) == (not before)


def test_a_stop_after_its_end_makes_no_failure_of_a_good_print(payload: Payload) -> None:
    """It has left the printer, and the record of how it ended lags: the stop found nothing of it to stop."""
    world = World(remembers=False)
    with hosted(world, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        reach(lambda: machine.status().activity is Activity.IDLE)
        machine.stop()
        world.history[FILE] = Outcome.DONE
        assert isinstance(until(machine, (Made, Failed, Doubted)), Made)
        assert machine.status().fault


def test_a_refusal_while_the_printer_leaves_is_no_start(payload: Payload) -> None:
    """Between our look and the start its cable fell out: nobody may wait for the end of what never began."""

    class Leaving(World):
        def start(self, file: str) -> None:
            self.online = False
            raise MachineFault("409: printer is not operational")

    with hosted(Leaving()) as machine:
        machine.transfer("j1-a1", payload)
        assert machine.start("j1-a1").start is Start.UNCERTAIN
        assert machine.reconcile("j1-a1").seen is Seen.FAILED
        assert machine.status().attempt is None


def test_a_record_that_lags_behind_a_refusal_is_waited_for(payload: Payload) -> None:
    """The start worked, it was over at once, and all that was answered is a refusal."""

    class Short(World):
        def start(self, file: str) -> None:
            self.begin(file)
            self.printing, self.due = None, clock.now + 1.0
            raise MachineFault("409")

        def outcome(self, file: str) -> Outcome:
            return Outcome.DONE if self.began and clock.now >= self.due else Outcome.UNKNOWN

    clock = Clock()
    with hosted(Short(), clock, settle=2.0) as machine:
        machine.transfer("j1-a1", payload)
        assert machine.start("j1-a1").start is Start.STARTED
        assert machine.reconcile("j1-a1").seen is Seen.MADE


def test_the_record_is_asked_once_more_when_the_file_is_gone(payload: Payload) -> None:
    """The start came late, amid the deletion, and was over before the next look."""

    class Late(World):
        def delete(self, file: str) -> None:
            self.begin(file)
            self.finish()
            super().delete(file)

    world = Late(troubles=[])
    with hosted(world, start_wait=0.5, settle=0.0) as machine:
        machine.transfer("j1-a1", payload)
        world.troubles = ["", "", "lost"]  # The look, the size, the start.
        assert machine.start("j1-a1").start is Start.UNCERTAIN
        assert machine.reconcile("j1-a1").seen is Seen.MADE


@pytest.mark.parametrize(("last", "seen"), [("FINISHED", Seen.UNKNOWN), ("", Seen.ABSENT)])
def test_a_print_that_nobody_saw_may_have_been_ours(payload: Payload, last: str, seen: Seen) -> None:
    """The server remembers no file, and yet it shows that something has ended since the start."""

    class Terse(World):
        def start(self, file: str) -> None:
            if last:
                self.begin(file)
                self.printing = None
            self.last = last

    with hosted(Terse(feeds=False, remembers=False), start_wait=0.5, settle=0.0) as machine:
        machine.transfer("j1-a1", payload)
        assert machine.start("j1-a1").start is Start.UNCERTAIN
        assert machine.reconcile("j1-a1").seen is seen


def test_what_somebody_printed_while_nobody_could_look_is_foreign(payload: Payload) -> None:
    world = World(feeds=False)
    with hosted(world, **QUICK) as machine:
        reach(lambda: machine._view.last is not None)
        world.away = LONG
        reach(lambda: machine.status().link is Link.OFFLINE)
        world.last, world.away = "benchy.gcode, complete", 0
        assert until(machine, Foreign) == Foreign("benchy.gcode, complete")
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        world.last = "j1-a1.gcode, complete"
        until(machine, Made)
        reach(lambda: machine.status().attempt is None)
        while event := machine.next_event(0.02):
            assert not isinstance(event, Foreign), "it was ours"


def test_nothing_is_started_after_a_print_that_the_start_itself_finds(payload: Payload) -> None:
    """It came and went since the last look, and what it made lies there."""
    world = World(feeds=False)
    with hosted(world) as machine:
        machine.transfer("j1-a1", payload)
        world.last = "benchy.gcode, complete"
        assert machine.start("j1-a1").start is Start.REFUSED
        assert until(machine, Foreign) == Foreign("benchy.gcode, complete")
    assert world.began == []


def test_a_failure_is_told_in_the_printers_own_words(payload: Payload) -> None:
    world = World()
    with hosted(world, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish(Outcome.FAILED)
        assert "failed: it fell off the bed" in until(machine, Failed).why  # type: ignore[union-attr]


def test_foreign_is_told_unless_it_is_named_as_ours_first(payload: Payload) -> None:
    world = World()
    world.files[FILE] = 1
    world.begin(FILE)
    with hosted(world) as machine:
        assert until(machine, Foreign) == Foreign(FILE)
    with hosted(world) as machine:
        assert machine.reconcile("j1-a1").seen is Seen.RUNNING
        assert machine.status().attempt == "j1-a1"
        while event := machine.next_event(0.0):
            assert not isinstance(event, Foreign)


def test_the_file_is_evidence_until_its_end_was_dealt_with(payload: Payload) -> None:
    world = World()
    with hosted(world, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        until(machine, Made)
        time.sleep(0.05)
        assert FILE in world.files
        machine.next_event(0.0)
        reach(lambda: FILE not in world.files)
    with hosted(World(files={FILE: 1}, history={FILE: Outcome.DONE})) as machine:
        assert machine.reconcile("j1-a1").seen is Seen.MADE


def test_files_are_kept_where_that_is_wanted(payload: Payload) -> None:
    world = World()
    with hosted(world, keep=True, **QUICK) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.finish()
        until(machine, Made)
        machine.next_event(0.05)
        time.sleep(0.05)
        assert FILE in world.files


def test_an_emergency_stop_waits_for_nobody(payload: Payload) -> None:
    """It comes from another thread while a verb is stuck in a call, and ends the attempt at once."""
    stuck, free = threading.Event(), threading.Event()

    class Stuck(World):
        def pause(self, sight: Sight) -> None:
            stuck.set()
            free.wait(20)

    world = Stuck()
    with hosted(world) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        pausing = threading.Thread(target=lambda: refused(lambda: machine.pause("j1-a1")))
        pausing.start()
        assert stuck.wait(20)
        machine.stop()
        assert world.stops == 1 and "M112 was sent" in (machine.status().fault or "")
        assert isinstance(until(machine, (Failed, Made)), Failed)
        world.finish(Outcome.FAILED)
        free.set()
        pausing.join()
        assert machine.status().activity is Activity.FAULT
        assert machine.start("j1-a1").start is Start.STARTED
        machine.transfer("j2-a1", payload)
        assert machine.start("j2-a1").start is Start.REFUSED
        assert machine.connect().fault is None
        assert machine.start("j2-a1").start is Start.STARTED


def test_a_stop_that_does_not_get_through_says_so() -> None:
    class Deaf(World):
        def stop(self) -> str:
            raise WireFault("timed out")

    with hosted(Deaf()) as machine:
        machine.stop()
        assert "switch it off by hand" in (machine.status().fault or "")


@pytest.mark.parametrize("trouble", ["unheard", "lie"])
def test_a_verb_is_judged_by_what_came_of_it(payload: Payload, trouble: str) -> None:
    world = World()
    with hosted(world) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        world.troubles = ["", trouble]
        machine.pause("j1-a1")
        assert world.paused
        world.troubles = ["", "refused"]
        with pytest.raises(MachineFault, match="409"):
            machine.resume("j1-a1")
        world.troubles = ["", "lost"]
        with pytest.raises(WireFault):
            machine.resume("j1-a1")
        assert world.paused


def test_a_verb_names_its_attempt(payload: Payload) -> None:
    world = World()
    with hosted(world) as machine:
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        machine.transfer("j2-a1", payload)
        for verb in (machine.pause, machine.resume, machine.cancel):
            with pytest.raises(WrongAttempt, match="j1-a1"):
                verb("j2-a1")
        assert not world.paused and world.printing == FILE


def test_a_technician_is_let_in_where_nothing_runs(payload: Payload) -> None:
    world = World()
    with hosted(world) as machine:
        assert isinstance(machine, Serviced)
        assert machine.facts() == Facts("model 1")
        assert machine.console(" M115 ") == ["said M115"]
        machine.frame((0, 0, 10, 20), 50)
        assert world.lines[-1] == "G0 X0.000 Y0.000 F3000"
        for bad in ((0, 0, 200, 20), (5, 5, 5, 5)):
            with pytest.raises(OurFault):
                machine.frame(bad, 50)
        machine.transfer("j1-a1", payload)
        machine.start("j1-a1")
        said = list(world.lines)
        for verb in (
            machine.home,
            machine.nudge,
            lambda: machine.console("M105"),
            lambda: machine.frame((0, 0, 1, 1), 9),
        ):
            with pytest.raises(WrongAttempt):
                verb()
        assert world.lines == said


def test_no_printer_behind_the_server_is_named_with_its_mend() -> None:
    world = World(online=False)
    with Hosted(Settings("printer", "model:"), Clock(), world, Options()) as machine:
        with pytest.raises(MachineFault, match=r"printer: .* no printer .* switch"):
            machine.connect()
        assert machine.status().link is Link.OFFLINE


def test_a_defect_does_not_leave_the_machine_unwatched(caplog: pytest.LogCaptureFixture) -> None:
    class Odd(World):
        def look(self) -> Sight:
            if self.stops:
                self.stops -= 1
                raise ZeroDivisionError
            return super().look()

    world = Odd()
    with hosted(world, **QUICK) as machine:
        world.stops = 3
        reach(lambda: not world.stops)
        world.online = False
        reach(lambda: machine.status().link is Link.OFFLINE)
    assert "could not be looked at" in caplog.text


def _fits(_: Sequence[Server]) -> None:
    """The model satisfies the seam, by the type checker's word."""


_fits([World()])
