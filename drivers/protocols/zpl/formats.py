"""A file of labels: where each command begins, and how many labels it prints.

Strictly binary graphics are refused: a printer that was cut off in the middle of one takes the next host's questions
for dots. What begins with ~ is refused, too: it acts at once, on whatever the printer is doing; and what begins a
command of another language, even in a text: a printer looks for it before it reads ZPL.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MAX_BYTES = 4 * 1024 * 1024
"""Of one job: what printers keep in their buffers."""
MAX_LABELS = 500
"""Of one job."""
MAX_COMMANDS = 100_000
PREFIX = re.compile(rb"[\^~]")
LETTERS = re.compile(rb"[A-Z0-9@]{2}")
BLANK = b" \t\r\n"
OTHER = re.compile(rb"!\s+(?:U1?\b|UTILITIES\b|\d+\s+\d+\s+\d+)", re.IGNORECASE)
"""How Set/Get/Do commands and CPCL begin, which printers of ZPL take besides."""


class ZplError(Exception):
    """What is wrong with a file of labels: where (bytes from its beginning), what, and the mend."""

    def __init__(self, offset: int, reason: str, mend: str) -> None:
        super().__init__(f"byte {offset}: {reason}; {mend}")
        self.offset, self.reason, self.mend = offset, reason, mend


@dataclass(frozen=True, slots=True)
class Command:
    """``name``: prefix and letters in capitals, such as ^FO; ^A has its font in ``data``."""

    name: str
    data: bytes
    offset: int

    def number(self, index: int) -> int | None:
        """A parameter that is a whole number; None where it is left out. Raises ZplError."""
        parts = self.data.split(b",")
        text = parts[index].strip() if index < len(parts) else b""
        if not text:
            return None
        try:
            return int(text) if len(text) <= 12 else int("too long")
        except ValueError:
            shown = text[:20].decode("ascii", "replace")
            raise ZplError(self.offset, f"{self.name} has {shown!r} for a number", "mend the label") from None


@dataclass(frozen=True, slots=True)
class Job:
    """What is sent to a printer, as it is. ``labels``: how many come out."""

    data: bytes
    formats: int
    labels: int


def commands(data: bytes) -> Iterator[Command]:
    """Every command, in order. Raises ZplError where the file is none."""
    if len(data) > MAX_BYTES:
        raise ZplError(MAX_BYTES, f"the file has more than {MAX_BYTES // 2**20} MB", "send fewer labels at once")
    starts = [found.start() for found in PREFIX.finditer(data)]
    if not starts:
        raise ZplError(0, "there is no ZPL command in it", "send a label that begins with ^XA")
    if len(starts) > MAX_COMMANDS:
        raise ZplError(starts[MAX_COMMANDS], f"it has more than {MAX_COMMANDS} commands", "send fewer labels at once")
    if data[: starts[0]].strip(BLANK):
        raise ZplError(0, "something stands before the first command", "send nothing but ZPL")
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        letters = data[start + 1 : start + 3].upper()
        if not LETTERS.fullmatch(letters):
            raise ZplError(
                start, f"{data[start : start + 3]!r} is no command", "mend the label; in a text, ^ is ^FH _5E"
            )
        size = 2 if letters[:1] == b"A" and data[start : start + 1] == b"^" else 3
        name = (data[start : start + 1] + letters[: size - 1]).decode("ascii")
        yield Command(name, data[start + size : end], start)


def job(data: bytes) -> Job:
    """The file as it may be sent. Raises ZplError for what would not be labels alone, each from ^XA to ^XZ."""
    if other := OTHER.search(data):
        text = f"{other[0][:20].decode('ascii', 'replace')!r} begins a command of another language"
        raise ZplError(other.start(), text, "send nothing but ZPL; in a text, ! is ^FH _21")
    formats = labels = 0
    quantity, inside = 1, False
    for command in commands(data):
        name = command.name
        if name.startswith("~"):
            raise ZplError(command.offset, f"{name} acts on the printer at once", "send labels alone")
        if name == "^GF" and command.data[:1].upper() in (b"B", b"C"):
            text = "a binary graphic leaves a printer deaf that is cut off in it"
            raise ZplError(command.offset, text, "have graphics written as ^GFA")
        if name == "^XA":
            if inside:
                raise ZplError(command.offset, "a label begins inside of another", "end each with ^XZ")
            inside, quantity = True, 1
        elif not inside:
            raise ZplError(command.offset, f"{name} stands outside of a label", "put it between ^XA and ^XZ")
        elif name == "^PQ":
            quantity = command.number(0) or 1
        elif name == "^XZ":
            if command.data.strip(BLANK):
                raise ZplError(command.offset + 3, "something stands after a label", "send nothing but ZPL")
            inside, formats, labels = False, formats + 1, labels + quantity
        if labels > MAX_LABELS or quantity > MAX_LABELS:
            raise ZplError(command.offset, f"more than {MAX_LABELS} labels would come out", "send fewer at once")
    if inside:
        raise ZplError(len(data), "the last label has no end", "end it with ^XZ")
    return Job(data, formats, labels)
