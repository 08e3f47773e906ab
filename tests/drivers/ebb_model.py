"""A model of an EiBotBoard that keeps only what a host can notice: the queue of two, the counters, the pen.

It is written from the command set, apart from the simulator program, so that the two check each other.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from drivers.protocols.ebb import Engine, Frame, Limits, Options, State, program

Passage = Callable[[bytes], bytes]
"""What becomes of one message on its way."""

NEVER = float("inf")
WANTS = {"SM": 3, "SP": 1, "EM": 2, "SC": 2, "CU": 2, "SL": 1, "CS": 0, "QC": 0, "QS": 0, "QE": 0, "QL": 0, "QB": 0,
         "QM": 0, "QP": 0, "QT": 0, "V": 0, "ES": 0}  # fmt: skip


@dataclass
class Motion:
    seconds: float
    steps: tuple[int, int] = (0, 0)
    start: float = 0.0
    before: Callable[[], None] = lambda: None


@dataclass
class Board:
    """``dark``: it says nothing any more. ``power``: what QC reads."""

    version: str = "2.8.1"
    power: int = 300
    now: float = 0.0
    dark: bool = False
    heard: list[str] = field(default_factory=list)
    """Commands, in order, with the time."""
    when: list[float] = field(default_factory=list)
    pressed: bool = False
    motors: bool = False
    mark: int = 0
    place: list[int] = field(default_factory=lambda: [0, 0])
    """Where the motors truly are, whatever the counters say."""
    counted: list[int] = field(default_factory=lambda: [0, 0])
    pen_down: bool = False
    drawn: list[tuple[int, int, bool]] = field(default_factory=list)
    """Places after each motion, and whether the pen was down."""
    future: bool = False
    silent: bool = False
    """CU,1,0"""
    _data: bytes = b""
    _blocked: str | None = None
    _current: Motion | None = None
    _queue: deque[Motion] = field(default_factory=deque)
    _said: list[bytes] = field(default_factory=list)

    # --- the wire ---

    def take(self, data: bytes) -> None:
        self._data += data
        self._work()

    def answers(self, now: float) -> list[bytes]:
        """What is said until ``now``, message by message."""
        while self._current is not None and self._current.start + self._current.seconds <= now:
            end = self._current.start + self._current.seconds
            self._finish(self._current)
            self._current = None
            self._next(end)
            self.now = max(self.now, end)
            self._work()
        self.now = max(self.now, now)
        self._work()
        said, self._said = self._said, []
        return [] if self.dark else said

    @property
    def due(self) -> float:
        return NEVER if self._current is None else self._current.start + self._current.seconds

    def _work(self) -> None:
        """Commands one after the other, until one waits for room in the queue."""
        while not self.dark:
            if self._blocked is None:
                if b"\r" not in self._data:
                    return
                line, _, self._data = self._data.partition(b"\r")
                if not line:
                    continue
                self._blocked = line.decode("ascii", "replace")
            name = self._blocked.split(",")[0].upper()
            if name in ("SM", "SP", "EM") and self._queue:
                return  # The parser itself waits: nothing behind it is heard.
            text, self._blocked = self._blocked, None
            self.heard.append(text)
            self.when.append(self.now)
            self._do(name, text.split(",")[1:])

    def _do(self, name: str, words: list[str]) -> None:
        numbers = [int(word) for word in words if word.lstrip("-").isdigit()]
        if name not in WANTS:
            return self._say(f"!8 Err: Unknown command '{name}'\r\n")
        if len(numbers) < WANTS[name] or len(numbers) < len(words):
            return self._say("!6 Err: Invalid parameter value\r\n")
        return getattr(self, f"_do_{name.lower()}", lambda _: self._ok())(numbers)

    def _say(self, text: str) -> None:
        self._said.append(text.encode())

    def _ok(self, value: str | None = None, end: str = "\r\n") -> None:
        self._say((value + end if value is not None else "") + ("" if self.silent else "OK\r\n"))

    # --- motion ---

    def _push(self, motion: Motion) -> None:
        self._queue.append(motion)
        self._next(self.now)

    def _next(self, now: float) -> None:
        if self._current is None and self._queue:
            self._current = self._queue.popleft()
            self._current.start = now
            self._current.before()

    def _finish(self, motion: Motion, share: float = 1.0) -> None:
        for axis in (0, 1):
            made = round(motion.steps[axis] * share)
            self.counted[axis] += made
            self.place[axis] += made if self.power > 200 else 0
        if motion.steps != (0, 0):
            self.motors = True
            self.drawn.append((self.place[0], self.place[1], self.pen_down))

    def _do_sm(self, numbers: list[int]) -> None:
        ms, a, b = numbers
        if ms < 1 or max(abs(a), abs(b)) > 25 * ms or any(steps and ms / abs(steps) > 763 for steps in (a, b)):
            return self._say("!0 Err: <axis1> step rate too high\r\n")
        self._push(Motion(ms / 1000, (a, b)))
        return self._ok()

    def _do_sp(self, numbers: list[int]) -> None:
        down = numbers[0] == 0

        def move() -> None:
            self.pen_down = down

        self._push(Motion(numbers[1] / 1000 if len(numbers) > 1 else 0.0, before=move))
        self._ok()

    def _do_em(self, numbers: list[int]) -> None:
        def enable() -> None:
            self.motors, self.counted = bool(numbers[0]), [0, 0]

        self._push(Motion(0.0, before=enable))
        self._ok()

    def _do_es(self, _: list[int]) -> None:
        busy = self._current is not None
        if self._current is not None and self._current.steps != (0, 0):
            self._finish(self._current, min(1.0, (self.now - self._current.start) / self._current.seconds))
            self._current = None
        self._queue = deque(motion for motion in self._queue if motion.steps == (0, 0))
        self._next(self.now)
        self._ok(f"{int(busy)},0,0,0,0", "\n\r")

    # --- questions ---

    def _do_v(self, _: list[int]) -> None:
        self._say(f"{'V,' if self.future else ''}EBBv13_and_above EB Firmware Version {self.version}\r\n")

    def _do_cu(self, numbers: list[int]) -> None:
        if numbers[0] == 10:
            self.future = bool(numbers[1])
        elif numbers[0] == 1:
            self.silent = not numbers[1]
        self._ok()

    def _do_cs(self, _: list[int]) -> None:
        self.counted = [0, 0]
        self._ok()

    def _do_sl(self, numbers: list[int]) -> None:
        self.mark = numbers[0]
        self._ok()

    def _do_ql(self, _: list[int]) -> None:
        self._ok(f"{self.mark:03d}")

    def _do_qc(self, _: list[int]) -> None:
        self._ok(f"0394,{self.power:04d}")

    def _do_qs(self, _: list[int]) -> None:
        self._ok(f"{self.counted[0]},{self.counted[1]}", "\n\r")

    def _do_qe(self, _: list[int]) -> None:
        self._ok("16,16" if self.motors else "0,0", "\n\r")

    def _do_qb(self, _: list[int]) -> None:
        pressed, self.pressed = self.pressed, False
        self._ok(str(int(pressed)))

    def _do_qp(self, _: list[int]) -> None:
        self._ok(str(int(not self.pen_down)), "\n\r")

    def _do_qm(self, _: list[int]) -> None:
        busy = int(self._current is not None)
        self._say(f"QM,{busy},{busy},{busy},{int(bool(self._queue))}\n\r")

    # --- what befalls it ---

    def restart(self) -> None:
        """Counters, queue and settings are gone; the pen goes up, the motors are loose."""
        self._data, self._blocked, self._current = b"", None, None
        self._queue.clear()
        self.counted, self.motors, self.mark, self.pen_down, self.silent = [0, 0], False, 0, False, False


def untouched(message: bytes) -> bytes:
    return message


FRAME = Frame(80.0, True)
LIMITS = Limits(150.0, 1000.0, 0.03)


class Bench:
    """An engine and a board with a clock between them; where nothing happens, time jumps."""

    def __init__(
        self, board: Board | None = None, to: Passage = untouched, back: Passage = untouched, **options: object
    ) -> None:
        self.board = board or Board()
        self.engine = Engine(Options(**options), FRAME)  # type: ignore[arg-type]
        self._to, self._back = to, back
        self.now = 0.0
        self.events: list[object] = []

    def write(self, data: bytes) -> None:
        for line in data.splitlines(keepends=True):
            if passed := self._to(line):
                self.board.take(passed)

    def step(self) -> None:
        said = self.board.answers(self.now)
        for message in said:
            if heard := self._back(message):
                self.write(self.engine.receive(heard, self.now))
        if not said:
            self.now = max(self.now, min(self.engine.wake, self.board.due, self.now + 1.0))
            if self.now >= self.engine.wake:
                self.write(self.engine.tick(self.now))
        self.gather()

    def gather(self) -> None:
        self.events += self.engine.events
        self.engine.events.clear()

    def until(self, wanted: Callable[[], bool], steps: int = 50_000) -> bool:
        """Whether it came about within so many steps."""
        for _ in range(steps):
            if wanted():
                return True
            self.step()
        return False

    def connect(self) -> bool:
        self.write(self.engine.opened(self.now))
        return self.until(lambda: self.engine.state in (State.IDLE, State.HALTED), 2000)

    def begin(self, data: bytes, attempt: str = "a1") -> None:
        self.write(self.engine.begin(attempt, program(data, LIMITS, FRAME), self.now))
        self.gather()

    def saw(self, kind: type) -> list[object]:
        return [event for event in self.events if isinstance(event, kind)]

    def ended(self) -> bool:
        from drivers.contract import Cancelled, Failed, Made
        from drivers.protocols.ebb import Withdrawn

        return bool(self.saw(Made) or self.saw(Failed) or self.saw(Cancelled) or self.saw(Withdrawn))

    @property
    def path(self) -> np.ndarray:
        """(n, 2) mm: where the pen was when a motion ended with the pen down."""
        return np.array([FRAME.point((a, b)) for a, b, down in self.board.drawn if down]).reshape(-1, 2)
