"""The core: the parser, time, replies, faults. What each command does is in ``commands`` and ``queries``.

Time is passed in: :meth:`Firmware.advance` lets everything happen up to a simulated time, in order.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.ebb.board import Board, Options
from simulators.ebb.commands import COMMANDS, Answer, Command, Steps
from simulators.ebb.parameters import EXTRA, LONGEST, Bad, Given, name_of, read, unknown
from simulators.ebb.queries import QUERIES
from simulators.faults import Fault, Faults, Stage
from simulators.record import Recorder

ALL: Mapping[str, Command] = {**COMMANDS, **QUERIES}
REBOOT = 1.0
"""Real seconds that the port is away after RB."""
END = re.compile(rb"[\r\n]")
OVERRUN = "!3 Err: RX Buffer overrun"


@dataclass(slots=True)
class Item:
    """The command at work."""

    name: str
    steps: Steps
    extra: bool = False
    wait: Callable[[], bool] | None = None
    reply: list[Fault] = field(default_factory=list)


class Firmware(Board):
    def __init__(self, options: Options, recorder: Recorder, faults: Faults) -> None:
        self.faults = faults
        self.lines = 0
        """Commands taken."""
        self.hung = False
        self._data = b""
        self._item: Item | None = None
        self._late: float | None = None
        self._power_at: float | None = None
        self._out: list[tuple[bytes, bool]] = []
        self._wishes: list[float] = []
        super().__init__(options, recorder)

    # --- for the loop ---

    def opened(self) -> None:
        """Opening the port of a USB device resets nothing."""
        self.recorder.count("opens")
        self.recorder.event(self.now, "open", "the port was opened")
        self.recorder.boundary("open")

    def closed(self) -> None:
        """The host is gone. A pen that stays down makes a blot."""
        if self.servo.touches and not self.busy:
            self.recorder.count("pen_down_at_exit")
            self.recorder.event(self.now, "pen", "the host left while the pen was down")

    def boot(self, reason: str, away: float = 0.0) -> None:
        """The board restarts."""
        self.settle()
        self.stop()
        self._data, self._item, self.hung = b"", None, False
        self.acknowledges, self.future, self.threshold, self.restarts = True, False, 0, False
        self.reset()
        self.recorder.count("boots")
        self.recorder.event(self.now, "boot", reason)
        self.recorder.boundary("boot")
        if away > 0:
            self._wishes.append(away)

    def receive(self, data: bytes) -> None:
        """Bytes from the USB, which waits while the parser is blocked: none is lost."""
        if not self.hung:
            self._data += data
            self.run()

    def advance(self, now: float) -> None:
        """Let everything happen up to ``now``, in the order of time."""
        while (event := self.next_event()) is not None and event <= now:
            self.now = max(self.now, event)
            self._tick()
        self.now = max(self.now, now)
        if self.faults:
            self._tick()

    def next_event(self) -> float | None:
        """The next time at which something happens by itself."""
        if self.hung:
            return None
        times = [super().next_event(), self._late, self._power_at]
        if self.faults and self.moved_at is not None and (due := self.faults.next_time()) is not None:
            times.append(self.moved_at + due)
        return min((time for time in times if time is not None), default=None)

    @property
    def pressing(self) -> bool:
        """The parser waits for the queue."""
        return self._item is not None and not self.hung and (self.moving or self._late is not None)

    @property
    def moving(self) -> bool:
        endless = self.current is not None and math.isinf(self.current.track.duration)
        return self.busy and not self.hung and not endless

    @property
    def moves(self) -> int:
        """Grows whenever motion is queued."""
        return self.queued

    @property
    def idle(self) -> bool:
        """Nothing moves, nothing waits."""
        return self.hung or (not self.busy and self._item is None)

    def output(self) -> list[tuple[bytes, bool]]:
        out, self._out = self._out, []
        return out

    def wishes(self) -> list[float]:
        """Unplug the port for so many real seconds (0: for good)."""
        wishes, self._wishes = self._wishes, []
        return wishes

    def wish(self, seconds: float) -> None:
        self._wishes.append(seconds)

    def push(self) -> None:
        """The PRG button."""
        self.pressed = True

    # --- commands ---

    def run(self) -> None:
        """Execute what can be executed at this moment."""
        while not self.hung:
            item = self._item
            if item is None:
                if not self._start():
                    return
                continue
            if item.wait is not None and not item.wait():
                return
            try:
                item.wait = next(item.steps)
            except StopIteration as end:
                self._item = None
                self._answer(item, end.value)
            except Bad as bad:
                self._item = None
                self._refuse(item, str(bad))

    def _start(self) -> bool:
        """Begin the next command; False when there is none."""
        found = END.search(self._data)
        if found is None:
            if len(self._data) > LONGEST:
                self._data = b""
                self._say_error("", OVERRUN)
            return False
        raw, self._data = self._data[: found.start()], self._data[found.end() :]
        if not raw:
            return True
        if len(raw) > LONGEST:
            self._say_error("", OVERRUN)
            return True
        self.lines += 1
        if self.faults:
            for fault in self.faults.line((Stage.ARRIVAL,), self.lines, self._moved()):
                self._note(fault)
                raw = self.flip(raw)
        text = "".join(chr(byte) for byte in raw if 32 <= byte < 127)
        name, rest = name_of(text)
        item = self._item = Item(name, self._steps(name, rest, text))
        if self.faults:
            self._strike(item)
        return True

    def _steps(self, name: str, rest: str, text: str) -> Steps:
        command = ALL.get(name)
        if command is None or command.since > int(self.options.version[0]):
            raise Bad(unknown(name))
        given: Given = read(rest, command.wanted)
        if self._item is not None:
            self._item.extra = given.extra
        answer = yield from command.act(self, given)
        self.recorder.executed(None, text)
        return answer

    def _answer(self, item: Item, answer: Answer) -> None:
        reply = self._text(item.name, answer)
        if not item.reply:
            self._say(reply)
        for fault in item.reply:
            for piece in REPLY_FAULTS[fault.kind](self, reply.encode("ascii"), int(fault.argument)):
                self._out.append((piece, True))
        if item.extra:
            self._refuse(item, EXTRA)
        if self.restarts:
            self.boot("RB", REBOOT)

    def _text(self, name: str, answer: Answer) -> str:
        if self.future:
            return f"{name},{answer.text}\n" if answer.text is not None else f"{name}\n"
        ok = "OK\r\n" if answer.ok and self.acknowledges else ""
        if answer.text is None:
            return ok
        return (f"{name}," if answer.named else "") + answer.text + answer.ending + ok

    def _refuse(self, item: Item, text: str) -> None:
        self.recorder.count("errors")
        self.recorder.event(self.now, "error", f"{item.name}: {text}")
        self._say_error(item.name, text)

    def _say_error(self, name: str, text: str) -> None:
        if self.future:
            self._say(f"{name},{text}\n")
        else:
            self._say(text + ("\n\r" if text.startswith("!0") else "\r\n"))

    def _say(self, text: str) -> None:
        if text:
            self._out.append((text.encode("ascii", "replace"), False))

    def _tick(self) -> None:
        """Everything that is due now."""
        if self.faults and not self.hung:
            for fault in self.faults.due(self._moved()):
                self._note(fault)
                MACHINE_FAULTS[fault.kind](self, fault)
        if self.hung:
            return
        if self._power_at is not None and self.now >= self._power_at:
            self.catch_up()
            self.powered, self._power_at = True, None
        if self._late is not None and self.now >= self._late - 1e-9:
            self._late = None
        self.settle()
        self.move_on(self.now)
        self.settle()
        self.run()

    # --- faults ---

    def _moved(self) -> float | None:
        return None if self.moved_at is None else self.now - self.moved_at

    def _note(self, fault: Fault) -> None:
        self.recorder.event(self.now, "fault", fault.kind)

    def _strike(self, item: Item) -> None:
        """Let the faults of a command strike."""
        for fault in self.faults.line((Stage.ACCEPTANCE, Stage.REPLY, Stage.MACHINE), self.lines, self._moved()):
            self._note(fault)
            if fault.stage is Stage.REPLY:
                item.reply.append(fault)
            elif fault.stage is Stage.MACHINE:
                MACHINE_FAULTS[fault.kind](self, fault)
            else:
                item.steps = ACCEPTANCE_FAULTS[fault.kind](self, item.name, item.steps, fault.argument)

    def flip(self, data: bytes) -> bytes:
        """One bit of one byte changed, and no line end made of it."""
        dice = self.faults.dice
        while True:
            index, bit = dice.randrange(len(data)), dice.randrange(7)
            value = data[index] ^ 1 << bit
            if value not in b"\r\n":
                return data[:index] + bytes((value,)) + data[index + 1 :]

    def delay(self, seconds: float) -> Callable[[], bool]:
        self._late = self.now + seconds
        return lambda: self._late is None

    def cut_power(self, seconds: float) -> None:
        """The barrel jack is pulled: the board lives on from the USB."""
        self.catch_up()
        self.powered = False
        self.lost = self.lost or self.threshold > 0
        self._power_at = self.now + seconds if seconds > 0 else None

    def hang(self) -> None:
        self.catch_up()
        self.current = None
        self.fifo.clear()
        self.recorder.count("hangs")
        self.hung = True


def _unknown(_: Firmware, name: str, __: Steps, ___: float) -> Steps:
    yield from ()
    raise Bad(unknown(name))


def _slow(firmware: Firmware, _: str, steps: Steps, argument: float) -> Steps:
    yield firmware.delay(argument)
    return (yield from steps)


ACCEPTANCE_FAULTS: Mapping[str, Callable[[Firmware, str, Steps, float], Steps]] = {"error": _unknown, "slow": _slow}


def _dry(firmware: Firmware, _: Fault) -> None:
    firmware.catch_up()
    firmware.dry = True


MACHINE_FAULTS: Mapping[str, Callable[[Firmware, Fault], None]] = {
    "reset": lambda firmware, fault: firmware.boot("a restart", fault.argument),
    "unplug": lambda firmware, fault: firmware.wish(fault.argument),
    "hang": lambda firmware, _: firmware.hang(),
    "button": lambda firmware, _: firmware.push(),
    "power-loss": lambda firmware, fault: firmware.cut_power(fault.argument),
    "dry-pen": _dry,
}

REPLY_FAULTS: Mapping[str, Callable[[Firmware, bytes, int], list[bytes]]] = {
    "lost-ok": lambda _firmware, _data, _size: [],
    "corrupt-out": lambda firmware, data, _size: [firmware.flip(data[:-2]) + data[-2:]] if len(data) > 2 else [],
    "split": lambda _firmware, data, size: [data[i : i + max(1, size)] for i in range(0, len(data), max(1, size))],
}
