"""Machines have a state, what is loaded, traces, counters and upkeep; jobs say what they take of a cartridge"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

MACHINES: Mapping[str, tuple[Any, Any]] = {
    "state": (sa.String(), "in-service"),
    "state_why": (sa.String(), ""),
    "state_by": (sa.String(), ""),
    "epoch": (sa.Integer(), 0),
    "loaded": (sa.JSON(), {}),
    "traces": (sa.JSON(), {}),
    "jobs_done": (sa.Integer(), 0),
    "seconds_run": (sa.Float(), 0.0),
    "volume_used": (sa.Float(), 0.0),
    "upkeep": (sa.JSON(), {}),
    "undo": (sa.JSON(), {}),
}
"""Columns of machines that are never empty, with their type and what a machine of before begins with."""


def upgrade() -> None:
    _filled("machines", MACHINES)
    _filled("attempts", {"loaded": (sa.JSON(), {})})
    for table, name in (("machines", "state_at"), ("machines", "volume_left"), ("attempts", "done")):
        with op.batch_alter_table(table) as batch:
            batch.add_column(sa.Column(name, sa.Float(), nullable=True))
    with op.batch_alter_table("jobs") as batch:
        batch.add_column(sa.Column("seconds", sa.Float(), nullable=True))
        batch.add_column(sa.Column("volume", sa.Float(), nullable=True))
    _open_jobs()


def _filled(table: str, columns: Mapping[str, tuple[Any, Any]]) -> None:
    """Add columns that may not be empty: first as such that may, then filled, then closed."""
    with op.batch_alter_table(table) as batch:
        for name, (kind, _) in columns.items():
            batch.add_column(sa.Column(name, kind, nullable=True))
    rows = sa.table(table, *(sa.column(name, kind) for name, (kind, _) in columns.items()))
    op.execute(sa.update(rows).values({name: value for name, (_, value) in columns.items()}))
    with op.batch_alter_table(table) as batch:
        for name, (kind, _) in columns.items():
            batch.alter_column(name, existing_type=kind, nullable=False)


def _open_jobs() -> None:
    """Jobs that were rendered before take over from their manifests what the gates ask: amounts and allergens."""
    json_, text, number = sa.JSON(), sa.String(), sa.Float()
    jobs = sa.table(
        "jobs",
        *(sa.column(c, t) for c, t in zip(("id", "artifact", "needs_id", "state"), [text] * 4, strict=True)),
        sa.column("seconds", number),
        sa.column("volume", number),
    )
    needs = sa.table("needs", sa.column("id", text), sa.column("body", json_))
    artifacts = sa.table("artifacts", sa.column("sha256", text), sa.column("manifest", json_))
    connection = op.get_bind()
    rows = connection.execute(
        sa.select(jobs.c.id, jobs.c.state, needs.c.body, artifacts.c.manifest)
        .join(needs, needs.c.id == jobs.c.needs_id)
        .join(artifacts, artifacts.c.sha256 == jobs.c.artifact)
        .where(jobs.c.state.not_in(("made", "failed", "cancelled")))
    ).all()
    for row in rows:
        materials = row.manifest.get("materials") or {}
        volumes = [float(used["volume"]) for used in materials.values() if "volume" in used]
        put: dict[str, Any] = {"seconds": row.manifest.get("seconds"), "volume": sum(volumes) if volumes else None}
        if row.state == "ready" and "allergens" in row.manifest:
            # Only a job that nobody has taken: what was taken is named by the needs that it was taken for.
            body = {**row.body, "contains": sorted(row.manifest["allergens"])}
            body["leaves"] = body["contains"]
            put["needs_id"] = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:16]
            if not connection.execute(sa.select(needs.c.id).where(needs.c.id == put["needs_id"])).first():
                connection.execute(sa.insert(needs).values(id=put["needs_id"], body=body))
        connection.execute(sa.update(jobs).where(jobs.c.id == row.id).values(**put))


def downgrade() -> None:
    added = {
        "machines": (*MACHINES, "state_at", "volume_left"),
        "attempts": ("loaded", "done"),
        "jobs": ("seconds", "volume"),
    }
    # Not in a batch: that would make each table anew, and attempts point at jobs.
    for table, columns in added.items():
        for name in columns:
            op.drop_column(table, name)
