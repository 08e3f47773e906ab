"""What was made: pieces, runs, collisions, and the files that tell.

A *piece* is what lies on the bed; it ends when a person takes it off (:meth:`Recorder.clear`). A *run* is one
execution of a program as far as the machine can tell: a boundary (a boot, the opening of the port, G28 that homes Z)
closes it, and the next motion that extrudes opens the next one.

A piece is written when the machine comes to rest after it deposited something, when it is cleared, and at the end of
the program if anything moved since the last clearing.

A **collision** is the opening of a run on a piece that already has a run: something is made on an occupied bed. It
counts once a run, at the first block that extrudes. A G28 at the end of a program, or a boot with nothing after it,
is none. A program without G28, sent twice over one open port without a boot, is one run: no machine could tell.

**Made twice** shows in the digests: ``program`` of a run is the SHA-256 of what extruded in it, block after block
(origin, target and E to 0.1 um). Two runs of one digest made the same thing twice, on one bed or on two.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from simulators.deposit import Beads, Pump, Row, lay, row
from simulators.motion import Block
from simulators.picture import Look, Region, draw

Json = dict[str, Any]

COUNTS = (
    "resends",
    "checksum_errors",
    "line_number_errors",
    "missing_checksums",
    "overflow_bytes",
    "boots",
    "opens",
    "kills",
    "unhomed_moves",
    "clamped_moves",
    "cold_extrusions",
    "long_extrusions",
    "unknown_commands",
    "aborts",
    "hangs",
)


@dataclass(slots=True)
class Run:
    """One program's motion. ``cause``: the boundary before it; ``first``: index into the piece's executed lines."""

    cause: str
    time: float
    first: int
    volume: float = 0.0
    last: float = 0.0
    digest: Any = field(default_factory=hashlib.sha256)


@dataclass(slots=True)
class Piece:
    number: int
    rows: list[Row] = field(default_factory=list)
    executed: list[tuple[int | None, str]] = field(default_factory=list)
    runs: list[Run] = field(default_factory=list)
    collisions: list[Json] = field(default_factory=list)
    events: list[Json] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=lambda: dict.fromkeys(COUNTS, 0))

    def copy(self) -> Piece:
        """A snapshot for another thread: rows, lines and events are never changed once they are in."""
        return Piece(
            self.number,
            list(self.rows),
            list(self.executed),
            [replace(run, digest=run.digest.copy()) for run in self.runs],
            list(self.collisions),
            list(self.events),
            dict(self.counts),
        )


class Recorder:
    """Watches a firmware. Belongs to the thread of the machine; others are handed a :meth:`Piece.copy`."""

    def __init__(self, pump: Pump) -> None:
        self.pump = pump
        self.piece = Piece(1)
        self.closed: list[Json] = []
        self.dirty = False
        """Something was deposited since the files were written."""
        self._boundary: str | None = "power-on"
        self._first = 0

    def count(self, name: str, amount: int = 1) -> None:
        self.piece.counts[name] += amount

    def event(self, time: float, kind: str, text: str) -> None:
        self.piece.events.append(
            {"time": round(time, 4), "kind": kind, "text": text, "executed": len(self.piece.executed)}
        )

    def boundary(self, cause: str) -> None:
        """A program may begin here."""
        if self._boundary is None or cause != "home":
            self._boundary = cause
        self._first = len(self.piece.executed)

    def executed(self, number: int | None, command: str) -> None:
        """A command was taken from the queue."""
        self.piece.executed.append((number, command))

    def moved(self, block: Block) -> None:
        """A block was made."""
        made = row(block)
        self.piece.rows.append(made)
        if block.e > 0:
            if self._boundary is not None:
                self._open_run(block.start)
            run = self.piece.runs[-1]
            run.digest.update(",".join(f"{value:.4f}" for value in made[1:8]).encode())
            run.volume += block.e * self.pump.area
            run.last = block.end
            self.dirty = True

    def _open_run(self, time: float) -> None:
        cause, self._boundary = str(self._boundary), None
        piece = self.piece
        if piece.runs:
            there = sum(run.volume for run in piece.runs)
            piece.collisions.append(
                {"time": round(time, 4), "cause": cause, "run": len(piece.runs) + 1, "after_run": len(piece.runs)}
            )
            self.event(time, "collision", f"a new run after {cause} extrudes on a bed that holds {there:.1f} mm3")
        piece.runs.append(Run(cause, time, self._first))

    def clear(self, now: float) -> Piece:
        """A person takes the piece off. Returns the closed piece; a run that goes on goes on on an empty bed."""
        closed = self.piece
        self.closed.append(summary(closed, self.pump, now))
        self.piece = Piece(closed.number + 1)
        self.dirty = False
        if closed.runs and self._boundary is None:
            self._boundary = "cleared"
        self._first = 0
        return closed


def summary(piece: Piece, pump: Pump, now: float, beads: Beads | None = None) -> Json:
    """A piece in a few facts, without paths and lines."""
    beads = beads if beads is not None else lay(piece.rows, pump, now)
    rows = np.asarray(piece.rows) if piece.rows else np.zeros((0, 16))
    motion = float(rows[:, 13:16].sum())
    return {
        "number": piece.number,
        "volume": round(float(beads.volume.sum()), 4),
        "commanded": round(float(rows[:, 7].sum()) * pump.area, 4),
        "motion_time": round(motion, 4),
        "lines": len(piece.executed),
        "runs": [
            {
                "cause": run.cause,
                "start": round(run.time, 4),
                "end": round(run.last, 4),
                "first": run.first,
                "volume": round(run.volume, 4),
                "program": run.digest.hexdigest(),
            }
            for run in piece.runs
        ],
        "collisions": piece.collisions,
        "counts": piece.counts,
        "events": piece.events,
        "outcome": outcome(piece),
    }


def outcome(piece: Piece) -> Json:
    """``good``: nothing happened that spoils a piece. ``troubles`` names what did."""
    spoiling = (
        "kills",
        "hangs",
        "aborts",
        "unhomed_moves",
        "clamped_moves",
        "cold_extrusions",
        "long_extrusions",
        "unknown_commands",
    )
    troubles = [name for name in spoiling if piece.counts[name]]
    troubles += ["collisions"] if piece.collisions else []
    last = next((number for number, _ in reversed(piece.executed) if number is not None), None)
    return {"good": not troubles, "troubles": troubles, "last_line": last, "deposited": bool(piece.runs)}


def described(piece: Piece, pump: Pump, now: float) -> Json:
    """A piece in full: its facts, its paths, its lines."""
    beads = lay(piece.rows, pump, now)
    return {
        **summary(piece, pump, now, beads),
        "paths": paths(beads),
        "executed": [list(pair) for pair in piece.executed],
    }


def paths(beads: Beads) -> list[Json]:
    """Beads that touch, joined: points in mm, volume of each segment in mm3, seconds of start and end."""
    if not len(beads):
        return []
    apart = np.any(np.abs(beads.start[1:] - beads.end[:-1]) > 1e-6, axis=1)
    cuts = [0, *(np.flatnonzero(apart) + 1).tolist(), len(beads)]
    start, end, volume = np.round(beads.start, 4), np.round(beads.end, 4), np.round(beads.volume, 6)
    return [
        {
            "points": [start[a].tolist(), *end[a:b].tolist()],
            "volumes": volume[a:b].tolist(),
            "start": round(float(beads.begun[a]), 4),
            "end": round(float(beads.ended[b - 1]), 4),
        }
        for a, b in itertools.pairwise(cuts)
    ]


def portrait(piece: Piece, pump: Pump, now: float, look: Look, region: Region, density: float) -> Image.Image:
    return draw(lay(piece.rows, pump, now), look, region, density)


def write(folder: Path, piece: Piece, pump: Pump, now: float, look: Look, region: Region, density: float) -> None:
    """``piece-0001.png`` and ``piece-0001.json``, each replaced in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"piece-{piece.number:04d}"
    picture = folder / f".{name}.png"
    portrait(piece, pump, now, look, region, density).save(picture, format="PNG")
    picture.rename(folder / f"{name}.png")
    text = folder / f".{name}.json"
    text.write_text(json.dumps(described(piece, pump, now)), encoding="utf-8")
    text.rename(folder / f"{name}.json")
