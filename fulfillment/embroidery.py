"""Files of embroidery machines: a pattern as bytes, and bytes as a pattern. The hoop's middle is the files' origin.

Which format a machine reads is the extension of the files that its folder takes. The library that knows the formats
(pyembroidery, MIT) is imported where it is needed: in a render worker, and at the last look before a start.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from gcode.geometry import Bounds
from gcode.stitches.pattern import Pattern, Seam
from gcode.stitches.thread import REACH

TENTHS: Final = 10.0
"""Of a mm: what the formats count in; their y points to the person."""
MAX_BYTES: Final = 8 * 1024 * 1024
READING: Final = {"trims": True, "trim_at": 3, "trim_distance": None}
"""A trim is what says so, or three jumps in a row; how far they go says nothing."""
DATED: Final = "20000101000000"
"""The day that a file says it was made on: the same pattern gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Format:
    """A kind of file: its media type, how its bytes begin, its name in the library, and whether its end is there.

    The library takes a file that is cut off for a shorter one.
    """

    media_type: str
    begins: bytes
    name: str
    ended: Callable[[bytes], bool]


def _pes_ended(data: bytes) -> bool:
    """The block of stitches (PEC) says how long it is; behind it stand pictures."""
    block = int.from_bytes(data[8:12], "little") + 512
    end = block + int.from_bytes(data[block + 2 : block + 5], "little")
    return block + 5 < end <= len(data) and data[end - 1] == 0xFF


FORMATS: Mapping[str, Format] = {
    ".dst": Format("application/x-dst", b"LA:", "dst", lambda data: data.endswith(b"\x00\x00\xf3")),
    ".pes": Format("application/x-pes", b"#PES", "pes", _pes_ended),
    ".jef": Format("application/x-jef", b"", "jef", lambda data: data.endswith(b"\x80\x10")),
}
"""By extension: Tajima, Brother and Baby Lock, Janome."""
ENDINGS: Mapping[str, str] = {known.media_type: extension for extension, known in FORMATS.items()}
"""Extension by media type."""
MEDIA_TYPES: Mapping[str, Format] = {known.media_type: known for known in FORMATS.values()}


class Unreadable(ValueError):
    """Bytes that are no whole file of their format. The text is a sentence."""


def format_of(options: Mapping[str, Any]) -> Format | None:
    """What a machine with these options of its driver reads; None: it is no embroidery machine."""
    return FORMATS.get(str(options.get("extension", "")).lower())


def written(pattern: Pattern, kind: Format, name: str, colour: str) -> bytes:
    """The file of a pattern whose origin is the hoop's middle. ``name``: ours, ASCII; ``colour``: of the thread."""
    import pyembroidery

    made = pyembroidery.EmbPattern()
    made.add_thread(pyembroidery.EmbThread(colour))
    made.metadata("name", name[:16])
    for seam in pattern.seams:
        points = np.rint(seam.points * [TENTHS, -TENTHS]).astype(int).tolist()
        made.add_stitch_absolute(pyembroidery.JUMP, *points[0])
        for x, y in points:
            made.add_stitch_absolute(pyembroidery.STITCH, x, y)
        if seam.trimmed:
            made.add_command(pyembroidery.TRIM)
    made.end()
    out = io.BytesIO()
    getattr(pyembroidery, f"write_{kind.name}")(made, out, {"date": DATED, "trims": True})
    return out.getvalue()


def read(data: bytes, media_type: str) -> Pattern:
    """What a file's bytes sew, the hoop's middle at the origin. Raises Unreadable."""
    import pyembroidery

    kind = MEDIA_TYPES.get(media_type)
    if kind is None:
        raise Unreadable(f"{media_type!r} is no embroidery file that is known here")
    if len(data) > MAX_BYTES or not data.startswith(kind.begins):
        raise Unreadable(f"it is no {kind.name.upper()} file, or one of more than {MAX_BYTES:,} bytes")
    if not kind.ended(data):
        raise Unreadable("it does not end: a part of it is missing")
    try:
        found = getattr(pyembroidery, f"read_{kind.name}")(io.BytesIO(data), READING)
    except (ValueError, IndexError, KeyError, TypeError, EOFError, OSError) as error:
        raise Unreadable(f"it is no whole {kind.name.upper()} file ({error})") from None
    return _pattern(found.stitches if found is not None else [], pyembroidery)


def _pattern(records: list[list[int]], words: Any) -> Pattern:
    """Records as seams: a jump ends one, a trim cuts it."""
    seams: list[Seam] = []
    points: list[tuple[float, float]] = []
    changes = 0

    def close(*, trimmed: bool) -> None:
        if points:
            seams.append(Seam(np.array(points), trimmed))
            points.clear()
        elif trimmed and seams:
            seams[-1] = Seam(seams[-1].points, trimmed)

    for x, y, command in records:
        word = command & words.COMMAND_MASK
        if word == words.STITCH:
            points.append((x / TENTHS, -y / TENTHS))
        elif word == words.END:
            break
        else:
            changes += word in (words.COLOR_CHANGE, words.NEEDLE_SET)
            close(trimmed=word != words.JUMP)
    close(trimmed=True)  # at the end the machine cuts the thread by itself
    return Pattern(tuple(seams), changes)


def unsafe(data: bytes, media_type: str, width: float, height: float) -> list[str]:
    """What keeps any machine with such a hoop (mm) from sewing these bytes."""
    try:
        pattern = read(data, media_type)
    except Unreadable as error:
        return [str(error)]
    hoop, box = Bounds(-width / 2, -height / 2, width / 2, height / 2), pattern.bounds
    if box is None:
        return ["there is not one stitch in it"]
    found = [] if hoop.holds(box, 0.1) else [f"it is larger than the hoop of {width:g} x {height:g} mm"]
    lengths = np.concatenate([seam.stitches for seam in pattern.seams])
    if len(lengths) and lengths.max() > REACH * 2**0.5 + 0.1:
        found.append(f"a stitch of {lengths.max():.1f} mm is longer than any machine sews")
    return found
