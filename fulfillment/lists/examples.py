"""What papers say in their previews: an order that nobody placed."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from fulfillment.lists.sheet import Row
from fulfillment.papers import Facts

PROOF: Final = Path(__file__).parent.parent / "demo" / "files" / "cat.jpg"
"""Stands for the picture of a piece."""

_FLOOR: Final[Mapping[str, str]] = {"factory": "Your factory", "printed": "2026-05-08 09:30"}
_PIECE: Final[Facts] = {
    **_FLOOR,
    "order": "#1001",
    "ship_to": "Ada Lovelace",
    "product": "Personalized toaster pastry",
    "code": "U-EXAMPLE2",
    "number": "1",
    "quantity": "2",
    "message": "Happy Birthday Ada",
    "options": [{"title": "Filling", "value": "Strawberry"}, {"title": "Frosting", "value": "Chocolate"}],
    "food": "yes",
    "allergens": "Wheat, Eggs, Milk, Soybeans",
}


def _pocket(number: int) -> Row:
    row, column = divmod(number - 1, 4)
    place = {"x": f"{49 * column}", "y": f"{44 * row}", "width": "46", "height": "34", "pocket": str(number)}
    if number == 6:
        return place
    for_ = ("Ada Lovelace", "Grace Hopper", "Alan Turing")[number % 3]
    more = {"code": f"U-EXAMP{number + 100}", "name": for_, "product": "Favour cookie", "picture": "proof"}
    return {**place, **more}


EXAMPLES: Final[Mapping[str, Facts]] = {
    "slip": {
        **_PIECE,
        "note": "Thank you, Ada! This one was made for you alone. We hope that it brings a smile.",
        "price": "12.50 USD",
        "total": "25.00 USD",
    },
    "traveler": {
        **_PIECE,
        "due": "2026-05-08 17:00",
        "artifact": "3fa1 09bc 77d2",
        "route": [
            {
                "number": "1",
                "title": "Frost the photo and the message",
                "who": "extrude-food",
                "code": "frost/U-EXAMPLE2",
            },
            {"number": "2", "title": "Print the packing slip", "who": "document", "code": "slip/U-EXAMPLE2"},
            {"number": "3", "title": "Pack the piece with its slip", "who": "by hand", "code": "pack/U-EXAMPLE2"},
        ],
    },
    "pick-list": {
        **_FLOOR,
        "count": "6",
        "work": [
            {
                "where": "Frosting printer 1 / Frosting printer 2",
                "step": "Frost the photo and the message",
                "product": "Personalized toaster pastry",
                "options": "Strawberry, Chocolate",
                "count": "4 ×",
                "blank": "blank",
                "material": "Chocolate frosting 41.2 ml",
            },
            {
                "where": "Pen plotter",
                "step": "Write the note",
                "product": "Thank-you card with a handwritten note",
                "options": "Blue",
                "count": "2 ×",
                "blank": "blank",
                "material": "Blue gel ink",
            },
        ],
        "materials": [
            {
                "material": "Chocolate frosting",
                "amount": "41.2 ml",
                "count": "4 ×",
                "loaded": "frosting-1: lot A12, 60.0 ml left, until 2026-06-01",
            },
            {"material": "Blue gel ink", "amount": "", "count": "2 ×", "loaded": "plotter-1: loaded"},
        ],
        "hands": [{"step": "Pack the piece with its slip", "product": "Personalized toaster pastry", "count": "3 ×"}],
    },
    "kitting-list": {
        **_FLOOR,
        "order": "#1001",
        "code": "O-EXAMPLE2",
        "ship_to": "Ada Lovelace",
        "due": "2026-05-08 17:00",
        "count": "3",
        "packed": "1",
        "missing": "1",
        "pieces": [
            {
                "code": "U-EXAMPLE2",
                "product": "Personalized toaster pastry",
                "number": "1/2",
                "state": "packed",
                "where": "packed",
                "missing": "",
            },
            {
                "code": "U-EXAMPLE3",
                "product": "Personalized toaster pastry",
                "number": "2/2",
                "state": "making",
                "where": "being made on frosting-1",
                "missing": "Frost the photo and the message",
            },
            {
                "code": "U-EXAMPLE4",
                "product": "Thank-you card with a handwritten note",
                "number": "",
                "state": "making",
                "where": "with the people",
                "missing": "",
            },
        ],
    },
    "jig-sheet": {
        **_FLOOR,
        "batch": "J-EXAMPLE2",
        "product": "Favour cookie",
        "step": "Ice the name",
        "machine": "Icing printer for cookies",
        "count": "11",
        "size": "193 × 122 mm",
        "places": [_pocket(number) for number in range(1, 13)],
    },
}
"""By what a template's `paper` says."""
