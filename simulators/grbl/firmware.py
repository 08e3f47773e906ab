"""A first cut: lines are acknowledged at once, and nothing moves."""

from __future__ import annotations

from simulators.faults import Faults
from simulators.grbl import reports, settings
from simulators.grbl.receiver import REALTIME, Ring, filtered
from simulators.record import Recorder


class Firmware:
    def __init__(self, tool: str, envelope: tuple[float, float, float], recorder: Recorder, faults: Faults) -> None:
        self.recorder = recorder
        self.faults = faults
        self.now = 0.0
        self.lines = 0
        self.ring = Ring(128)
        self.values = settings.initial(tool, envelope, False)
        self.check = False
        self._out: list[tuple[bytes, bool]] = []

    pressing = moving = False
    idle = True
    moves = 0

    def next_event(self) -> float | None:
        return None

    def advance(self, now: float) -> None:
        self.now = max(self.now, now)

    def wishes(self) -> list[float]:
        return []

    def output(self) -> list[tuple[bytes, bool]]:
        out, self._out = self._out, []
        return out

    def say(self, text: str) -> None:
        self._out.append((text.encode(), False))

    def opened(self) -> None:
        self.recorder.count("opens")
        self.recorder.boundary("open")
        self.boot()

    def boot(self) -> None:
        self.check = False
        self.ring.clear()
        self.say(reports.BANNERS["grbl"])

    def receive(self, data: bytes) -> None:
        while data:
            found = REALTIME.search(data)
            end = found.start() if found else len(data)
            self.ring.put(data[:end])
            while (line := self.ring.take()) is not None:
                self.line(line)
            self.ring.drain()
            if found:
                self.realtime(found[0][0])
            data = data[end + 1 :]

    def realtime(self, byte: int) -> None:
        if byte == 0x18:
            self.boot()
        elif byte == 0x3F:
            state = "Check" if self.check else "Idle"
            self.say(f"<{state}|MPos:0.000,0.000,0.000|FS:0,0|WCO:0.000,0.000,0.000>\r\n")

    def line(self, raw: bytes) -> None:
        line = filtered(raw)
        self.recorder.executed(None, line.raw)
        if line.overflow:
            self.say("error:11\r\n")
        elif line.text == "$$":
            self.say(reports.listing(self.values) + "ok\r\n")
        elif line.text == "$I":
            self.say(reports.build("grbl", "", 15, 128, "V") + "ok\r\n")
        elif line.text == "$C":
            self.check = not self.check
            self.say(reports.message("Enabled" if self.check else "Disabled") + "ok\r\n")
            if not self.check:
                self.boot()
        else:
            self.say("ok\r\n")
