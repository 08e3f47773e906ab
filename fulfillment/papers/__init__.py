"""The papers of the floor: templates as data, blocks over facts, in several languages.

This package reads templates and knows their words; ``fulfillment.papers.drawing`` lays them out and draws them, and is
imported where papers are rendered, for it loads fonts and pictures.
"""

from fulfillment.papers.filling import Facts, Item
from fulfillment.papers.kinds import KINDS, Kind
from fulfillment.papers.loader import Papers, chosen, language, languages, load, parse, shipped, with_own
from fulfillment.papers.models import Template
from fulfillment.papers.sizes import SIZES

__all__ = [
    "KINDS",
    "SIZES",
    "Facts",
    "Item",
    "Kind",
    "Papers",
    "Template",
    "chosen",
    "language",
    "languages",
    "load",
    "parse",
    "shipped",
    "with_own",
]
