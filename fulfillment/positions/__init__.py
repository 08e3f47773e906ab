"""Files that people write: YAML read with the position of every key, checked against typed models.

Every problem names the line, says what is wrong, and how to mend it; all problems of a file come at once.
"""

from fulfillment.positions.problems import Mend, Mends, Problem, closest, listed, refuse
from fulfillment.positions.reader import Document, Loc, read
from fulfillment.positions.tables import Row, rows, table
from fulfillment.positions.units import UNITS, Unit
from fulfillment.positions.validation import Written, validate

__all__ = [
    "UNITS",
    "Document",
    "Loc",
    "Mend",
    "Mends",
    "Problem",
    "Row",
    "Unit",
    "Written",
    "closest",
    "listed",
    "read",
    "refuse",
    "rows",
    "table",
    "validate",
]
