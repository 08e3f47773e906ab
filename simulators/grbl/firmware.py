"""The core: receive buffer, main loop, time, replies, faults. What a line does is in ``execute`` and ``system``.

Time is passed in: :meth:`Firmware.advance` lets everything happen up to a simulated time, in order. Output is taken
with :meth:`Firmware.output`; what concerns the port itself (unplug) with :meth:`Firmware.wishes`.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from simulators.faults import Fault, Faults, Stage
from simulators.grbl import realtime, reports
from simulators.grbl.board import Board, Options, State
from simulators.grbl.execute import execute
from simulators.grbl.meaning import resolve
from simulators.grbl.receiver import REALTIME, Line, Ring, filtered
from simulators.grbl.status import status
from simulators.grbl.steps import Aborted, Steps, Wait, seconds
from simulators.grbl.store import ORIGIN
from simulators.grbl.system import system
from simulators.grbl.words import Refused, parse
from simulators.record import Recorder

LOCKED, OVERFLOW, HARD_LIMIT = 9, 11, 1
LINE_END = re.compile(rb"[\r\n]")


@dataclass(slots=True)
class Item:
    """The line at work."""

    line: Line
    steps: Steps
    reply: list[Fault] = field(default_factory=list)
    wait: Wait | None = None
    startup: bool = False


class Firmware(Board):
    def __init__(self, options: Options, recorder: Recorder, faults: Faults) -> None:
        super().__init__(options, recorder, faults.dice)
        self.faults = faults
        self.lines = 0
        """Lines of G-code taken, those of check mode not counted."""
        self.ring = Ring(options.buffer)
        self.hung = False
        self._asked = self._looping = self._was_suspended = False
        """A ``?`` waits for its answer; the main loop is at work; it was suspended when it was last looked at."""
        self._item: Item | None = None
        self._startup: deque[str] = deque()
        self._close_at: float | None = None
        self._wishes: list[float] = []
        self._power_on()

    # --- for the loop ---

    def opened(self) -> None:
        """The host opened the port (and with it, on many boards, pulled the reset line)."""
        self.settle()
        self.recorder.count("opens")
        self.recorder.event(self.now, "open", "the port was opened")
        if self.options.reset_on_open:
            self.boot("the reset pin")
        else:
            self.recorder.boundary("open")

    def closed(self) -> None:
        """The host is gone, and the machine does not know."""
        self.settle()
        if self.options.tool == "laser" and self.spindle.power > 0 and not len(self.planner):
            self.recorder.count("laser_on_at_exit")
            self.recorder.event(self.now, "laser", "the host left while the laser was on")

    def boot(self, reason: str) -> None:
        """The processor restarts: the firmware takes the place where the tool stands as zero."""
        self.halt()
        self.recorder.count("boots")
        self.recorder.event(self.now, "boot", reason)
        self.recorder.boundary("boot")
        x, y, z = self.true(self.stopped)
        self.offset, self.stopped, self.homed = (x, y, z), ORIGIN, False
        self._power_on()
        self.say_banner()

    def _power_on(self) -> None:
        self.hung = False
        self.state = State.ALARM if self.store.on(22) else State.IDLE
        self._restart()

    def _restart(self) -> None:
        """What a reset of either kind does; the state says what was before."""
        self.settle()
        self.planner.abort(self.now)
        self.ring.clear()
        self._asked, self._item = False, None
        self._startup.clear()
        self.turn("M5", 0.0)
        self.fresh()

    def say_banner(self) -> None:
        self.say(reports.BANNERS[self.options.flavour])
        if self.state in (State.ALARM, State.SLEEP):
            self.message("'$H'|'$X' to unlock")
            self.state = State.ALARM
            return
        self.state = State.IDLE
        if self.ajar:
            realtime.door(self)
        self._startup.extend(line for line in self.store.startup if line)

    def _soft_reset(self) -> None:
        if self._item is not None and not self._item.startup:
            self.say("ok\r\n")  # the line that was at work is answered after all
        self._restart()
        self.recorder.event(self.now, "reset", "soft reset")
        self.recorder.boundary("reset")
        self.say_banner()

    def receive(self, data: bytes) -> None:
        """Bytes from the wire, all at this moment."""
        while data and not self.hung:
            found = REALTIME.search(data)
            end = found.start() if found else len(data)
            self._hear(data[:end])
            if found is not None:
                self._realtime(found[0][0])
            data = data[end + 1 :]
        self._tick()

    def _hear(self, data: bytes) -> None:
        """Line by line: what is behind a line arrives while that is at work."""
        while data and not self.hung:
            if self.reboot_at is not None:
                return  # the buffer is about to be emptied
            if self.now < self.deaf:
                self.recorder.count("deaf_bytes", len(data))
                return
            found = LINE_END.search(data)
            taken = self.ring.put(data[: found.end()] if found is not None else data)
            free = self.ring.free
            self.run()
            data = data[taken:]
            if data and self.ring.free == free == 0:
                self.recorder.count("overflow_bytes", len(data))
                return

    def _realtime(self, byte: int) -> None:
        if self.now < self.deaf:
            self.recorder.count("deaf_bytes")
            return
        if byte == realtime.STATUS:
            self._asked = True
        elif (act := realtime.ACTS.get(byte)) is not None and (not self.critical or byte == realtime.RESET):
            act(self)
        self._tick()

    def advance(self, now: float) -> None:
        """Let everything happen up to ``now``, in the order of time."""
        while (event := self.next_event()) is not None and event <= now:
            self.now = max(self.now, event)
            self._tick()
        self.now = max(self.now, now)
        self.settle()
        if self.faults:
            self._tick()

    def next_event(self) -> float | None:
        """The next time at which something happens by itself."""
        if self.hung:
            return None
        times = [self.planner.next_event(), self.crossing(), self.reboot_at, self.held.restoring, self._close_at]
        if self._item is not None and self._item.wait is not None and not self.suspended:
            times.append(self._item.wait.event)
        if self.faults and self.moved_at is not None and (due := self.faults.next_time()) is not None:
            times.append(self.moved_at + due)
        return min((time for time in times if time is not None), default=None)

    @property
    def pressing(self) -> bool:
        """Somebody waits for time to pass, and not for a person."""
        if self.hung:
            return False
        waits = self._item is not None and self._item.wait is not None and not self.suspended and not self.critical
        return waits or self.slowing or self.reboot_at is not None or self.held.restoring is not None

    @property
    def moving(self) -> bool:
        return self.planner.next_event() is not None and not self.hung

    @property
    def moves(self) -> int:
        """Grows whenever motion is queued."""
        return self.planner.appended

    @property
    def idle(self) -> bool:
        """Nothing moves, nothing waits."""
        return self.hung or (not self.moving and self._item is None)

    def output(self) -> list[tuple[bytes, bool]]:
        return self.take_output()

    def wishes(self) -> list[float]:
        """Unplug the port for so many real seconds (0: for good)."""
        wishes, self._wishes = self._wishes, []
        return wishes

    def wish(self, seconds: float) -> None:
        self._wishes.append(seconds)

    def press(self) -> bool:
        """The button at the machine: close the door, go on. False where nothing is held."""
        waited = self.state in (State.HOLD, State.DOOR)
        self.ajar, self._close_at = False, None
        realtime.resume(self)
        self._tick()
        return waited

    # --- lines ---

    def run(self) -> None:
        """The main loop, as far as it gets at this moment."""
        if self._looping:  # a real-time byte came out of a spoilt line
            return
        self._looping = True
        self._loop()
        self._looping = False

    def _loop(self) -> None:
        while not (self.hung or self.critical or self.suspended or self.reboot_at is not None):
            if self._item is None and not self._start():
                self.ring.drain()
                return
            item = self._item
            if item is None or (item.wait is not None and not item.wait.over()):
                return
            try:
                item.wait = next(item.steps, None)
            except Refused as refused:
                self._answer(item, f"error:{refused.code}")
            except Aborted:
                item.wait = None
                return  # its ok comes with the reset
            else:
                if item.wait is None:
                    self._answer(item, "ok")

    def _start(self) -> bool:
        """Begin the next line; False when there is none."""
        if self._startup:
            text = self._startup.popleft()
            self._item = Item(Line(text, text), self._gcode(text), startup=True)
            return True
        raw = self.ring.take()
        if raw is None:
            return False
        counted = bool(raw.strip()) and not raw.lstrip().startswith(b"$") and self.state is not State.CHECK
        if counted and self.faults:
            raw = self._arrive(raw)
        line = filtered(raw)
        item = self._item = Item(line, self._steps(line))
        if counted:
            self.lines += 1
            if self.faults:
                self._strike(item)
        return True

    def _steps(self, line: Line) -> Steps:
        if line.overflow:
            raise Refused(OVERFLOW)
        if self.options.line_time > 0:
            yield seconds(self, self.options.line_time)
        if not line.text:
            return
        if line.text.startswith("$"):
            yield from system(self, line.text, self._gcode)
            self.recorder.executed(None, line.raw)
            return
        if self.state in (State.ALARM, State.JOG):
            raise Refused(LOCKED)
        yield from self._gcode(line.text, line.raw)

    def _gcode(self, text: str, raw: str = "") -> Steps:
        mist = self.options.flavour != "grbl"
        meaning = resolve(parse(text, self.parser.modal, mist), self.parser, self.store.coordinates, jog=False)
        if self.state is State.CHECK:
            self.recorder.count("checked")
        elif raw:
            self.recorder.executed(None, raw)
        yield from execute(self, meaning)

    def _answer(self, item: Item, text: str) -> None:
        self._item = None
        if text != "ok":
            harmless = item.line.text.startswith("$") or self.state in (State.CHECK, State.ALARM)
            self.recorder.count("refusals" if harmless else "errors")
            self.recorder.event(self.now, "error", f"{text}: {item.line.raw}")
        if item.startup:
            self.say(f">{item.line.text}:{text}\r\n")
            return
        reply = f"{text}\r\n"
        if not item.reply:
            self.say(reply)
        for fault in item.reply:
            for piece in REPLY_FAULTS[fault.kind](self, reply.encode("ascii"), int(fault.argument)):
                self._out.append((piece, True))
        if self.startup:
            self.startup = False
            self._startup.extend(line for line in self.store.startup if line)

    def _tick(self) -> None:
        """Everything that is due now."""
        if self.faults and not self.hung:
            for fault in self.faults.due(self._moved()):
                self._note(fault)
                MACHINE_FAULTS[fault.kind](self, fault)
        if self.hung:
            return
        if (crossing := self.crossing()) is not None and self.now >= crossing - 1e-9:
            self.alarm(HARD_LIMIT)
        self.planner.advance(self.now)
        self.settle()
        if self.reboot_at is not None and self.now >= self.reboot_at - 1e-9:
            self.reboot_at = None
            self._soft_reset()
        if self._close_at is not None and self.now >= self._close_at - 1e-9:
            self.ajar, self._close_at = False, None
        realtime.progress(self)
        if self._was_suspended and not self.suspended:
            self._postpone()
        self._was_suspended = self.suspended
        self.run()
        if self._asked and not self.critical and self.state is not State.HOME and self.reboot_at is None:
            self._asked = False
            self.say(status(self, self.ring.free))

    def _postpone(self) -> None:
        """A dwell does not count the time of a hold."""
        wait = self._item.wait if self._item is not None else None
        if wait is not None and wait.dwells and wait.event is not None:
            wait.event += self.now - self.held.since

    # --- faults ---

    def _moved(self) -> float | None:
        return None if self.moved_at is None else self.now - self.moved_at

    def _note(self, fault: Fault) -> None:
        self.recorder.event(self.now, "fault", fault.kind)

    def _arrive(self, raw: bytes) -> bytes:
        for fault in self.faults.line((Stage.ARRIVAL,), self.lines + 1, self._moved()):
            self._note(fault)
            raw = self.flip(raw)
        while (found := REALTIME.search(raw)) is not None:  # what it became never was a part of the line
            raw = raw[: found.start()] + raw[found.end() :]
            self._realtime(found[0][0])
        return raw

    def _strike(self, item: Item) -> None:
        """Let the faults of a line strike."""
        for fault in self.faults.line((Stage.ACCEPTANCE, Stage.REPLY, Stage.MACHINE), self.lines, self._moved()):
            self._note(fault)
            if fault.stage is Stage.REPLY:
                item.reply.append(fault)
            elif fault.stage is Stage.MACHINE:
                MACHINE_FAULTS[fault.kind](self, fault)
            else:
                item.steps = ACCEPTANCE_FAULTS[fault.kind](self, item.steps, fault.argument)

    def flip(self, data: bytes) -> bytes:
        """One bit of one byte changed, and no line end made of it."""
        while True:
            index, bit = self.dice.randrange(len(data)), self.dice.randrange(7)
            value = data[index] ^ 1 << bit
            if value not in b"\r\n;(":
                return data[:index] + bytes((value,)) + data[index + 1 :]

    def open_door(self, duration: float) -> None:
        self.ajar = True
        self._close_at = self.now + duration if duration > 0 else None
        realtime.door(self)

    def hang(self) -> None:
        """The processor stands still; what it last wrote to its pins stays there."""
        running = self.planner.running
        work = running.work if running is not None else None
        self.halt()
        if work is not None:
            self.spindle.power = work.power
        self.recorder.count("hangs")
        self.hung = True


def _refuse(_: Firmware, __: Steps, argument: float) -> Steps:
    yield from ()
    raise Refused(int(argument))


def _late(firmware: Firmware, steps: Steps, argument: float) -> Steps:
    yield seconds(firmware, argument)
    yield from steps


ACCEPTANCE_FAULTS: Mapping[str, Callable[[Firmware, Steps, float], Steps]] = {"error": _refuse, "slow": _late}


def _blind(firmware: Firmware, _: Fault) -> None:
    firmware.settle()
    firmware.blind = True


def _homing(firmware: Firmware, fault: Fault) -> None:
    firmware.homing_fault = int(fault.argument)


MACHINE_FAULTS: Mapping[str, Callable[[Firmware, Fault], None]] = {
    "alarm": lambda firmware, fault: firmware.alarm(int(fault.argument)),
    "reset": lambda firmware, _: firmware.boot("a brown-out"),
    "door": lambda firmware, fault: firmware.open_door(fault.argument),
    "hold": lambda firmware, _: realtime.hold(firmware),
    "homing-fail": _homing,
    "dead-tool": _blind,
    "unplug": lambda firmware, fault: firmware.wish(fault.argument),
    "hang": lambda firmware, _: firmware.hang(),
}

REPLY_FAULTS: Mapping[str, Callable[[Firmware, bytes, int], list[bytes]]] = {
    "lost-ok": lambda _firmware, _data, _size: [],
    "corrupt-out": lambda firmware, data, _size: [firmware.flip(data[:-2]) + data[-2:]],
    "split": lambda _firmware, data, size: [data[i : i + max(1, size)] for i in range(0, len(data), max(1, size))],
}
