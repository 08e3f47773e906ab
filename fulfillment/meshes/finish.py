"""From what a file has to a body in mm that can be made, or a refusal that says what, where and the mend."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np

from fulfillment.meshes.bodies import Surface, one_body
from fulfillment.meshes.edges import bad_edges, check_edges
from fulfillment.meshes.limits import LEAST_SIZE, LEAST_THICKNESS, MAX_LOOKED_AT, MAX_SIZE, MeshError
from fulfillment.meshes.mesh import Body, Mesh, Read
from fulfillment.meshes.units import MM, SHORT, Unit
from fulfillment.meshes.weld import check_numbers, joined, welded
from gcode.units import FloatArray

NEAR: Final = 1e-5
"""Of a body's longest side: how far apart corners may lie that are joined where there is a gap."""


def finish(read: Read, asked: Unit | None) -> Mesh:
    """The body. ``asked``: the unit that the customer said, for a file that says none. Raises MeshError."""
    unit = read.unit or asked or "millimeter"
    said = read.unit is not None or asked is not None
    notes = list(read.notes)
    if not said:
        notes.append("The file says no unit: it was taken to be drawn in mm.")
    if read.unit is not None and asked is not None and read.unit != asked:
        notes.append(f"The file says {SHORT[read.unit]}, and that counts, not {SHORT[asked]}.")
    bodies = []
    for body in read.bodies:
        check_numbers(body)
        clean, dropped, doubled = welded(body)
        notes += _mended(clean, dropped, doubled)
        if len(clean.faces):
            bodies.append(clean)
    if not bodies:
        raise MeshError(
            "The model is empty: there is not one triangle in it.", "Please look at it, and export it anew."
        )
    every = np.concatenate([body.vertices for body in bodies])
    low = every.min(axis=0)
    _check_size(every.max(axis=0) - low, unit, read.unit is not None, asked is not None)
    closed, more = zip(*(_closed(replace(body, vertices=body.vertices * MM[unit])) for body in bodies), strict=True)
    vertices = np.concatenate([body.vertices for body in closed])
    before = np.cumsum([0, *(len(body.vertices) for body in closed)])
    faces = np.concatenate([body.faces + start for body, start in zip(closed, before[:-1], strict=True)])
    surface, volume = one_body(Surface(vertices, faces, (*notes, *(note for found in more for note in found))))
    moved = surface.vertices - surface.vertices.min(axis=0)
    return Mesh(moved, surface.faces, unit, said, volume, surface.notes)


def _mended(body: Body, dropped: int, doubled: int) -> list[str]:
    of = f" of {body.name}" if body.name else ""
    notes = []
    if dropped:
        notes.append(f"{dropped:,} triangles{of} had no area, and were dropped.")
    if doubled:
        notes.append(f"{doubled:,} triangles{of} were there twice, and were dropped.")
    return notes


def _closed(body: Body) -> tuple[Body, tuple[str, ...]]:
    """The body, with gaps closed that are no wider than rounding makes them. Raises MeshError."""
    edges = bad_edges(body.faces, len(body.vertices))
    if not len(edges.pairs) or len(body.faces) > MAX_LOOKED_AT:
        check_edges(body, edges)
        return body, ()
    near = NEAR * float(np.ptp(body.vertices, axis=0).max())
    mended, count = joined(body, np.unique(edges.pairs), near)
    check_edges(mended, bad_edges(mended.faces, len(mended.vertices)))
    return mended, (f"{count:,} corners lay next to each other ({near:.1g} mm or less apart), and were joined.",)


def _check_size(size: FloatArray, unit: Unit, by_file: bool, by_customer: bool) -> None:
    """Raises MeshError where nobody would order a body of that size. ``size`` is in the file's unit."""
    sides = size * MM[unit]
    longest = float(sides.max())
    if LEAST_SIZE <= longest <= MAX_SIZE:
        thin = int(sides.argmin())
        if sides[thin] < LEAST_THICKNESS:
            raise MeshError(
                f"The model is flat: it has {sides[thin]:.3g} mm in {'XYZ'[thin]}, at least {LEAST_THICKNESS:g} are "
                "needed.",
                "Please give it a thickness where it was drawn, and look at its unit.",
            )
        return
    least, most = f"at least {LEAST_SIZE:g} mm is needed", f"at most {MAX_SIZE:g} mm are taken"
    bound = least if longest < LEAST_SIZE else most
    others = [
        f"{_length(float(size.max()) * MM[other])} in {SHORT[other]}"
        for other in ("inch", "centimeter", "meter", "micron", "millimeter")
        if other != unit and LEAST_SIZE <= float(size.max()) * MM[other] <= MAX_SIZE
    ]
    would = f" Its longest side would be {', '.join(others)}." if others else ""
    assumed = "as you said" if by_customer else "as is assumed where a file says none"
    how = "as its file says" if by_file else assumed
    again = "scale it, or set its unit," if by_file else "say in which unit it was drawn, or scale it"
    raise MeshError(
        f"The model is {_length(longest)} long, taken in {SHORT[unit]} {how}; {bound}.{would}",
        f"Please {again} and export it anew.",
    )


def _length(mm: float) -> str:
    if not np.isfinite(mm) or mm > 1e9:
        return "more than 1,000 km"
    return f"{mm / 1000:.3g} m" if mm >= 1000 else f"{mm:.3g} mm"
