"""Every state machine of the shop, as tables. `make docs` prints docs/states.md from these.

A table maps a state to the events it allows and each event to the state that follows. An event that a state does not
list is refused and changes nothing; the store repeats the refusal in the database. An event has one target wherever it
is allowed, so that one guarded UPDATE carries it out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class IllegalEvent(Exception):
    """An event that the state does not allow. Nothing was changed."""


class OrderState(StrEnum):
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class UnitState(StrEnum):
    NEW = "new"
    MAKING = "making"
    HELD = "held"
    PACKED = "packed"
    CANCELLED = "cancelled"


class OperationState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    DONE = "done"
    CANCELLED = "cancelled"


class JobState(StrEnum):
    RENDERING = "rendering"
    GATHERING = "gathering"
    BATCHED = "batched"
    READY = "ready"
    CLAIMED = "claimed"
    STARTING = "starting"
    RUNNING = "running"
    PAUSED = "paused"
    MADE = "made"
    FAILED = "failed"
    CANCELLED = "cancelled"
    UNKNOWN = "unknown"


ENDED: tuple[JobState, ...] = (JobState.MADE, JobState.FAILED, JobState.CANCELLED)
"""No machine has anything to do with such a job any more; a person may still correct what is said of its piece."""


IN_HAND: tuple[JobState, ...] = (
    JobState.CLAIMED,
    JobState.STARTING,
    JobState.RUNNING,
    JobState.PAUSED,
    JobState.UNKNOWN,
)
"""A job that is on a machine, may come onto it any moment, or may be there."""


class MachineState(StrEnum):
    IN_SERVICE = "in-service"
    DRAINING = "draining"
    OUT_OF_SERVICE = "out-of-service"


class BedState(StrEnum):
    CLEAR = "clear"
    ASSIGNED = "assigned"
    DIRTY = "dirty"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class StateTable:
    """One machine of states. ``moves[state][event]`` is the state that follows."""

    entity: str
    initial: StrEnum
    moves: Mapping[StrEnum, Mapping[str, StrEnum]]
    meaning: Mapping[str, str]
    """What each event says, for the docs and the pages."""

    def __post_init__(self) -> None:
        targets: dict[str, StrEnum] = {}
        for state, row in self.moves.items():
            for event, target in row.items():
                if targets.setdefault(event, target) != target:
                    raise ValueError(f"{self.entity}: event {event!r} has two targets (seen again in {state})")
                if event not in self.meaning:
                    raise ValueError(f"{self.entity}: event {event!r} has no meaning written down")

    def after(self, state: StrEnum, event: str) -> StrEnum:
        """The state that follows, or IllegalEvent."""
        try:
            return self.moves[state][event]
        except KeyError:
            allowed = ", ".join(self.moves.get(state, {})) or "nothing: it is an end"
            raise IllegalEvent(f"{self.entity} is {state}: {event!r} is not possible (possible: {allowed})") from None

    def sources(self, event: str) -> tuple[StrEnum, ...]:
        """The states in which an event is allowed. Raises IllegalEvent for an event that exists nowhere."""
        found = tuple(state for state, row in self.moves.items() if event in row)
        if not found:
            raise IllegalEvent(f"{self.entity} knows no event {event!r}")
        return found

    def target(self, event: str) -> StrEnum:
        return self.moves[self.sources(event)[0]][event]

    def ends(self) -> tuple[StrEnum, ...]:
        """States that nothing leads out of."""
        return tuple(state for state, row in self.moves.items() if not row)

    def markdown(self) -> str:
        """The table as docs/states.md shows it."""
        lines = [f"## {self.entity}", "", f"Starts as `{self.initial}`.", "", "| state | event | next | meaning |"]
        lines.append("| --- | --- | --- | --- |")
        for state, row in self.moves.items():
            if not row:
                lines.append(f"| `{state}` | | | an end |")
            lines += [f"| `{state}` | {event} | `{target}` | {self.meaning[event]} |" for event, target in row.items()]
        return "\n".join(lines) + "\n"


ORDER = StateTable(
    "order",
    OrderState.OPEN,
    {
        OrderState.OPEN: {"finished": OrderState.DONE, "cancelled": OrderState.CANCELLED},
        OrderState.DONE: {},
        OrderState.CANCELLED: {},
    },
    {"finished": "every unit is packed or cancelled, or none is ours", "cancelled": "all units were cancelled"},
)

UNIT = StateTable(
    "unit",
    UnitState.NEW,
    {
        UnitState.NEW: {"planned": UnitState.MAKING, "held": UnitState.HELD, "cancelled": UnitState.CANCELLED},
        UnitState.MAKING: {"held": UnitState.HELD, "packed": UnitState.PACKED, "cancelled": UnitState.CANCELLED},
        UnitState.HELD: {"corrected": UnitState.NEW, "released": UnitState.MAKING, "cancelled": UnitState.CANCELLED},
        UnitState.PACKED: {},
        UnitState.CANCELLED: {},
    },
    {
        "planned": "its personalization was checked and its jobs exist",
        "held": "it waits for a person, and says for what",
        "corrected": "its personalization was mended: it is checked anew",
        "released": "a person let it go on as it is",
        "packed": "every operation is done",
        "cancelled": "it will not be made",
    },
)

OPERATION = StateTable(
    "operation",
    OperationState.WAITING,
    {
        OperationState.WAITING: {"opened": OperationState.OPEN, "cancelled": OperationState.CANCELLED},
        OperationState.OPEN: {
            "done": OperationState.DONE,
            "closed": OperationState.WAITING,
            "cancelled": OperationState.CANCELLED,
        },
        OperationState.DONE: {"reopened": OperationState.OPEN},
        OperationState.CANCELLED: {},
    },
    {
        "opened": "all operations that come before it are done",
        "done": "its job was made, or a person did it",
        "closed": "an operation that comes before it is to be done again",
        "reopened": "what was made of it is scrap after all",
        "cancelled": "its unit was cancelled",
    },
)

_seen = {"seen_made": JobState.MADE, "seen_failed": JobState.FAILED}

JOB = StateTable(
    "job",
    JobState.RENDERING,
    {
        JobState.RENDERING: {
            "rendered": JobState.READY,
            "proved": JobState.GATHERING,
            "cancelled": JobState.CANCELLED,
        },
        JobState.GATHERING: {"batched": JobState.BATCHED, "cancelled": JobState.CANCELLED},
        JobState.BATCHED: {
            "dissolved": JobState.GATHERING,
            "finished": JobState.MADE,
            "failed": JobState.FAILED,
            "cancelled": JobState.CANCELLED,
        },
        JobState.READY: {"claimed": JobState.CLAIMED, "cancelled": JobState.CANCELLED},
        JobState.CLAIMED: {"intended": JobState.STARTING, "released": JobState.READY},
        JobState.STARTING: {
            "confirmed": JobState.RUNNING,
            "fenced": JobState.READY,
            "doubted": JobState.UNKNOWN,
            **_seen,
        },
        JobState.RUNNING: {
            "paused": JobState.PAUSED,
            "finished": JobState.MADE,
            "failed": JobState.FAILED,
            "cancelled": JobState.CANCELLED,
            "doubted": JobState.UNKNOWN,
            **_seen,
        },
        JobState.PAUSED: {
            "resumed": JobState.RUNNING,
            "finished": JobState.MADE,
            "failed": JobState.FAILED,
            "cancelled": JobState.CANCELLED,
            "doubted": JobState.UNKNOWN,
            **_seen,
        },
        JobState.MADE: {"scrapped": JobState.FAILED},
        JobState.FAILED: {"kept": JobState.MADE},
        JobState.CANCELLED: {},
        JobState.UNKNOWN: {
            "seen_running": JobState.RUNNING,
            "decided_made": JobState.MADE,
            "decided_failed": JobState.FAILED,
            "decided_not_started": JobState.READY,
            **_seen,
        },
    },
    {
        "rendered": "its artifact exists and passed preflight",
        "proved": "its artifact exists and passed preflight; it waits for others, to be made with them on one bed",
        "batched": "it has its place in a batch: the batch's own job says how that goes",
        "dissolved": "its batch was given up before it was begun: it waits for another",
        "claimed": "a machine that satisfies its needs took it",
        "released": "the machine gave it back before anything left for the machine",
        "intended": "attempt, remote name and bed epoch are durable; nothing has left yet",
        "confirmed": "the machine's own state names this attempt",
        "fenced": "surely not started, and a late start must fail",
        "doubted": "the machine cannot say what became of it",
        "paused": "the machine holds it paused",
        "resumed": "the machine runs it again",
        "finished": "the machine ran it to its end",
        "failed": "the attempt failed",
        "cancelled": "a person ended it",
        "seen_running": "evidence: the machine runs it",
        "seen_made": "evidence: the machine ran it to its end",
        "seen_failed": "evidence: it started and did not end well",
        "decided_made": "a person looked: the piece is good",
        "decided_failed": "a person looked: the piece is scrap",
        "scrapped": "a person looked: the piece is not good after all",
        "kept": "a person looked: the piece is good after all",
        "decided_not_started": "a person looked: nothing was begun, and nothing will be",
    },
)

MACHINE = StateTable(
    "machine",
    MachineState.IN_SERVICE,
    {
        MachineState.IN_SERVICE: {
            "draining": MachineState.DRAINING,
            "taken_out": MachineState.OUT_OF_SERVICE,
        },
        MachineState.DRAINING: {
            "drained": MachineState.OUT_OF_SERVICE,
            "taken_out": MachineState.OUT_OF_SERVICE,
            "returned": MachineState.IN_SERVICE,
        },
        MachineState.OUT_OF_SERVICE: {"returned": MachineState.IN_SERVICE},
    },
    {
        "draining": "it finishes what it has in hand and takes nothing more",
        "drained": "it has nothing in hand any more",
        "taken_out": "a person took it out of service: it takes no job",
        "returned": "a person put it back in service",
    },
)

BED = StateTable(
    "bed",
    BedState.UNKNOWN,
    {
        BedState.UNKNOWN: {"cleared": BedState.CLEAR, "soiled": BedState.DIRTY},
        BedState.CLEAR: {"assigned": BedState.ASSIGNED, "soiled": BedState.DIRTY},
        BedState.ASSIGNED: {"soiled": BedState.DIRTY, "unused": BedState.CLEAR},
        BedState.DIRTY: {"cleared": BedState.CLEAR},
    },
    {
        "cleared": "an operator, a sensor or an ejector says that nothing lies on it",
        "assigned": "an attempt is about to use it",
        "soiled": "something was started on it, however it ended",
        "unused": "the attempt surely never started",
    },
)

TABLES: tuple[StateTable, ...] = (ORDER, UNIT, OPERATION, JOB, MACHINE, BED)


def markdown() -> str:
    """docs/states.md, whole."""
    head = (
        "# States\n\nPrinted from `jobs/states.py` by `make docs`. What is not listed is refused and changes nothing.\n"
    )
    return "\n".join([head, *(table.markdown() for table in TABLES)])
