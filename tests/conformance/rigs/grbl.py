"""GRBL: a simulator program on a pty, with a laser."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import Fault, RealClock, Simulated, When, moves, payload

GOOD, BAD = frozenset({Seen.MADE}), frozenset({Seen.FAILED})
UNSTARTED = frozenset({Seen.ABSENT})

BEGIN = "G0X7Y7"
"""The first line of every payload, so that beginnings can be counted in the record."""


class GrblRig:
    name = "grbl"
    faults: ClassVar[Mapping[str, Fault]] = {
        # There are no line numbers: what is doubtful fails, and nothing is sent twice.
        "an ok is lost": Fault("lost-ok", BAD),
        "an ok arrives spoilt": Fault("corrupt-out", BAD),
        "an ok arrives in pieces": Fault("split", GOOD),
        # There are no checksums either: a flipped byte can be a good line that says something else.
        "a line arrives spoilt": Fault("corrupt-in", GOOD | BAD),
        "a good line is refused": Fault("error:20", BAD),
        "a line takes long": Fault("slow:50", GOOD),
        "a limit switch is hit": Fault("alarm:1", BAD),
        "a probe fails": Fault("alarm:5", BAD),
        "the processor restarts": Fault("reset", BAD),
        "the safety door is opened, and closed again": Fault("door:20", GOOD),
        "somebody holds it at the machine": Fault("hold", GOOD),
        "the cable is pulled": Fault("unplug:0.5", BAD),
        "it falls silent": Fault("hang", BAD),
        "it is silent when it should be checked": Fault("hang", UNSTARTED, When.TRANSFER),
        "it is silent when it should start": Fault("hang", BAD | UNSTARTED, When.START),
        "it restarts when it should start": Fault("reset", BAD | UNSTARTED, When.START),
        "its door is open when it should start": Fault("door", UNSTARTED | GOOD, When.START),
        "it is in alarm when it should start": Fault("alarm:1", BAD | UNSTARTED, When.START),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        # At max the simulated time waits for a silence, and a host of GRBL asks for reports all the time.
        self.simulated = Simulated("grbl", "--link", str(folder / "port"), "--speed", "100")

    def machine(self) -> Machine:
        quick = {
            "boot_wait": 0.5,
            "greeting": 2.0,
            "reset_wait": 1.0,
            "silence": 1.5,
            "patience": 2.0,
            "hold_wait": 1.0,
        }
        options = {"tool": "laser", "start_wait": 3.0, "poll": 0.2, "report": 0.2} | quick
        return build("grbl", Settings("laser", self.simulated.link, options), RealClock())

    def payload(self) -> Payload:
        # M0 holds the machine until its button is pressed.
        lines = [BEGIN.encode(), b"M4 S0", *moves(20), b"M0", *moves(20, 2400), b"M5"]
        return payload(self._folder, b"\n".join(lines) + b"\n")

    def finish(self, attempt: str) -> None:
        """Press its button until it has got past M0: a door holds it twice."""
        end = time.monotonic() + 3.0
        while time.monotonic() < end:
            state = self.simulated.get("state")
            past = state["state"] == "Idle" and self.simulated.executed()[-1:] == ["G4P0.01"]
            if past or state["hung"] or state["state"] == "Alarm":
                break
            self.simulated.post("press")
            time.sleep(0.05)

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "alarm:1"})

    def inject(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})

    def calm(self) -> None:
        self.simulated.post("press")
        self.simulated.post("power-cycle")

    def begun(self) -> int:
        return self.simulated.executed().count(BEGIN)

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()
