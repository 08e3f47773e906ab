"""Moonraker in front of Klipper: a simulator program with an HTTP port."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import PATIENCE, Fault, RealClock, Simulated, When, moves, payload

GOOD, BAD, NEVER = frozenset({Seen.MADE}), frozenset({Seen.FAILED}), frozenset({Seen.ABSENT})
KEY = "simulated"
QUICK = {
    "poll": 0.05,
    "idle_poll": 0.05,
    "start_wait": 3.0,
    "settle": 1.0,
    "timeout": 1.0,
    "act_timeout": 1.0,
    "upload_timeout": 1.0,
    "restart_wait": 10.0,
}
LINES = [b"M117 begun", b"G28", *moves(20), b"WAIT_FOR_BUTTON", *moves(20, 2400), b"M400"]


class MoonrakerRig:
    name = "moonraker"
    faults: ClassVar[Mapping[str, Fault]] = {
        "the upload is not answered": Fault("timeout-before@upload:2", NEVER, When.TRANSFER),
        "the upload arrives, and its answer does not": Fault("timeout-after@upload:2", NEVER | GOOD, When.TRANSFER),
        "the upload is answered by half": Fault("drop@upload", NEVER | GOOD, When.TRANSFER),
        "the upload is refused": Fault("status@upload:422", NEVER, When.TRANSFER),
        "the upload takes long": Fault("slow-upload@upload:0.5", GOOD, When.TRANSFER),
        "what was uploaded cannot be read back": Fault("status@size:500", NEVER | GOOD, When.TRANSFER),
        "Moonraker restarts with the upload": Fault("restart@upload:0.5", NEVER | GOOD, When.TRANSFER),
        "the start is not answered and has no effect": Fault("timeout-before@start:2", NEVER, When.START),
        "the start works, and its answer never comes": Fault("timeout-after@start:2", GOOD, When.START),
        "the start works, and is answered by half": Fault("drop@start", GOOD, When.START),
        "the start is refused": Fault("status@start:409", NEVER, When.START),
        "the start works, and is answered with a refusal": Fault("status-after@start:409", GOOD, When.START),
        "the start works, and is answered with a defect": Fault("status-after@start:500", GOOD, When.START),
        "Moonraker restarts with the start": Fault("restart@start:0.5", GOOD, When.START),
        "Klipper answers nothing when it should start": Fault("hang:2", GOOD | NEVER, When.START),
        "Klipper has died when it should start": Fault("crash:1", NEVER, When.START),
        "a look is not answered when it should start": Fault("timeout-before@look:2", NEVER | GOOD, When.START),
        "a look is not answered while it runs": Fault("timeout-before@look:2", GOOD),
        "a look is answered with a defect while it runs": Fault("status@look:500", GOOD),
        "the record is not answered when it has ended": Fault("timeout-before@outcome:2", GOOD),
        "pushed events are lost": Fault("dropped", GOOD),
        "pushed events come twice": Fault("repeated", GOOD),
        "pushed events come in another order": Fault("reordered", GOOD),
        "Moonraker restarts while it prints": Fault("restart-now:0.5", GOOD),
        "Klipper loses Moonraker, and prints on": Fault("cut", GOOD),
        "Klipper answers nothing for a while": Fault("hang:2", GOOD),
        "Klipper dies while it prints": Fault("crash:1", BAD),
        "the printer is gone": Fault("printer-offline:1", BAD),
        "the board is lost": Fault("kill", BAD),
        "a heater runs away": Fault("thermal-runaway", BAD),
        "a line is refused": Fault("bad-line", BAD),
        "the material runs out": Fault("runout", GOOD),
        "somebody cancels at the printer": Fault("cancel-at-printer", BAD),
        "somebody pauses at the printer": Fault("pause-at-printer", GOOD),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated("moonraker", "--port", "0", "--speed", "max", "--min-temp", "0")
        self.ready()

    def ready(self) -> None:
        """Klipper takes a moment to start."""
        end = time.monotonic() + PATIENCE
        while not self.simulated.get("state")["connected"] and time.monotonic() < end:
            time.sleep(0.02)

    def machine(self) -> Machine:
        settings = Settings("printer", self.simulated.link, QUICK, secret=KEY, envelope=(220.0, 220.0, 200.0))
        return build("moonraker", settings, RealClock())

    def payload(self) -> Payload:
        return payload(self._folder, b"\n".join(LINES) + b"\n")

    def finish(self, attempt: str) -> None:
        end = time.monotonic() + 3.0  # It may have got past the button by other ways, or wait to be resumed.
        while time.monotonic() < end and self._holds():
            self.simulated.post("press")
            time.sleep(0.02)

    def _holds(self) -> bool:
        state = self.simulated.get("state")
        return state["state"] == "ready" and state["print"] in ("printing", "paused")

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "kill"})

    def inject(self, spec: str) -> None:
        end = time.monotonic() + PATIENCE  # Moonraker hears of a print's beginning a moment late.
        while self._holds() and not self._recorded() and time.monotonic() < end:
            time.sleep(0.02)
        self.simulated.post("fault", {"spec": spec})

    def _recorded(self) -> bool:
        asked = urllib.request.Request(f"{self.simulated.link}/server/history/list", headers={"X-Api-Key": KEY})
        with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:
            return bool(json.load(answer)["result"]["jobs"])

    def calm(self) -> None:
        if self.simulated.get("state")["state"] == "away":
            self.simulated.post("power-cycle")
        self.ready()

    def begun(self) -> int:
        return len(self.simulated.get("state")["begun"])

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()
