"""What the papers of a piece say of it and its order: facts from the record, as a specification carries them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, select

from fulfillment.catalog import CodeField, MonogramField, TextField
from fulfillment.config import Factory
from fulfillment.notes import printed
from fulfillment.papers import Item, Template, chosen, language
from fulfillment.papers.loader import Language
from fulfillment.processes import Problems, Spec
from jobs import models as m
from jobs.store import Store

SLIP: Final = "slip"
TRAVELER: Final = "traveler"
MAX_LOGO: Final = 2_000_000
"""Bytes of the factory's own picture."""
SHORT: Final = 12
"""Characters of a digest that people compare, in groups of four."""
YES: Final = "yes"


@dataclass(frozen=True, slots=True)
class _Known:
    """The record of a piece, as far as papers tell of it."""

    order: Any
    line: Any
    unit: Any
    made: Sequence[Any]
    """The jobs of operations that make the piece: name, artifact, proof."""


def facts_of(
    store: Store, factory: Factory, job: Any, base: Spec, template: Template | None = None, spoken: str = ""
) -> Spec | None:
    """The whole specification of a piece's paper; None while what it shows is not rendered yet.

    A traveler goes along from the beginning: it does not wait for what is made together with other pieces.
    ``template``: another paper of the piece than the one that the operation prints. ``spoken``: the code of another
    language than the one of who gets it.
    """
    template = template or factory.papers[base.product.route[base.operation].paper or SLIP]
    travels = template.paper == TRAVELER
    with store.read() as connection:
        known = _known(connection, job)
        note, card = printed(connection, factory, known.order, job.unit_id, base.product)
    alone = [one for one in known.made if not (travels and base.product.room(one.name))]
    if any(one.artifact is None for one in alone):
        return None
    site = factory.config.site
    tongue = language(spoken or (site.language if travels else _language(known.order, site.language)))
    says = _piece(factory, job, known, base, tongue)
    says |= _travels(factory, known, base, tongue, job) if travels else _sent(known, tongue, note, card)
    facts = {
        "template": template,
        "language": tongue.language,
        "paper": site.paper,
        "says": says,
        "pictures": {"logo": _logo(site.logo)} if site.logo else {},
    }
    files = {"proof": proof} if (proof := _proof(known, base)) else {}
    return replace(base, files=files, machines=(), materials={}, facts=facts)


def _known(connection: Connection, job: Any) -> _Known:
    line = m.line_items.c
    made = (
        select(m.jobs.c.artifact, m.artifacts.c.proof, m.operations.c.name)
        .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
        .where(m.jobs.c.unit_id == job.unit_id, m.jobs.c.state != "cancelled", m.operations.c.process != "document")
        .order_by(m.jobs.c.seq)
    )
    unit = connection.execute(select(m.units).where(m.units.c.id == job.unit_id)).one()
    return _Known(
        connection.execute(select(m.orders).where(m.orders.c.id == job.order_id)).one(),
        connection.execute(select(line.quantity, line.position).where(line.id == unit.line_item_id)).one(),
        unit,
        connection.execute(made).all(),
    )


def _language(order: Any, otherwise: str) -> str:
    locale = str(order.ship_to.get("locale") or "")
    return chosen(locale, otherwise) if locale else otherwise


def _proof(known: _Known, base: Spec) -> str | None:
    """The last operation's picture, which is drawn over those before it: it shows the finished piece."""
    marking = base.product.marking
    proofs = sorted((marking.index(one.name), one.proof) for one in known.made if one.proof and one.name in marking)
    return proofs[-1][1] if proofs else None


def _logo(path: Path) -> bytes:
    """The factory's own picture. Raises Problems."""
    try:
        if path.stat().st_size > MAX_LOGO:
            raise Problems(
                [{"field": "", "reason": f"The logo has more than {MAX_LOGO} bytes.", "mend": "Draw it smaller."}]
            )
        return path.read_bytes()
    except OSError as error:
        reason = f"The logo cannot be read: {error.strerror}."
        raise Problems([{"field": "", "reason": reason, "mend": "Mend site: logo in config.yaml."}]) from None


def _piece(factory: Factory, job: Any, known: _Known, base: Spec, tongue: Language) -> dict[str, str | Sequence[Item]]:
    """What every paper of a piece says."""
    product, ship_to = base.product, known.order.ship_to
    words = TextField | MonogramField | CodeField
    texts = [
        base.fields[name] for name, one in product.fields.items() if isinstance(one, words) and name in base.fields
    ]
    options = [(one.title, one.choices[base.options[name]].title) for name, one in product.options.items()]
    options += [(one.title, one.said(base.parameters[name])) for name, one in product.parameters.items()]
    return {
        "factory": factory.config.site.name,
        "order": str(ship_to.get("order") or known.order.external_id),
        "ship_to": str(ship_to.get("name", "")),
        "product": product.title,
        "code": job.unit_id,
        "number": str(known.unit.number),
        "quantity": str(known.line.quantity),
        "message": "\n".join(texts),
        "options": [{"title": title, "value": value} for title, value in options],
        "food": YES if product.food else "",
        "allergens": tongue.stated(product.contains(base.options, factory.config.allergens)) if product.food else "",
    }


def _sent(known: _Known, tongue: Language, note: str, card: str) -> dict[str, str]:
    """What goes with the piece to whom it is sent. Of a gift nobody is told the price."""
    ship_to = known.order.ship_to
    gift = bool(ship_to.get("gift"))
    prices, currency = ship_to.get("prices") or [], str(ship_to.get("currency") or "")
    price = prices[known.line.position] if known.line.position < len(prices) else ""
    return {
        "note": note,
        "card": card,
        "gift": YES if gift else "",
        "gift_message": str(ship_to.get("gift_message") or "") if gift else "",
        "price": "" if gift else tongue.price(price or "", currency),
        "total": "" if gift else tongue.price(str(ship_to.get("total") or ""), currency),
    }


def _travels(
    factory: Factory, known: _Known, base: Spec, tongue: Language, job: Any
) -> dict[str, str | Sequence[Item]]:
    """What people in the factory are told."""
    due = known.order.due
    artifact = next((one.artifact for one in reversed(known.made) if one.artifact), "")[:SHORT]
    return {
        "due": f"{datetime.fromtimestamp(due, factory.config.site.zone):%Y-%m-%d %H:%M}" if due else "",
        "artifact": " ".join(artifact[at : at + 4] for at in range(0, len(artifact), 4)),
        "holds": "; ".join(str(one.get("reason", "")) for one in known.unit.problems),
        "route": [
            {
                "number": str(number),
                "title": base.product.route[name].title,
                "who": base.product.route[name].process or tongue.words["by_hand"],
                "code": f"{name}/{job.unit_id}",
            }
            for number, name in enumerate(base.product.order(), 1)
        ],
    }
