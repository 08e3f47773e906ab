"""Customers' models: STL, 3MF and OBJ files, read into one closed body in mm, or refused with the reason and the mend.

:func:`media_type` looks at the first bytes only and may run anywhere. :func:`read` belongs into a worker: it imports
what it needs only when it is called, and forks a process that is bounded. A new kind of file is one module with a
function ``read(data) -> Read``, and one line in FORMATS and in kinds.TAKEN.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from fulfillment.apart import Over, apart
from fulfillment.meshes.kinds import ACCEPTED, media_type
from fulfillment.meshes.limits import MAX_BYTES, MEMORY, SECONDS, MeshError, too_much
from fulfillment.meshes.units import UNITS, Unit

if TYPE_CHECKING:
    from fulfillment.meshes.mesh import Mesh

__all__ = ["ACCEPTED", "FORMATS", "MAX_BYTES", "UNITS", "MeshError", "Unit", "media_type", "read"]

FORMATS: Final[Mapping[str, str]] = {
    "model/3mf": "fulfillment.meshes.threemf",
    "model/stl": "fulfillment.meshes.stl",
    "model/obj": "fulfillment.meshes.obj",
}
"""Modules by media type."""


def read(data: bytes, unit: Unit | None = None) -> Mesh:
    """A customer's model as one body in mm. Raises MeshError.

    ``unit`` is what the customer says of a file that says none (STL, OBJ); without it, mm are assumed and a note says
    so. It is read in a process of its own, within 10 s of processor time and 500 MB (see fulfillment.apart).
    """
    kind = media_type(data)
    # Imported here and not there, so that the bounds are those of the file and not of the libraries that read it.
    module: Any = import_module(FORMATS[kind])
    finish: Any = import_module("fulfillment.meshes.finish")
    try:
        found: Mesh = apart(lambda data: finish.finish(module.read(data), unit), data, MEMORY, SECONDS)
    except Over as bound:
        raise too_much(f"so much in it that it takes more than {bound} to read") from None
    return found
