"""What waits ends in time, says what was done, and takes no other's labels for its own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from drivers.contract import Doubted, Made, Payload, Seen, Settings, Start, WireFault
from drivers.machines.zpl import Zpl
from drivers.wires import Wire
from simulators.zpl.faults import Fault
from simulators.zpl.firmware import Build, Firmware
from tests.zpl.conftest import Clock
from tests.zpl.test_cuts import whole

Driver = Callable[..., Zpl]


def test_who_waits_for_an_event_gets_away_from_a_printer_that_is_silent(driver: Driver, a_label: Payload) -> None:
    printer = Firmware(Build(label_time=float("inf")))
    with driver(printer, poll=0.001, patience=3.0) as machine:
        machine.connect()
        machine.transfer("j1-a1", a_label)
        assert machine.start("j1-a1").start is Start.STARTED
        printer.arm(Fault("silent"))
        for _ in range(6):
            assert not isinstance(machine.next_event(0.0), Doubted)
        assert machine.status().attempt == "j1-a1"


def test_a_stop_that_does_not_arrive_says_so() -> None:
    def nobody(_address: str, _baud: int) -> Wire:
        raise WireFault("cannot connect to printer:9100")

    with Zpl(Settings("labels", "tcp:printer:9100"), Clock(), nobody) as machine:
        machine.stop()
        assert "did not reach" in str(machine.status().fault)


def test_a_label_of_a_later_attempt_is_not_counted_for_an_earlier_one(
    driver: Driver, a_label: Payload, tmp_path: Path
) -> None:
    notes, printer = tmp_path / "notes", Firmware(Build(label_time=float("inf")))
    with driver(printer, notes=notes, alone=True) as first:
        first.connect()
        first.transfer("j1-a1", a_label)
        assert first.start("j1-a1").start is Start.STARTED
        first.next_event(0.0)
    printer.arm(Fault("power-cut"))
    printer.disarm()
    with driver(printer, notes=notes, alone=True) as second:
        second.connect()
        second.transfer("j2-a1", a_label)
        assert second.start("j2-a1").start is Start.STARTED
        printer.press()
        events = [second.next_event(0.01) for _ in range(20)]
        assert any(isinstance(event, Made) for event in events)
    with driver(printer, notes=notes, alone=True) as third:
        third.connect()
        for _ in range(20):
            third.next_event(0.01)
            assert third.reconcile("j1-a1").seen is Seen.UNKNOWN
    assert len(whole(printer)) == 1
