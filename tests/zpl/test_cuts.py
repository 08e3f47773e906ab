"""The connection is cut, or the power fails, at every byte: no label comes out twice, and none is said to be made
that is not. What nobody can tell is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drivers.contract import Cancelled, Doubted, Event, Failed, Made, Payload, Seen, Start
from drivers.machines.zpl import Zpl
from simulators.zpl.faults import Fault
from simulators.zpl.firmware import Build, Firmware
from tests.conformance.rigs.common import payload
from tests.zpl.conftest import LABEL

Driver = Callable[..., Zpl]
QUESTIONS = 120
"""Bytes that are asked before and after the label, about."""
ENDS = (Made, Failed, Cancelled, Doubted)


def run(machine: Zpl, attempt: str, label: Payload) -> tuple[Start, list[Event]]:
    machine.transfer(attempt, label)
    answer = machine.start(attempt)
    events = []
    for _ in range(400):
        event = machine.next_event(0.01)
        if event is not None:
            events.append(event)
        elif machine.status().attempt is None:
            break
    return answer.start, events


def whole(printer: Firmware) -> list[str]:
    return [label.digest for label in printer.labels if label.whole]


def reference() -> str:
    printer = Firmware(Build(label_time=0))
    printer.receive(LABEL)
    return printer.labels[0].digest


@pytest.mark.parametrize("alone", [False, True])
@pytest.mark.parametrize("on_cut", ["keep", "drop", "print"])
@pytest.mark.parametrize(("kind", "eager"), [("cut", True), ("cut", False), ("power-cut", False)])
def test_at_every_byte(driver: Driver, a_label: Payload, alone: bool, on_cut: str, kind: str, eager: bool) -> None:
    good = reference()
    said: Counter[Seen] = Counter()
    for place in range(len(LABEL) + QUESTIONS):
        printer = Firmware(Build(label_time=0, on_cut=on_cut))
        with driver(printer, eager=eager, alone=alone) as machine:
            machine.connect()
            printer.arm(Fault(kind, byte=place))
            start, events = run(machine, "j1-a1", a_label)
            evidence = machine.reconcile("j1-a1").seen
            out = whole(printer)
            context = (place, start, evidence, len(out))
            assert out.count(good) <= 1, f"printed twice: {context}"
            if evidence is Seen.MADE:
                assert out == [good], f"said to be made: {context}"
            elif evidence is Seen.FAILED:
                assert out == [], f"said to have failed: {context}"
            elif evidence is Seen.ABSENT:
                assert start is Start.REFUSED and out == [], context
            else:
                assert evidence is Seen.UNKNOWN, context
            assert sum(isinstance(event, ENDS) for event in events) <= 1
            machine.start("j1-a1")
            machine.reconcile("j1-a1")
            assert whole(printer) == out, f"a second start did something: {context}"
            said[evidence] += 1
            # The next label is none the worse for what was cut off before it.
            printer.disarm()
            machine.connect()
            before = len(whole(printer))
            run(machine, "j2-a1", a_label)
            if machine.reconcile("j2-a1").seen is Seen.MADE:
                assert whole(printer)[before:] == [good]
    assert said[Seen.MADE] and said[Seen.UNKNOWN]
    assert bool(said[Seen.FAILED]) is alone, said


@pytest.mark.parametrize("alone", [False, True])
def test_several_labels_of_which_some_came_out(driver: Driver, a_label: Payload, tmp_path: Any, alone: bool) -> None:
    three = replace(payload(tmp_path, LABEL * 3, "three"), media_type="application/zpl")
    for place in range(60, len(LABEL) * 3 + QUESTIONS, 7):
        printer = Firmware(Build(label_time=0))
        with driver(printer, alone=alone) as machine:
            machine.connect()
            printer.arm(Fault("cut", byte=place))
            run(machine, "j1-a1", three)
            evidence, out = machine.reconcile("j1-a1").seen, len(whole(printer))
            assert (evidence is not Seen.MADE) or out == 3, place
            assert (evidence is not Seen.FAILED) or out == 0, place
            assert out <= 3


def test_it_is_made_without_any_cut(driver: Driver, a_label: Payload) -> None:
    printer = Firmware(Build(label_time=0))
    with driver(printer) as machine:
        machine.connect()
        start, events = run(machine, "j1-a1", a_label)
        assert start is Start.STARTED
        assert [event for event in events if isinstance(event, ENDS)] == [
            Made("j1-a1", "the label came out, by the printer's own counter")
        ]
    assert whole(printer) == [reference()]
