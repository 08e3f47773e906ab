"""The personal note that is a piece of its own: it goes with the last piece of its order, and is asked for by its code.

Nothing here moves anything: :mod:`jobs.route` packs, and asks here first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from jobs import models as m
from jobs.states import OperationState, UnitState
from jobs.store import Refused

ENDED = (UnitState.PACKED, UnitState.CANCELLED)


@dataclass(frozen=True)
class Card:
    """The note of an order. ``unit_id`` is its code."""

    unit_id: str
    order_id: str
    state: str
    pieces: tuple[str, ...] = ()
    """Codes of the order's pieces that are neither packed nor cancelled, without the note itself."""
    missing: tuple[str, ...] = ()
    """Its operations that are to be done before it is packed."""
    packing: str = ""
    """The operation that packs it, done by a person; empty: it has none."""

    @property
    def ended(self) -> bool:
        return self.state in ENDED

    @property
    def ready(self) -> bool:
        """Whether it lies there, made."""
        return self.state == UnitState.MAKING and not self.missing

    def last(self, unit_id: str) -> bool:
        """Whether that piece is the only one left: the note goes with it."""
        return self.pieces == (unit_id,)

    def view(self, unit_id: str = "") -> dict[str, Any]:
        """For pages and programs. ``wanted``: packing that piece asks for the note."""
        here = {"unit": self.unit_id, "state": self.state, "missing": list(self.missing)}
        wanted = not self.ended and self.last(unit_id)
        return {**here, "pieces": list(self.pieces), "wanted": wanted, "ready": self.ready}


def cards(connection: Connection, order_ids: Collection[str]) -> Mapping[str, Card]:
    """The notes of these orders that are pieces of their own, by order."""
    u, line = m.units.c, m.line_items.c
    rows = connection.execute(
        select(u.id, u.order_id, u.state, line.is_note)
        .join(m.line_items, line.id == u.line_item_id)
        .where(u.order_id.in_(list(order_ids)))
        .order_by(u.created_at, u.number)
    ).all()
    notes = {row.order_id: row for row in rows if row.is_note}
    open_pieces = [row for row in rows if not row.is_note and row.state not in ENDED]
    found = {}
    for order_id, note in notes.items():
        missing, packing = _steps(connection, note.id)
        pieces = tuple(row.id for row in open_pieces if row.order_id == order_id)
        found[order_id] = Card(note.id, order_id, note.state, pieces, missing, packing)
    return found


def _steps(connection: Connection, unit_id: str) -> tuple[tuple[str, ...], str]:
    """What is left to do on a note before it is packed, and the operation that packs it."""
    o = m.operations.c
    steps = connection.execute(select(o.name, o.process, o.after, o.state).where(o.unit_id == unit_id)).all()
    before = {name for step in steps for name in step.after}
    packing = [step.name for step in steps if step.process is None and step.name not in before]
    last = packing[0] if len(packing) == 1 else ""
    left = [step.name for step in steps if step.state != OperationState.DONE and step.name != last]
    return tuple(left), last


def asked_for(connection: Connection, unit_id: str, order_id: str, scanned: str) -> Card | None:
    """The note that is packed with this piece; None where none is. Raises Refused until it lies there.

    ``scanned``: the code that a person read off the note; empty: nobody has yet.
    """
    card = cards(connection, [order_id]).get(order_id)
    if card is None or card.ended:
        return None
    if unit_id == card.unit_id:
        if card.pieces:
            with_ = " and ".join(card.pieces)
            text = f"{unit_id} is the note of {order_id}: it is packed with the last of its pieces ({with_} to go)"
            raise Refused(f"{text}; scan it there")
        return None
    if not card.last(unit_id):
        return None
    its = f"{unit_id} is the last piece of {order_id}, and its note {card.unit_id}"
    if card.state != UnitState.MAKING:
        raise Refused(f"{its} is {card.state}: mend it, or cancel it and pack without one")
    if card.missing:
        raise Refused(f"{its} is still being made ({', '.join(card.missing)} to do): pack when it lies here")
    if not scanned.strip():
        raise Refused(f"{its} goes with it: scan the code on the note")
    code = scanned.strip().rstrip("/").rpartition("/")[2].upper()
    if code != card.unit_id:
        raise Refused(f"{its} goes with it, and {code[:40]!r} was scanned: look for the note with the right code")
    return card
