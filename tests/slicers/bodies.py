"""Bodies that slicers are given, and programs that are none."""

from __future__ import annotations

from pathlib import Path

from manifold3d import Manifold

from fulfillment.slicers import Printer
from fulfillment.slicers.prusa import keys_of
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid

BED = Printer(200.0, 180.0, 150.0)


def block() -> Solid:
    """30 x 20 x 10 mm with a round hole."""
    hole = Manifold.cylinder(20.0, 4.0, 4.0, 48).translate((15.0, 10.0, -1.0))
    return Solid.from_manifold(Manifold.cube((30.0, 20.0, 10.0)) - hole)


def floating() -> Solid:
    """A tower, and beside it a block that stands on nothing."""
    block = Manifold.cube((8.0, 8.0, 4.0)).translate((20.0, 0.0, 3.0))
    return Solid.from_manifold(Manifold.cube((8.0, 8.0, 10.0)) + block)


def program(folder: Path, does: str) -> str:
    """A program that knows all settings, and does this where it is to slice: lines of a shell, {out} its file."""
    path = folder / "slicer"
    keys = "\n".join(f"{key} = 0" for key in keys_of(Profile(), BED))
    (folder / "keys").write_text(keys)
    path.write_text(f"""#!/bin/sh
if [ "$1" = --save ]; then cp "{folder}/keys" "$2"; exit 0; fi
{does}
""")
    path.chmod(0o755)
    return str(path)
