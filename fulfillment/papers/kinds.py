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
    "allergens": "what the piece contains, in words; empty where it is no food",
    "food": "`yes` where the piece is food",
    "contains": "`yes` where it has allergens that must be declared",
}
_OPTIONS: Final[Mapping[str, str]] = {"title": "what was asked", "value": "what was chosen"}
_PICTURES: Final[Mapping[str, str]] = {"proof": "the picture of the piece", "logo": "the factory's own picture"}

KINDS: Final[Mapping[str, Kind]] = {
    "slip": Kind(
        "Packing slip",
        {
            **_PIECE,
            "note": "the personal note",
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
}
