"""Parametric bodies: templates on cadquery, built in a process of their own, as triangles and as files. mm, z up.

- ``template``   what a template declares: parameters, rules, zone, styles; ``shelf``: templates by name
- ``templates``  one file a template; a factory's own stand in a folder of its own
- ``workshop``   ``Workshop.build(Wish) -> Built``: the worker is started when needed, bounded, and replaced
- ``shaping``    ``shaped``: a design on a bare body, or a body grown out of it: no worker, no cadquery
- ``body``       what comes back: parts with names and colours, and a Solid for the slicer of each
- ``files``      STL, 3MF and GLB of a body; STEP is written by the worker
- ``wire``       messages between the two: JSON and arrays, nothing that could be executed
- ``worker``     the program on the other side; it alone imports ``solids`` and ``step``, and with them cadquery

Words come as outlines that the design's own code laid out: fonts are resolved and glyphs checked before anything gets
here, and cadquery's text, which falls back silently, is never used.
"""

from fulfillment.cad.body import Built, Part
from fulfillment.cad.errors import CadDied, CadError, CadFailed, CadRefused, CadUnavailable, Conflict
from fulfillment.cad.shaping import shaped
from fulfillment.cad.shelf import BUILTIN, Shelf
from fulfillment.cad.template import Template
from fulfillment.cad.workshop import Limits, Wish, Workshop

__all__ = [
    "BUILTIN",
    "Built",
    "CadDied",
    "CadError",
    "CadFailed",
    "CadRefused",
    "CadUnavailable",
    "Conflict",
    "Limits",
    "Part",
    "Shelf",
    "Template",
    "Wish",
    "Workshop",
    "shaped",
]
