"""A customer's model in its zone: as it was drawn, in the middle of the zone and on the bed, or refused.

Laid out it is its outline from above, which is what a page can show of it; the printer takes the solid itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from manifold3d import Manifold

from fulfillment import meshes
from fulfillment.catalog import ModelField, Product
from fulfillment.fields.craft import Craft, Refused, sentence
from fulfillment.meshes import MeshError, Unit
from gcode.design import Drawing, Zone
from gcode.slicing.solid import Solid, SolidError

SLACK: Final = 1e-6
"""mm."""
SMALLER: Final = "Please make it smaller, or look whether its unit is right."


@dataclass(frozen=True, slots=True, eq=False)
class Model:
    """A model where it stands: in the coordinates of the piece, its lowest point at 0."""

    solid: Solid
    corner: tuple[float, float]
    """Where the corner of the box around it lies, from which its own places are counted."""
    unit: Unit
    """In which it was taken to be drawn."""
    notes: tuple[str, ...]
    """What was decided or mended."""

    @property
    def name(self) -> str:
        """Of its body, in files."""
        return "model"

    @property
    def said(self) -> dict[str, Any]:
        """For a manifest."""
        size = [round(high - low, 2) for low, high in zip(self.solid.low, self.solid.high, strict=True)]
        return {"size": size, "unit": self.unit, "triangles": len(self.solid.faces)}


def standing(value: bytes, field: ModelField, zone: Zone, unit: Unit | None) -> Model:
    """The model in the middle of its zone. Raises Refused. It forks: see :func:`fulfillment.meshes.read`."""
    try:
        mesh = meshes.read(value, unit)
    except MeshError as error:
        raise Refused(error.reason, error.mend) from None
    width, depth, tall = mesh.size
    room = (zone.width, zone.height, field.tallest)
    if any(side > most + SLACK for side, most in zip(mesh.size, room, strict=True)):
        turned = depth <= zone.width + SLACK and width <= zone.height + SLACK and tall <= field.tallest + SLACK
        raise Refused(
            f"{field.title} is {dimensions(mesh.size)} mm in x, y and z; there is room for {dimensions(room)}.",
            "Please turn it by a quarter where it was drawn: then it fits." if turned else SMALLER,
        )
    corner = zone.x + (zone.width - width) / 2, zone.y + (zone.height - depth) / 2
    try:
        solid = Solid.of(mesh.vertices + np.array([*corner, 0.0]), mesh.faces)
    except SolidError as error:
        raise Refused(sentence(str(error)), "Please mend it where it was drawn, and export it anew.") from None
    return Model(solid, corner, mesh.unit, mesh.notes)


def dimensions(sides: tuple[float, float, float]) -> str:
    return " x ".join(f"{side:.4g}" for side in sides)


def lay(value: bytes, field: ModelField, zone: Zone, craft: Craft) -> Drawing:
    """The outline of the model from above. Raises Refused."""
    model = standing(value, field, zone, craft.unit)
    return Drawing(outlines=tuple(_from_above(model.solid.manifold)), notes=model.notes)


def _from_above(body: Manifold) -> list[np.ndarray[tuple[int, int], np.dtype[np.float64]]]:
    return [np.asarray(ring, dtype=np.float64) for ring in body.project().to_polygons()]


def model_of(product: Product, options: Mapping[str, str], name: str, value: bytes) -> Model:
    """The model of a field of a product, with these choices. Raises Refused."""
    field = product.fields[name]
    assert isinstance(field, ModelField)  # noqa: S101  (asked of such fields)
    box = product.zones[field.zone]
    return standing(value, field, Zone(field.zone, box.x, box.y, box.width, box.height), field.unit(options))


def refused(product: Product, options: Mapping[str, str], files: Mapping[str, bytes]) -> dict[str, Refused]:
    """What of a product's models cannot be made, by field, before anything of them is planned."""
    found: dict[str, Refused] = {}
    for name, field in product.fields.items():
        if isinstance(field, ModelField) and name in files:
            try:
                model_of(product, options, name, files[name])
            except Refused as refusal:
                found[name] = refusal
    return found
