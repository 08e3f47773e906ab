"""The firmware's core: command queue, time, replies, faults. What each command does is in ``commands``.

Time is passed in: :meth:`Firmware.advance` lets everything happen up to a simulated time, in order. Output is taken with
:meth:`Firmware.output`; what concerns the port itself (unplug) with :meth:`Firmware.wishes`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field

from simulators.faults import Fault, Faults, Stage
from simulators.marlin import reports
from simulators.marlin.commands import COMMANDS, Parameters, Steps, Wait, parse, runout
from simulators.marlin.heaters import Heater, bed, hotend
from simulators.marlin.receiver import EMERGENCY, Line, Receiver, Refused, checked
from simulators.motion import Limits, Planner
from simulators.record import Recorder

Point = tuple[float, float, float]
ORIGIN: Point = (0.0, 0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Options:
    """How the firmware was built, in Marlin's words. Lengths in mm, degrees C."""

    envelope: Point = (220.0, 220.0, 60.0)
    limits: Limits = field(default_factory=Limits)
    min_temp: float = 170.0
    """EXTRUDE_MINTEMP."""
    advanced_ok: bool = True
    emergency_parser: bool = True
    reset_on_open: bool = True
    bufsize: int = 4
    blocks: int = 16


@dataclass(slots=True)
class Queued:
    line: Line
    reply: list[Fault] = field(default_factory=list)
    slow: float = 0.0


