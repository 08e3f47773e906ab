"""What a ZPL printer knows and does: formats in its buffer, labels on its head, and answers to its host.

Times are seconds that the caller passes in. A format waits in the receive buffer from its ^XZ until its first label
moves; from then on ``labels remaining in batch`` counts those of it that are still to come, the moving one among them.
What is asked with ~HS, ~HI and ~HQ is answered as soon as it is parsed, in the order of what came before.
"""

from __future__ import annotations

import hashlib
import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from PIL import Image

from simulators.zpl.faults import LASTING, Fault
from simulators.zpl.render import Canvas, Defaults, Drawn
from simulators.zpl.stream import Command, Stream

STX, ETX = "\x02", "\x03\r\n"
MOST_COMMANDS = 20_000
"""Of one format."""
QUIET_ERRORS = frozenset({"paper-out", "ribbon-out", "head-open", "over-temperature"})
"""In these the guide says that ~HS is not answered; firmware of today answers, and says what it is."""
ERROR_BITS = {"paper-out": 0x1, "ribbon-out": 0x2, "head-open": 0x4, "over-temperature": 0x10, "pause": 0x10000}
GETVAR = re.compile(rb'getvar\s+"([a-z0-9_.]+)"')


@dataclass(frozen=True, slots=True)
class Build:
    """The printer as it was bought and set up."""

    dpi: int = 203
    width: float = 4.0
    """Inches of the label."""
    length: float = 6.0
    """Inches of the label."""
    label_time: float = 0.2
    """Seconds that a label moves; infinity: until somebody presses the button."""
    buffer: int = 4 * 1024 * 1024
    """Bytes of the receive buffer."""
    counts: bool = True
    """Whether it has odometer.total_label_count; printers before Link-OS say "?"."""
    quiet_errors: bool = False
    """Whether ~HS stays unanswered while there is no paper, as the guide says."""
    on_cut: str = "keep"
    """What becomes of half a format when the connection goes: ``keep`` it until the next ^XA, ``drop`` it, or
    ``print`` it as far as it came."""
    model: str = "ZTC SIM420-203dpi ZPL"
    version: str = "V93.21.26Z"


@dataclass(slots=True)
class Label:
    """A label that came out. ``whole``: it was printed to its end."""

    number: int
    digest: str
    image: Image.Image
    time: float
    whole: bool = True
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Format:
    drawn: Drawn
    digest: str
    size: int
    left: int


