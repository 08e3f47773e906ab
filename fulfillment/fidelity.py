"""The last look before an artifact may be queued: is what its bytes make what was designed? Refused where it is not."""

from __future__ import annotations

from typing import Any, Final

from fulfillment.designs import problem
from gcode.design import Design
from gcode.faithful import Rows, compare
from gcode.geometry import Bounds
from gcode.proof import Marks

DEFECT: Final = "The customer did nothing wrong: report it, with the order's number and the product's recipe."


def faithful(
    design: Design, marks: Marks, line_width: float, piece: Bounds, rows: Rows | None = None
) -> dict[str, Any]:
    """Numbers for the manifest. ``piece``: marks beyond it do not count. Raises Problems: a defect of ours."""
    found = compare(design, marks, line_width, piece, rows)
    if found.wrong:
        raise problem(f"What would be made is not what was designed: {'; '.join(found.wrong)}.", DEFECT)
    return found.numbers
