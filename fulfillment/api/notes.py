"""The personal note of an order: what it says and who says so, written by hand, and taken back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from fulfillment import notes
from fulfillment.api.guard import Operator, Reader, TheShop
from fulfillment.shop import Shop
from jobs import noting

router = APIRouter(prefix="/v1", tags=["notes"])


class Note(BaseModel):
    """A note in a person's own words; empty: it is written by rule again."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(max_length=noting.MOST)] = ""


def note_view(shop: Shop, order_id: str) -> dict[str, Any]:
    """The note of an order. Raises NotFound."""
    with shop.store.read() as connection:
        return notes.view(connection, shop.factory, order_id)


@router.get("/orders/{order_id}/note")
def get_note(order_id: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """What the note says, whether a person (`hand`) or a rule of config.yaml wrote it (its number; 0: the house's own
    words), and the card that it is written on, where it is a piece of its own."""
    return note_view(shop, order_id)


@router.post("/orders/{order_id}/note")
def post_note(order_id: str, note: Note, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say what the note says. Refused once its paper is made."""
    papers = notes.papers(shop.store, shop.factory, order_id)
    noting.write(shop.store, order_id, note.text.strip(), papers, who)
    return note_view(shop, order_id)


@router.post("/orders/{order_id}/note/undo")
def undo(order_id: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Have the note say what it said before it was written the last time."""
    noting.take_back(shop.store, order_id, notes.papers(shop.store, shop.factory, order_id), who)
    return note_view(shop, order_id)
