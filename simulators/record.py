"""What was made: pieces, runs, collisions, and the files that tell.

A *piece* is what lies on the bed; it ends when a person takes it off (:meth:`Recorder.clear`). A *run* is one
execution of a program as far as the machine can tell: a boundary (a boot, the opening of the port, G28 that homes Z)
closes it, and the next motion that makes something opens the next one.

A piece is written when the machine comes to rest after it deposited something, when it is cleared, and at the end of
the program if anything moved since the last clearing.

A **collision** is the opening of a run on a piece that already has a run: something is made on an occupied bed. It
counts once a run, at the first block that makes something. A G28 at the end of a program, or a boot with nothing
after it, is none. A program without G28, sent twice over one open port without a boot, is one run: no machine could
tell.

**Made twice** shows in the digests: ``program`` of a run is the SHA-256 of what was made in it, block after block
(origin, target and amount to 0.1 um). Two runs of one digest made the same thing twice, on one bed or on two.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from PIL import Image

from simulators.beads import Json as Json
from simulators.beads import Row, goes_on, motion_time
from simulators.motion import Block
from simulators.picture import Look, Region


class Tool(Protocol):
    """What a machine works with: from its motion to what that makes of the piece."""

    @property
    def measure(self) -> str:
        """What :meth:`leaves` counts, as the record calls it: volume, energy, ink."""
        ...

    @property
    def settling(self) -> float:
        """Seconds after the last motion until nothing changes any more."""
        ...

    def row(self, block: Block) -> Row: ...

    def leaves(self, made: Row) -> float:
        """How much a row leaves on the piece; 0: it is travel."""
        ...

    def mark(self, made: Row) -> Row:
        """The columns that tell what was made: equal marks made the same."""
        ...

    def facts(self, rows: Sequence[Row], now: float) -> Json:
        """The piece in a few numbers."""
        ...

    def detail(self, rows: Sequence[Row], now: float) -> Json:
        """The same, and its ``paths``."""
        ...

    def portrait(self, rows: Sequence[Row], now: float, look: Look, region: Region, density: float) -> Image.Image: ...


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
    "failed_probes",
    "knocks",
)
"""What a Marlin counts; other firmwares bring their own. A knock: probe or nozzle ran into the piece on a travel."""
SPOILING = (
    "kills",
    "hangs",
    "aborts",
    "unhomed_moves",
    "clamped_moves",
    "cold_extrusions",
    "long_extrusions",
    "unknown_commands",
    "failed_probes",
    "knocks",
)
"""Those that spoil a piece."""


@dataclass(slots=True)
class Run:
    """One program's motion. ``cause``: the boundary before it; ``first``: index into the piece's executed lines."""

    cause: str
    time: float
    first: int
    amount: float = 0.0
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
    spoiling: tuple[str, ...] = SPOILING

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
            self.spoiling,
        )


class Recorder:
    """Watches a firmware. Belongs to the thread of the machine; others are handed a :meth:`Piece.copy`."""

    def __init__(self, tool: Tool, counts: tuple[str, ...] = COUNTS, spoiling: tuple[str, ...] = SPOILING) -> None:
        self.tool = tool
        self._counts = counts
        self._spoiling = spoiling
        self.piece = self._fresh(1)
        self.closed: list[Json] = []
        self.dirty = False
        """Something was deposited since the files were written."""
        self._boundary: str | None = "power-on"
        self._first = 0

    def _fresh(self, number: int) -> Piece:
        return Piece(number, counts=dict.fromkeys(self._counts, 0), spoiling=self._spoiling)

    def count(self, name: str, amount: int = 1) -> None:
        self.piece.counts[name] += amount

    def event(self, time: float, kind: str, text: str) -> None:
        """``host``: the moment on this host's monotonic clock, which other programs of the host share."""
        told = {"time": round(time, 4), "kind": kind, "text": text, "executed": len(self.piece.executed)}
        self.piece.events.append({**told, "host": monotonic()})

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
        self.made(self.tool.row(block))

    def made(self, made: Row) -> None:
        """A row was made."""
        self.piece.rows.append(made)
        run = self._credit(made)
        if run is not None:
            run.digest.update(",".join(f"{value:.4f}" for value in self.tool.mark(made)).encode())

    def rested(self, made: Row) -> None:
        """The tool worked at one place. How long it did is no part of what the program says, nor of its digest."""
        rows = self.piece.rows
        if rows and goes_on(rows[-1], made):
            rows[-1] = (*rows[-1][:14], rows[-1][14] + made[14], *made[15:])
        else:
            rows.append(made)
        self._credit(made)

    def _credit(self, made: Row) -> Run | None:
        """The run that a row belongs to, if it left anything."""
        amount = self.tool.leaves(made)
        if amount <= 0:
            return None
        if self._boundary is not None:
            self._open_run(made[0])
        run = self.piece.runs[-1]
        run.amount += amount
        run.last = made[0] + made[13] + made[14] + made[15]
        self.dirty = True
        return run

    def _open_run(self, time: float) -> None:
        cause, self._boundary = str(self._boundary), None
        piece = self.piece
        if piece.runs:
            there = sum(run.amount for run in piece.runs)
            piece.collisions.append(
                {"time": round(time, 4), "cause": cause, "run": len(piece.runs) + 1, "after_run": len(piece.runs)}
            )
            self.event(
                time, "collision", f"a new run after {cause} works on a bed that holds {self.tool.measure} {there:.1f}"
            )
        piece.runs.append(Run(cause, time, self._first))

    def clear(self, now: float) -> Piece:
        """A person takes the piece off. Returns the closed piece; a run that goes on goes on on an empty bed."""
        closed = self.piece
        self.closed.append(summary(closed, self.tool, now))
        self.piece = self._fresh(closed.number + 1)
        self.dirty = False
        if closed.runs and self._boundary is None:
            self._boundary = "cleared"
        self._first = 0
        return closed


