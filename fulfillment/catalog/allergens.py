"""Allergens by fixed keys: the 14 of the EU (Regulation 1169/2011) and the 9 of the US (FALCPA, FASTER)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum


class Allergen(StrEnum):
    GLUTEN = "gluten"
    WHEAT = "wheat"
    CRUSTACEANS = "crustaceans"
    EGGS = "eggs"
    FISH = "fish"
    PEANUTS = "peanuts"
    SOY = "soy"
    MILK = "milk"
    NUTS = "nuts"
    CELERY = "celery"
    MUSTARD = "mustard"
    SESAME = "sesame"
    SULPHITES = "sulphites"
    LUPIN = "lupin"
    MOLLUSCS = "molluscs"


A = Allergen
EU: frozenset[Allergen] = frozenset(Allergen) - {A.WHEAT}
"""Wheat is one of the EU's cereals containing gluten."""
US: frozenset[Allergen] = frozenset(
    {A.MILK, A.EGGS, A.FISH, A.CRUSTACEANS, A.NUTS, A.PEANUTS, A.WHEAT, A.SOY, A.SESAME}
)

TITLES: Mapping[Allergen, str] = {
    A.GLUTEN: "cereals containing gluten",
    A.WHEAT: "wheat",
    A.CRUSTACEANS: "crustaceans",
    A.EGGS: "eggs",
    A.FISH: "fish",
    A.PEANUTS: "peanuts",
    A.SOY: "soy",
    A.MILK: "milk",
    A.NUTS: "tree nuts",
    A.CELERY: "celery",
    A.MUSTARD: "mustard",
    A.SESAME: "sesame",
    A.SULPHITES: "sulphites",
    A.LUPIN: "lupin",
    A.MOLLUSCS: "molluscs",
}


def stated(allergens: Iterable[Allergen]) -> tuple[str, ...]:
    """The words for a label, in the order of the table; where wheat is named, gluten needs no word of its own."""
    found = set(allergens)
    words = []
    for allergen, title in TITLES.items():
        if allergen not in found or (allergen is A.GLUTEN and A.WHEAT in found):
            continue
        words.append("wheat (gluten)" if allergen is A.WHEAT else title)
    return tuple(words)