class Firmware:
    """One board. ``now`` is the simulated time of what happens at this moment."""

    def __init__(self, options: Options, recorder: Recorder, faults: Faults) -> None:
        self.options = options
        self.recorder = recorder
        self.faults = faults
        self.now = 0.0
        self.lines = 0
        self.moved_at: float | None = None
        self.physical: Point = ORIGIN
        self._out: list[tuple[bytes, bool]] = []
        self._wishes: list[float] = []
        self.hotend, self.bed = hotend(), bed()
        self._begin()

    def _begin(self) -> None:
        """What a reset does: everything but the temperatures and the place of the tool is forgotten."""
        options = self.options
        self.planner = Planner(options.limits, options.blocks)
        self.receiver = Receiver(lambda: len(self.queue) < options.bufsize and not self.dead, self._take)
        self.queue: deque[Queued] = deque()
        self.injected: deque[Callable[[Firmware], Steps]] = deque()
        self.dead = False
        self.hung = False
        self.last_n = 0
        self.position: Point = ORIGIN
        self.shift: Point = ORIGIN
        self.offset: Point = self.physical
        self.e = 0.0
        self.homed: set[int] = set()
        self.feed = 25.0
        self.speed_factor = self.flow_factor = 1.0
        self.inches = False
        self.relative = self.relative_e = False
        self.min_temp = options.min_temp
        self.fan = 0
        self.keepalive = 2.0
        self.report_temperature = self.report_position = 0.0
        self._temperature_at = self._position_at = 0.0
        self.user = False
        """Waits for a person."""
        self.heating = True
        """Cleared by M108: an interrupted wait for heat."""
        self.tail: str | None = None
        """What follows ``ok`` of the command at work; set, it replaces ADVANCED_OK's."""
        self._item: Queued | None = None
        self._steps: Generator[Wait] | None = None
        self._wait: Wait | None = None
        self._waiting = False
        """The command at work has waited before: its busy messages go on."""
        self._busy_at = 0.0

    # --- for the loop ---

    def boot(self, reason: str) -> None:
        """The board resets; ``reason`` as Marlin prints it."""
        self._settle()
        if len(self.planner):
            self.recorder.count("aborts")
            self._quick_stop()
        for heater in (self.hotend, self.bed):
            heater.update(self.now)
            heater.set(0)
        self.receiver.flush()
        self._begin()
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
        if self.dead or self.hung:
            return
        if self.options.emergency_parser and b"M" in data:
            for found in EMERGENCY.finditer(data):
                EMERGENCIES[found[1]](self, int(found[2] or 0))
                if self.dead:
                    return
        lost = self.receiver.lost
        self.receiver.receive(data)
        if self.receiver.lost > lost:
            self.recorder.count("overflow_bytes", self.receiver.lost - lost)
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
        if self.hung or self.dead:
            return None
        times = [self.planner.next_event()]
        if self._wait is not None:
            times += [self._wait.event, self._busy_at if self.keepalive else None]
        if self.report_temperature:
            times.append(self._temperature_at)
        if self.report_position:
            times.append(self._position_at)
        if self.faults and self.moved_at is not None and (due := self.faults.next_time()) is not None:
            times.append(self.moved_at + due)
        return min((time for time in times if time is not None), default=None)

    @property
    def pressing(self) -> bool:
        """A command waits for time to pass, not for a person."""
        return self._wait is not None and not self.user and not self.dead and not self.hung

    @property
    def moving(self) -> bool:
        return bool(len(self.planner)) and not self.hung and not self.dead

    @property
    def idle(self) -> bool:
        return not self.queue and not len(self.planner)

    def output(self) -> list[tuple[bytes, bool]]:
        """(bytes, whether a pause follows) since the last call."""
        out, self._out = self._out, []
        return out

    def wishes(self) -> list[float]:
        """Unplug the port for so many real seconds (0: for good)."""
        wishes, self._wishes = self._wishes, []
        return wishes

    def press(self) -> bool:
        """The button at the machine. False where nobody waits for it."""
        waited, self.user = self.user, False
        self._tick()
        return waited

    def where(self) -> Point:
        """The tool's true place now."""
        return self.planner.place(self.now) or self.physical

    # --- for commands ---

    def say(self, text: str) -> None:
        """Text to the host, with its line ends."""
        self._out.append((text.encode("ascii", "replace"), False))

    def kill(self, *lines: str) -> None:
        """Halt: heaters and motors off, silence until a reset."""
        self.recorder.count("kills")
        self.recorder.event(self.now, "kill", lines[-1] if lines else "M112")
        self._quick_stop()
        self.hotend.set(0)
        self.bed.set(0)
        self.say("".join(f"{line}\n" for line in lines) + "Error:Printer halted. kill() called!\n//action:poweroff\n")
        self.dead = True
        self.queue.clear()
        self.receiver.flush()
        self._item = self._steps = self._wait = None

    def quick_stop(self) -> None:
        """M410: drop all motion at once. The firmware then takes the stepper's position as its own."""
        if len(self.planner):
            self.recorder.count("aborts")
        self._quick_stop()
        x, y, z = self.physical
        dx, dy, dz = self.offset
        self.position = (x - dx, y - dy, z - dz)

    def heat(self) -> None:
        self.hotend.update(self.now)
        self.bed.update(self.now)

    def report_each(self, temperature: float | None = None, position: float | None = None) -> None:
        if temperature is not None:
            self.report_temperature, self._temperature_at = temperature, self.now + temperature
        if position is not None:
            self.report_position, self._position_at = position, self.now + position

    # --- lines ---

    def _take(self, data: bytes) -> None:
        """A complete line leaves the ring."""
        numbered = data.lstrip(b" ").startswith(b"N") and b"M110" not in data
        if self.faults and numbered and self.faults.line((Stage.ARRIVAL,), self.lines + 1, self._moved()):
            data = self._flipped(data)
        line = checked(data, self.last_n)
        if isinstance(line, Refused):
            self._refuse(line)
            return
        item = Queued(line)
        if self.faults and numbered:
            stages = (Stage.ACCEPTANCE, Stage.REPLY, Stage.MACHINE)
            struck = self.faults.line(stages, self.lines + 1, self._moved())
            for fault in struck:
                self._note(fault)
            if any(fault.kind in SPURIOUS for fault in struck):
                self._resend(with_ok=all(fault.kind != "resend-no-ok" for fault in struck))
                return
            item.reply = [fault for fault in struck if fault.stage is Stage.REPLY]
            item.slow = sum(fault.argument for fault in struck if fault.kind == "slow")
            for fault in struck:
                if fault.stage is Stage.MACHINE:
                    MACHINE_FAULTS[fault.kind](self, fault)
                    if self.dead or self.hung or fault.kind in RESETS:
                        return
        if line.number is not None:
            self.last_n = line.number
            self.lines += numbered
        elif not self.options.emergency_parser and (found := EMERGENCY.match(line.raw)) and found[1] != b"876":
            EMERGENCIES[found[1]](self, 0)
            if self.dead:
                return
        self.queue.append(item)
        self.run()

    def _refuse(self, refused: Refused) -> None:
        self.recorder.count(refused.count)
        self.say(f"Error:{refused.error}{self.last_n}\n")
        self._resend(with_ok=True)

    def _resend(self, with_ok: bool) -> None:
        self.recorder.count("resends")
        self.receiver.flush()
        self.say(f"Resend: {self.last_n + 1}\n" + ("ok\n" if with_ok else ""))

    def _flipped(self, data: bytes) -> bytes:
        self.recorder.event(self.now, "fault", "corrupt-in")
        return self.flip(data)

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
        while not self.dead and not self.hung:
            if self._steps is None and not self._start():
                return
            if self._wait is not None and not self._wait.met():
                return
            steps = self._steps
            self._wait = None
            if steps is not None:
                self._wait = next(steps, None)
                if self.dead:
                    return
                if self._wait is not None:
                    if self._wait.flush:
                        self.planner.advance(self.now, flush=True)
                        self._settle()
                    if not self._waiting:
                        self._waiting, self._busy_at = True, self.now + self.keepalive
                    continue
            self._finish()

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
        command = COMMANDS.get(name)
        if command is None:
            self.recorder.count("unknown_commands")
            self.say(f'echo:Unknown command: "{item.line.text}"\n')
        elif item.slow:
            self._steps = self._slowly(item.slow, command, parameters)
        else:
            self._steps = command(self, parameters)
        return True

    def _slowly(
        self, seconds: float, command: Callable[[Firmware, Parameters], Steps], parameters: Parameters
    ) -> Generator[Wait]:
        until = self.now + seconds
        yield Wait(lambda: self.now >= until, until)
        steps = command(self, parameters)
        if steps is not None:
            yield from steps

    def _finish(self) -> None:
        self._steps = None
        item, self._item = self._item, None
        if item is None:
            return
        if self.tail is not None:
            text = f"ok{self.tail}\n"
        elif self.options.advanced_ok:
            number = "" if item.line.number is None else f" N{_shown_number(item.line.raw)}"
            text = f"ok{number} P{self.planner.free} B{self.options.bufsize - len(self.queue)}\n"
        else:
            text = "ok\n"
        self.queue.popleft()
        if not item.reply:
            self.say(text)
            return
        data = text.encode("ascii")
        for fault in item.reply:
            for piece in REPLY_FAULTS[fault.kind](self, data, fault.argument):
                self._out.append((piece, True))

    def _tick(self) -> None:
        """Everything that is due now."""
        if self.dead or self.hung:
            return
        if self.faults:
            for fault in self.faults.due(self._moved()):
                self._note(fault)
                MACHINE_FAULTS[fault.kind](self, fault)
                if self.dead or self.hung:
                    return
        self.planner.advance(self.now)
        self._settle()
        self.run()
        self.receiver.pump()
        self._report()

    def _report(self) -> None:
        if self._wait is not None and self.keepalive and self.now >= self._busy_at:
            self.say("echo:busy: paused for user\n" if self.user else "echo:busy: processing\n")
            self._busy_at = self.now + self.keepalive
        if self.report_temperature and self.now >= self._temperature_at:
            self.heat()
            self.say(reports.temperatures(self.hotend, self.bed) + "\n")
            self._temperature_at = self.now + self.report_temperature
        if self.report_position and self.now >= self._position_at:
            self.say(self.position_text())
            self._position_at = self.now + self.report_position

    def position_text(self) -> str:
        """M114: where the firmware will be when the queue is done, and the steps of where it is (80, 80, 400 a mm)."""
        x, y, z = (p + s for p, s in zip(self.position, self.shift, strict=True))
        cx, cy, cz = (round((w - o) * k) for w, o, k in zip(self.where(), self.offset, (80, 80, 400), strict=True))
        return f"X:{x:.2f} Y:{y:.2f} Z:{z:.2f} E:{self.e:.2f} Count X:{cx} Y:{cy} Z:{cz}\n"

    def _settle(self) -> None:
        done = self.planner.done
        if not done:
            return
        if self.moved_at is None:
            self.moved_at = done[0].start
        for block in done:
            self.recorder.moved(block)
        self.physical = done[-1].target
        done.clear()

    def _quick_stop(self) -> None:
        self.planner.advance(self.now)
        place = self.planner.abort(self.now)
        self._settle()
        if place is not None:
            self.physical = place

    def _moved(self) -> float | None:
        return None if self.moved_at is None else self.now - self.moved_at

    def _note(self, fault: Fault) -> None:
        self.recorder.event(self.now, "fault", fault.kind)

    def wish_unplug(self, seconds: float) -> None:
        self._wishes.append(seconds)