def summary(piece: Piece, tool: Tool, now: float) -> Json:
    """A piece in a few facts, without paths and lines."""
    return {**tool.facts(piece.rows, now), **_common(piece, tool)}


def _common(piece: Piece, tool: Tool) -> Json:
    return {
        "number": piece.number,
        "motion_time": round(motion_time(piece.rows), 4),
        "lines": len(piece.executed),
        "runs": [
            {
                "cause": run.cause,
                "start": round(run.time, 4),
                "end": round(run.last, 4),
                "first": run.first,
                tool.measure: round(run.amount, 4),
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
    troubles = [name for name in piece.spoiling if piece.counts[name]]
    troubles += ["collisions"] if piece.collisions else []
    last = next((number for number, _ in reversed(piece.executed) if number is not None), None)
    return {"good": not troubles, "troubles": troubles, "last_line": last, "deposited": bool(piece.runs)}


def described(piece: Piece, tool: Tool, now: float) -> Json:
    """A piece in full: its facts, its paths, its lines."""
    return {
        **tool.detail(piece.rows, now),
        **_common(piece, tool),
        "executed": [list(pair) for pair in piece.executed],
    }


def portrait(piece: Piece, tool: Tool, now: float, look: Look, region: Region, density: float) -> Image.Image:
    return tool.portrait(piece.rows, now, look, region, density)


def write(folder: Path, piece: Piece, tool: Tool, now: float, look: Look, region: Region, density: float) -> None:
    """``piece-0001.png`` and ``piece-0001.json``, each replaced in one step."""
    folder.mkdir(parents=True, exist_ok=True)
    name = f"piece-{piece.number:04d}"
    picture = folder / f".{name}.png"
    portrait(piece, tool, now, look, region, density).save(picture, format="PNG")
    picture.rename(folder / f"{name}.png")
    text = folder / f".{name}.json"
    text.write_text(json.dumps(described(piece, tool, now)), encoding="utf-8")
    text.rename(folder / f"{name}.json")
