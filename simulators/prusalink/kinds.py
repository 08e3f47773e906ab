"""What the two kinds of PrusaLink say of one printer, and when they allow what. Times are simulated seconds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass

from simulators.hosted import Job, Printer, Result, State

Json = dict[str, object]
FIRST_JOB = 300
"""Ids go on counting from what stands in the printer's memory."""


@dataclass(slots=True)
class Known:
    """What the server remembers beside its printer."""

    dismissed: int = 0
    """Number of the job whose end was taken note of: somebody touched the screen, or the server began anew."""
    rest: float = 11.0
    """Seconds for which the Pi stays with an end."""
    nozzle: float = 0.4
    serial: str = "CZPX4720X004XC34242"


def identity(job: Job) -> int:
    return FIRST_JOB + job.number


def active(printer: Printer) -> Job | None:
    job = printer.job
    return job if job is not None and job.ended is None else None


class Kind(ABC):
    relays: bool
    """It feeds a printer of its own line by line, and lists files when it has come around to them."""
    storage: str
    realm: str
    qop: bool
    nonces: float
    """Real seconds for which a challenge holds."""
    types: frozenset[str] | None = None
    """Media types of an upload; None: whatever."""
    startable: frozenset[str]
    stoppable: frozenset[str]

    @abstractmethod
    def state(self, printer: Printer, known: Known) -> str: ...

    @abstractmethod
    def job_state(self, state: str) -> str: ...

    @abstractmethod
    def condition(self, printer: Printer) -> Json:
        """What the status says of the printer beside its state."""

    @abstractmethod
    def version(self, known: Known) -> Json: ...

    @abstractmethod
    def info(self, known: Known) -> Json: ...

    @abstractmethod
    def names(self, file: str, short: str) -> Json:
        """How a file is called in the answer about a job. ``short``: by the file system of a drive."""

    @abstractmethod
    def place(self, file: str, short: str) -> str:
        """Where it is to be downloaded from."""


ENDS: Mapping[Result | None, str] = {Result.DONE: "FINISHED", Result.CANCELLED: "STOPPED"}


class Buddy(Kind):
    """The server in the printer."""

    relays = False
    storage, realm, qop, nonces = "usb", "Printer API", False, 300.0
    startable = frozenset({"IDLE", "READY", "FINISHED", "STOPPED"})
    stoppable = frozenset({"PRINTING", "PAUSED", "ATTENTION"})

    def state(self, printer: Printer, known: Known) -> str:
        job = printer.job
        if job is None:
            return "IDLE"
        if job.ended is not None:
            return ENDS.get(job.result, "IDLE") if known.dismissed != job.number else "IDLE"
        if printer.firmware.user:
            return "ATTENTION"
        return "PAUSED" if printer.state in (State.PAUSING, State.PAUSED) else "PRINTING"

    def job_state(self, state: str) -> str:
        return "PAUSED" if state == "ATTENTION" else state

    def condition(self, printer: Printer) -> Json:  # noqa: ARG002
        return {}

    def version(self, known: Known) -> Json:
        return {
            "api": "2.0.0",
            "server": "2.1.2",
            "nozzle_diameter": known.nozzle,
            "text": "PrusaLink",
            "hostname": "prusa-mk4",
            "capabilities": {"upload-by-put": True},
        }

    def info(self, known: Known) -> Json:
        return {
            "nozzle_diameter": known.nozzle,
            "mmu": False,
            "serial": known.serial,
            "hostname": "prusa-mk4",
            "min_extrusion_temp": 170,
        }

    def names(self, file: str, short: str) -> Json:
        return {"name": short, "display_name": file, "path": "/usb"}

    def place(self, file: str, short: str) -> str:  # noqa: ARG002
        return f"/usb/{short}"


class Pi(Kind):
    """PrusaLink on a Raspberry Pi, which feeds the printer."""

    relays = True
    storage, realm, qop, nonces = "local", "Administrator", True, 60.0
    types = frozenset({"text/x.gcode", "application/octet-stream"})
    startable = frozenset({"IDLE", "READY", "BUSY"})
    stoppable = frozenset({"PRINTING", "PAUSED"})
    folder = "/PrusaLink gcodes"

    def state(self, printer: Printer, known: Known) -> str:
        job = printer.job
        if printer.state in (State.OFFLINE, State.ERROR):
            return "ERROR"
        if job is None:
            return "IDLE"
        if job.ended is not None:
            fresh = known.dismissed != job.number and printer.firmware.now - job.ended < known.rest
            return ENDS.get(job.result, "IDLE") if fresh else "IDLE"
        if printer.firmware.user:
            return "ATTENTION"
        return "PAUSED" if printer.state is State.PAUSED else "PRINTING"

    def job_state(self, state: str) -> str:
        return state

    def condition(self, printer: Printer) -> Json:
        trouble = {
            State.OFFLINE: "Serial device does not exist",
            State.ERROR: "Firmware detected a hardware issue",
        }.get(printer.state)
        return {
            "status_connect": {"ok": True, "message": "Connect isn't configured"},
            "status_printer": {"ok": trouble is None, "message": trouble or "OK"},
        }

    def version(self, known: Known) -> Json:  # noqa: ARG002
        return {
            "api": "2.0.0",
            "server": "0.8.1",
            "original": "PrusaLink I3MK3S",
            "text": "PrusaLink 0.8.1",
            "firmware": "3.14.1-8237",
            "sdk": "0.8.1",
            "capabilities": {"upload-by-put": True},
            "hostname": "prusalink",
        }

    def info(self, known: Known) -> Json:
        return {
            "name": "",
            "location": "",
            "farm_mode": False,
            "network_error_chime": False,
            "nozzle_diameter": known.nozzle,
            "min_extrusion_temp": 170,
            "serial": known.serial,
            "hostname": "connect.prusa3d.com",
            "port": 0,
        }

    def names(self, file: str, short: str) -> Json:  # noqa: ARG002
        path = f"{self.folder}/{file}"
        return {"name": file, "display_name": file, "path": path, "display_path": path}

    def place(self, file: str, short: str) -> str:  # noqa: ARG002
        return f"/api/files/local{self.folder}/{file}/raw"


KINDS: Mapping[str, Kind] = {"buddy": Buddy(), "pi": Pi()}
