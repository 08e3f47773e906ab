"""A workshop: wishes in, bodies out, whatever happens to the worker in between.

The worker is a process that loads cadquery once (seconds, half a gigabyte) and then builds a body in tenths of a
second. It is started with the first wish. It is replaced when it dies, when it is late, when it had no memory left,
when a template failed in it, and when it has grown: so nothing of one wish reaches another.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

import numpy as np

from fulfillment.cad.body import PLAIN, Built, Part
from fulfillment.cad.errors import CadDied, CadError, CadFailed, CadRefused, CadUnavailable, Conflict, refused
from fulfillment.cad.program import Ended, Late, Program
from fulfillment.cad.shelf import Shelf
from fulfillment.cad.template import Template
from fulfillment.cad.wire import Array, packed
from fulfillment.catalog.parameters import Values
from gcode.design import Drawing
from gcode.slicing.solid import Solid, SolidError

log = logging.getLogger(__name__)

DEATHS: Final = 2
"""Workers that one wish may end before it is refused: one may have been killed from outside."""
COLOUR: Final = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
EXACT: Final = 0.001
"""Share of its volume that a body's triangles may be off."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may take. ``megabytes`` counts on top of what cadquery itself takes (about 1,060 of addresses)."""

    seconds: float = 30.0
    """Of wall time, for one body."""
    starting: float = 90.0
    """s until cadquery is loaded: it is a gigabyte read from a disk that may be slow."""
    megabytes: int = 1000


@dataclass(frozen=True, slots=True, eq=False)
class Wish:
    """A body to be built. ``drawing``: content laid out in ``Template.zone`` of these values, in mm."""

    template: str
    values: Values = field(default_factory=dict)
    drawing: Drawing | None = None
    style: str = ""
    """How the content meets the body; "": the template's usual way."""
    line_width: float = 0.8
    """mm: how wide the drawing's strokes become."""
    colours: Mapping[str, str] = field(default_factory=dict)
    """By part, such as {"body": "#2f6f73"}."""
    step: bool = False
    """Whether the exact body is wanted as a STEP file, too."""


class Workshop:
    """One worker at most; several callers wait for each other. ``packages``: a folder that cadquery is installed in,
    where that is not this environment."""

    def __init__(self, shelf: Shelf | None = None, limits: Limits | None = None, packages: Path | None = None) -> None:
        self.shelf = shelf or Shelf()
        self._limits = limits or Limits()
        self._packages = packages
        self._program: Program | None = None
        self._lock = threading.Lock()
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def pid(self) -> int | None:
        """Of the worker; None while there is none."""
        program = self._program
        return program.pid if program and program.alive else None

    def build(self, wish: Wish) -> Built:
        """Raises CadRefused for what the order must change, and CadFailed, CadDied or CadUnavailable."""
        template = self.shelf.template(wish.template)
        message = packed(*_asked(wish, template))
        with self._lock:
            header, arrays = self._answer(wish.template, message)
        return _checked(wish, header, arrays)

    def rest(self) -> None:
        """End the worker until something is to be built again: half a gigabyte that nobody needs meanwhile."""
        with self._lock:
            self._drop()

    def close(self) -> None:
        """End the worker, even in the middle of a body. Idempotent."""
        self._closed = True
        program = self._program
        if program:
            program.kill()
        with self._lock:
            self._drop()

    def _answer(self, name: str, message: bytes) -> tuple[dict[str, Any], list[Array]]:
        for death in range(1, DEATHS + 1):
            program = self._running()
            try:
                header, arrays = program.ask(message, time.monotonic() + self._limits.seconds)
            except Late:
                self._drop()
                raise CadDied(f"The template {name!r} took longer than {self._limits.seconds:g} s.") from None
            except Ended as ended:
                self._drop()
                log.warning("the CAD worker %s, for the %d. time while it built %r", ended, death, name)
                why = str(ended)
                continue
            if header.get("weary"):
                self._drop()
            return header, arrays
        raise CadDied(f"The template {name!r} ended {DEATHS} CAD workers; the last one {why}.")

    def _running(self) -> Program:
        """A worker that is ready. Raises CadUnavailable."""
        if self._closed:
            raise CadUnavailable("The CAD workshop is closed.")
        if self._program and self._program.alive:
            return self._program
        self._drop()
        limits = self._limits
        program = self._program = Program(limits.seconds, limits.megabytes, self.shelf.folders, self._packages)
        try:
            header, _ = program.answer(time.monotonic() + limits.starting)
        except (Late, Ended) as error:
            self._drop()
            how = f"was not ready within {limits.starting:g} s" if isinstance(error, Late) else str(error)
            raise CadUnavailable(f"The CAD worker {how}.") from None
        if header.get("kind") != "ready":
            self._drop()
            raise CadUnavailable(
                f"The CAD worker cannot load cadquery ({header.get('said')}): install the extra `cad`, such as by "
                "pip install 'fulfillment[cad]'."
            )
        return program

    def _drop(self) -> None:
        if self._program:
            self._program.end()
        self._program = None


