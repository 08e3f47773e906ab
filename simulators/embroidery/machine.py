"""A file sewn stitch by stitch in simulated time. Times are simulated seconds, places mm on the hoop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from simulators.embroidery.dst import Act, Broken, Record, records
from simulators.embroidery.needle import CUT, LOOSE, SEWN, stitch
from simulators.faults import Faults, Kind, Stage
from simulators.record import Recorder

KINDS: Mapping[str, Kind] = {
    "thread-break": Kind(Stage.ACCEPTANCE, 0, "the upper thread breaks: the machine stops, says so, and gives up"),
    "bobbin-empty": Kind(
        Stage.ACCEPTANCE, 0, "the lower thread ends: nothing holds from there on, and nothing tells of it"
    ),
    "no-trim": Kind(Stage.ACCEPTANCE, 0, "the knife is blunt: threads between seams stay, and nothing tells of it"),
}
COUNTS = ("files", "broken_files", "thread_breaks", "outside_stitches", "long_stitches", "aborts")
SPOILING = ("broken_files", "thread_breaks", "outside_stitches", "long_stitches", "aborts")
TRIM, STOP = 6.0, 20.0
"""Seconds that a trim, and a change of colour by hand, take."""
LONGEST = 12.75
"""mm: a longer stitch loops."""


@dataclass(frozen=True, slots=True)
class Options:
    hoop: tuple[float, float] = (200.0, 200.0)
    """Its middle is the files' origin."""
    pace: float = 800.0
    """Stitches a minute."""
    trim_at: int = 3
    """Jumps in a row at which the thread is cut."""


@dataclass(frozen=True, slots=True)
class Over:
    """A file that has ended. ``error``: why it was not sewn whole."""

    name: str
    error: str | None = None


class Embroiderer:
    """See :class:`simulators.serve.Machine`: nothing comes over a wire, files are loaded."""

    def __init__(self, options: Options, recorder: Recorder, faults: Faults) -> None:
        self.options, self.recorder, self.faults = options, recorder, faults
        self.now = 0.0
        self.lines = 0
        """Records taken, of all files."""
        self.moves = 0
        self.place = (options.hoop[0] / 2, options.hoop[1] / 2)
        self.ended: list[Over] = []
        self._name: str | None = None
        self._left: list[Record] = []
        self._at = 0.0
        self._jumps = 0
        self._hole: tuple[float, float] | None = None
        """Where the thread comes out of the cloth."""
        self._holds = self._cuts = True

    # --- for the loop -------------------------------------------------------------------------------------------

    @property
    def pressing(self) -> bool:
        return self._name is not None

    moving = False

    @property
    def idle(self) -> bool:
        return self._name is None

    def next_event(self) -> float | None:
        return None if self._name is None else self._at + sum(map(self._seconds, self._left))

    def advance(self, now: float) -> None:
        """Everything up to this time."""
        self.now = max(self.now, now)
        while self._name is not None:
            if not self._left:
                self._end(None)
            elif self._at + self._seconds(self._left[-1]) <= self.now + 1e-9:
                self._do(self._left.pop())
            else:
                break

    def receive(self, data: bytes) -> None: ...

    def opened(self) -> None: ...

    def output(self) -> list[tuple[bytes, bool]]:
        return []

    def wishes(self) -> list[float]:
        return []

    # --- files --------------------------------------------------------------------------------------------------

    def load(self, name: str, data: bytes) -> None:
        """Begin with a file; the frame stands in the hoop's middle."""
        self.recorder.count("files")
        self.recorder.boundary(f"file {name}")
        self.recorder.event(self.now, "file", name)
        self._name, self._at = name, self.now
        self.place, self._hole, self._jumps = (self.options.hoop[0] / 2, self.options.hoop[1] / 2), None, 0
        self._holds = self._cuts = True
        try:
            self._left = list(records(data))[::-1]
        except Broken as broken:
            self.recorder.count("broken_files")
            self._end(str(broken))

    def free(self) -> bool:
        """Whether it can begin with another file."""
        return self.idle

    def over(self) -> list[Over]:
        """The files that have ended since this was asked before."""
        ended, self.ended = self.ended, []
        return ended

    def abort(self, why: str) -> None:
        """Somebody stops it."""
        if self._name is not None:
            self.recorder.count("aborts")
            self._end(why)

    def _end(self, error: str | None) -> None:
        self._cut()
        self.recorder.event(self._at, "end", error or "sewn")
        self.ended.append(Over(self._name or "", error))
        self._name, self._left = None, []

    # --- stitches -----------------------------------------------------------------------------------------------

    def _seconds(self, record: Record) -> float:
        return STOP if record.act is Act.STOP else 60.0 / self.options.pace

    def _do(self, record: Record) -> None:
        self.lines += 1
        self.moves += 1
        begun, self._at = self._at, self._at + self._seconds(record)
        for fault in self.faults.line((Stage.ACCEPTANCE,), self.lines, self.now):
            if fault.kind == "thread-break":
                self.recorder.count("thread_breaks")
                self._end("thread break")
                return
            self._holds &= fault.kind != "bobbin-empty"
            self._cuts &= fault.kind != "no-trim"
        self.recorder.executed(self.lines, record.act.name.lower())
        self.place = (round(self.place[0] + record.dx, 4), round(self.place[1] + record.dy, 4))
        if record.act is Act.STITCH:
            self._stitch(begun)
        elif record.act is Act.JUMP:
            self._jumps += 1
            if self._jumps == self.options.trim_at:
                self._cut()
        else:
            self._cut()

    def _stitch(self, begun: float) -> None:
        width, height = self.options.hoop
        if not (0 <= self.place[0] <= width and 0 <= self.place[1] <= height):
            self.recorder.count("outside_stitches")
        if self._hole is not None and self._holds:
            kind = LOOSE if self._jumps else SEWN
            made = stitch(begun, self._hole, self.place, self._at - begun, kind)
            if kind == SEWN and made[8] > LONGEST:
                self.recorder.count("long_stitches")
            self.recorder.made(made)
        elif self._holds:
            self.recorder.made(stitch(begun, self.place, self.place, self._at - begun, SEWN))
        self._hole, self._jumps = self.place, 0

    def _cut(self) -> None:
        if self._hole is not None and self._cuts:
            self.recorder.made(stitch(self._at, self._hole, self._hole, TRIM, CUT))
            self._at += TRIM
            self._hole = None
