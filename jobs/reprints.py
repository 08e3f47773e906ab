"""The jobs that print an order's papers, as those see them who want the papers to say something else."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Row, select

from jobs import models as m
from jobs.states import JobState

Prints = Callable[[str, str], bool]
"""Whether the paper that is asked for is made by that operation of that product."""
WAITING = (JobState.RENDERING, JobState.READY)


def printing(connection: Connection, order_id: str, prints: Prints) -> list[Row[Any]]:
    """Jobs of an order that print such a paper, with the ``product`` of their unit and the ``name`` of their operation.

    Without those that were cancelled, and those whose spoilt paper is being made again by another one that waits. One
    that was spoilt and waits for its bed to be cleared is among them: it is made again from the same artifact.
    """
    j, u, o = m.jobs.c, m.units.c, m.operations.c
    found = connection.execute(
        select(m.jobs, u.product, o.name)
        .join(m.units, u.id == j.unit_id)
        .join(m.operations, o.id == j.operation_id)
        .where(u.order_id == order_id, j.state != JobState.CANCELLED)
    ).all()
    rows = [row for row in found if prints(row.product, row.name)]
    again = {row.operation_id for row in rows if row.state in WAITING}
    return [row for row in rows if row.state != JobState.FAILED or row.operation_id not in again]


def waits(job: Any) -> bool:
    """Whether no machine has begun with it."""
    return job.state in WAITING and not job.attempts
