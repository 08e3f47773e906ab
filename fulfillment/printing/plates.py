"""What a printed piece says of itself so that it can lie beside others on a plate (``jig: bed`` of its product)."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any

from fulfillment.catalog import Plate
from fulfillment.config import Machine
from fulfillment.processes import Spec
from fulfillment.profiles import Resolved
from gcode.slicing.profile import Profile
from jobs.batches import TOGETHER


def plate_of(spec: Spec) -> Plate | None:
    """How pieces of this product lie side by side; None: each is printed by itself."""
    room = spec.product.room(spec.operation)
    return room if isinstance(room, Plate) else None


def told(spec: Spec, profile: Profile, how: Resolved) -> dict[str, Any]:
    """For its manifest: what pieces have in common that may lie on one plate, of whatever product they are."""
    if plate_of(spec) is None:
        return {}
    same = repr((profile, how.temperature, how.bed_temperature, how.windows))
    return {TOGETHER: hashlib.sha256(same.encode()).hexdigest()[:16]}


def reach(machines: Sequence[Machine]) -> tuple[float, float, float]:
    """What a machine must reach that takes a plate: all that each of these reaches, wherever a piece comes to lie."""
    boxes = [machine.envelope for machine in machines if machine.envelope]
    return min(box.x for box in boxes), min(box.y for box in boxes), min(box.z for box in boxes)
