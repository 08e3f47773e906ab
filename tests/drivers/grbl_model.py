"""A model of a GRBL firmware that keeps only what a host can notice, and a way there and back that can be bad.

It is written from the firmware's sources, apart from the simulator program, so that the two check each other.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from drivers.protocols.grbl import Engine, Options, State, program

Passage = Callable[[bytes], bytes]
"""What becomes of one message on its way."""

NEVER = float("inf")
BANNER = b"\r\nGrbl 1.1h ['$' for help]\r\n"
SETTINGS = {
    10: "3",
    13: "0",
    20: "1",
    22: "1",
    23: "0",
    27: "1.000",
    30: "1000",
    32: "1",
    110: "6000.000",
    111: "6000.000",
    112: "600.000",
    120: "500.000",
    121: "500.000",
    122: "50.000",
    130: "300.000",
    131: "200.000",
    132: "40.000",
}
_MOVE = re.compile(rb"G[0-3](?!\d)|^[XYZ]")


@dataclass
class Firmware:
    """``pace``: seconds that a move takes. ``bad``: errors by line. ``dark``: it says nothing any more."""

    buffer: int = 128
    planner: int = 15
    pace: float = 0.01
    slowing: float = 0.1
    tells_buffers: bool = True
    settings: dict[int, str] = field(default_factory=lambda: dict(SETTINGS))
    bad: dict[bytes, int] = field(default_factory=dict)
    outside: frozenset[bytes] = frozenset()
    startup: bytes = b""
    state: str = "Alarm"
    banner: bytes = BANNER
    options: bytes = b"[VER:1.1h.20190825:]\r\n[OPT:V,%d,%d]\r\n"
    door: bool = False
    """The safety door stands open."""
    dark: bool = False

    executed: list[bytes] = field(default_factory=list)
    checked: list[bytes] = field(default_factory=list)
    resets: int = 0
    overflow: int = 0
    asked: list[float] = field(default_factory=list)
    """When ``?`` came."""
    lost_resumes: int = 0
    now: float = 0.0

    def __post_init__(self) -> None:
        self._rx = bytearray()
        self._line = b""
        self._blocks: deque[float] = deque()
        self._ends = NEVER
        self._held_until: float | None = None
        self._dwell: float | None = None
        self._busy: tuple[bytes, str] | None = None
        self._said: list[bytes] = []
        self._critical = False

    # --- the wire -------------------------------------------------------------------------------------------------

    def take(self, data: bytes) -> None:
        for byte in data:
            if byte in _REALTIME:
                _REALTIME[byte](self)
            elif byte < 0x80:
                if len(self._rx) < self.buffer:
                    self._rx.append(byte)
                else:
                    self.overflow += 1

    def answers(self, now: float) -> list[bytes]:
        """What is said until ``now``, message by message."""
        self._run(now)
        said, self._said = self._said, []
        return [] if self.dark else said

    @property
    def due(self) -> float:
        """When something happens by itself."""
        ends = self._ends if self.state == "Run" else NEVER
        dwells = self._dwell if self._dwell is not None and self.state == "Idle" else NEVER
        return min(ends, dwells, self._held_until or NEVER)

    def restart(self) -> None:
        """Switched off and on again."""
        self.state = "Alarm" if self.settings[22] == "1" else "Idle"
        self._clear()

    def press(self) -> None:
        """Cycle start at the machine."""
        self._resume()

    # --- real-time bytes --------------------------------------------------------------------------------------------

    def _reset(self) -> None:
        self.resets += 1
        moving = self.state in ("Run", "Home", "Jog") or self._held_until is not None
        if moving:
            self._said.append(b"ALARM:%d\r\n" % (6 if self.state == "Home" else 3))
        self.state = "Alarm" if moving or self.state in ("Alarm", "Sleep") else "Idle"
        self._clear()

    def _clear(self) -> None:
        self._rx.clear()
        self._line = b""
        self._blocks.clear()
        self._ends, self._held_until, self._dwell, self._busy, self._critical = NEVER, None, None, None, False
        self._said.append(self.banner)
        if self.state == "Alarm":
            self._said.append(b"[MSG:'$H'|'$X' to unlock]\r\n")
        elif self.door:
            self.state = "Door"
        elif self.startup:
            self._said.append(b">%b:ok\r\n" % self.startup)

    def _status(self) -> None:
        self.asked.append(self.now)
        if self.state == "Home" or self._critical:
            return
        shown = self.state
        if shown == "Hold":
            shown += ":1" if self._held_until is not None else ":0"
        if shown == "Door":
            shown += ":2" if self._held_until is not None else ":1" if self.door else ":0"
        free = b""
        if self.tells_buffers:
            free = b"|Bf:%d,%d" % (self.planner - len(self._blocks), self.buffer - len(self._rx))
        self._said.append(b"<%b|MPos:0.000,0.000,0.000%b|FS:0,0>\r\n" % (shown.encode(), free))

    def _hold(self) -> None:
        if self.state in ("Run", "Idle", "Jog"):
            if self.state in ("Run", "Jog"):
                self._held_until = self.now + self.slowing
            self.state = "Hold"

    def open_door(self) -> None:
        self.door = True
        if self.state == "Run":
            self._held_until = self.now + self.slowing
        if self.state in ("Run", "Idle", "Hold"):
            self.state = "Door"
            self._said.append(b"[MSG:Check Door]\r\n")

    def _resume(self) -> None:
        if self.state not in ("Hold", "Door"):
            return
        if self._held_until is not None or (self.state == "Door" and self.door):
            self.lost_resumes += 1
            return
        self.state = "Run" if self._blocks else "Idle"
        if self._blocks:
            self._ends = self.now + self._blocks[0]

    # --- lines ----------------------------------------------------------------------------------------------------

    def _run(self, now: float) -> None:
        while True:
            moment = min(self.due, now)
            self.now = max(self.now, moment)
            self._happen()
            self._lines()
            if self.due > now:
                break
        self.now = now

    def _happen(self) -> None:
        if self._held_until is not None and self.now >= self._held_until:
            self._held_until = None
        if self.state == "Run" and self.now >= self._ends:
            self._blocks.popleft()
            self._ends = self.now + self._blocks[0] if self._blocks else NEVER
            self.state = "Run" if self._blocks else "Idle"
        if self._dwell is not None and self.now >= self._dwell and self.state == "Idle":
            self._dwell = None
            self._said.append(b"ok\r\n")

    def _lines(self) -> None:
        while not self._critical and self.state not in ("Hold", "Door", "Sleep") and self._dwell is None:
            if self._busy is None:
                end = self._rx.find(b"\n")
                if end < 0:
                    self._line += bytes(self._rx)
                    self._rx.clear()
                    return
                line, self._line = self._line + bytes(self._rx[:end]), b""
                del self._rx[: end + 1]
                self._busy = (line, "")
            if not self._execute(self._busy[0]):
                return
            self._busy = None

    def _execute(self, line: bytes) -> bool:
        """False: it has to wait, for the planner or for the end of the motion."""
        if not line or line.startswith(b"$"):
            self._said += self._system(line) if line else [b"ok\r\n"]
            return True
        if self.state in ("Alarm", "Jog"):
            self._said.append(b"error:9\r\n")
            return True
        if self.state == "Check":
            self.checked.append(line)
        if line in self.bad:
            self._said.append(b"error:%d\r\n" % self.bad[line])
            return True
        if line in self.outside:
            self._said += [b"ALARM:2\r\n", b"[MSG:Reset to continue]\r\n"]
            self.state, self._critical = "Alarm", True
            return True
        if self.state != "Check" and not self._carry_out(line):
            return False
        if self._dwell is None:
            self._said.append(b"ok\r\n")
        return True

    def _carry_out(self, line: bytes) -> bool:
        if line.startswith(b"G4P") or line == b"M0":
            if self._blocks:
                self._start()
                return False
            self.executed.append(line)
            if line == b"M0":
                self.state = "Hold"
            else:
                self._dwell = self.now + float(line[3:])
            return True
        if _MOVE.match(line):
            if len(self._blocks) >= self.planner:
                return False
            self._blocks.append(self.pace)
            self._start()
        self.executed.append(line)
        return True

    def _start(self) -> None:
        if self.state == "Idle" and self._blocks:
            self.state, self._ends = "Run", self.now + self._blocks[0]

    def _system(self, line: bytes) -> list[bytes]:
        if line == b"$I":
            told = self.options % (self.planner, self.buffer) if b"%d" in self.options else self.options
            return [told, b"ok\r\n"]
        if line == b"$$":
            return [b"".join(b"$%d=%b\r\n" % (n, v.encode()) for n, v in self.settings.items()), b"ok\r\n"]
        if line == b"$C" and self.state == "Idle":
            self.state = "Check"
            return [b"[MSG:Enabled]\r\n", b"ok\r\n"]
        if line == b"$H" and self.state in ("Idle", "Alarm"):
            if self.settings[22] != "1":
                return [b"error:5\r\n"]
            self.executed.append(line)
            self.state = "Idle"
            return [b"ok\r\n"]
        if line == b"$X":
            self.executed.append(line)
            self.state = "Idle" if self.state == "Alarm" else self.state
            return [b"[MSG:Caution: Unlocked]\r\n", b"ok\r\n"]
        if line.startswith(b"$J="):
            if self.state not in ("Idle", "Run"):
                return [b"error:9\r\n"]
            self.executed.append(line)
            return [b"ok\r\n"]
        if match := re.fullmatch(rb"\$(\d+)=(.+)", line):
            self.settings[int(match[1])] = match[2].decode()
            return [b"ok\r\n"]
        return [b"error:8\r\n"]


_REALTIME: dict[int, Callable[[Firmware], None]] = {
    0x18: Firmware._reset,
    ord("?"): Firmware._status,
    ord("!"): Firmware._hold,
    ord("~"): Firmware._resume,
    0x84: Firmware.open_door,
    0x85: lambda _: None,
}


def intact(message: bytes) -> bytes:
    return message


def lines_of(data: bytes) -> list[bytes]:
    """What is written, message by message: lines, and the bytes between them that are commands of their own."""
    return re.findall(rb"[?!~\x18\x85]|[^?!~\x18\x85\n]*\n|[^?!~\x18\x85\n]+", data)


class Bench:
    """An engine, a firmware, the two ways between them, and a clock that jumps to the next thing due."""

    def __init__(
        self,
        firmware: Firmware | None = None,
        to: Passage = intact,
        back: Passage = intact,
        envelope: tuple[float, float, float] | None = None,
        **options: object,
    ) -> None:
        self.firmware = firmware or Firmware()
        self.options = Options(**({"tool": "laser"} | options))  # type: ignore[arg-type]
        self.engine = Engine(self.options, envelope)
        self.now = 0.0
        self.events: list[object] = []
        self.sent: list[bytes] = []
        self._to, self._back = to, back

    def write(self, data: bytes) -> None:
        for message in lines_of(data):
            self.sent.append(message)
            self.firmware.now = max(self.firmware.now, self.now)
            self.firmware.take(self._to(message))

    def step(self) -> None:
        """One exchange; where nothing is said, time jumps."""
        said = self.firmware.answers(self.now)
        for message in said:
            if heard := self._back(message):
                self.write(self.engine.receive(heard, self.now))
        if not said:
            self.now = max(self.now, min(self.engine.wake, self.firmware.due, self.now + 1.0))
            if self.now >= self.engine.wake:
                self.write(self.engine.tick(self.now))
        self.events += self.engine.events
        self.engine.events.clear()

    def until(self, wanted: Callable[[], bool], steps: int = 20_000) -> bool:
        """Whether it came about within so many steps."""
        for _ in range(steps):
            if wanted():
                return True
            self.step()
        return False

    def connect(self, *, resets: bool = True) -> bool:
        self.write(self.engine.opened(self.now))
        if resets:
            self.firmware.restart()
        return self.until(lambda: self.engine.state in (State.IDLE, State.HALTED, State.WAITING), 2000)

    def begin(self, lines: Iterable[bytes], attempt: str = "a1", *, rehearsed: bool = False) -> None:
        data = program(b"\n".join(lines))
        self.write(self.engine.begin(attempt, data, self.now, rehearsed=rehearsed))

    def rehearse(self, lines: Iterable[bytes], attempt: str = "a1") -> None:
        self.write(self.engine.rehearse(attempt, program(b"\n".join(lines)), self.now))

    def saw(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]
