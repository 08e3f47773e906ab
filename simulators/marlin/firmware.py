"""The firmware's core: command queue, time, replies, faults. What each command does is in ``commands``.

Time is passed in: :meth:`Firmware.advance` lets everything happen up to a simulated time, in order. Output is taken
with :meth:`Firmware.output`; what concerns the port itself (unplug) with :meth:`Firmware.wishes`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from simulators.faults import Fault, Faults, Stage
from simulators.marlin import reports
from simulators.marlin.board import Board, Options
from simulators.marlin.commands import CANCEL_OBJECTS, COMMANDS, LEVELING
from simulators.marlin.people import runout
from simulators.marlin.receiver import EMERGENCY, LONGEST, Line, Receiver, Refused, checked
from simulators.marlin.steps import Command, Parameters, Steps, Wait, parse
from simulators.record import Recorder


@dataclass(slots=True)
class Queued:
    """A line in the command queue, and the faults that wait for its turn."""

    line: Line
    reply: list[Fault] = field(default_factory=list)
    slow: float = 0.0


class Firmware(Board):
    """A board with its serial port and its queue."""

    def __init__(self, options: Options, recorder: Recorder, faults: Faults) -> None:
        self.faults = faults
        self.lines = 0
        """Numbered lines accepted, M110 not counted."""
        self._wishes: list[float] = []
        self._commands = {
            **COMMANDS,
            **(LEVELING if options.probe else {}),
            **(CANCEL_OBJECTS if options.cancel_objects else {}),
        }
        super().__init__(options, recorder)

    def reset(self) -> None:
        super().reset()
        self.hung = False
        self._heard = b""
        """A line's beginning, as the emergency parser heard it."""
        self.receiver = Receiver(lambda: len(self.queue) < self.options.bufsize and not self.stopped(), self._take)
        self.queue: deque[Queued] = deque()
        self.injected: deque[Callable[[Board], Steps]] = deque()
        """What the firmware itself puts before the next command."""
        self._item: Queued | None = None
        self._steps: Generator[Wait] | None = None
        self._wait: Wait | None = None
        self._waiting = False
        """The command at work has waited before: its busy messages go on."""
        self._busy_at = 0.0

    def stopped(self) -> bool:
        return self.dead or self.hung

    # --- for the loop ---

    def boot(self, reason: str) -> None:
        """The board resets; ``reason`` as Marlin prints it."""
        self.cut_motion()
        self.heat()
        self.hotend.set(0)
        self.bed.set(0)
        self.receiver.flush()
        self.reset()
        self.recorder.count("boots")
        self.recorder.event(self.now, "boot", reason.strip())
        self.recorder.boundary("boot")
        self.say(reports.banner(reason))

    def opened(self) -> None:
        """The host opened the port (and with it, on many boards, pulled the reset line)."""
        self.recorder.count("opens")
        self.recorder.event(self.now, "open", "the port was opened")
        if self.options.reset_on_open:
            self.boot(" External Reset")
        else:
            self.recorder.boundary("open")

    def receive(self, data: bytes) -> None:
        """Bytes from the wire, all at this moment."""
        if self.stopped():
            return
        if self.options.emergency_parser:
            self._overhear(data)
            if self.stopped():
                return
        lost = self.receiver.lost
        self.receiver.receive(data)
        if self.receiver.lost > lost:
            self.recorder.count("overflow_bytes", self.receiver.lost - lost)
        self.run()

    def _overhear(self, data: bytes) -> None:
        """EMERGENCY_PARSER: some commands act when their line ends, whatever waits before them."""
        *lines, self._heard = (self._heard + data).split(b"\n")
        self._heard = self._heard[-LONGEST:]
        for line in lines:
            if b"M" in line and (found := EMERGENCY.match(line)):
                EMERGENCIES[found[1]](self)

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
        if self.stopped():
            return None
        times = [self.planner.next_event(), self.next_report()]
        if self._wait is not None:
            times += [self._wait.event, self._busy_at if self.keepalive else None]
        if self.faults and self.moved_at is not None and (due := self.faults.next_time()) is not None:
            times.append(self.moved_at + due)
        return min((time for time in times if time is not None), default=None)

    @property
    def pressing(self) -> bool:
        """A command waits for time to pass, not for a person."""
        return self._wait is not None and not self.user and not self.stopped()

    @property
    def moving(self) -> bool:
        return bool(len(self.planner)) and not self.stopped()

    @property
    def moves(self) -> int:
        """Grows whenever motion is queued."""
        return self.planner.appended

    @property
    def idle(self) -> bool:
        """Nothing moves, nothing waits."""
        return self.stopped() or (not self.queue and not self.injected and not len(self.planner))

    def wishes(self) -> list[float]:
        """Unplug the port for so many real seconds (0: for good)."""
        wishes, self._wishes = self._wishes, []
        return wishes

    def wish(self, seconds: float) -> None:
        self._wishes.append(seconds)

    def press(self) -> bool:
        """The button at the machine. False where nobody waits for it."""
        waited, self.user = self.user, False
        self._tick()
        return waited

    def kill(self, *lines: str) -> None:
        super().kill(*lines)
        self.queue.clear()
        self.receiver.flush()
        self._item = self._steps = self._wait = None

    # --- lines ---

    def _take(self, data: bytes) -> None:
        """A complete line leaves the ring."""
        counted = data.lstrip(b" ").startswith(b"N") and b"M110" not in data
        if counted and self.faults:
            for fault in self.faults.line((Stage.ARRIVAL,), self.lines + 1, self._moved()):
                self._note(fault)
                data = self.flip(data)
        line = checked(data, self.last_n)
        if isinstance(line, Refused):
            self.recorder.count(line.count)
            self.say(f"Error:{line.error}{self.last_n}\n")
            self._resend("ok\n")
            return
        item = Queued(line)
        if counted and self.faults and not self._struck(item):
            return
        if line.number is not None:
            self.last_n = line.number
            self.lines += counted
        elif not self.options.emergency_parser and (found := EMERGENCY.match(line.raw)) and found[1] != b"876":
            EMERGENCIES[found[1]](self)
        if not self.dead:
            self.queue.append(item)
            self.run()

    def _struck(self, item: Queued) -> bool:
        """Let the faults of a line strike. False where the line is gone with them."""
        struck = self.faults.line((Stage.ACCEPTANCE, Stage.REPLY, Stage.MACHINE), self.lines + 1, self._moved())
        epoch = self.receiver
        for fault in struck:
            self._note(fault)
            if fault.stage is Stage.REPLY:
                item.reply.append(fault)
            elif fault.stage is Stage.MACHINE:
                MACHINE_FAULTS[fault.kind](self, fault)
            elif fault.kind == "slow":
                item.slow += fault.argument
        spurious = [fault.kind for fault in struck if fault.kind in SPURIOUS]
        if spurious:
            self._resend(SPURIOUS[spurious[0]])
        return not spurious and not self.stopped() and self.receiver is epoch

    def _resend(self, after: str) -> None:
        self.recorder.count("resends")
        self.receiver.flush()
        self.say(f"Resend: {self.last_n + 1}\n{after}")

    def flip(self, data: bytes) -> bytes:
        """One bit of one byte changed, and no line end made of it."""
        dice = self.faults.dice
        while True:
            index, bit = dice.randrange(len(data)), dice.randrange(7)
            value = data[index] ^ 1 << bit
            if value not in b"\r\n;":
                return data[:index] + bytes((value,)) + data[index + 1 :]

    # --- execution ---

    def run(self) -> None:
        """Execute what can be executed at this moment."""
        while not self.stopped():
            if self._steps is None and not self._start():
                return
            if self._wait is not None and not self._wait.met():
                return
            self._wait = next(self._steps, None) if self._steps is not None else None
            if self._wait is None:
                self._finish()
                continue
            if self._wait.flush:
                self.planner.advance(self.now, flush=True)
                self.settle()
            if not self._waiting:
                self._waiting, self._busy_at = True, self.now + self.keepalive

    def _start(self) -> bool:
        """Begin the next command; False when there is none. A command of one step is done at once."""
        self._waiting = False
        if self.injected:
            self._steps = self.injected.popleft()(self)
            return True
        if not self.queue:
            return False
        item = self._item = self.queue[0]
        self.tail = None
        self.recorder.executed(item.line.number, item.line.text)
        name, parameters = parse(item.line.text)
        command = self._commands.get(name)
        if command is None:
            self.recorder.count("unknown_commands")
            self.say(f'echo:Unknown command: "{item.line.text}"\n')
        elif item.slow:
            self._steps = self._slowly(item.slow, command, parameters)
        else:
            self._steps = command(self, parameters)
        return True

    def _slowly(self, seconds: float, command: Command, parameters: Parameters) -> Generator[Wait]:
        until = self.now + seconds
        yield Wait(lambda: self.now >= until, until)
        steps = command(self, parameters)
        if steps is not None:
            yield from steps

    def _finish(self) -> None:
        self._steps = None
        item, self._item = self._item, None
        if item is None or self.dead:
            return
        if self.tail is not None:
            text = f"ok{self.tail}\n"
        elif self.options.advanced_ok:
            number = b"" if item.line.number is None else b" N" + item.line.digits
            text = f"ok{number.decode()} P{self.planner.free} B{self.options.bufsize - len(self.queue)}\n"
        else:
            text = "ok\n"
        self.queue.popleft()
        if not item.reply:
            self.say(text)
        for fault in item.reply:
            for piece in REPLY_FAULTS[fault.kind](self, text.encode("ascii"), int(fault.argument)):
                self._out.append((piece, True))

    def _tick(self) -> None:
        """Everything that is due now."""
        if self.faults and not self.stopped():
            for fault in self.faults.due(self._moved()):
                self._note(fault)
                MACHINE_FAULTS[fault.kind](self, fault)
        if self.stopped():
            return
        self.planner.advance(self.now)
        self.settle()
        self.run()
        self.receiver.pump()
        if self._wait is not None and self.keepalive and self.now >= self._busy_at:
            self.say("echo:busy: paused for user\n" if self.user else "echo:busy: processing\n")
            self._busy_at = self.now + self.keepalive
        self.report()

    def _moved(self) -> float | None:
        return None if self.moved_at is None else self.now - self.moved_at

    def _note(self, fault: Fault) -> None:
        self.recorder.event(self.now, "fault", fault.kind)


