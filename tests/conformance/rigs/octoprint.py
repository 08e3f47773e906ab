"""OctoPrint in front of a Marlin: a simulator program with an HTTP port."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import Fault, RealClock, Simulated, When, moves, payload

GOOD, BAD, NEVER = frozenset({Seen.MADE}), frozenset({Seen.FAILED}), frozenset({Seen.ABSENT})
QUICK = {
    "poll": 0.05,
    "idle_poll": 0.05,
    "start_wait": 3.0,
    "settle": 1.0,
    "timeout": 1.0,
    "upload_timeout": 1.0,
    "connect_wait": 5.0,
}
LINES = [b"M117 begun", b"G28", *moves(20), b"@HOLD", *moves(20, 2400)]


class OctoPrintRig:
    name = "octoprint"
    faults: ClassVar[Mapping[str, Fault]] = {
        "the upload is not answered": Fault("timeout-before@upload:2", NEVER, When.TRANSFER),
        "the upload arrives, and its answer does not": Fault("timeout-after@upload:2", NEVER, When.TRANSFER),
        "the upload is answered by half": Fault("drop@upload", NEVER, When.TRANSFER),
        "the upload is refused": Fault("status@upload:409", NEVER, When.TRANSFER),
        "the upload meets a defect": Fault("status@upload:500", NEVER, When.TRANSFER),
        "the upload takes long": Fault("slow-upload@upload:0.5", GOOD, When.TRANSFER),
        "what was uploaded cannot be read back": Fault("status@size:503", NEVER, When.TRANSFER),
        "OctoPrint restarts with the upload": Fault("restart@upload:0.5", NEVER, When.TRANSFER),
        "the start is not answered and has no effect": Fault("timeout-before@start:2", NEVER, When.START),
        "the start works, and its answer never comes": Fault("timeout-after@start:2", GOOD, When.START),
        "the start works, and is answered by half": Fault("drop@start", GOOD, When.START),
        "the start is refused": Fault("status@start:409", NEVER, When.START),
        "the start is answered with a defect": Fault("status@start:503", NEVER, When.START),
        "the start works, and is answered with a refusal": Fault("status-after@start:409", GOOD, When.START),
        "the start works, and is answered with a defect": Fault("status-after@start:500", GOOD, When.START),
        "OctoPrint restarts with the start": Fault("restart@start:0.5", BAD, When.START),
        "a look is not answered when it should start": Fault("timeout-before@look:2", NEVER | GOOD, When.START),
        "the printer is gone when it should start": Fault("printer-offline", NEVER, When.START),
        "a look is not answered while it runs": Fault("timeout-before@look:2", GOOD),
        "a look is answered with a defect while it runs": Fault("status@look:500", GOOD),
        "the history is not answered when it has ended": Fault("timeout-before@outcome:2", GOOD),
        "pushed events are lost": Fault("dropped", GOOD),
        "pushed events come twice": Fault("repeated", GOOD),
        "pushed events come in another order": Fault("reordered", GOOD),
        "OctoPrint restarts while it prints": Fault("restart-now:0.5", BAD),
        "the printer is gone while it prints": Fault("printer-offline", BAD),
        "the firmware halts": Fault("kill", BAD),
        "a heater runs away": Fault("thermal-runaway", BAD),
        "the firmware falls silent": Fault("hang", BAD),
        "somebody cancels at OctoPrint": Fault("cancel-at-printer", BAD),
        "somebody pauses and resumes at OctoPrint": Fault("pause-at-printer", GOOD),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated("octoprint", "--port", "0", "--speed", "max", "--min-temp", "0")

    def machine(self) -> Machine:
        settings = Settings("printer", self.simulated.link, QUICK, secret="simulated", envelope=(220.0, 220.0, 60.0))
        return build("octoprint", settings, RealClock())

    def payload(self) -> Payload:
        return payload(self._folder, b"\n".join(LINES) + b"\n")

    def finish(self, attempt: str) -> None:
        end = time.monotonic() + 3.0  # It may have got past its hold by other ways, or be held paused.
        while time.monotonic() < end and self.simulated.get("state")["file"]:
            self.simulated.post("press")
            if self.simulated.get("state")["state"] == "paused":
                self.simulated.post("fault", {"spec": "resume-at-printer"})
            time.sleep(0.02)

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "kill"})

    def inject(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})

    def calm(self) -> None:
        """A silent or halted board is reset; the rest mends itself, or is mended by connecting."""
        state = self.simulated.get("state")
        if state["halted"] or state["hung"]:
            self.simulated.post("power-cycle")

    def begun(self) -> int:
        return self.simulated.executed().count("G28")

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()
