"""Types that the factory's configuration and the catalog share."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from fulfillment.positions import Mend, Unit
from gcode.outline import contours

Process = Literal["fdm", "engrave", "extrude-food", "plot", "embroider", "document", "press"]
ON_PAPER: Final[frozenset[Process]] = frozenset({"document", "press"})
"""What printers do: papers that go with a piece, and pieces that are paper themselves."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def _name(value: str) -> str:
    if NAME.fullmatch(value):
        return value
    mended = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:40] or "frosting-1"
    raise Mend(f"{value[:60]!r} is not a name.", f"Small letters, digits and -, at most 40, such as {mended!r}.")


def _colour(value: object) -> object:
    if value is None:
        raise Mend("The colour is empty.", "In YAML a # begins a comment: write the colour in quotes, '#3b2314'.")
    if isinstance(value, str) and not COLOUR.fullmatch(value):
        raise Mend(f"{value[:40]!r} is not a colour.", "Write red, green and blue as '#rrggbb', such as '#3b2314'.")
    return value.lower() if isinstance(value, str) else value


def _title(value: str) -> str:
    if not value.strip() or CONTROL.search(value):
        raise Mend("The text is empty or holds control characters.", "Write one line of plain text.")
    return value.strip()


def _outline(value: str) -> str:
    try:
        contours(value)
    except ValueError as error:
        raise Mend(f"The outline is not understood: {error}.", "Write it as 'M 0 0 L 30 0 Q 30 20 15 20 Z'.") from None
    return value


Name = Annotated[str, AfterValidator(_name)]
Outline = Annotated[str, AfterValidator(_outline)]
Colour = Annotated[str, BeforeValidator(_colour)]
Title = Annotated[str, Field(max_length=80), AfterValidator(_title)]

Mm = Annotated[float, Unit("mm"), Field(ge=0, le=5000)]
PositiveMm = Annotated[float, Unit("mm"), Field(gt=0, le=5000)]
Speed = Annotated[float, Unit("mm/s"), Field(gt=0, le=2000)]
Flow = Annotated[float, Unit("mm3/s"), Field(gt=0, le=1000)]
Celsius = Annotated[float, Unit("degC"), Field(ge=-20, le=500)]
Seconds = Annotated[float, Unit("s"), Field(ge=0, le=86_400)]
