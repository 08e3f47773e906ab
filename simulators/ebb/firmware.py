"""A first cut: commands are acknowledged at once, and nothing moves."""

from __future__ import annotations

from simulators.faults import Faults
from simulators.record import Recorder

VERSION = "EBBv13_and_above EB Firmware Version 2.8.1"
QUERIES = {
    "V": f"{VERSION}\r\n",
    "QG": "10\r\n",
    "QM": "QM,0,0,0,0\n\r",
    "QB": "0\r\nOK\r\n",
    "QP": "1\n\rOK\r\n",
    "QS": "0,0\n\rOK\r\n",
    "QE": "0,0\n\rOK\r\n",
    "QC": "0394,0300\r\nOK\r\n",
    "ES": "0,0,0,0,0\n\rOK\r\n",
}
COMMANDS = {"SM", "XM", "LM", "LT", "HM", "SP", "TP", "SC", "EM", "CS", "R", "PO", "SR", "CU", "SL", "SN", "PD"}


class Firmware:
    def __init__(self, recorder: Recorder, faults: Faults) -> None:
        self.recorder = recorder
        self.faults = faults
        self.now = 0.0
        self._rest = b""
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

    def receive(self, data: bytes) -> None:
        *lines, self._rest = (self._rest + data).replace(b"\n", b"\r").split(b"\r")
        for line in lines:
            if line:
                self.line(line.decode("ascii", "replace"))

    def line(self, text: str) -> None:
        self.recorder.executed(None, text)
        name = text.split(",")[0].upper()
        if name in QUERIES:
            self.say(QUERIES[name])
        elif name in COMMANDS:
            self.say("OK\r\n")
        else:
            self.say(f"!8 Err: Unknown command '{name}:{name.encode().hex().upper()}'\r\n")
