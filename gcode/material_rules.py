"""Rules of preflight about the material: how hot it may be laid, and whether enough of it is there."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gcode.findings import Finding, Severity
from gcode.limits import Limits
from gcode.rules import TOOL_HEAT, found
from gcode.trace import carried
from gcode.views import View


def window(view: View) -> Iterator[Finding]:
    """While material is laid, the nozzle's target is within the material's own window."""
    if view.limits.window is None:
        return
    low, high = view.limits.window
    heats = np.isin(view.program.code, TOOL_HEAT)
    target = carried(np.where(heats, np.nan_to_num(view.heats), np.nan))[view.moves.index]
    outside = view.moves.lays & (target > 0) & ~((target >= low) & (target <= high))
    if outside.any():
        worst = target[outside].max() if (target[outside] > high).any() else target[outside].min()
        text = f"material is laid at {worst:g} degrees C, it takes {low:g} to {high:g}: change the recipe"
        yield from found("outside-of-window", view.lines_of(outside), text)


def enough(pressed: float, limits: Limits) -> Iterator[Finding]:
    """``pressed``: mm3 that the whole program pushes at most."""
    if limits.loaded is not None and pressed > limits.loaded:
        text = (
            f"the program takes {pressed / 1000:.1f} ml and {limits.loaded / 1000:.1f} ml are left: load more, "
            "and say so (`ful machine load`)"
        )
        yield Finding(Severity.ERROR, "not-enough-material", 0, text)
