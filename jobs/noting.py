"""A personal note that a person writes for an order, until its paper is made; and taking that back.

What was written before stands in the event, so that it can be taken back; it goes when the order is forgotten.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from jobs import models as m
from jobs.collating import Card, cards
from jobs.reprints import Prints, printing, waits
from jobs.route import again_rendered, cancel_jobs
from jobs.states import JobState, OrderState, UnitState
from jobs.store import NotFound, Refused, Store, Tx

MOST = 1000
"""Characters of a note. What fits its paper is told later, in words."""

ToCard = Callable[[str], Mapping[str, Any]]
"""From a text (empty: the rule's) to the personalization of a card that says it."""


@dataclass(frozen=True)
class Papers:
    """How the factory makes notes of an order: on which papers they are printed, and how a card is filled."""

    prints: Prints
    card: ToCard


def write(store: Store, order_id: str, text: str, papers: Papers, who: str) -> None:
    """Say what the note of an order says; an empty text has it written by rule again.

    Raises NotFound; Refused where the text is too long, the order has ended, or the note's paper is made already.
    """
    if len(text) > MOST:
        raise Refused(f"a note has at most {MOST} characters, this one has {len(text)}")
    with store.write(who) as tx:
        _write(tx, order_id, text, papers)


def take_back(store: Store, order_id: str, papers: Papers, who: str) -> str:
    """Have the note say what it said before it was written the last time. That text; empty: it is written by rule.

    Raises NotFound; Refused where nobody wrote it, or its paper is made already.
    """
    with store.write(who) as tx:
        of_it = select(m.events.c.detail).where(
            m.events.c.entity == "order", m.events.c.entity_id == order_id, m.events.c.event == "noted"
        )
        latest = tx.connection.execute(of_it.order_by(m.events.c.id.desc()).limit(1)).scalar()
        if not latest:
            raise Refused(f"nobody has written a note for {order_id}: there is nothing to take back")
        before = str(latest.get("before", ""))
        _write(tx, order_id, before, papers)
        return before


def _write(tx: Tx, order_id: str, text: str, papers: Papers) -> None:
    order: Any = tx.connection.execute(select(m.orders).where(m.orders.c.id == order_id)).one_or_none()
    if order is None:
        raise NotFound(f"there is no order {order_id}")
    if order.state != OrderState.OPEN:
        raise Refused(f"{order_id} is {order.state}: its papers are made")
    if text == order.note:
        return
    card = cards(tx.connection, [order_id]).get(order_id)
    if card is not None:
        _on_card(tx, card, papers.card(text))
    else:
        _on_papers(tx, order_id, papers.prints)
    tx.connection.execute(update(m.orders).where(m.orders.c.id == order_id).values(note=text))
    tx.log("order", order_id, "noted", text=text, before=order.note)


def _on_card(tx: Tx, card: Card, personalization: Mapping[str, Any]) -> None:
    """The card is checked, drawn and made with the new text. Raises Refused once a machine has it, or had."""
    unit_id = card.unit_id
    if card.ended:
        raise Refused(f"the note {unit_id} is {card.state}: what it says stands")
    if card.state == UnitState.NEW:
        raise Refused(f"the note {unit_id} is being checked at this moment: ask again in a second")
    tried = select(m.jobs.c.id).where(
        m.jobs.c.unit_id == unit_id, (m.jobs.c.attempts > 0) | (m.jobs.c.state == JobState.CLAIMED)
    )
    if tx.connection.execute(tried).first():
        raise Refused(f"a machine has begun the note {unit_id}: cancel that piece, or let it be as it is")
    if card.state == UnitState.MAKING:
        tx.move("unit", unit_id, "held", why="its text was written anew")
    cancel_jobs(tx, unit_id)
    tx.move("unit", unit_id, "corrected", put={"personalization": dict(personalization), "problems": []})


def _on_papers(tx: Tx, order_id: str, prints: Prints) -> None:
    """The papers with the note are drawn anew. Raises Refused once one of them was printed."""
    u = m.units.c
    held = tx.connection.execute(select(u.id).where(u.order_id == order_id, u.state == UnitState.HELD)).scalars().all()
    if held:  # its papers may be drawn already, and would be printed as they are when it is released
        raise Refused(f"{' and '.join(held)} of {order_id} is held: correct, release or cancel it, then write the note")
    papers = printing(tx.connection, order_id, prints)
    for row in papers:
        if not waits(row):
            raise Refused(f"the {row.name} of {row.unit_id}, which has the note on it, is {row.state}: the note stands")
    for row in papers:
        again_rendered(tx, row)
