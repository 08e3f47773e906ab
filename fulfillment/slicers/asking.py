"""What slicers of others have in common before they are asked, and when they do not answer."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from fulfillment.slicers.backend import Bounds, Printer, SlicerError
from fulfillment.slicers.process import Ended, run
from gcode.slicing.profile import Profile
from gcode.slicing.solid import Solid

WRITTEN: Final = 500_000_000
"""Bytes of each file."""
_PATIENCE: Final = "Look at its settings; nothing was sent anywhere."


def checked(
    program: str,
    settings: Mapping[str, str],
    known: Collection[str],
    ours: Collection[str],
    forbidden: Collection[str],
) -> None:
    """Raises SlicerError for a setting that the program does not know, or that is not the operator's to say."""
    for key, value in settings.items():
        if key not in known:
            near = difflib.get_close_matches(key, known, 1)
            raise SlicerError(f"{program} has no setting {key!r}.", f"Write {near[0]!r}." if near else "Take it away.")
        if key in forbidden or key in ours:
            whose = "may not be set here" if key in forbidden else "is said by the profile or the printer"
            raise SlicerError(f"The setting {key!r} of {program} {whose}.", "Take it away.")
        if "\n" in value or "\r" in value:
            raise SlicerError(f"The setting {key!r} has several lines.", "Write \\n for a new line.")


def check_room(body: Solid, printer: Printer) -> None:
    """Raises SlicerError for a body that is larger than the printer."""
    room = (printer.x, printer.y, printer.z)
    size = tuple(high - low for low, high in zip(body.low, body.high, strict=True))
    if any(side > most for side, most in zip(size, room, strict=True)):
        sizes = " x ".join(f"{side:.4g}" for side in size), " x ".join(f"{side:.4g}" for side in room)
        raise SlicerError(f"The body is {sizes[0]} mm, and the printer has room for {sizes[1]}.", "Make it smaller.")


def check_stands(body: Solid, profile: Profile, mend: str) -> None:
    """Raises SlicerError where a piece of the body hangs in the air: slicers lay it there, and end with 0.

    ``mend``: how supports are asked for.
    """
    for piece in body.manifold.decompose():
        under = float(piece.bounding_box()[2]) - body.low[2]
        if piece.volume() > 0 and under > profile.first_height:
            raise SlicerError(
                f"A piece of the body hangs in the air, {under:.4g} mm above the bed.",
                f"Join it to the rest, or {mend}.",
            )


def run_within(bounds: Bounds, argv: Sequence[str], folder: Path) -> Ended:
    """Raises SlicerError where the program is not there or takes too long."""
    try:
        ended = run([bounds.program, *argv], folder, seconds=bounds.seconds, memory=bounds.memory, written=WRITTEN)
    except OSError as error:
        raise SlicerError(f"{bounds.program} cannot be started ({error.strerror}).", "Install it.") from None
    if ended.status is None:
        raise SlicerError(
            f"{bounds.program} took more than {bounds.seconds:g} s and was ended, with all that it had started.",
            "Simplify the body, or allow more time.",
        )
    return ended


def made(program: str, ended: Ended, out: Path) -> bytes:
    """The file. Raises SlicerError where there is none, or the program says that it failed."""
    if ended.status != 0 or not out.is_file():
        raise SlicerError(f"{program} made no file ({how(ended)}).", _PATIENCE)
    return out.read_bytes()


def how(ended: Ended) -> str:
    lines = [line.strip() for line in ended.said.splitlines() if line.strip() and "[trace]" not in line]
    return f"exit {ended.status}; it said: {lines[-1][:200] if lines else 'nothing'}"


def stl(body: Solid, origin: Sequence[float] | None = None) -> bytes:
    """A body as a binary STL, which has 32 bits for a coordinate: it stands near its origin.

    ``origin``: what is 0, 0, 0 in it; None: the body's lowest corner.
    """
    rows = np.zeros(len(body.faces), dtype=[("normal", "<f4", (3,)), ("corners", "<f4", (3, 3)), ("spare", "<u2")])
    rows["corners"] = (body.vertices - np.array(body.low if origin is None else origin))[body.faces]
    return bytes(80) + len(rows).to_bytes(4, "little") + rows.tobytes()