def _asked(wish: Wish, template: Template) -> tuple[dict[str, Any], list[Array]]:
    """The wish as a message. Raises CadRefused with what is wrong in it, before any worker is asked."""
    values = template.checked(wish.values)
    style = template.checked_style(wish.style, wish.drawing)
    if wish.drawing:
        template.check_drawing(wish.drawing, values)
    if not 0.05 <= wish.line_width <= 20:
        raise refused("", f"Strokes of {wish.line_width:g} mm cannot be built.", "Choose 0.05 to 20 mm.")
    for name, colour in wish.colours.items():
        if name not in template.parts or not COLOUR.fullmatch(colour):
            mend = f"Write it as #rrggbb, for one of these parts: {', '.join(template.parts)}."
            raise refused("", f"The colour {colour[:20]!r} of {name[:40]!r} is not understood.", mend)
    drawing = wish.drawing or Drawing()
    strokes, outlines = ([line for line in lines if len(line)] for lines in (drawing.strokes, drawing.outlines))
    header = {
        "template": wish.template,
        "values": values,
        "style": style,
        "content": wish.drawing is not None,
        "strokes": len(strokes),
        "line_width": wish.line_width,
        "colours": {name: wish.colours.get(name, PLAIN).lower() for name in template.parts},
        "step": wish.step,
    }
    return header, [np.asarray(line, dtype="<f8") for line in (*strokes, *outlines)]


def _checked(wish: Wish, header: dict[str, Any], arrays: list[Array]) -> Built:
    """The answer as a body whose parts are closed, and true to the exact one. Raises CadError."""
    kind = header.get("kind")
    if kind != "built":
        raise _TROUBLES.get(str(kind), _failed)(wish.template, header)
    parts = tuple(
        _part(wish, name, arrays[2 * n], arrays[2 * n + 1], header["volumes"][n])
        for n, name in enumerate(header["parts"])
    )
    return Built(wish.template, parts, arrays[-1].tobytes() if wish.step else None)


def _part(wish: Wish, name: str, vertices: Array, faces: Array, exact: float) -> Part:
    try:
        solid = Solid.of(vertices, faces)
    except SolidError as error:
        raise CadFailed(f"The part {name!r} of the template {wish.template!r} is no body: {error}.") from None
    if not abs(solid.volume - exact) <= EXACT * exact:
        what = f"{solid.volume:.2f} mm3, the exact body has {exact:.2f}"
        raise CadFailed(f"The triangles of {name!r} of the template {wish.template!r} hold {what}.")
    return Part(name, solid, wish.colours.get(name, PLAIN).lower(), exact)


def _refused(_: str, header: dict[str, Any]) -> CadError:
    return CadRefused([Conflict(*told) for told in header["conflicts"]])


def _memory(name: str, _: dict[str, Any]) -> CadError:
    return CadDied(f"The template {name!r} took more memory than a CAD worker has.")


def _failed(name: str, header: dict[str, Any]) -> CadError:
    return CadFailed(f"The template {name!r} failed: {header.get('said', 'it gave no reason')}.")


_TROUBLES: Final = {"refused": _refused, "memory": _memory, "failed": _failed}
