"""An EBB without a wire: time passes when the test lets it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from simulators.ebb.board import Options
from simulators.ebb.firmware import Firmware
from simulators.ebb.kinds import COUNTS, KINDS, SPOILING
from simulators.faults import Faults, parse
from simulators.ink import Pen
from simulators.record import Json, Recorder, described


@dataclass
class Bench:
    firmware: Firmware

    def send(self, text: str) -> str:
        """Commands at one moment, parted by a bar; what comes back at that moment, as it is."""
        self.firmware.receive(text.replace("|", "\r").encode("latin-1") + b"\r")
        return self.heard()

    def heard(self) -> str:
        return b"".join(data for data, _ in self.firmware.output()).decode()

    def finish(self) -> str:
        """Let time pass until nothing moves."""
        machine = self.firmware
        while (machine.pressing or machine.moving) and (event := machine.next_event()) is not None:
            machine.advance(event)
        return self.heard()

    def do(self, *commands: str) -> str:
        """Each command once the one before is done."""
        return "".join(self.send(command) + self.finish() for command in commands)

    def wait(self, seconds: float) -> str:
        self.firmware.advance(self.firmware.now + seconds)
        return self.heard()

    @property
    def counts(self) -> dict[str, int]:
        return {name: count for name, count in self.firmware.recorder.piece.counts.items() if count}

    def record(self) -> Json:
        return described(self.firmware.recorder.piece, self.firmware.recorder.tool, self.firmware.now)


def bench(*faults: str, width: float = 0.5, seed: int = 1, **options: Any) -> Bench:
    """``bench("lost-ok@line=2", version="3.0.3", kinematics="cartesian", ...)``"""
    armed = Faults(seed)
    for spec in faults:
        armed.arm(parse(spec, KINDS), 0)
    return Bench(Firmware(Options(**options), Recorder(Pen(width), COUNTS, SPOILING), armed))
