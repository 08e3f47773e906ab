"""A GRBL without a wire: time passes when the test lets it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from simulators.burn import Laser
from simulators.faults import Faults, parse
from simulators.grbl.board import Options
from simulators.grbl.firmware import Firmware
from simulators.grbl.kinds import COUNTS, KINDS, SPOILING
from simulators.record import Json, Recorder, Tool, described

RESET, CANCEL, DOOR = b"\x18", b"\x85", b"\x84"


@dataclass
class Bench:
    firmware: Firmware

    def send(self, data: bytes | str) -> list[str]:
        """Bytes at one moment; what comes back at that moment."""
        self.firmware.receive(data.encode("latin-1") if isinstance(data, str) else data)
        return self.heard()

    def heard(self) -> list[str]:
        return [line for line in b"".join(data for data, _ in self.firmware.output()).decode().split("\r\n") if line]

    def finish(self) -> list[str]:
        """Let time pass until nothing moves and no line waits for it; what was said meanwhile."""
        machine = self.firmware
        while (machine.pressing or machine.moving) and (event := machine.next_event()) is not None:
            machine.advance(event)
        return self.heard()

    def do(self, *lines: str) -> list[str]:
        """Each line once the one before is done, motion and all."""
        said: list[str] = []
        for line in lines:
            said += self.send(line + "\n") + self.finish()
        return said

    def wait(self, seconds: float) -> list[str]:
        self.firmware.advance(self.firmware.now + seconds)
        return self.heard()

    def status(self) -> dict[str, str]:
        """The answer to ``?``: its fields, and the state as ``state``."""
        (line,) = [line for line in self.send(b"?") if line.startswith("<")]
        state, *fields = line.strip("<>").split("|")
        return {"state": state, **dict(field.split(":", 1) for field in fields)}

    @property
    def state(self) -> str:
        return self.status()["state"]

    @property
    def place(self) -> tuple[float, ...]:
        """MPos"""
        return tuple(float(number) for number in self.status()["MPos"].split(","))

    @property
    def counts(self) -> dict[str, int]:
        return {name: count for name, count in self.firmware.recorder.piece.counts.items() if count}

    @property
    def executed(self) -> list[str]:
        return [text for _, text in self.firmware.recorder.piece.executed]

    def record(self) -> Json:
        self.firmware.settle()
        return described(self.firmware.recorder.piece, self.firmware.recorder.tool, self.firmware.now)


def bench(*faults: str, kind: str = "laser", tool: Tool | None = None, seed: int = 1, **options: Any) -> Bench:
    """``bench("lost-ok@line=2", kind="pen", tool=Pen(...), homing=True, settings={32: 0}, ...)``"""
    options["overrides"] = tuple(options.pop("settings", {}).items())
    armed = Faults(seed)
    for spec in faults:
        armed.arm(parse(spec, KINDS), 0)
    made = Bench(Firmware(Options(kind, **options), Recorder(tool or Laser(), COUNTS, SPOILING), armed))
    made.heard()
    return made


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*", text)]
