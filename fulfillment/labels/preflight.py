"""A carrier's ZPL, before it may reach a printer: an allowlist of commands that draw, and bounds.

What it may not hold: commands that act at once (~), store or call up anything (^DF ^XF ^ID ^IS ^XG), download (~DG
~DY), change the printer for good (^JU ^KP ^NS ^ST and their kind), print more than was asked for, or leave the label.
No picture of it is drawn: only a printer knows what it makes of ZPL, and a proof that guesses is worse than none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from drivers.protocols.zpl import Command, ZplError, commands, job
from fulfillment.labels import FOUR_BY_SIX, ZPL, Inspected, LabelRefused, Media, refused

DRAWS: Final = {"^A", "^XA", "^XZ", "^TB", "^CF", "^CI", "^CV", "^PA", "^PM", "^PO", "^PQ", "^PW"}.union(
    (f"^B{kind}" for kind in "0123456789ABCDEFIJKLMOPQRSTUXYZ"),
    (f"^F{kind}" for kind in "BCDEHMOPRSTVWX"),
    (f"^G{kind}" for kind in "BCDEFS"),
    (f"^L{kind}" for kind in "HLRST"),
)
"""Commands that draw, place, or say how much."""
MEDIA: Final = {"^MC", "^MD", "^MF", "^MM", "^MN", "^MT", "^PR"}
"""What labels are like and how fast they move: until the power goes off, and never for good (^JU is not taken)."""
BEYOND: Final = 0.1
"""How far beyond the label's edge a field may begin, in parts of the label: carriers are not exact."""
MOST_FINDINGS: Final = 20
MOST_GRAPHIC: Final = 999_999
"""Bytes of one picture, unpacked."""


def inspect(data: bytes, pieces: int, dpi: int, media: Media = FOUR_BY_SIX) -> Inspected:
    """A carrier's ZPL as it may be printed: one label, or one for each of ``pieces``. Raises LabelRefused."""
    try:
        sent = job(data)
        found = list(_findings(data, dpi, media))
    except ZplError as error:
        raise _refused([error]) from None
    if found:
        raise _refused(found[:MOST_FINDINGS])
    if sent.formats != sent.labels or sent.labels not in (1, pieces):
        raise _wrong_count(sent.labels, pieces)
    return Inspected(ZPL, sent.labels, dpi)


def _wrong_count(labels: int, pieces: int) -> LabelRefused:
    wanted = "one is" if pieces == 1 else f"one for all, or one for each of {pieces} pieces, is"
    return refused(f"{labels} labels would come out.", f"Send as many as are asked for: {wanted}.")


def _refused(found: list[ZplError]) -> LabelRefused:
    return LabelRefused(
        [
            {"field": "label", "reason": f"Byte {one.offset}: {one.reason}.", "mend": f"{one.mend.capitalize()}."}
            for one in found
        ]
    )


def _findings(data: bytes, dpi: int, media: Media) -> Iterator[ZplError]:
    width, height = media.dots(dpi)
    looks: Mapping[str, Callable[[Command], ZplError | None]] = {
        "^PW": lambda one: _within(one, 0, width, f"the label is {width} dots wide"),
        "^LL": lambda one: _within(one, 0, height, f"the label is {height} dots long"),
        "^FO": lambda one: _placed(one, width, height),
        "^FT": lambda one: _placed(one, width, height),
        "^LH": lambda one: _placed(one, width, height),
        "^PQ": _once,
        "^MC": lambda one: _kept(one, b"N", "leaves its picture for the next label to be printed over"),
        "^PM": lambda one: _kept(one, b"Y", "has the labels after it printed as in a mirror, too"),
        "^GF": lambda one: _graphic(one, width),
    }
    for command in commands(data):
        if command.name not in DRAWS | MEDIA:
            text = f"{command.name} is not a command that draws a label"
            yield ZplError(command.offset, text, "have the carrier's label made without it")
        elif (look := looks.get(command.name)) is not None and (wrong := look(command)) is not None:
            yield wrong


def _within(command: Command, index: int, most: int, text: str) -> ZplError | None:
    number = command.number(index)
    if number is None or number <= most * (1 + BEYOND):
        return None
    return ZplError(command.offset, f"{command.name} says {number}, and {text}", "order labels of this size and dpi")


def _placed(command: Command, width: int, height: int) -> ZplError | None:
    x, y = command.number(0) or 0, command.number(1) or 0
    if -BEYOND * width <= x <= width * (1 + BEYOND) and -BEYOND * height <= y <= height * (1 + BEYOND):
        return None
    text = f"{command.name} {x},{y} lies beyond the label of {width} x {height} dots"
    return ZplError(command.offset, text, "say for which dpi it was made, or order labels of this size")


def _once(command: Command) -> ZplError | None:
    number = command.number(0)
    if number in (None, 1):
        return None
    return ZplError(command.offset, f"^PQ asks for {number} of one label", "ask for one")


def _kept(command: Command, value: bytes, text: str) -> ZplError | None:
    """What would change the label after this one, which may be another carrier's and says nothing of it."""
    if command.data.strip().upper()[:1] != value:
        return None
    return ZplError(command.offset, f"{command.name}{value.decode()} {text}", "have the label made without it")


def _graphic(command: Command, width: int) -> ZplError | None:
    total, row = command.number(2), command.number(3)
    if total is None or row is None or not 0 < row <= total <= MOST_GRAPHIC:
        return ZplError(command.offset, "^GF does not say how large its picture is", "mend the label")
    if row * 8 > width * (1 + BEYOND) + 7:
        text = f"^GF has a picture of {row * 8} dots on a label of {width}"
        return ZplError(command.offset, text, "order labels of this size and dpi")
    return None


def label(data: bytes, number: int) -> bytes:
    """The ``number``-th label of a file that was inspected, counted from 1, byte for byte."""
    starts = [one for one in commands(data) if one.name in ("^XA", "^XZ")]
    begin, end = starts[2 * number - 2], starts[2 * number - 1]
    return data[begin.offset : end.offset + len("^XZ")] + b"\n"
