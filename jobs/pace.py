"""What a machine's runs took against their estimates: a factor for the next one, learned from the record.

The median of the last runs counts, as one run in which somebody held the door open must not. Few runs prove little: the
factor is drawn towards 1, and its spread towards a wide one, as if ``DOUBT`` runs had said so.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from statistics import median
from typing import Final

from sqlalchemy import Connection, exists, select

from jobs import models as m

MOST_RUNS: Final = 60
"""Of one machine: older ones tell of another nozzle, belt or firmware."""
DOUBT: Final = 3.0
"""Runs that the assumption weighs."""
ASSUMED: Final = math.log(1.15)
"""Spread that is assumed before there are runs, as the logarithm of a factor."""
LEAST: Final = math.log(1.01)
"""No machine is as even as its estimate is exact."""
SIGMA: Final = 1.4826
"""A median of distances as a standard deviation."""
WIDE: Final = 1.64
"""Standard deviations within which nine of ten runs are."""
DISTURBED: Final = ("paused", "doubted", "seen_running", "seen_made", "decided_made")
"""Events of a job whose times are not those of its machine: somebody waited, or nobody watched."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Factors on an estimate: what is expected, and between which nine of ten runs are. ``runs`` 0: nothing learned."""

    factor: float = 1.0
    low: float = 1.0
    high: float = 1.0
    runs: int = 0


UNKNOWN: Final = Pace()


def learned(ratios: Collection[float]) -> Pace:
    """From what runs took, each as a multiple of its estimate (above 0)."""
    if not ratios:
        return UNKNOWN
    logs = [math.log(ratio) for ratio in ratios]
    middle = median(logs)
    spread = SIGMA * median(abs(log - middle) for log in logs)
    weight = len(logs) / (len(logs) + DOUBT)
    middle *= weight
    wide = WIDE * max(LEAST, math.sqrt(weight * spread**2 + (1 - weight) * ASSUMED**2))
    return Pace(math.exp(middle), math.exp(middle - wide), math.exp(middle + wide), len(logs))


def paces(connection: Connection, machines: Iterable[str]) -> dict[str, dict[str, Pace]]:
    """The paces of machines, by process; a machine or process without a run is left out. One query for each machine."""
    found = {name: _of(connection, name) for name in sorted(set(machines))}
    return {name: pace for name, pace in found.items() if pace}


def _of(connection: Connection, machine: str) -> dict[str, Pace]:
    a, j = m.attempts.c, m.jobs.c
    events = m.events.c
    disturbed = exists().where(events.entity == "job", events.entity_id == j.id, events.event.in_(DISTURBED))
    runs = (
        select(m.artifacts.c.process, j.seconds, a.started_at, a.ended_at)
        .join(m.jobs, j.id == a.job_id)
        .join(m.artifacts, m.artifacts.c.sha256 == j.artifact)
        .where(a.machine == machine, a.state == "made", a.ended_at > a.started_at, j.seconds > 0, ~disturbed)
        .order_by(a.ended_at.desc())
        .limit(MOST_RUNS)
    )
    ratios: dict[str, list[float]] = {}
    for process, seconds, started, ended in connection.execute(runs):
        ratios.setdefault(process, []).append((ended - started) / seconds)
    return {process: learned(some) for process, some in sorted(ratios.items())}


def pace_of(known: Mapping[str, Mapping[str, Pace]], machine: str | None, process: str | None) -> Pace:
    """The pace of a machine for a process; UNKNOWN where nothing was learned."""
    return known.get(machine or "", {}).get(process or "", UNKNOWN)
