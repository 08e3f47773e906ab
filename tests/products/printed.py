"""A printed piece as the simulator recorded it, held against the body that was to be printed: volume, place, layers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import shapely

from fulfillment import personalization
from fulfillment.catalog import Product
from fulfillment.config import Factory
from fulfillment.designs import material_of
from fulfillment.example import order
from fulfillment.offline import Order
from fulfillment.planning import specification
from fulfillment.printing.bodies import at_once, bodies_of, workshop_of
from fulfillment.processes import Spec, fdm
from gcode.slicing.profile import Profile
from gcode.slicing.slicer import Sliced
from gcode.slicing.solid import Solid
from gcode.units import FloatArray
from jobs.artifacts import ArtifactStore

AROUND = 0.3
"""mm that beads' middles may lie outside of the body; a skirt lies farther."""

BESIDE = 2.0
"""mm from the first layer on, that lines are no part of it."""


@dataclass(frozen=True)
class Model:
    """What is to be printed, in its own coordinates."""

    solid: Solid
    profile: Profile
    sliced: Sliced

    def section(self, layer: int) -> shapely.Geometry:
        """What the body is in the middle of a layer."""
        height = self.profile.height if layer else self.profile.first_height
        rings = self.solid.manifold.slice(self.solid.low[2] + self.sliced.tops[layer] - height / 2).to_polygons()
        shapes = sorted((shapely.Polygon(ring) for ring in rings), key=lambda shape: -shape.area)
        whole: shapely.Geometry = shapely.Polygon()
        for shape in shapes:  # holes lie in what is larger
            whole = whole.symmetric_difference(shape)
        return whole

    @property
    def filled(self) -> bool:
        """Whether nothing in it is sparse."""
        return all(step.bead.role != "sparse" for layer in self.sliced.layers for step in layer.steps)


@dataclass(frozen=True)
class Laid:
    """Beads of the piece itself: middles (n, 3) in its coordinates and mm3 of each; and what lies beside it."""

    middle: FloatArray
    volume: FloatArray
    beside: float

    def above(self, z: float) -> Laid:
        chosen = self.middle[:, 2] > z
        return Laid(self.middle[chosen], self.volume[chosen], self.beside)


def specified(factory: Factory, product: Product, operation: str, folder: Path, said: Order | None = None) -> Spec:
    """The specification of an operation of an order, with its body."""
    one = said or order(product)
    data = {name: file.read_bytes() for name, file in one.files.items()}
    found = personalization.check(product, one.texts, one.options, data)
    assert not isinstance(found, list), found
    store = ArtifactStore(folder)
    for content in data.values():
        store.put(content)
    with workshop_of(factory) as workshop:
        return at_once(
            specification(factory, product.name, operation, found.body()), bodies_of(factory), workshop, store
        )


def model(spec: Spec, folder: Path) -> Model:
    """What a specification is to become."""
    files = {field: ArtifactStore(folder).get(digest) for field, digest in spec.files.items()}
    machines, how = fdm.chosen(spec, material_of(spec))
    profile = fdm.fitted(how.profile, machines)
    _, solid = fdm.shape(spec, files, profile)
    return Model(solid, profile, fdm.layers(solid, profile))


def laid(piece: Mapping[str, Any], wanted: Model, x: float, y: float) -> Laid:
    """The record's beads on a piece whose origin lies at ``x``, ``y``."""
    points = [np.array(path["points"]) for path in piece["paths"]]
    middle = np.vstack([(line[1:] + line[:-1]) / 2 for line in points]) - [x, y, 0.0]
    volume = np.concatenate([np.array(path["volumes"]) for path in piece["paths"]])
    low, high = np.array(wanted.solid.low[:2]) - AROUND, np.array(wanted.solid.high[:2]) + AROUND
    own = ((middle[:, :2] >= low) & (middle[:, :2] <= high)).all(axis=1)
    # A skirt follows the hull of what is not convex: within its box, and yet well away from it.
    skirt = middle[:, 2] < wanted.profile.first_height + 0.02
    skirt[skirt] = ~shapely.contains_xy(wanted.section(0).buffer(BESIDE), middle[skirt][:, :2])
    own &= ~skirt
    return Laid(middle[own], volume[own], float(volume[~own].sum()))


def assert_printed(piece: Mapping[str, Any], wanted: Model, x: float, y: float) -> None:
    """Volume within 2 %, nothing outside of any layer, and a body 2 mm beside it is another one."""
    found = laid(piece, wanted, x, y)
    total = float(found.volume.sum())
    assert abs(total - wanted.sliced.volume) < 0.02 * wanted.sliced.volume
    if wanted.filled:
        assert abs(total - wanted.solid.volume) < 0.02 * wanted.solid.volume
    outside, elsewhere = 0.0, 0.0
    for layer, top in enumerate(wanted.sliced.tops):
        here = np.abs(found.middle[:, 2] - top) < 0.02
        volume, places = found.volume[here], found.middle[here][:, :2]
        assert volume.sum() > 0, f"nothing lies at {top:g} mm"
        section = wanted.section(layer).buffer(0.05)
        outside += float(volume[~shapely.contains_xy(section, places)].sum())
        elsewhere += float(volume[~shapely.contains_xy(section, places + 2.0)].sum())
    assert outside < 0.005 * total
    assert elsewhere > 4 * outside + 0.01 * total, "a body 2 mm beside it is another one"
