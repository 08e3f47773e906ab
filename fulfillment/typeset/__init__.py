"""Any text on paper: shaped, in the right direction, by a chain of the shipped fonts, embedded in the file.

Every character of a text is drawn or the text is refused with the character named: a printer draws what its font lacks
as nothing, without an error. Text is glyphs and nothing else; no markup is read. Points are the unit here.
"""

from fulfillment.typeset.embedding import draw
from fulfillment.typeset.faces import CHAINS, Face
from fulfillment.typeset.fitting import Set, balanced, fitted, wrapped, written
from fulfillment.typeset.lines import Line
from fulfillment.typeset.sheet import PaperError, Sheet

__all__ = [
    "CHAINS",
    "Face",
    "Line",
    "PaperError",
    "Set",
    "Sheet",
    "balanced",
    "draw",
    "fitted",
    "wrapped",
    "written",
]
