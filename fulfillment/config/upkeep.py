"""What a machine needs from people now and then, as config.yaml says it: tasks by use, and cleaning."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from fulfillment.catalog.words import CONTROL
from fulfillment.positions import Mend, Unit, Written, closest
from jobs.fits import Cleaning as CleaningRule
from jobs.fits import Measure, Task

AMOUNT = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(\S{1,20})")
MEASURES = {"jobs": (Measure.JOBS, 1.0), "h": (Measure.SECONDS, 3600.0), "ml": (Measure.VOLUME, 1000.0)}
"""Unit of an interval: the counter that runs, and what one of it is there (jobs, s, mm3)."""
METRES = "m"
"""Of filament: a volume by the machine's e_area."""
LIKE = {
    "job": "jobs",
    "hours": "h",
    "hour": "h",
    "hrs": "h",
    "min": "h",
    "l": "ml",
    "mm3": "ml",
    "cm3": "ml",
    "mm": "m",
}


def _interval(value: object) -> object:
    """Such as "20 jobs", "50 h", "500 ml" or "200 m", in one spelling."""
    found = AMOUNT.fullmatch(value.strip()) if isinstance(value, str) and len(value) <= 60 else None
    if found is None or not float(found[1]) > 0:
        raise Mend(f"{str(value)[:60]!r} is no interval.", "Write such as '20 jobs', '50 h', '500 ml' or '200 m'.")
    units = [*MEASURES, METRES]
    if found[2] not in units:
        mend = f"Write it in {LIKE[found[2]]}." if found[2] in LIKE else closest(found[2], units, "Units are")
        raise Mend(f"{found[2]!r} is not a unit of an interval.", mend)
    return f"{float(found[1]):g} {found[2]}"


def _task_name(value: str) -> str:
    name = " ".join(value.split())
    if not name or CONTROL.search(name):
        raise Mend("The name is empty or holds control characters.", "Write what is to be done, such as clean nozzle.")
    return name


class Maintenance(Written):
    """A task that comes round with use."""

    name: Annotated[str, Field(max_length=60), AfterValidator(_task_name)]
    """What is to be done, as screens and `ful machine maintained` call it."""
    every: Annotated[str, BeforeValidator(_interval)]
    """When it is due again: '20 jobs', '50 h' of work, '500 ml' or '200 m' of material."""
    blocks: bool = False
    """Whether the machine takes no job while it is due."""

    def task(self, e_area: float | None) -> Task:
        """The task as the queue knows it. Metres are of a filament of this cross-section (mm2)."""
        number, unit = self.every.split()
        if unit == METRES:
            return Task(self.name, float(number) * 1000 * (e_area or 0.0), Measure.VOLUME, self.every, self.blocks)
        measure, one = MEASURES[unit]
        return Task(self.name, float(number) * one, measure, self.every, self.blocks)


class Cleaning(Written):
    """When a machine must be cleaned before it takes the next job; what a piece may not contain always asks for it."""

    every: Annotated[float, Unit("h"), Field(gt=0, le=720)] | None = None
    """Time since something first touched it."""
    on_change: Literal["material", "kind"] | None = None
    """Whether another material, or a material of another kind, needs a cleaned machine."""

    @model_validator(mode="after")
    def _says_something(self) -> Cleaning:
        if self.every is None and self.on_change is None:
            raise Mend("It says neither when nor after what.", "Write every: or on_change:, or leave cleaning out.")
        return self

    def rule(self) -> CleaningRule:
        return CleaningRule(self.every * 3600 if self.every is not None else None, self.on_change)
