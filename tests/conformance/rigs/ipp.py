"""IPP: a simulator program of an IPP Everywhere printer."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import ClassVar

from reportlab.pdfgen.canvas import Canvas

from drivers.contract import Machine, Payload, Seen, Settings
from drivers.registry import build
from tests.conformance.rigs.common import PATIENCE, Fault, RealClock, Simulated, When

GOOD, BAD, NEVER = frozenset({Seen.MADE}), frozenset({Seen.FAILED}), frozenset({Seen.ABSENT})
OPEN = frozenset({Seen.UNKNOWN})
"""Nobody can say: a person looks at the pages."""
QUICK = {
    "poll": 0.05,
    "idle_poll": 0.05,
    "timeout": 1.0,
    "send_timeout": 1.0,
    "start_wait": 2.0,
    "settle": 0.3,
}
COPIES = 150
SLOW, FAST = "0.4", "0"
"""Seconds that a page takes: all copies a minute, or no time."""
TICKET: Mapping[str, float | str] = {"media": "a4", "width": 210.0, "height": 297.0, "pages": 1, "copies": COPIES}


def page() -> bytes:
    data = BytesIO()
    canvas = Canvas(data, pagesize=(595, 842), invariant=1, pageCompression=0)
    for line in range(30):
        canvas.drawString(72, 700 - 20 * line, f"line {line + 1}: thanks for your order")
    canvas.save()
    return data.getvalue()


class IppRig:
    name = "ipp"
    faults: ClassVar[Mapping[str, Fault]] = {
        "the validation is not answered": Fault("no-answer@Validate-Job", NEVER, When.TRANSFER),
        "the validation is refused": Fault("status@Validate-Job:0x040b", NEVER, When.TRANSFER),
        "it is busy when the job should be made": Fault("busy@Create-Job:2", GOOD, When.START),
        "it stays busy": Fault("busy@Create-Job:1000", NEVER, When.START),
        "the job is made, and the answer never comes": Fault("no-answer@Create-Job", GOOD, When.START),
        "the job is made, and is answered by half": Fault("cut-answer@Create-Job:90", GOOD, When.START),
        "the job is made, and is answered with a refusal": Fault("status-after@Create-Job:0x0500", GOOD, When.START),
        "the job is made, and the answer is spoilt": Fault("garble@Create-Job:20", GOOD, When.START),
        "the job is not made, and nothing is answered": Fault("drop@Create-Job", NEVER, When.START),
        "half of the wish for a job arrives": Fault("cut-request@Create-Job:150", NEVER, When.START),
        "it is busy when the document comes": Fault("busy@Send-Document:2", GOOD, When.START),
        "the document is refused": Fault("status@Send-Document:0x040a", NEVER, When.START),
        "the document is refused, and taken all the same": Fault(
            "status-after@Send-Document:0x0500", GOOD | OPEN | BAD, When.START
        ),
        "nothing of the document arrives": Fault("drop@Send-Document", GOOD, When.START),
        "half of the document arrives, and is printed": Fault(
            "cut-request@Send-Document:1200", OPEN | NEVER | BAD, When.START
        ),
        "the document arrives, and the answer never comes": Fault("no-answer@Send-Document", OPEN, When.START),
        "the document arrives, and is answered by half": Fault("cut-answer@Send-Document:90", OPEN, When.START),
        "the server fails when the document comes": Fault("http@Send-Document:503", GOOD, When.START),
        "a look is not answered when it should start": Fault("no-answer@Get-Job-Attributes", GOOD, When.START),
        "a look is not answered while it prints": Fault("no-answer@Get-Job-Attributes", GOOD),
        "a look is answered by half while it prints": Fault("cut-answer@Get-Job-Attributes:60", GOOD),
        "it loses its power while it prints": Fault("power-cut:0.5", OPEN),
        "it loses its power with the document": Fault("power-cut:0.5", NEVER | OPEN, When.START),
        "ended jobs are forgotten": Fault("forget", GOOD),
        "its count of pages is wrong": Fault("miscount:-1", OPEN),
        "paper is jammed": Fault("jam", GOOD),
        "it is out of paper": Fault("media-empty:0", GOOD),
        "its cover is opened": Fault("cover-open", GOOD),
        "its toner is empty": Fault("toner-empty", GOOD),
        "somebody pauses it": Fault("pause", GOOD),
        "it gives the job up": Fault("abort", BAD),
        "somebody cancels at the printer": Fault("cancel-at-printer", BAD),
    }

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.simulated = Simulated(
            *("ipp", "--port", "0", "--page", SLOW, "--cancel", "0.1", "--dpi", "20", "--output", "100000"),
            *("--tray", "iso_a4_210x297mm:10000"),
        )

    def machine(self) -> Machine:
        settings = Settings("printer", self.simulated.link, QUICK, notes=self._folder / "notes")
        return build("ipp", settings, RealClock())

    def payload(self) -> Payload:
        with suppress(OSError):  # Where it is gone, nothing needs to be slow.
            self.simulated.post("set", {"page": SLOW})
        data = page()
        path = self._folder / "document.pdf"
        path.write_bytes(data)
        return Payload(path, hashlib.sha256(data).hexdigest(), len(data), "application/pdf", TICKET)

    def finish(self, attempt: str) -> None:
        self.simulated.post("load", {"tray": "tray-1", "sheets": 10000})
        self.simulated.post("set", {"page": FAST})
        self.calm()

    def fail(self, attempt: str) -> None:
        self.simulated.post("fault", {"spec": "cancel-at-printer"})

    def inject(self, spec: str) -> None:
        self.simulated.post("fault", {"spec": spec})
        end = time.monotonic() + PATIENCE
        while spec == "jam" and self.simulated.get("state")["state"] != "stopped":  # It comes with the next page.
            assert time.monotonic() < end
            time.sleep(0.05)

    def calm(self) -> None:
        self.simulated.post("press", {})

    def begun(self) -> int:
        """Documents that came, but for those that the printer gave up, or that were cancelled, before any page."""
        told = self.simulated.get("record.json")["documents"]
        return sum(1 for each in told if each.get("state") not in ("aborted", "canceled") or each["impressions"])

    def break_(self) -> None:
        self.simulated.close()

    def close(self) -> None:
        self.simulated.close()
