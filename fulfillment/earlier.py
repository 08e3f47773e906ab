"""What lies on a piece when an operation begins: the marks of those before it, from their own bytes.

Colours by station are operations after each other, each with a material of its own. The proof of the later one is drawn
over the proof of the earlier, so the last of them shows the finished piece.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from fulfillment.catalog import Recipe
from fulfillment.config import Material
from fulfillment.processes import UNDER, Spec
from jobs import models as m
from jobs.states import JobState
from jobs.store import Store


def over(spec: Spec, proof: str | None) -> Spec:
    """The specification of an operation whose piece looks like this ``proof`` (a digest) before it begins."""
    return replace(spec, files={**spec.files, UNDER: proof}) if proof else spec


def with_earlier(store: Store, job: Any, base: Spec) -> Spec | None:
    """The specification with what lies below, by the record; None while that is not rendered yet."""
    below = base.product.under(base.operation)
    if below is None:
        return base
    statement = (
        select(m.jobs.c.artifact, m.artifacts.c.proof)
        .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .where(m.jobs.c.unit_id == job.unit_id, m.operations.c.name == below, m.jobs.c.state != JobState.CANCELLED)
        .order_by(m.jobs.c.seq.desc())
        .limit(1)
    )
    with store.read() as connection:
        found = connection.execute(statement).one_or_none()
    if found is None or found.artifact is None:
        return None
    return over(base, found.proof)


def stands_out(spec: Spec) -> float:
    """mm by which what was laid before stands over the piece's surface: a tool that travels must pass above it."""
    product, highest = spec.product, 0.0
    below = product.under(spec.operation)
    while below is not None:
        material = spec.materials.get(product.material(below, spec.options) or "")
        recipe = product.recipes.get(material.kind) if isinstance(material, Material) else None
        if isinstance(recipe, Recipe):
            highest = max(highest, recipe.height * recipe.layers)
        below = product.under(below)
    return highest
