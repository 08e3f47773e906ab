"""What a file is, told from its first bytes and never from its name."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final

from fulfillment.drawings.limits import MAX_BYTES, DrawingError
from fulfillment.photos import FORMATS as PHOTOS
from fulfillment.photos import REFUSED as KNOWN

ACCEPTED: Final = "an SVG or a DXF drawing"
AGAIN: Final = f"Please send {ACCEPTED}."
HEAD: Final = 4096

_MARKS = re.compile(rb"^(?:\xef\xbb\xbf|\xff\xfe|\xfe\xff)?[\s\0]*")
_DXF = re.compile(rb"^(?:\xef\xbb\xbf)?\s*(?:999[ \t]*\r?\n[^\n]*\n\s*)*0[ \t]*\r?\n[ \t]*SECTION\s")


def _svg(data: bytes) -> bool:
    return data[_MARKS.match(data[:HEAD]).end() :][:2].strip(b"\0")[:1] == b"<"  # type: ignore[union-attr]


def _dxf(data: bytes) -> bool:
    return _DXF.match(data[:HEAD]) is not None


TAKEN: Final[Mapping[str, Callable[[bytes], bool]]] = {"image/svg+xml": _svg, "image/vnd.dxf": _dxf}
"""Media types that are taken, in the order in which they are tried."""

REFUSED: Final[Mapping[str, tuple[Callable[[bytes], bool], str]]] = {
    "a compressed SVG (.svgz)": (lambda data: data[:2] == b"\x1f\x8b", "Please save it as plain SVG."),
    "a binary DXF": (lambda data: data[:18] == b"AutoCAD Binary DXF", "Please save it as DXF in text form (ASCII)."),
    "a DWG drawing": (lambda data: re.match(rb"AC10\d\d", data) is not None, "Please save it as DXF."),
    "a PostScript file": (lambda data: data[:4] == b"%!PS", "Please save it as SVG."),
    "a PDF document": (lambda data: data[:5] == b"%PDF-", "Please save it as SVG: Illustrator's .ai is a PDF, too."),
    "a photo": (
        lambda data: any(kind.begins(data) for kind in PHOTOS.values()),
        f"{AGAIN} A photo can be ordered where a product takes photos.",
    ),
}
"""Files that are refused by their name with a mend of their own; the rest are named as a photo's would be."""


def media_type(data: bytes) -> str:
    """What a drawing is. Raises DrawingError for everything that is none, or that is too large."""
    if not data:
        raise DrawingError("The drawing is an empty file.", "Please upload it again.")
    if len(data) > MAX_BYTES:
        raise DrawingError(
            f"The drawing has {len(data) / 1e6:.1f} MB; at most {MAX_BYTES // 1_000_000} MB are taken.",
            "Please send a simpler one, without pictures in it.",
        )
    for name, (is_it, mend) in REFUSED.items():
        if is_it(data):
            raise DrawingError(f"The drawing is {name}.", mend)
    for name, taken in TAKEN.items():
        if taken(data):
            return name
    what = next((name for name, is_it in KNOWN.items() if is_it(data)), "not a drawing that we know")
    raise DrawingError(f"The drawing is {what}.", AGAIN)
