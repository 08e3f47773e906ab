"""Customers' drawings: SVG and DXF files, read into lines and outlines in mm, or refused with the reason and the mend.

:func:`media_type` looks at the first bytes only and may run anywhere. :func:`read` belongs into a worker: it imports
what it needs only when it is called, and forks a process that is bounded. A new kind of file is one module with a
function ``read(data) -> Read``, and one line in FORMATS and in kinds.TAKEN.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from fulfillment.apart import Over, apart
from fulfillment.drawings.kinds import ACCEPTED, media_type
from fulfillment.drawings.limits import MAX_BYTES, MEMORY, SECONDS, DrawingError, too_much

if TYPE_CHECKING:
    from fulfillment.drawings.shapes import FileDrawing

__all__ = ["ACCEPTED", "FORMATS", "MAX_BYTES", "DrawingError", "media_type", "read"]

FORMATS: Final[Mapping[str, str]] = {
    "image/svg+xml": "fulfillment.drawings.svg",
    "image/vnd.dxf": "fulfillment.drawings.dxf",
}
"""Modules by media type."""


def read(data: bytes) -> FileDrawing:
    """A customer's drawing in mm, y up, as it is seen. Raises DrawingError.

    It is read in a process of its own, within 2 s of processor time and 300 MB (see fulfillment.apart).
    """
    kind = media_type(data)
    # Imported here and not there, so that the bounds are those of the file and not of the libraries that read it.
    module: Any = import_module(FORMATS[kind])
    paint: Any = import_module("fulfillment.drawings.paint")
    try:
        found: FileDrawing = apart(lambda data: paint.seen(module.read(data)), data, MEMORY, SECONDS)
    except Over as bound:
        raise too_much(f"so much in it that it takes more than {bound} to read") from None
    return found
