"""What went over a wire, kept as JSON lines, and played back: a recording is a bug report that becomes a test.

A line is ``{"t": seconds, "d": "tx" | "rx", "x": hex}``: hex, since text encodings change bytes. ``tx`` is what the
host wrote. A recording is at most two files of :data:`LIMIT` bytes: when one is full it becomes ``<name>.1``.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Literal

from drivers.contract import Clock, OurFault, WireFault
from drivers.loopback import Loopback
from drivers.wires import Wire

LIMIT = 16 * 1024 * 1024
"""Bytes of one file: about an hour of streaming at 115200 baud."""


@dataclass(frozen=True, slots=True)
class Passage:
    """Bytes that went one way at a time. ``direction``: tx is from the host, rx from the machine."""

    time: float
    direction: Literal["tx", "rx"]
    data: bytes


class Recorder:
    """A wire that writes down what passes through it."""

    def __init__(self, inner: Wire, path: Path, clock: Clock, limit: int = LIMIT) -> None:
        self._inner, self._path, self._clock, self._limit = inner, path, clock, limit
        path.parent.mkdir(parents=True, exist_ok=True)
        # One opening of the port, one recording: what an earlier one left becomes the older half.
        if path.exists():
            path.replace(self._older())
        self._file: IO[str] = path.open("w", encoding="ascii")
        self._size = 0
        self._noting = threading.Lock()

    def fileno(self) -> int:
        return self._inner.fileno()

    def read(self) -> bytes:
        data = self._inner.read()
        if data:
            self._note("rx", data)
        return data

    def write(self, data: bytes) -> None:
        if data:
            self._note("tx", data)
        self._inner.write(data)

    def last_word(self, data: bytes) -> bool:
        taken = self._inner.last_word(data)
        self._note("tx", data)
        return taken

    def close(self) -> None:
        self._file.close()
        self._inner.close()

    def _older(self) -> Path:
        return self._path.with_name(self._path.name + ".1")

    def _note(self, direction: str, data: bytes) -> None:
        line = json.dumps({"t": round(self._clock.monotonic(), 6), "d": direction, "x": data.hex()}) + "\n"
        with self._noting:  # A last word may come from another thread than the owner's.
            if self._size + len(line) > self._limit:
                self._file.close()
                self._path.replace(self._older())
                self._file = self._path.open("w", encoding="ascii")
                self._size = 0
            self._file.write(line)
            self._size += len(line)


def passages(path: Path) -> Iterator[Passage]:
    """A recording, in order. Raises OurFault that names the line which is none."""
    with path.open(encoding="ascii") as lines:
        for number, line in enumerate(lines, 1):
            try:
                row = json.loads(line)
                direction: Literal["tx", "rx"] = {"tx": "tx", "rx": "rx"}[row["d"]]  # type: ignore[assignment]
                yield Passage(float(row["t"]), direction, bytes.fromhex(row["x"]))
            except (ValueError, KeyError, TypeError) as error:
                raise OurFault(f"line {number} of {path} is no passage of a recording: {error!r}") from error


def replayed(path: Path) -> Wire:
    """A wire that behaves as recorded, at once instead of in time; bytes that differ raise WireFault."""
    return _Replay(list(passages(path))).wire


class _Replay:
    def __init__(self, recorded: Iterable[Passage]) -> None:
        self._coming = iter(recorded)
        self._expected = b""
        self._before: list[bytes] = []
        self.wire = Loopback(self._answer, self._follow())

    def _follow(self) -> bytes:
        """What the machine says before the host's next bytes, which are then expected."""
        said = b""
        for passage in self._coming:
            if passage.direction == "tx":
                self._expected = passage.data
                break
            said += passage.data
        return said

    def _answer(self, written: bytes) -> bytes:
        said = b""
        while written:
            part = written[: len(self._expected)]
            if not part or not self._expected.startswith(part):
                shown = self._expected.decode("ascii", "backslashreplace")
                raise WireFault(f"the replay expects {shown!r} here and was given {written!r}")
            written, self._expected = written[len(part) :], self._expected[len(part) :]
            if not self._expected:
                said += self._follow()
        return said
