"""Files of a body, from its triangles. Each is a pure function: equal bodies have equal bytes, no date in them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from fulfillment.cad.body import Shapes
from fulfillment.cad.files import glb, stl, threemf

WRITERS: Final[Mapping[str, Callable[[Shapes], bytes]]] = {
    "model/stl": stl.written,
    "model/3mf": threemf.written,
    "model/gltf-binary": glb.written,
}
"""By media type. A body's STEP (model/step) is exact, and so comes from the worker: ``Wish.step``."""
