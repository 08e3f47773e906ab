"""A ZPL label printer: a simulator program on a TCP port, whose labels come out when its button is pressed."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import PATIENCE, Fault, RealClock, Simulated, When, payload

GOOD, BAD, NEVER = frozenset({Seen.MADE}), frozenset({Seen.FAILED}), frozenset({Seen.ABSENT})
OPEN = frozenset({Seen.UNKNOWN})
"""Nobody can say: the port has no name for a job."""
QUICK = {"poll": 0.05, "idle_poll": 0.1, "answer_wait": 0.4, "settle": 0.3, "patience": 2.0}
STATES = {"paper-out", "ribbon-out", "head-open", "over-temperature", "pause"}

ALWAYS: Mapping[str, Fault] = {
    "it has no labels when it should start": Fault("paper-out", NEVER, When.START),
    "its head is open when it should start": Fault("head-open", NEVER, When.START),
    "it is paused when it should start": Fault("pause", NEVER, When.START),
    "another host holds it when it should start": Fault("busy", NEVER, When.START),
    "it is silent when it should start": Fault("silent", NEVER, When.START),
    "its buffer is full when it should start": Fault("buffer-full", NEVER, When.START),
    "its answer comes garbled when it should start": Fault("garbled", NEVER | GOOD, When.START),
    "the labels run out": Fault("paper-out", GOOD),
    "the ribbon runs out": Fault("ribbon-out", GOOD),
    "somebody opens the head": Fault("head-open", GOOD),
    "the head is too hot": Fault("over-temperature", GOOD),
    "somebody presses PAUSE": Fault("pause", GOOD),
    "an answer comes garbled": Fault("garbled", GOOD),
    "somebody presses CANCEL": Fault("cancel", BAD),
}


class ZplRig:
    """A printer that others may use, too."""

    name = "zpl"
    faults: ClassVar[Mapping[str, Fault]] = {
        **ALWAYS,
        "the connection is cut in the middle of the label": Fault("cut@byte=5000", OPEN, When.START),
        "the power fails in the middle of the label": Fault("power-cut@byte=5000:0.2", OPEN, When.START),
        "the connection is cut before it came out": Fault("cut", OPEN),
        "the power fails before it came out": Fault("power-cut:0.2", OPEN),
        "it came out, and the connection is lost": Fault("lost-status:0.3", OPEN),
        "it falls silent": Fault("silent", OPEN | GOOD),
    }
    options: ClassVar[Mapping[str, Any]] = QUICK

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated("zpl", "--port", "0", "--wait")

    def machine(self) -> Machine:
        return build(
            "zpl",
            Settings("labels", self.simulated.link, dict(self.options), notes=self._folder / "notes"),
            RealClock(),
        )

    def payload(self) -> Payload:
        data = b"^XA^FX" + b"." * 20_000 + b"^FS^FO40,40^A0N,60,60^FDGreta^FS^XZ\n"
        return replace(payload(self._folder, data), media_type="application/zpl")

    def finish(self, attempt: str) -> None:
        """Press its button until the label is out. Raises OSError where somebody must mend it first."""
        end = time.monotonic() + 2.0
        while time.monotonic() < end:
            state = self.simulated.get("state")
            if STATES & set(state["states"]):
                raise OSError("it does not print as it is")
            if self.simulated.post("press")["told"] or (state["received"] and state["idle"]):
                return
            time.sleep(0.02)

    def fail(self, attempt: str) -> None:
        self._arrived()
        self.simulated.post("cancel")

    def _arrived(self) -> None:
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self.simulated.get("state")["idle"]:
            time.sleep(0.01)

    def inject(self, spec: str) -> None:
        if spec == "cancel":
            self._arrived()
        self.simulated.post("fault", {"spec": spec})

    def calm(self) -> None:
        self.simulated.post("mend")

    def begun(self) -> int:
        return int(self.simulated.get("state")["received"])

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()


class ZplAloneRig(ZplRig):
    """A printer that is ours alone: its counter tells."""

    faults: ClassVar[Mapping[str, Fault]] = {
        **ALWAYS,
        "the connection is cut in the middle of the label": Fault("cut@byte=5000", BAD, When.START),
        "the power fails in the middle of the label": Fault("power-cut@byte=5000:0.2", BAD, When.START),
        "the connection is cut before it came out": Fault("cut", GOOD),
        "the power fails before it came out": Fault("power-cut:0.2", BAD),
        "it came out, and the connection is lost": Fault("lost-status:0.3", GOOD),
        "it falls silent": Fault("silent", OPEN | GOOD),
    }
    options: ClassVar[Mapping[str, Any]] = {**QUICK, "alone": True}