def _shown_number(raw: bytes) -> str:
    """The digits behind the N, as ADVANCED_OK copies them."""
    digits = raw[1:]
    end = 0
    while end < len(digits) and digits[end : end + 1] in b"+-0123456789":
        end += 1
    return digits[:end].decode("ascii")


def _heard_m112(firmware: Firmware, _: int) -> None:
    firmware.kill("echo:M112 Shutdown")


def _heard_m108(firmware: Firmware, _: int) -> None:
    firmware.heating = False
    firmware.user = False


def _heard_m876(firmware: Firmware, _: int) -> None:
    firmware.user = False


def _heard_m410(firmware: Firmware, _: int) -> None:
    firmware.quick_stop()


EMERGENCIES: Mapping[bytes, Callable[[Firmware, int], None]] = {
    b"108": _heard_m108,
    b"112": _heard_m112,
    b"410": _heard_m410,
    b"876": _heard_m876,
}


def _cold(firmware: Firmware, fault: Fault) -> None:
    firmware.hotend.reading = fault.argument
    firmware.min_temp = max(firmware.min_temp, fault.argument + 1)


def _run_out(firmware: Firmware, _: Fault) -> None:
    firmware.injected.append(runout)


def _hang(firmware: Firmware, _: Fault) -> None:
    firmware.recorder.count("hangs")
    firmware.hung = True


MACHINE_FAULTS: Mapping[str, Callable[[Firmware, Fault], None]] = {
    "reset": lambda firmware, _: firmware.boot(" Watchdog Reset"),
    "external-reset": lambda firmware, _: firmware.boot(" External Reset"),
    "kill": lambda firmware, _: firmware.kill("echo:M112 Shutdown"),
    "thermal-runaway": lambda firmware, _: firmware.kill(
        "Error:Thermal Runaway, system stopped! Heater_ID: 0", "echo:THERMAL RUNAWAY"
    ),
    "cold-extrusion": _cold,
    "filament-runout": _run_out,
    "unplug": lambda firmware, fault: firmware.wish_unplug(fault.argument),
    "hang": _hang,
}
RESETS = ("reset", "external-reset")
SPURIOUS = ("resend", "resend-no-ok")

REPLY_FAULTS: Mapping[str, Callable[[Firmware, bytes, float], list[bytes]]] = {
    "lost-ok": lambda _firmware, _data, _argument: [],
    "corrupt-out": lambda firmware, data, _argument: [firmware.flip(data[:-1]) + data[-1:]],
    "split": lambda _firmware, data, size: [
        data[i : i + max(1, int(size))] for i in range(0, len(data), max(1, int(size)))
    ],
}
