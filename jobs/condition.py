"""What a machine is in a condition for: its state, what is in it, what touched it, and what is due. Values and rules.

The queue, `why` and "needs you" ask the same functions here, so that what is told is what is done. A claim is decided
by a condition and carried out where the record still has that condition: its ``epoch`` says so (jobs.queue).
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from jobs.fits import Cleaning, Load, Measure, Needs, Offer, Reason, Task
from jobs.states import BedState, MachineState

CONFIGURED = "config.yaml"
"""Who says what is in a machine of which no person has said anything."""


@dataclass(frozen=True)
class Loaded(Load):
    """What is in a machine, and who put it there. ``left``: mm3 of it; None: it is not counted."""

    left: float | None = None
    by: str = ""
    at: float | None = None

    def body(self) -> dict[str, Any]:
        """As the record keeps it: what is left is a column of its own."""
        found = asdict(self) | {"allergens": sorted(self.allergens)}
        del found["left"]
        return found

    @classmethod
    def of(cls, body: Mapping[str, Any], left: float | None) -> Loaded | None:
        return cls(**{**body, "allergens": frozenset(body["allergens"])}, left=left) if body else None


@dataclass(frozen=True)
class Traces:
    """What touched a machine since somebody cleaned it last."""

    allergens: frozenset[str] = frozenset()
    materials: Mapping[str, str] = field(default_factory=dict)
    """Kind by name."""
    since: float | None = None
    """When the first of it did."""
    cleaned_by: str = ""
    cleaned_at: float | None = None
    how: str = ""

    def with_load(self, load: Load | None, now: float) -> Traces:
        """After this was put in."""
        if load is None:
            return self
        materials = {**self.materials, load.material: load.kind}
        since = now if self.since is None else self.since
        return replace(self, allergens=self.allergens | load.allergens, materials=materials, since=since)

    def with_piece(self, leaves: Collection[str], now: float) -> Traces:
        """After a piece was made that leaves these allergens."""
        if self.allergens >= set(leaves):
            return self
        return replace(self, allergens=self.allergens | set(leaves), since=now if self.since is None else self.since)

    def body(self) -> dict[str, Any]:
        return asdict(self) | {"allergens": sorted(self.allergens)}

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Traces:
        return cls(**{**body, "allergens": frozenset(body.get("allergens", ()))})


@dataclass(frozen=True)
class Upkeep:
    """One task of a machine: how far its interval has run since it was done last."""

    task: Task
    run: float
    """In the task's measure."""
    by: str = ""
    at: float | None = None
    note: str = ""

    @property
    def due(self) -> bool:
        return self.run >= self.task.every

    @property
    def words(self) -> str:
        """Such as "clean nozzle is due: 21 of 20 jobs"."""
        return f"{self.task.name} is due: {amount(self.run, self.task.of)} of {self.task.written}"


@dataclass(frozen=True)
class Condition:
    """A machine's row as a value. The default is that of a machine of which nobody has said anything."""

    machine: str = ""
    state: MachineState = MachineState.IN_SERVICE
    why: str = ""
    by: str = ""
    at: float | None = None
    epoch: int = 0
    bed: BedState | None = None
    """None: it has no bed, or none is on record."""
    loaded: Loaded | None = None
    traces: Traces = Traces()
    counters: Mapping[Measure, float] = field(default_factory=dict)
    done: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """Of each task, who did it last, when, and the counters at that time."""

    @classmethod
    def of(cls, row: Mapping[str, Any], bed: str | None = None) -> Condition:
        counters = {Measure.JOBS: row["jobs_done"], Measure.SECONDS: row["seconds_run"]}
        counters[Measure.VOLUME] = row["volume_used"]
        return cls(
            machine=row["name"],
            state=MachineState(row["state"]),
            why=row["state_why"],
            by=row["state_by"],
            at=row["state_at"],
            epoch=row["epoch"],
            bed=BedState(bed) if bed else None,
            loaded=Loaded.of(row["loaded"], row["volume_left"]),
            traces=Traces.of(row["traces"]),
            counters=counters,
            done=row["upkeep"],
        )

    def upkeep(self, tasks: Iterable[Task]) -> list[Upkeep]:
        """Every task with how far its interval has run. What nobody ever said was done runs from the beginning."""
        found = []
        for task in tasks:
            last = self.done.get(task.name, {})
            run = self.counters.get(task.of, 0.0) - last.get(task.of, 0.0)
            found.append(Upkeep(task, run, last.get("by", ""), last.get("at"), last.get("note", "")))
        return found


def gates(offer: Offer, condition: Condition, now: float) -> list[Reason]:
    """What keeps a machine from taking any job, whatever that job needs. Its bed and its link are not looked at."""
    return [
        *_state(condition),
        *_upkeep(offer, condition),
        *cleaning_due(offer, condition, now),
        *expired(condition, now),
    ]


