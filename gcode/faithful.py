"""A whole design held against the marks that a program leaves: its photos, its lines, and what belongs to neither."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from gcode.design import Design
from gcode.geometry import Bounds
from gcode.proof import Marks
from gcode.verify import lines_made
from gcode.verify_tone import tone_made


@dataclass(frozen=True, slots=True)
class Rows:
    """How a photo is made."""

    pitch: float
    """mm between two rows."""
    reach: tuple[float, float]
    """The least and the largest share of the surface that they can cover."""
    dark: bool = True
    """Whether the marks are the dark of the picture."""


@dataclass(frozen=True, slots=True)
class Found:
    wrong: tuple[str, ...]
    """What is not as designed, each a sentence with its number and its limit."""
    numbers: dict[str, Any]
    """For the manifest."""


def compare(design: Design, marks: Marks, line_width: float, piece: Bounds, rows: Rows | None = None) -> Found:
    """``marks`` on the piece; what lies beyond it does not count. ValueError for a photo where no rows are made."""
    wrong: list[str] = []
    numbers: dict[str, Any] = {}
    for tone in design.tones:
        if rows is None:
            raise ValueError("a photo was laid out for a process that makes none")
        like = tone_made(tone, marks, rows.pitch, rows.reach, dark=rows.dark)
        wrong += like.wrong()
        numbers["photo"] = like.body()
        marks = marks.only(~tone.holds(*marks.middle.T))
    made = lines_made(design.drawings, marks, line_width, piece)
    # Of a design without lines nothing is as wide as it should be; strays are what there is to find.
    wrong += made.wrong(line_width) if design.drawings else made.strange(line_width)
    numbers["lines"] = made.body()
    return Found(tuple(wrong), numbers)
