"""A pen plotter: a simulator program of an EiBotBoard on a pty."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import Fault, RealClock, Simulated, When, payload

GOOD, BAD = frozenset({Seen.MADE}), frozenset({Seen.FAILED})
ABSENT = frozenset({Seen.ABSENT})
SPEED = "10"
"""The program below takes some 20 s, so two of ours: nothing ends it sooner."""


def program() -> bytes:
    """Back and forth over a card, in one stroke."""
    rows = [f"G1 X{20 + 100 * (row % 2)} Y{20 + row}" for row in range(1, 8)]
    stroke = ["M3", "G1 X120 F2400", *rows, "M5"]
    return "\n".join(["G21", "G90", "M5", "G0 X20 Y20 F6000", *stroke, "G0 X0 Y0 F6000", "M2", ""]).encode()


class EbbRig:
    name = "ebb"
    faults: ClassVar[Mapping[str, Fault]] = {
        "an answer is lost": Fault("lost-ok", BAD),
        "a command arrives spoilt": Fault("corrupt-in", GOOD | BAD),
        "an answer arrives spoilt": Fault("corrupt-out", GOOD | BAD),
        "an answer arrives in pieces": Fault("split", GOOD),
        "a command is refused": Fault("error", BAD),
        "a command takes long": Fault("slow:1", GOOD),
        "the motors lose their power": Fault("power-loss", BAD),
        "the board restarts": Fault("reset:0", BAD),
        "the board restarts and leaves the bus for a moment": Fault("reset:0.5", BAD),
        "it falls silent": Fault("hang", BAD),
        "the cable is pulled": Fault("unplug:0.5", BAD),
        "it is silent when it should start": Fault("hang", BAD | ABSENT, When.START),
        "it was restarted when it should start": Fault("reset:0", ABSENT, When.START),
        "the motors have no power when it should start": Fault("power-loss", ABSENT, When.START),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated("ebb", "--link", str(folder / "port"), "--speed", SPEED, "--kinematics", "axidraw")

    def machine(self) -> Machine:
        options = {"silence": 1.0, "poll": 0.2, "start_wait": 10.0}
        settings = Settings("plotter", self.simulated.link, options, envelope=(300.0, 218.0, 10.0))
        return build("ebb", settings, RealClock())

    def payload(self) -> Payload:
        return payload(self._folder, program())

    def finish(self, attempt: str) -> None:
        """It ends by itself."""

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "error"})

    def inject(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})

    def calm(self) -> None:
        self.simulated.post("power-cycle")

    def begun(self) -> int:
        """An attempt asks for the button and then for the place before it moves; nothing else does."""
        executed = self.simulated.executed()
        readied = [index for index, pair in enumerate(pairwise(executed)) if pair == ("QB", "QS")]
        runs = (executed[begin:end] for begin, end in pairwise([*readied, len(executed)]))
        return sum(any(command.startswith("SM") for command in run) for run in runs)

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()
