"""A printer and a material that printed tags are specified for, and the bare body of one as it is shipped."""

from __future__ import annotations

from typing import Any, Final

from fulfillment.cad import Shelf
from fulfillment.cad.bodies import Bodies, key_of
from fulfillment.catalog import Product
from fulfillment.config import Machine

LIMITS: Final[dict[str, Any]] = {
    "speed": {"x": 200, "y": 200, "z": 12, "e": 80},
    "acceleration": 1500,
    "flow": 12,
    "nozzle_temperature": 260,
    "bed_temperature": 100,
}


def printer(**more: object) -> Machine:
    """A printer behind a print server, with whatever is said in place of the usual."""
    values = {
        "name": "tag-1",
        "driver": "prusalink",
        "address": "http://127.0.0.1:1",
        "processes": frozenset({"fdm"}),
        "envelope": {"x": 250, "y": 210, "z": 210},
        "limits": LIMITS,
        "material": "pla-petrol",
        "nozzle": 0.4,
        "e_area": 2.405,
    }
    return Machine.model_validate_json(Machine(**(values | more)).model_dump_json())  # type: ignore[arg-type]


def shipped(tag: Product) -> bytes:
    """The body of a petrol tag."""
    found = Bodies().find(key_of(Shelf(), "tag", tag.body_values({"colour": "petrol"}, {})))
    assert found is not None, "its body is shipped"
    return found