class Firmware:
    """Belongs to one thread at a time. ``out``: bytes for the host that is connected; ``hang_up``: it must go."""

    def __init__(self, build: Build) -> None:
        self.build = build
        self.defaults = self._factory_defaults()
        self.states: set[str] = set()
        self.labels: list[Label] = []
        self.odometer = 1000
        self.out = bytearray()
        self.hang_up = False
        self.away_until = 0.0
        """Until then no connection is taken."""
        self.asked: dict[str, int] = {}
        self.boots = 1
        self.formats = 0
        """^XA .. ^XZ that came in whole."""
        self._stream = Stream()
        self._open: list[Command] | None = None
        self._queue: deque[_Format] = deque()
        self._batch: _Format | None = None
        self._moving_until: float | None = None
        self._armed: list[Fault] = []
        self._bytes = 0
        self._garbled = False
        self.now = 0.0
        self._asks: dict[str, Callable[[Command], None]] = {
            "~HS": lambda _: self._host_status(),
            "~HI": lambda _: self._say(
                f"{STX}{self.build.model},{self.build.version},{round(self.build.dpi / 25.4)},8192KB{ETX}"
            ),
            "~HQ": self._host_query,
            "~JA": lambda _: self.cancel(),
            "~PP": lambda _: self.states.add("pause"),
            "~PS": lambda _: self.states.discard("pause"),
            "!": self._getvar,
        }

    def _factory_defaults(self) -> Defaults:
        dpi = self.build.dpi
        return Defaults(round(self.build.width * dpi), round(self.build.length * dpi))

    # --- what a person sees and does ---

    @property
    def partial(self) -> bool:
        return self._open is not None or self._stream.waiting > 0

    @property
    def waiting(self) -> int:
        """Formats in the receive buffer."""
        return len(self._queue)

    @property
    def remaining(self) -> int:
        return self._batch.left if self._batch is not None else 0

    @property
    def full(self) -> bool:
        held = self._stream.waiting + sum(one.size for one in self._queue)
        return "buffer-full" in self.states or held >= self.build.buffer

    @property
    def idle(self) -> bool:
        return self._batch is None and not self._queue

    def arm(self, fault: Fault) -> None:
        if fault.byte is not None:
            fault.byte += self._bytes
        elif fault.label is not None:
            fault.label += len(self.labels)
        else:
            self._strike(fault)
            return
        self._armed.append(fault)

    def disarm(self) -> None:
        """Faults that have not struck are taken back."""
        self._armed.clear()

    def mend(self) -> None:
        """A person puts in labels and ribbon, closes the head, and takes the pause off."""
        self.states.clear()
        self.away_until = self.now

    def press(self) -> bool:
        """The label that waits for it comes out. Whether there was one."""
        if self._moving_until is None or self.states & (LASTING - {"silent", "buffer-full"}):
            return False
        self._moving_until = self.now
        self.advance(self.now)
        return True

    def cancel(self) -> None:
        """~JA, or CANCEL at the printer: buffers are emptied; a label that moves is finished first."""
        self._queue.clear()
        self._open = None
        if self._batch is not None:
            self._batch.left = 1 if self._moving_until is not None and self.build.label_time < 1e6 else 0
            if not self._batch.left:
                self._batch, self._moving_until = None, None

    def power_cycle(self, away: float = 0.0) -> None:
        """Memory is lost; a label that moved stays half printed, and is not counted."""
        if self._batch is not None and self._moving_until is not None:
            torn = self._batch.drawn.image.copy()
            torn.paste(0, (0, torn.height // 2, torn.width, torn.height))
            self.labels.append(Label(len(self.labels) + 1, self._batch.digest, torn, self.now, whole=False))
        self._queue.clear()
        self._batch, self._moving_until, self._open = None, None, None
        self._stream.clear()
        self.states -= {"pause"}
        self.defaults = self._factory_defaults()
        self.out.clear()
        self.hang_up, self.away_until = True, self.now + away
        self.boots += 1

    # --- what the wire brings ---

    def receive(self, data: bytes) -> None:
        """Bytes of the host, one armed place after the other."""
        while data and not self.hang_up:
            places = [fault.byte - self._bytes for fault in self._armed if fault.byte is not None]
            near = min((place for place in places if place >= 0), default=len(data))
            if near == 0:
                self._due()
                continue
            part, data = data[:near], data[near:]
            self._bytes += len(part)
            for command in self._stream.feed(part):
                self._take(command)
            self._due()

    def _due(self) -> None:
        for fault in [one for one in self._armed if one.byte is not None and one.byte <= self._bytes]:
            self._armed.remove(fault)
            self._strike(fault)

    def _strike(self, fault: Fault) -> None:
        if fault.kind in LASTING:
            self.states.add(fault.kind)
            return
        strikes: dict[str, Callable[[], None]] = {
            "cut": lambda: setattr(self, "hang_up", True),
            "power-cut": lambda: self.power_cycle(fault.argument),
            "busy": lambda: setattr(self, "away_until", self.now + (fault.argument or 1e9)),
            "lost-status": lambda: self._armed.append(Fault("lost-status", fault.argument, label=len(self.labels) + 1)),
            "cancel": self.cancel,
            "garbled": lambda: setattr(self, "_garbled", True),
        }
        strikes[fault.kind]()

    def disconnected(self) -> None:
        """The host is gone. What stood in the stream goes with it, or is printed, as this printer is."""
        self._stream.clear()
        self.out.clear()
        self.hang_up = False
        if self._open is None or self.build.on_cut == "keep":
            return
        half, self._open = self._open, None
        if self.build.on_cut == "print":
            self._finish(half)

    def _take(self, command: Command) -> None:
        if (asked := self._asks.get(command.name)) is not None:
            self.asked[command.name] = self.asked.get(command.name, 0) + 1
            asked(command)
        elif command.name == "^XA":
            self._open = []
        elif command.name == "^XZ":
            if self._open is not None:
                whole, self._open = self._open, None
                self.formats += 1
                self._finish(whole)
        elif self._open is not None and len(self._open) < MOST_COMMANDS:
            self._open.append(command)

    def _finish(self, commands: list[Command]) -> None:
        drawn = Canvas(self.defaults, self.build.dpi).draw(commands)
        digest = hashlib.sha256(drawn.image.tobytes()).hexdigest()
        self._queue.append(_Format(drawn, digest, sum(one.size for one in commands), drawn.quantity))
        self.advance(self.now)

    # --- printing ---

    def advance(self, now: float) -> None:
        self.now = max(self.now, now)
        while True:
            if self._moving_until is not None:
                if self.now < self._moving_until or self.states & {"paper-out", "ribbon-out", "head-open"}:
                    return
                self._came_out()
            if self.states & {*QUIET_ERRORS, "pause"} or self.hang_up:
                return
            if self._batch is None:
                if not self._queue:
                    return
                self._batch = self._queue.popleft()
            self._moving_until = self.now + self.build.label_time

    def _came_out(self) -> None:
        batch, self._moving_until = self._batch, None
        if batch is None:
            return
        middle = [one for one in self._armed if one.label == len(self.labels) + 1 and one.kind != "lost-status"]
        for fault in middle:
            self._armed.remove(fault)
            self._moving_until = self.now
            self._strike(fault)
            if fault.kind != "pause":
                return
        self._moving_until = None
        self.labels.append(
            Label(len(self.labels) + 1, batch.digest, batch.drawn.image, self.now, notes=batch.drawn.notes)
        )
        self.odometer += 1
        batch.left -= 1
        if batch.left <= 0:
            self._batch = None
        for fault in [one for one in self._armed if one.kind == "lost-status" and one.label == len(self.labels)]:
            self._armed.remove(fault)
            self.hang_up, self.away_until = True, self.now + fault.argument

    # --- answers ---

    def _say(self, text: str) -> None:
        if "silent" not in self.states:
            self.out += text.encode("ascii")

    def _host_status(self) -> None:
        states = self.states
        if self.build.quiet_errors and states & QUIET_ERRORS:
            return

        def flag(state: str) -> int:
            return int(state in states)

        first = (
            f"030,{flag('paper-out')},{flag('pause')},{self.defaults.length:04d},{min(self.waiting, 999):03d},"
            f"{int(self.full)},0,{int(self._open is not None)},000,0,0,{flag('over-temperature')}"
        )
        second = f"000,0,{flag('head-open')},{flag('ribbon-out')},0,2,4,0,{self.remaining:08d},1,000"
        if self._garbled:
            first, self._garbled = first.replace(",", ";", 3), False
        self._say("".join(f"{STX}{line}{ETX}" for line in (first, second, "1234,0")))

    def _host_query(self, command: Command) -> None:
        errors = sum(bit for state, bit in ERROR_BITS.items() if state in self.states)
        inches = round(self.odometer * self.build.length)
        texts = {
            b"ES": (
                f"  PRINTER STATUS\r\n     ERRORS:         {int(errors > 0)} 00000000 {errors:08X}\r\n"
                "     WARNINGS:       0 00000000 00000000\r\n"
            ),
            b"OD": (
                f'  PRINT METERS\r\n     TOTAL NONRESETTABLE:      {inches:>8} "\r\n'
                f'     USER RESETTABLE CNTR1:    {inches:>8} "\r\n     USER RESETTABLE CNTR2:    {inches:>8} "\r\n'
            ),
        }
        if (text := texts.get(command.data)) is not None:
            self._say(f"{STX}\r\n{text}{ETX}")

    def _getvar(self, command: Command) -> None:
        """Set/Get/Do: what is not known is "?"."""
        found = GETVAR.search(command.data)
        inches = round(self.odometer * self.build.length)
        known = {
            b"odometer.total_print_length": f"{inches} INCHES, {round(inches * 2.54)} CENTIMETERS",
            b"device.product_name": self.build.model,
            b"appl.name": self.build.version,
        }
        if self.build.counts:
            known[b"odometer.total_label_count"] = str(self.odometer)
        if found is not None:
            self._say(f'"{known.get(found.group(1), "?")}"')
