"""Marlin: a simulator program on a pty."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import Fault, RealClock, Simulated, When, moves, payload

GOOD, BAD = frozenset({Seen.MADE}), frozenset({Seen.FAILED})


class MarlinRig:
    name = "marlin"
    faults: ClassVar[Mapping[str, Fault]] = {
        "an ok is lost": Fault("lost-ok", GOOD),
        "a line arrives spoilt": Fault("corrupt-in", GOOD),
        "an ok arrives spoilt": Fault("corrupt-out", GOOD),
        "an ok arrives in pieces": Fault("split", GOOD),
        "a good line is asked for again": Fault("resend", GOOD),
        "the same, without the ok that belongs to it": Fault("resend-no-ok", GOOD),
        "a line takes long": Fault("slow:2", GOOD),
        "the firmware restarts": Fault("reset", BAD),
        "it is reset by its pin": Fault("external-reset", BAD),
        "the firmware halts": Fault("kill", BAD),
        "a heater runs away": Fault("thermal-runaway", BAD),
        "it falls silent": Fault("hang", BAD),
        "the cable is pulled": Fault("unplug:0.5", BAD),
        "it is silent when it should start": Fault("hang", BAD | {Seen.ABSENT}, When.START),
        "it restarts when it should start": Fault("reset", BAD | {Seen.ABSENT}, When.START),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated("marlin", "--link", str(folder / "port"), "--speed", "max", "--min-temp", "0")

    def machine(self) -> Machine:
        options = {"boot_wait": 0.5, "settle": 0.05, "silence": 0.4, "start_wait": 3.0, "patience": 2.0}
        return build("marlin", Settings("printer", self.simulated.link, options), RealClock())

    def payload(self) -> Payload:
        # M0 holds the machine until its button is pressed.
        lines = [b"M117 begun", b"G28", *moves(20), b"M0", *moves(20, 2400)]
        return payload(self._folder, b"\n".join(lines) + b"\n")

    def finish(self, attempt: str) -> None:
        end = time.monotonic() + 3.0  # It may have got past M0 by other ways.
        while not self.simulated.post("press")["waited"] and time.monotonic() < end:
            time.sleep(0.02)

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "kill"})

    def inject(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})

    def calm(self) -> None:
        self.simulated.post("power-cycle")

    def begun(self) -> int:
        return self.simulated.executed().count("G28")

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()
