"""What a packing slip says of a unit and its order: facts from the record, as the slip's specification carries them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from sqlalchemy import select

from fulfillment.catalog import CodeField, MonogramField, TextField, stated
from fulfillment.config import Factory
from fulfillment.notes import printed
from fulfillment.processes import Spec
from jobs import models as m
from jobs.store import Store


def facts_of(store: Store, factory: Factory, job: Any, base: Spec) -> Spec | None:
    """The slip's whole specification; None while the picture of the piece itself is not rendered yet."""
    with store.read() as connection:
        order = connection.execute(select(m.orders).where(m.orders.c.id == job.order_id)).one()
        count = select(m.line_items.c.quantity, m.units.c.number).join(
            m.units, m.units.c.line_item_id == m.line_items.c.id
        )
        line = connection.execute(count.where(m.units.c.id == job.unit_id)).one()
        others = connection.execute(
            select(m.jobs.c.artifact, m.artifacts.c.proof, m.operations.c.name)
            .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
            .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
            .where(m.jobs.c.unit_id == job.unit_id, m.jobs.c.state != "cancelled", m.operations.c.process != "document")
            .order_by(m.jobs.c.seq)
        ).all()
        note, card = printed(connection, factory, order, job.unit_id, base.product)
    if any(other.artifact is None for other in others):
        return None
    # The last operation's proof is drawn over those before it: it shows the finished piece.
    marking = base.product.marking
    proofs = sorted((marking.index(o.name), o.proof) for o in others if o.proof and o.name in marking)
    files = {"proof": proofs[-1][1]} if proofs else {}
    return replace(
        base, files=files, machines=(), materials={}, facts=_facts(factory, job, order, line, base, note, card)
    )


def _facts(factory: Factory, job: Any, order: Any, line: Any, base: Spec, note: str, card: str) -> dict[str, Any]:
    product, ship_to = base.product, order.ship_to
    words = TextField | MonogramField | CodeField
    written = [name for name, field in product.fields.items() if isinstance(field, words)]
    texts = [base.fields[name] for name in written if name in base.fields]
    return {
        "factory": factory.config.site.name,
        "paper": factory.config.site.paper,
        "order": ship_to.get("order") or order.external_id,
        "ship_to": ship_to.get("name", ""),
        "unit": job.unit_id,
        "number": f"{line.number} of {line.quantity}",
        "product": product.title,
        "options": [
            (option.title, option.choices[base.options[name]].title) for name, option in product.options.items()
        ]
        + [(one.title, one.said(base.parameters[name])) for name, one in product.parameters.items()]
        + ([("With the note", card)] if card else []),
        "texts": texts,
        "allergens": stated(product.contains(base.options, factory.config.allergens)),
        "note": note,
        "card": card,
    }
