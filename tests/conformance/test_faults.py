"""Each fault of each machine ends as its rig says, and never in a second start: the fault matrix of the docs."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import DriverError, Evidence, Link, Machine, Seen, Start
from tests.conformance.rigs import RIGS
from tests.conformance.rigs.common import PATIENCE, Rig, When, ended

ATTEMPT = "j1-a1"
MATRIX = [(kind, name) for kind, rig in sorted(RIGS.items()) for name in rig.faults]


def run_into(rig: Rig, machine: Machine, name: str) -> None:
    """An attempt that meets the fault, taken as far as it will go."""
    fault = rig.faults[name]
    if fault.when is When.TRANSFER:
        rig.inject(fault.spec)
    with suppress(DriverError):
        machine.transfer(ATTEMPT, rig.payload())
    if fault.when is When.START:
        rig.inject(fault.spec)
    if machine.start(ATTEMPT).start is Start.REFUSED:
        return
    if fault.when is When.RUNNING:
        rig.inject(fault.spec)
    try:
        rig.finish(ATTEMPT)
    except OSError:  # The fault keeps it from ending: a person mends it first.
        rig.calm()
        rig.finish(ATTEMPT)


def settled(rig: Rig, machine: Machine) -> Evidence:
    """What the machine says in the end, asked as an agent asks: after the end it told, or anew once it is back."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        event = machine.next_event(0.2)
        if event is not None and ended(event):
            break
        status = machine.status()
        if status.link is not Link.ONLINE or status.fault is not None or status.attempt is None:
            break
    evidence = machine.reconcile(ATTEMPT)
    while evidence.seen in (Seen.RUNNING, Seen.PAUSED, Seen.UNKNOWN) and time.monotonic() < end:
        if machine.status().link is not Link.ONLINE or machine.status().fault is not None:
            rig.calm()
            with suppress(DriverError):
                machine.connect()
        elif evidence.seen is Seen.UNKNOWN:
            break
        machine.next_event(0.2)
        evidence = machine.reconcile(ATTEMPT)
    return evidence


@pytest.mark.parametrize(("kind", "name"), MATRIX)
def test_a_fault_ends_as_specified_and_never_in_a_second_start(
    kind: str, name: str, tmp_path: Path, record_property: Any
) -> None:
    rig = RIGS[kind](tmp_path)
    try:
        with rig.machine() as machine:
            machine.connect()
            run_into(rig, machine, name)
            evidence = settled(rig, machine)
            fault = rig.faults[name]
            told = {
                "when": str(fault.when),
                "may": sorted(str(seen) for seen in fault.ends),
                "seen": str(evidence.seen),
            }
            record_property("fault", [kind, name, told])
            assert evidence.seen in rig.faults[name].ends, evidence
            begun = rig.begun()
            assert begun <= 1
            assert begun == {Seen.MADE: 1, Seen.ABSENT: 0}.get(evidence.seen, begun), evidence
            rig.calm()
            with suppress(DriverError):
                machine.connect()
            assert machine.reconcile(ATTEMPT).seen in rig.faults[name].ends
            machine.start(ATTEMPT)
            assert rig.begun() == begun, "it was started a second time"
    finally:
        rig.close()
