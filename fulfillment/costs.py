"""What a program takes of its material: mm of filament, mm3, g, and what that costs. What is not known is not said."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from fulfillment.config import Machine, Material
from gcode.used import filament

MM3_PER_CM3 = 1000.0
G_PER_KG = 1000.0


def used(data: bytes | Iterable[bytes], material: Material, machine: Machine) -> dict[str, float]:
    """What all tools of a program together take, where all have the same material.

    ``filament`` in mm of the feeder's way, ``volume`` in mm3 (where the machine's ``e_area`` is known), ``mass`` in g
    (where the material's density is, too), ``cost`` in the factory's currency (and its price). A key that is not there
    is not known.
    """
    return of_length(sum(filament(data).values()), material, machine.e_area)


def used_by_tool(
    data: bytes | Iterable[bytes], materials: Mapping[int, Material], machine: Machine
) -> dict[int, dict[str, float]]:
    """The same for each tool that pushes something, by its number. Of a tool that has no material here, only filament
    and volume are known."""
    return {
        tool: of_length(length, materials.get(tool), machine.e_area) for tool, length in sorted(filament(data).items())
    }


def of_length(length: float, material: Material | None, e_area: float | None) -> dict[str, float]:
    """What so many mm of the feeder's way are, as far as it is known; the keys of :func:`used`."""
    found = {"filament": round(length, 1)}
    if e_area is None:
        return found
    volume = length * e_area
    found["volume"] = round(volume, 1)
    if material is None or material.density is None:
        return found
    mass = volume / MM3_PER_CM3 * material.density
    found["mass"] = round(mass, 2)
    if material.price is not None:
        found["cost"] = round(mass / G_PER_KG * material.price, 3)
    return found
