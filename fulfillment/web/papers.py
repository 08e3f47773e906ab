"""What pages show of papers and notes: every template with its preview, and the note that goes with an order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from fulfillment import notes
from fulfillment.lists.asking import Asked, about_of, known, ready, template_of
from fulfillment.papers import language as spoken
from fulfillment.papers import languages
from fulfillment.shop import Shop
from jobs.collating import Card, cards
from jobs.store import NotFound, Refused

View = dict[str, Any]

ABOUT: Mapping[str, str] = {"unit": "U-…", "order": "O-…", "batch": "J-…", "": ""}
"""How the code looks of what a paper is about."""


def papers(shop: Shop) -> View:
    """Every paper that this factory prints; first those that are about the floor as it is now."""
    views = sorted(known(shop.factory), key=lambda one: (one["about"] != "", one["title"]))
    own = shop.factory.config.papers
    return {
        "papers": [{**one, "hint": ABOUT[one["about"]], "preview": _query(one["name"], example=True)} for one in views],
        "languages": _languages(),
        "own": str(own) if own else None,
    }


def paper(shop: Shop, asked: Asked) -> View:
    """One paper with its picture, and what can be chosen for it; or why there is none. Raises NotFound for a paper that
    nobody knows."""
    template = template_of(shop.factory, asked.name)
    why = size = language = ""
    try:
        found = ready(shop, asked)
        size, language = found.size, found.language
    except (NotFound, Refused) as refused:
        why = str(refused)
    return {
        "paper": {
            "name": template.name,
            "title": template.title,
            "about": about_of(template),
            "hint": ABOUT[about_of(template)],
            "sizes": list(template.sizes),
        },
        "asked": asked,
        "why": why,
        "size": size or asked.size,
        "language": language or asked.language or shop.factory.config.site.language,
        "languages": _languages(),
        "query": _query(asked.name, asked.about, asked.language, asked.size, example=asked.example),
    }


def _languages() -> list[tuple[str, str]]:
    return [(code, spoken(code).title) for code in languages()]


def _query(name: str, about: str = "", language: str = "", size: str = "", *, example: bool = False) -> View:
    """Where the paper is, as PDF and as picture."""
    said = {"about": about, "language": language, "size": size, "example": "true" if example else ""}
    query = urlencode({key: value for key, value in said.items() if value})
    end = f"?{query}" if query else ""
    return {
        "pdf": f"/v1/papers/{name}{end}",
        "picture": f"/v1/papers/{name}/picture{end}",
        "page": f"/papers/{name}{end}",
    }


# --- notes --------------------------------------------------------------------------------------------------------


def of_order(shop: Shop, order: View) -> View:
    """The note of an order, and what it means for each of its pieces."""
    with shop.store.read() as connection:
        note = notes.view(connection, shop.factory, order["id"])
        card = cards(connection, [order["id"]]).get(order["id"])
    _with_card(order["units"], card)
    return {"note": note}


def of_unit(shop: Shop, unit: View) -> View:
    """The card that goes with the order of a piece; None: it has none."""
    with shop.store.read() as connection:
        card = cards(connection, [unit["order_id"]]).get(unit["order_id"])
    _with_card([unit], card)
    return {"card": card.view(unit["id"]) if card else None}


def _with_card(units: Sequence[View], card: Card | None) -> None:
    """Say of each step that packs a piece what the note has to do with it: ``note`` is to be scanned, ``waits`` says
    why it is not done yet."""
    for unit in units:
        for step in unit["steps"]:
            others = [one for one in unit["steps"] if one["id"] != step["id"]]
            packs = step["can_do"] and all(one["state"] == "done" for one in others)
            step["note"], step["waits"] = _asks(unit["id"], card) if card and packs and not card.ended else ("", "")
            step["can_do"] = step["can_do"] and not step["waits"]


def _asks(unit_id: str, card: Card) -> tuple[str, str]:
    if unit_id == card.unit_id:
        return "", f"It is packed with the last piece of its order: {', '.join(card.pieces)}." if card.pieces else ""
    if not card.last(unit_id):
        return "", ""
    if card.missing:
        return "", f"Its note {card.unit_id} is still being made ({', '.join(card.missing)}): pack when it lies here."
    return (
        (card.unit_id, "") if card.ready else ("", f"Its note {card.unit_id} is {card.state}: mend it, or cancel it.")
    )
