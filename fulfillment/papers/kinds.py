"""What each paper is about: the facts, lists and pictures that its templates may name. A new one is one entry."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

PAGE: Final[Mapping[str, str]] = {"page": "the number of this page", "pages": "how many pages there are"}
"""What every paper knows of itself."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A paper's words for what it says. Each name comes with its meaning, as the docs print it."""

    title: str
    facts: Mapping[str, str]
    lists: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Lists by name, with the facts of each of their items."""
    pictures: Mapping[str, str] = field(default_factory=dict)


_PIECE: Final[Mapping[str, str]] = {
    "factory": "the factory's name",
    "order": "the order's number as the customer knows it",
    "ship_to": "who gets it",
    "product": "what was ordered",
    "code": "the piece's short code",
    "number": "which of its line's pieces this is",
    "quantity": "how many pieces the line has",
    "message": "the customer's own words on the piece",
    "food": "`yes` where the piece is food",
    "allergens": "what it contains that must be declared, in words; empty where there is nothing",
}
_OPTIONS: Final[Mapping[str, str]] = {"title": "what was asked", "value": "what was chosen"}
_PICTURES: Final[Mapping[str, str]] = {"proof": "the picture of the piece", "logo": "the factory's own picture"}

KINDS: Final[Mapping[str, Kind]] = {
    "slip": Kind(
        "Packing slip",
        {
            **_PIECE,
            "note": "the personal note",
            "card": "the code of the card with the note, where a pen writes it",
            "gift": "`yes` where it is a present: nothing is said of prices then",
            "gift_message": "the giver's words",
            "price": "of one piece, with its currency; empty where it is not known or is a present",
            "total": "of the order, with its currency; empty as well",
        },
        {"options": _OPTIONS},
        _PICTURES,
    ),
    "traveler": Kind(
        "Traveler",
        {
            **_PIECE,
            "due": "when the order is due, in the factory's time; empty where nothing was agreed",
            "artifact": "the first letters of the digest of what is made",
            "holds": "why the piece is held; empty where it is not",
        },
        {
            "options": _OPTIONS,
            "route": {
                "number": "its place in the route",
                "title": "the operation",
                "who": "the process that makes it; empty where a person does it",
                "code": "what a scanner reads for this step",
            },
        },
        _PICTURES,
    ),
    "pick-list": Kind(
        "Pick list",
        {
            "factory": "the factory's name",
            "printed": "when it was printed",
            "count": "how many pieces it is for",
            "more": "how many jobs wait beyond those; empty where there are none",
        },
        {
            "work": {
                "where": "the machines that can make it",
                "step": "the operation",
                "product": "what is made",
                "options": "what was chosen",
                "count": "how many pieces",
                "blank": "what is to be fetched: a blank, or pieces that come from another operation",
                "material": "what is laid on it, and how much of that; of papers their size",
            },
            "materials": {
                "material": "what is needed",
                "amount": "how much of it all pieces take",
                "count": "for how many pieces",
                "loaded": "which machine holds it, of which lot, how much is left, until when",
            },
            "hands": {"step": "what a person does", "product": "of which product", "count": "how many pieces"},
        },
    ),
    "kitting-list": Kind(
        "Kitting list",
        {
            "factory": "the factory's name",
            "printed": "when it was printed",
            "order": "the order's number as the customer knows it",
            "code": "the order's code here",
            "ship_to": "who gets it",
            "due": "when it is due; empty where nothing was agreed",
            "count": "how many pieces it has",
            "packed": "how many of them are packed",
            "missing": "how many are not ready yet; empty where all are",
            "gift": "`yes` where it is a present",
        },
        {
            "pieces": {
                "code": "the piece's short code",
                "product": "what it is",
                "number": "which of its line's pieces",
                "state": "how it stands",
                "where": "where it is",
                "missing": "which operations are not done yet",
            }
        },
    ),
    "jig-sheet": Kind(
        "Jig sheet",
        {
            "factory": "the factory's name",
            "printed": "when it was printed",
            "batch": "the batch's code",
            "product": "what is made",
            "step": "the operation",
            "machine": "which machine has it; empty where none has yet",
            "count": "how many pieces lie in it",
            "size": "how large the jig is",
        },
        {
            "places": {
                "x": "mm from the left",
                "y": "mm from the front",
                "width": "mm",
                "height": "mm",
                "picture": "the name of the picture of the piece",
                "pocket": "the number of the place",
                "code": "the piece's short code; empty where the place stays empty",
                "name": "for whom it is",
                "product": "what it is",
                "turn": "degrees by which it is turned; empty where it is not",
            }
        },
    ),
}
