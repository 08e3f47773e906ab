"""The agent ends and another begins: what it had sent is not sent again, and told where it can be told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from drivers.contract import MachineFault, Payload, Seen, Start
from drivers.machines.zpl import Zpl
from simulators.zpl.faults import Fault
from simulators.zpl.firmware import Build, Firmware
from tests.zpl.test_cuts import run, whole

Driver = Callable[..., Zpl]


def ended(machine: Zpl) -> Seen:
    """What a new process finds out of an attempt that an earlier one has sent."""
    machine.connect()
    seen = machine.reconcile("j1-a1").seen
    for _ in range(50):
        if seen is not Seen.RUNNING:
            break
        machine.next_event(0.01)
        seen = machine.reconcile("j1-a1").seen
    return seen


@pytest.mark.parametrize(("alone", "told"), [(True, Seen.MADE), (False, Seen.UNKNOWN)])
def test_a_label_that_was_on_its_way(driver: Driver, a_label: Payload, tmp_path: Path, alone: bool, told: Seen) -> None:
    printer = Firmware(Build(label_time=float("inf")))
    notes = tmp_path / "notes"
    with driver(printer, notes=notes, alone=alone) as first:
        first.connect()
        first.transfer("j1-a1", a_label)
        assert first.start("j1-a1").start is Start.STARTED
    printer.press()
    with driver(printer, notes=notes, alone=alone) as second:
        assert ended(second) is told
        assert second.start("j1-a1").start is not Start.UNCERTAIN
    assert len(whole(printer)) == 1


def test_what_was_never_sent_is_absent(driver: Driver, a_label: Payload, tmp_path: Path) -> None:
    printer, notes = Firmware(Build(label_time=0)), tmp_path / "notes"
    with driver(printer, notes=notes) as first:
        first.connect()
        first.transfer("j1-a1", a_label)
    with driver(printer, notes=notes) as second:
        second.connect()
        assert second.reconcile("j1-a1").seen is Seen.ABSENT
        assert second.start("j1-a1").start is Start.REFUSED
    assert printer.labels == []


@pytest.mark.parametrize("place", range(40, 300, 20))
def test_cut_off_and_restarted(driver: Driver, a_label: Payload, tmp_path: Path, place: int) -> None:
    printer, notes = Firmware(Build(label_time=0)), tmp_path / "notes"
    first = driver(printer, notes=notes, alone=True)
    first.connect()
    printer.arm(Fault("cut", byte=place))
    first.transfer("j1-a1", a_label)
    first.start("j1-a1")
    first.close()
    printer.disarm()
    with driver(printer, notes=notes, alone=True) as second:
        told = ended(second)
        second.start("j1-a1")
        out = len(whole(printer))
        assert {Seen.MADE: out == 1, Seen.FAILED: out == 0, Seen.ABSENT: out == 0}.get(told, True), (told, out)
        assert out <= 1
        run(second, "j2-a1", a_label)
        assert len(whole(printer)) == out + 1


def test_where_no_note_can_be_kept_nothing_is_sent(driver: Driver, a_label: Payload, tmp_path: Path) -> None:
    printer = Firmware(Build(label_time=0))
    (tmp_path / "file").write_text("no folder")
    with driver(printer, notes=tmp_path / "file" / "notes") as machine:
        with pytest.raises(MachineFault, match="no notes can be kept"):
            machine.connect()
        assert printer.labels == []


@pytest.mark.parametrize("alone", [True, False])
def test_what_is_transferred_again_by_the_next_process_is_not_sent_again(
    driver: Driver, a_label: Payload, tmp_path: Path, alone: bool
) -> None:
    printer, notes = Firmware(Build(label_time=0)), tmp_path / "notes"
    with driver(printer, notes=notes, alone=alone) as first:
        first.connect()
        run(first, "j1-a1", a_label)
    with driver(printer, notes=notes, alone=alone) as second:
        second.connect()
        second.transfer("j1-a1", a_label)
        assert second.start("j1-a1").start is Start.UNCERTAIN
        assert second.reconcile("j1-a1").seen is not Seen.ABSENT
    assert len(whole(printer)) == 1


def test_what_was_noted_and_cannot_be_read_is_not_sent(driver: Driver, a_label: Payload, tmp_path: Path) -> None:
    printer, notes = Firmware(Build(label_time=0)), tmp_path / "notes"
    notes.mkdir()
    (notes / "j1-a1.json").write_text("{half")
    with driver(printer, notes=notes) as machine:
        machine.connect()
        with pytest.raises(MachineFault, match="cannot be read"):
            machine.transfer("j1-a1", a_label)
        assert machine.start("j1-a1").start is Start.REFUSED
        assert machine.reconcile("j1-a1").seen is Seen.UNKNOWN
        run(machine, "j2-a1", a_label)
    assert len(whole(printer)) == 1


def test_a_start_asked_again_while_the_counter_is_waited_for_is_no_refusal(driver: Driver, a_label: Payload) -> None:
    printer = Firmware(Build(label_time=0))
    with driver(printer, alone=True) as machine:
        machine.connect()
        machine.transfer("j1-a1", a_label)
        printer.arm(Fault("cut", byte=100))
        assert machine.start("j1-a1").start is Start.UNCERTAIN
        assert machine.start("j1-a1").start is Start.UNCERTAIN
    assert machine.start("j1-a1").start is Start.UNCERTAIN
