"""Programs of a piece that a page shows: how it will look, its layers, its files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from fulfillment.machines import GCODE
from fulfillment.printing.prints import MODEL, VIEW

View = dict[str, Any]

BODIES: tuple[tuple[str, str], ...] = (("GLB", MODEL), ("STL", "model.stl"), ("3MF", "model.3mf"))
"""Files of a body, by what people call them."""


def looked_at(steps: Iterable[Mapping[str, Any]]) -> list[View]:
    """The program of each operation that a machine runs from G-code, the latest of each. Pieces that are made together
    have one, of which any of them shows all."""
    found: dict[str, View] = {}
    for step in steps:
        programs = [job for job in step["jobs"] if job["artifact"] and job["media_type"] == GCODE]
        if programs:
            job = programs[-1]
            found.setdefault(job["artifact"], _program(step["title"], job["artifact"], job["manifest"] or {}))
    return list(found.values())


def _program(title: str, digest: str, manifest: Mapping[str, Any]) -> View:
    base, extras = f"/v1/artifacts/{digest}", manifest.get("extras") or {}
    return {
        "title": title,
        "digest": digest,
        "content": f"{base}/content",
        "layers": f"{base}/layers",
        "view": f"{base}/extras/{VIEW}" if VIEW in extras else None,
        "files": [(f"Body ({name})", f"{base}/extras/{file}") for name, file in BODIES if MODEL in extras],
    }