def _halted(firmware: Firmware) -> None:
    firmware.kill("echo:M112 Shutdown")


def _broken_off(firmware: Firmware) -> None:
    """M108: no more waiting for heat or a person."""
    firmware.heating = firmware.user = False


def _answered(firmware: Firmware) -> None:
    firmware.user = False


EMERGENCIES: Mapping[bytes, Callable[[Firmware], None]] = {
    b"108": _broken_off,
    b"112": _halted,
    b"410": Board.quick_stop,
    b"876": _answered,
}
"""What acts ahead of the queue (EMERGENCY_PARSER)."""


def _cold(firmware: Firmware, fault: Fault) -> None:
    firmware.hotend.reading = fault.argument
    firmware.min_temp = max(firmware.min_temp, fault.argument + 1)


def _deaf(firmware: Firmware, fault: Fault) -> None:
    firmware.mute = int(fault.argument)


def _hang(firmware: Firmware, _: Fault) -> None:
    firmware.recorder.count("hangs")
    firmware.hung = True


MACHINE_FAULTS: Mapping[str, Callable[[Firmware, Fault], None]] = {
    "reset": lambda firmware, _: firmware.boot(" Watchdog Reset"),
    "external-reset": lambda firmware, _: firmware.boot(" External Reset"),
    "kill": lambda firmware, _: _halted(firmware),
    "thermal-runaway": lambda firmware, _: firmware.kill(
        "Error:Thermal Runaway, system stopped! Heater_ID: 0", "echo:THERMAL RUNAWAY"
    ),
    "cold-extrusion": _cold,
    "no-trigger": _deaf,
    "filament-runout": lambda firmware, _: firmware.injected.append(runout),
    "unplug": lambda firmware, fault: firmware.wish(fault.argument),
    "hang": _hang,
}

SPURIOUS: Mapping[str, str] = {"resend": "ok\n", "resend-no-ok": ""}
"""Resends without a reason, and what follows them."""

REPLY_FAULTS: Mapping[str, Callable[[Firmware, bytes, int], list[bytes]]] = {
    "lost-ok": lambda _firmware, _data, _size: [],
    "corrupt-out": lambda firmware, data, _size: [firmware.flip(data[:-1]) + data[-1:]],
    "split": lambda _firmware, data, size: [data[i : i + max(1, size)] for i in range(0, len(data), max(1, size))],
}
