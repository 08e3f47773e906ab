"""A body sliced by us: in this process, or as a whole process that knows no more than it needs for that."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Final

import numpy as np

from gcode.dialects import MARLIN_FDM, Setup
from gcode.slicing.plate import Placed, program
from gcode.slicing.profile import Adhesion, Cooling, Infill, Pattern, Profile, Retraction, Seam, Speeds, Widths
from gcode.slicing.slicer import Memory, slice_solid
from gcode.slicing.solid import Solid

WIDE, DEEP = 200.0, 180.0
SETUP: Final = Setup(
    tool_temperature=210.0, bed_temperature=60.0, lift=100.0, park=(0.0, 180.0), acceleration=1000.0, rise=10.0
)


def printed(solid: Solid, profile: Profile, memory: Memory | None = None) -> bytes:
    """The body in the middle of the bed."""
    x, y = (
        room / 2 - (low + high) / 2 for room, low, high in zip((WIDE, DEEP), solid.low[:2], solid.high[:2], strict=True)
    )
    known = memory or Memory()
    return program([Placed(slice_solid(solid, profile, known), x, y)], MARLIN_FDM, SETUP, memory=known)


def written(folder: Path, solid: Solid, profile: Profile) -> None:
    """What the process reads."""
    np.savez(folder / "body.npz", vertices=solid.vertices, faces=solid.faces)
    (folder / "profile.json").write_text(json.dumps(asdict(profile)))


def read(folder: Path) -> tuple[Solid, Profile]:
    mesh, said = np.load(folder / "body.npz"), json.loads((folder / "profile.json").read_text())
    said["infill"]["pattern"], said["seam"] = Pattern(said["infill"]["pattern"]), Seam(said["seam"])
    kinds = {"widths": Widths, "infill": Infill, "speeds": Speeds, "cooling": Cooling, "retraction": Retraction}
    parts = {name: kind(**said[name]) for name, kind in {**kinds, "adhesion": Adhesion}.items()}
    return Solid.of(mesh["vertices"], mesh["faces"]), Profile(**{**said, **parts})


def main() -> None:
    folder = Path(sys.argv[1])
    (folder / "ours.gcode").write_bytes(printed(*read(folder)))


if __name__ == "__main__":
    main()