def _state(condition: Condition) -> list[Reason]:
    name, because = condition.machine, f" ({condition.why})" if condition.why else ""
    frees = f"`ful machine in-service {name}` when it may go on"
    if condition.state is MachineState.DRAINING:
        return [Reason(f"{name} finishes what it has and takes nothing more: {condition.by} said so{because}", frees)]
    if condition.state is MachineState.OUT_OF_SERVICE:
        return [Reason(f"{name} is out of service: {condition.by} said so{because}", frees)]
    return []


def _upkeep(offer: Offer, condition: Condition) -> list[Reason]:
    due = [upkeep for upkeep in condition.upkeep(offer.tasks) if upkeep.due and upkeep.task.blocks]
    return [
        Reason(
            f"{offer.name}: {one.words}", f'do it, then `ful machine maintained {offer.name} "{one.task.name}" --note`'
        )
        for one in due
    ]


def cleaning_due(offer: Offer, condition: Condition, now: float) -> list[Reason]:
    """Why the machine must be cleaned before it makes anything."""
    traces, rule, loaded = condition.traces, offer.cleaning, condition.loaded
    found = []
    if rule.every is not None and traces.since is not None and now - traces.since >= rule.every:
        hours = amount(now - traces.since, Measure.SECONDS)
        found.append(f"it is {hours} since something first touched it")
    others = _others(rule, traces, loaded)
    if others and loaded is not None:
        found.append(f"{' and '.join(others)} touched it, and now it is loaded with {loaded.material}")
    return [Reason(f"{offer.name} must be cleaned: {why}", _clean(offer.name)) for why in found]


def _others(rule: Cleaning, traces: Traces, loaded: Load | None) -> list[str]:
    """The materials that touched the machine and may not be followed by the one that is loaded."""
    if loaded is None or rule.on_change is None:
        return []
    if rule.on_change == "kind":
        return sorted(name for name, kind in traces.materials.items() if kind != loaded.kind)
    return sorted(name for name in traces.materials if name != loaded.material)


def expired(condition: Condition, now: float) -> list[Reason]:
    """The lot that is in the machine may not be used any more."""
    loaded = condition.loaded
    if loaded is None or loaded.expires_at is None or now < loaded.expires_at:
        return []
    lot = f"lot {loaded.lot} of {loaded.material}" if loaded.lot else loaded.material
    text = f"{lot} in {condition.machine} expired on {loaded.expires}"
    return [Reason(text, f"load another, then `ful machine load {condition.machine} {loaded.material}`")]


def unfit(condition: Condition, needs: Needs, volume: float | None = None) -> list[Reason]:
    """What keeps a machine from taking one job: what is in it, how much of that, and what touched it.

    ``volume``: mm3 that the job takes of what is loaded; None: it is not asked.
    """
    name, loaded, found = condition.machine, condition.loaded, []
    if needs.material and (loaded is None or loaded.material != needs.material):
        holds = loaded.material if loaded else "nothing"
        mend = f"load {needs.material}, then `ful machine load {name} {needs.material}`"
        found.append(Reason(f"{name} is loaded with {holds}, {needs.material} is needed", mend))
    elif loaded and loaded.left is not None and volume is not None and volume > loaded.left:
        # Rounded apart: what is a little too little must not read like enough.
        left = amount(math.floor(loaded.left / 10) * 10, Measure.VOLUME)
        takes = amount(math.ceil(volume / 10) * 10, Measure.VOLUME)
        mend = f"load more, then `ful machine load {name} {loaded.material} --volume`"
        found.append(Reason(f"{name} has {left} of {loaded.material} left, {takes} are needed", mend))
    forbidden = forbidden_traces(condition, needs)
    if forbidden:
        text = f"{' and '.join(forbidden)} touched {name} since it was last cleaned, and this may not contain it"
        found.append(Reason(text, _clean(name)))
    return found


def forbidden_traces(condition: Condition, needs: Needs) -> list[str]:
    """The allergens that touched the machine, or are in it, and that the piece is not declared to contain."""
    if needs.contains is None:
        return []
    within = condition.loaded.allergens if condition.loaded else frozenset()
    return sorted((condition.traces.allergens | within) - set(needs.contains))


def _clean(name: str) -> str:
    return f"clean it, then `ful machine cleaned {name} --how`"


def amount(value: float, of: Measure) -> str:
    """A counter for people: "21 jobs", "3.2 h", "12.5 ml"."""
    if of is Measure.JOBS:
        return f"{value:.0f} job{'' if value == 1 else 's'}"
    if of is Measure.SECONDS:
        return f"{value / 3600:.1f} h"
    return f"{value / 1000:.1f} ml" if abs(value) >= 10_000 else f"{value / 1000:.2f} ml"
