"""The bare design of a piece as SVG, quickly: for a shop's page while its customer types. No machine is in sight.

What is shown is laid out by the same code as what is made; the proof of an order is drawn from its bytes instead.
"""

from __future__ import annotations

import base64
import hashlib
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final
from xml.sax.saxutils import quoteattr

import numpy as np
from PIL import Image

from fulfillment.catalog import LaserRecipe, MillRecipe, ThreadRecipe
from fulfillment.catalog.lines import AnyRecipe
from fulfillment.config import Material
from fulfillment.designs import design, piece_of
from fulfillment.fields import Craft
from fulfillment.processes import Spec
from fulfillment.profiles import NoProfile, resolved
from gcode.design import Drawing, Tone
from gcode.geometry import Line
from gcode.proof import Colour, Piece, png
from jobs.artifacts import ArtifactStore

LINE: Final = 0.4
"""mm of a line where the recipe names none."""
ROW: Final = 0.6
"""mm between two rows of a photo where the recipe names no pitch."""
MARGIN: Final = 3.0


def preview(specs: Sequence[Spec], store: Path) -> str:
    """The design of all operations of a piece, one over the other. Raises Problems, as rendering does."""
    artifacts = ArtifactStore(store)
    parts: list[str] = []
    piece: Piece | None = None
    for spec in specs:
        files = {field: artifacts.get(digest) for field, digest in spec.files.items()}
        if spec.process == "press":
            return _printed(spec, files)
        material = _material(spec)
        craft = _craft(spec, material)
        width = craft.line_width
        content = design(spec, files, craft)
        shown = piece_of(spec, material or Material(name="x", title="x", kind="x", colour="#222222"))
        piece = piece or shown
        for layer in content.layers:
            made = layer.content
            parts += _tone(made, shown) if isinstance(made, Tone) else _drawing(made, shown.mark, width)
    return _page(piece, parts) if piece else ""


def _printed(spec: Spec, files: Mapping[str, bytes]) -> str:
    """What is printed in colours is shown in them: its proof, both sides of it. Raises Problems."""
    from fulfillment.processes import press  # what it needs is loaded for pieces of paper alone

    proof = press.render(spec, files).proof or b""
    with Image.open(io.BytesIO(proof)) as image:
        data = io.BytesIO()
        image.convert("RGB").save(data, "JPEG", quality=85)
        width, height = spec.product.piece.width, spec.product.piece.width * image.height / image.width
    href = quoteattr(f"data:image/jpeg;base64,{base64.b64encode(data.getvalue()).decode()}")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {width:g} {height:g}">\n<image width="{width:g}" height="{height:g}" href={href}/>\n</svg>\n'
    )


def _craft(spec: Spec, material: Material | None) -> Craft:
    """What the operation can show, as far as it is known without a machine."""
    if spec.product.body is not None:
        width = _bead(spec, material)
        return Craft(width, width, fills=True)
    recipe = spec.product.recipes.get(material.kind) if material else None
    width = float(getattr(recipe, "line_width", LINE))
    return Craft(width, float(getattr(recipe, "pitch", ROW)), fills=_fills(recipe))


def _bead(spec: Spec, material: Material | None) -> float:
    """mm of a printed wall by the first printer that a profile is there for."""
    quality = spec.product.body.profile if spec.product.body else ""
    for nozzle in (machine.nozzle for machine in spec.machines if machine.nozzle):
        with suppress(NoProfile):
            return resolved(spec.profiles, material.kind if material else "", quality, nozzle).profile.widths.outer
    return LINE


def _fills(recipe: AnyRecipe | None) -> bool:
    """Whether what outlines hold is filled, and not followed as lines."""
    burnt = isinstance(recipe, LaserRecipe) and recipe.fill is not None
    return burnt or isinstance(recipe, MillRecipe | ThreadRecipe)


def _material(spec: Spec) -> Material | None:
    name = spec.product.material(spec.operation, spec.options)
    found = spec.materials.get(name or "")
    return found if isinstance(found, Material) else None


def _page(piece: Piece, parts: Sequence[str]) -> str:
    """The whole picture: y up, in mm."""
    m, width, height = MARGIN, piece.width, piece.height
    box = f"{-m:g} {-m:g} {width + 2 * m:g} {height + 2 * m:g}"
    edge, *holes = piece.edges
    shapes = [f'<path d="{_closed(edge)}" fill="{_hex(piece.colour)}"/>']
    shapes += [f'<path d="{_closed(hole)}" fill="#fff"/>' for hole in holes]
    inner = "\n".join([*shapes, *parts])
    size = f'width="{width + 2 * m:g}mm" height="{height + 2 * m:g}mm"'
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} viewBox="{box}">\n'
        f'<g transform="translate(0 {height:g}) scale(1 -1)">\n{inner}\n</g>\n</svg>\n'
    )


def _drawing(drawing: Drawing, mark: Colour, width: float) -> Iterator[str]:
    if drawing.strokes:
        path = " ".join(f"M {_points(stroke)}" for stroke in drawing.strokes if len(stroke))
        style = f'fill="none" stroke="{_hex(mark)}" stroke-width="{width:g}" stroke-linecap="round"'
        yield f'<path d="{path}" {style} stroke-linejoin="round"/>'
    if drawing.outlines:
        path = " ".join(_closed(outline) for outline in drawing.outlines)
        yield f'<path d="{path}" fill="{_hex(mark)}" fill-rule="nonzero"/>'


def _tone(tone: Tone, piece: Piece) -> Iterator[str]:
    """The photo in the colours of mark and surface."""
    dark, light = sorted((piece.mark, piece.colour), key=lambda colour: sum(colour))
    share = tone.lightness[..., None]
    pixels = np.rint(np.array(dark) * (1 - share) + np.array(light) * share).astype(np.uint8)
    data = base64.b64encode(png(pixels)).decode()
    place = f'x="{tone.x:g}" y="{-tone.y - tone.height:g}" width="{tone.width:g}" height="{tone.height:g}"'
    href = quoteattr(f"data:image/png;base64,{data}")
    image = f'<image transform="scale(1 -1)" {place} preserveAspectRatio="none" href={href}/>'
    if tone.mask is None:
        yield image
    else:
        name = f"mask-{hashlib.sha256(tone.mask.tobytes()).hexdigest()[:8]}"
        clip = f'<clipPath id="{name}"><path d="{_closed(tone.mask)}"/></clipPath>'
        yield f'{clip}<g clip-path="url(#{name})">{image}</g>'


def _points(line: Line) -> str:
    return " ".join(f"{x:.3f},{y:.3f}" for x, y in line.tolist())


def _closed(line: Line) -> str:
    return f"M {_points(line)} Z"


def _hex(colour: Colour) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)
