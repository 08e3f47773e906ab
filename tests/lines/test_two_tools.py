"""A machine that carries two tools is offered for both of its processes, each in its dialect."""

from __future__ import annotations

from fulfillment.config import Machine
from fulfillment.machines import GCODE, dialect_of, offer_of
from jobs.fits import Needs, misfits

LIMITS = {"speed": {"x": 200, "y": 150, "z": 10}, "acceleration": 1000}


def machine(*processes: str) -> Machine:
    box = {"x": 300, "y": 210, "z": 40}
    values = {"name": "m", "driver": "grbl", "address": "/dev/m", "processes": frozenset(processes), "envelope": box}
    return Machine.model_validate({**values, "limits": LIMITS})


def test_each_process_is_offered_in_its_own_dialect() -> None:
    both, laser = machine("engrave", "plot"), machine("engrave")
    jobs = {process: Needs(process, GCODE, dialect=dialect_of(both, process)) for process in ("engrave", "plot")}
    assert [misfits(offer_of(both, []), needs) for needs in jobs.values()] == [[], []]
    assert [bool(misfits(offer_of(laser, []), needs)) for needs in jobs.values()] == [False, True]
