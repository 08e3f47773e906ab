"""The contract of drivers, once, for every driver. New semantics are written here first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from drivers.contract import (
    Activity,
    ArtifactFault,
    Cancelled,
    Doubted,
    Failed,
    Link,
    Machine,
    Made,
    NotSupported,
    OurFault,
    Seen,
    Start,
    WireFault,
    WrongAttempt,
)

MALFORMED = ["", "-a", "a b", "a/b", "../a", "a.gcode", "a\n", "é1", "a" * 64]


def started(rig: Any, machine: Machine, attempt: str = "j1-a1") -> None:
    machine.transfer(attempt, rig.payload())
    answer = machine.start(attempt)
    assert answer.start is Start.STARTED, answer


def test_connect_twice_is_connected(rig: Any, machine: Machine) -> None:
    status = machine.connect()
    assert (status.link, status.activity, status.attempt) == (Link.ONLINE, Activity.IDLE, None)


def test_made(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    assert machine.status().attempt == "j1-a1"
    rig.finish("j1-a1")
    assert tools.until(machine, tools.ended)[-1].attempt == "j1-a1"
    evidence = machine.reconcile("j1-a1")
    assert evidence.seen is Seen.MADE, evidence
    assert machine.status().attempt is None
    assert rig.begun() == 1


def test_failed(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    rig.fail("j1-a1")
    end = tools.until(machine, tools.ended)[-1]
    assert isinstance(end, Failed)
    assert end.why
    assert machine.reconcile("j1-a1").seen is Seen.FAILED


def test_events_come_in_order_and_the_end_comes_once(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    rig.finish("j1-a1")
    events = tools.until(machine, Made)
    running = [getattr(event, "status", None) for event in events]
    assert any(status is not None and status.attempt == "j1-a1" for status in running)
    fractions = [event.fraction for event in events if hasattr(event, "fraction")]
    assert fractions == sorted(fractions)
    while event := machine.next_event(0.1):
        assert not tools.ended(event), event


def test_start_twice_starts_once(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    assert machine.start("j1-a1").start is Start.STARTED
    rig.finish("j1-a1")
    tools.until(machine, Made)
    assert machine.start("j1-a1").start is Start.STARTED
    machine.transfer("j1-a1", rig.payload())
    assert machine.start("j1-a1").start is Start.STARTED
    assert rig.begun() == 1


def test_start_of_what_was_not_transferred_is_refused(rig: Any, machine: Machine) -> None:
    assert machine.start("j1-a1").start is Start.REFUSED
    assert rig.begun() == 0


def test_start_while_another_runs_is_refused(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    machine.transfer("j2-a1", rig.payload())
    assert machine.start("j2-a1").start is Start.REFUSED
    assert machine.status().attempt == "j1-a1"
    rig.finish("j1-a1")
    tools.until(machine, Made)
    assert rig.begun() == 1


def test_start_on_a_machine_that_is_gone_is_never_a_yes(rig: Any, machine: Machine) -> None:
    machine.transfer("j1-a1", rig.payload())
    rig.break_()
    assert machine.start("j1-a1").start is not Start.STARTED


def test_never_started_is_absent_and_fenced(rig: Any, machine: Machine) -> None:
    machine.transfer("j1-a1", rig.payload())
    assert machine.reconcile("j1-a1").seen is Seen.ABSENT
    assert machine.start("j1-a1").start is Start.REFUSED
    assert machine.reconcile("j1-a1").seen is Seen.ABSENT
    assert rig.begun() == 0


def test_running_is_seen_and_goes_on(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    assert machine.reconcile("j1-a1").seen in (Seen.RUNNING, Seen.PAUSED)
    rig.finish("j1-a1")
    tools.until(machine, Made)


def test_an_attempt_never_seen_is_not_told_as_made_and_cannot_start(rig: Any, machine: Machine) -> None:
    assert machine.reconcile("j9-a1").seen not in (Seen.MADE, Seen.RUNNING, Seen.PAUSED)
    assert machine.start("j9-a1").start is Start.REFUSED
    assert rig.begun() == 0


def test_after_a_restart_nothing_is_made_a_second_time(rig: Any, tools: Any) -> None:
    with rig.machine() as first:
        first.connect()
        started(rig, first)
        assert rig.begun() == 1
    with rig.machine() as second:
        second.connect()
        assert second.reconcile("j1-a1").seen not in (Seen.ABSENT, Seen.MADE)
        assert second.start("j1-a1").start is not Start.UNCERTAIN
    assert rig.begun() == 1


def test_a_wrong_attempt_is_refused_and_nothing_is_done(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    for verb in (machine.pause, machine.resume, machine.cancel):
        with pytest.raises(WrongAttempt):
            verb("j2-a1")
    rig.finish("j1-a1")
    tools.until(machine, Made)


def test_a_verb_for_nothing_is_refused(rig: Any, machine: Machine) -> None:
    for verb in (machine.pause, machine.resume, machine.cancel):
        with pytest.raises(WrongAttempt):
            verb("j1-a1")


def test_malformed_ids_are_ours_and_touch_nothing(rig: Any, machine: Machine) -> None:
    for attempt in MALFORMED:
        with pytest.raises(OurFault):
            machine.transfer(attempt, rig.payload())
        for verb in (machine.pause, machine.resume, machine.cancel):
            with pytest.raises(OurFault):
                verb(attempt)
        assert machine.start(attempt).start is Start.REFUSED
        assert machine.reconcile(attempt).seen is Seen.ABSENT
    assert rig.begun() == 0


def test_changed_bytes_are_refused(rig: Any, machine: Machine) -> None:
    good = rig.payload()
    for bad in (replace(good, sha256="0" * 64), replace(good, size=good.size + 1), replace(good, path=good.path / "x")):
        with pytest.raises(ArtifactFault):
            machine.transfer("j1-a1", bad)
    assert machine.start("j1-a1").start is Start.REFUSED


def test_empty_bytes_are_refused(rig: Any, machine: Machine, tools: Any, tmp_path: Any) -> None:
    with pytest.raises(ArtifactFault):
        machine.transfer("j1-a1", tools.payload(tmp_path, b"", "empty"))


def test_pause_and_resume_are_idempotent_or_not_supported(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    try:
        machine.pause("j1-a1")
        machine.pause("j1-a1")
        tools.until(machine, lambda _: machine.status().activity is Activity.PAUSED)
        assert machine.reconcile("j1-a1").seen is Seen.PAUSED
        machine.resume("j1-a1")
        machine.resume("j1-a1")
    except NotSupported:
        assert machine.status().activity is not Activity.PAUSED
    rig.finish("j1-a1")
    tools.until(machine, Made)
    assert rig.begun() == 1


def test_cancel_ends_it_or_says_that_it_cannot(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    try:
        machine.cancel("j1-a1")
        machine.cancel("j1-a1")
    except NotSupported:
        rig.finish("j1-a1")
        tools.until(machine, Made)
        return
    end = tools.until(machine, tools.ended)[-1]
    assert isinstance(end, Cancelled | Failed)
    assert machine.reconcile("j1-a1").seen in (Seen.FAILED, Seen.ABSENT)
    machine.cancel("j1-a1")


def test_stop_never_raises_and_latches(rig: Any, machine: Machine, tools: Any) -> None:
    started(rig, machine)
    machine.stop()
    machine.stop()
    end = tools.until(machine, tools.ended)[-1]
    assert isinstance(end, Failed | Doubted)
    assert machine.status().activity is Activity.FAULT
    assert machine.status().fault
    assert machine.status().attempt is None
    known = (Seen.FAILED, Seen.ABSENT)  # A file that was taken back before anybody took it has never begun.
    assert machine.reconcile("j1-a1").seen in (known if isinstance(end, Failed) else (Seen.UNKNOWN,))
    machine.transfer("j2-a1", rig.payload())
    assert machine.start("j2-a1").start is not Start.STARTED


def test_stop_works_on_an_idle_and_on_an_unconnected_machine(rig: Any, machine: Machine) -> None:
    machine.stop()
    assert machine.status().fault
    with rig.machine() as other:
        other.stop()
        assert other.status().fault


def test_close_twice_and_verbs_after_it(rig: Any, machine: Machine) -> None:
    machine.transfer("j1-a1", rig.payload())
    machine.close()
    machine.close()
    assert machine.status().link is Link.OFFLINE
    assert machine.start("j1-a1").start is Start.REFUSED
    assert rig.begun() == 0


def test_unconnected_says_so(rig: Any) -> None:
    with rig.machine() as machine:
        assert machine.status().link is Link.OFFLINE
        assert machine.start("j1-a1").start is Start.REFUSED
        assert machine.reconcile("j1-a1").seen is Seen.UNKNOWN
    rig.break_()
    with rig.machine() as machine, pytest.raises(WireFault):
        machine.connect()


def test_an_unknown_option_is_an_error(rig: Any) -> None:
    from drivers.contract import Settings
    from drivers.registry import build

    with pytest.raises(OurFault, match="speling"):
        build(rig.name, Settings("x", "/nowhere", {"speling": 1}), None)  # type: ignore[arg-type]
