"""Lines to the wire: what of an artifact is sent to GRBL, and where each line ends.

GRBL has no line numbers and no checksums, and picks single bytes out of the stream whatever stands around them (``?``,
``!``, ``~``, 0x18, all above 0x7f). So nothing is sent but words: a capital letter and a plain decimal number. Comments
and blanks go, as the firmware would drop them itself after they had filled its buffer.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass

import numpy as np

from drivers.contract import ArtifactFault

PREAMBLE = (b"M5S0", b"G17G21G90G94G54", b"G92.1")
"""Tool off, and the parser as every program expects it: a parser keeps its modes from one program to the next."""

EPILOGUE = (b"M5", b"G4P0.01")
"""Tool off; and a dwell is answered only when all motion before it is over (GRBL, interface.md, Synchronization)."""

_COMMENT = re.compile(rb"\([^)\n]*\)?|;[^\n]*|^[ \t]*%[ \t]*$", re.MULTILINE)
_BLANK = re.compile(rb"\n\n+")
_WORDS = re.compile(rb"(?:(?:[A-Z][+-]?(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++))++\n)*+")
_STORES = re.compile(rb"G0*(?:10(?:\.0*)?|28\.10*|30\.10*)(?![0-9.])")
_SELECTS = re.compile(rb"G0*5[5-9](?:\.[0-9]*)?(?![0-9.])")
_DWELL = re.compile(rb"G0*4(?![0-9.])[^\n]*?P([0-9.]+)")

_SHOWN = 40


@dataclass(frozen=True, slots=True, eq=False)
class Program:
    """An artifact's lines between preamble and epilogue, each with its end.

    ``bounds``: where in ``text`` each line begins, and the end of the last: one more than there are lines.
    ``numbers``: of each line in the artifact, counted from 1; 0 where it is none of the artifact's.
    """

    text: bytes
    bounds: array[int]
    numbers: array[int]
    longest: int
    """Bytes of the longest line, without its end."""

    @property
    def total(self) -> int:
        return len(self.numbers)

    @property
    def first(self) -> int:
        """Index of the artifact's first line."""
        return len(PREAMBLE)

    def line(self, index: int) -> bytes:
        return self.text[self.bounds[index] : self.bounds[index + 1] - 1]

    def shown(self, index: int) -> str:
        """A line for a person: its number in the artifact and its beginning."""
        text = self.line(index)[:_SHOWN].decode()
        return f"line {self.numbers[index]} ({text})" if self.numbers[index] else f"the driver's own line ({text})"


def program(data: bytes) -> Program:
    """The lines of an artifact. Raises ArtifactFault for bytes that no machine of this kind can run."""
    text = data.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    text = _COMMENT.sub(b"", text).translate(None, b" \t").upper()
    if not text.endswith(b"\n"):
        text += b"\n"
    ends = np.flatnonzero(np.frombuffer(text, np.uint8) == ord("\n"))
    lengths = np.diff(ends, prepend=-1) - 1
    numbers = np.flatnonzero(lengths) + 1
    kept = _BLANK.sub(b"\n", text.lstrip(b"\n"))
    if not len(numbers):
        raise ArtifactFault("the artifact holds no command; make it anew")
    _check(kept, numbers)
    lead, tail = (b"".join(line + b"\n" for line in lines) for lines in (PREAMBLE, EPILOGUE))
    whole = lead + kept + tail
    bounds = np.flatnonzero(np.frombuffer(b"\n" + whole, np.uint8) == ord("\n"))
    return Program(
        whole,
        array("Q", bounds.astype(np.uint64).tobytes()),
        array("I", [0] * len(PREAMBLE) + numbers.tolist() + [0] * len(EPILOGUE)),
        int(np.diff(bounds).max()) - 1,
    )


def _check(text: bytes, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> None:
    def refuse(at: int, why: str) -> ArtifactFault:
        index = text.count(b"\n", 0, at)
        shown = text.split(b"\n", index + 1)[index][:_SHOWN].decode("ascii", "backslashreplace")
        return ArtifactFault(f"line {numbers[index]} ({shown}) {why}")

    words = _WORDS.match(text)
    good = words.end() if words else 0
    if good < len(text):
        why = (
            "is a command or a setting that only the link's owner may send; remove it"
            if text[good : good + 1] in (b"$", b"[")
            else "is not made of words such as X1.5 alone; make the artifact anew"
        )
        raise refuse(good, why)
    if stores := _STORES.search(text):
        raise refuse(
            stores.start(),
            "writes to the controller's memory, which loses bytes that arrive meanwhile; set offsets from the console",
        )
    if selects := _SELECTS.search(text):
        raise refuse(selects.start(), "leaves the coordinate system G54, in which the bed is set up; remove it")


def dwell(lines: bytes) -> float:
    """Seconds that the longest dwell in these lines takes: a machine that dwells is Idle and answers nothing."""
    return max((_seconds(text) for text in _DWELL.findall(lines)), default=0.0)


def _seconds(text: bytes) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
