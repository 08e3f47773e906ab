"""PrusaLink, in a printer and on a Raspberry Pi: a simulator program with an HTTP port."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import PATIENCE, Fault, RealClock, Simulated, When, moves, payload

GOOD, BAD, NEVER = frozenset({Seen.MADE}), frozenset({Seen.FAILED}), frozenset({Seen.ABSENT})
OPEN = frozenset({Seen.UNKNOWN})
"""Nobody can say: PrusaLink keeps no record of prints that have ended."""

NETWORK: Mapping[str, Fault] = {
    "the upload is not answered": Fault("timeout-before@upload:1", NEVER, When.TRANSFER),
    "the upload arrives, and its answer does not": Fault("timeout-after@upload:1", NEVER, When.TRANSFER),
    "the upload is answered by half": Fault("drop@upload", NEVER, When.TRANSFER),
    "the upload is refused": Fault("status@upload:507", NEVER, When.TRANSFER),
    "the upload takes long": Fault("slow-upload@upload:0.5", GOOD, When.TRANSFER),
    "what was uploaded cannot be read back": Fault("status@size:500", NEVER | GOOD, When.TRANSFER),
    "the start is not answered and has no effect": Fault("timeout-before@start:1", NEVER, When.START),
    "the start works, and its answer never comes": Fault("timeout-after@start:1", GOOD, When.START),
    "the start works, and is answered by half": Fault("drop@start", GOOD, When.START),
    "the start is refused": Fault("status@start:409", NEVER, When.START),
    "the start works, and is answered with a refusal": Fault("status-after@start:409", GOOD, When.START),
    "the start works, and is answered with a defect": Fault("status-after@start:500", GOOD, When.START),
    "a look is not answered when it should start": Fault("timeout-before@look:1", NEVER | GOOD, When.START),
    "a look is not answered while it runs": Fault("timeout-before@look:1", GOOD),
    "a look is answered with a defect while it runs": Fault("status@look:500", GOOD),
    "somebody cancels at the printer": Fault("cancel-at-printer", BAD),
}


class PrusaLinkRig:
    """The printer that carries its own server."""

    name = "prusalink"
    kind = "buddy"
    faults: ClassVar[Mapping[str, Fault]] = {
        **NETWORK,
        "the printer restarts while it prints": Fault("restart-now:0.5", OPEN),
        "the printer restarts with the start": Fault("restart@start:0.5", OPEN, When.START),
        "the firmware halts, and serves nobody": Fault("kill", OPEN),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated(
            *("prusalink", "--port", "0", "--kind", self.kind, "--speed", "max", "--min-temp", "0", "--rest", "100")
        )

    def machine(self) -> Machine:
        options = {
            "poll": 0.05,
            "idle_poll": 0.05,
            "start_wait": 2.0,
            "settle": 0.3,
            "timeout": 0.7,
            "upload_timeout": 0.7,
        }
        return build("prusalink", Settings("printer", self.simulated.link, options, secret="simulated"), RealClock())

    def payload(self) -> Payload:
        # M400 and what fills the queue behind it: it stands still when it holds.
        lines = [b"M117 begun", b"G28", *moves(20), b"M400", *[b"M117"] * 4, b"@HOLD", *moves(20, 2400)]
        return payload(self._folder, b"\n".join(lines) + b"\n")

    def finish(self, attempt: str) -> None:
        end = time.monotonic() + PATIENCE  # It holds when it has come there, unless it ended by other ways.
        while time.monotonic() < end and self.simulated.get("state")["file"] is not None:
            if self.simulated.post("press")["waited"]:
                return
            time.sleep(0.02)

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "cancel-at-printer"})

    def inject(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})

    def calm(self) -> None:
        if self.simulated.get("state")["halted"]:
            self.simulated.post("power-cycle")

    def begun(self) -> int:
        return self.simulated.executed().count("G28")

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()


class PrusaLinkPiRig(PrusaLinkRig):
    """The Raspberry Pi in front of a printer."""

    kind = "pi"
    faults: ClassVar[Mapping[str, Fault]] = {
        # The network is the same before both kinds; these are where the Pi's own ways come in.
        **{
            name: NETWORK[name]
            for name in ("the upload is answered by half", "the start works, and is answered by half")
        },
        "the Pi restarts while it prints": Fault("restart-now:0.5", OPEN),
        "the Pi restarts with the start": Fault("restart@start:0.5", OPEN, When.START),
        "the printer is gone from the Pi": Fault("printer-offline:0.5", BAD | OPEN),
        "the firmware halts": Fault("kill", BAD),
    }

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "kill"})
