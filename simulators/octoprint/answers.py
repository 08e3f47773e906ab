"""What OctoPrint says of its files and its printer. Values in, JSON out."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from simulators.hosted import File, Job, Result, State
from simulators.marlin.firmware import Firmware
from simulators.record import Json

VERSION = "1.11.8"
PERMISSIONS = (
    "ADMIN",
    "STATUS",
    "CONNECTION",
    "FILES_LIST",
    "FILES_UPLOAD",
    "FILES_DELETE",
    "FILES_SELECT",
    "PRINT",
    "CONTROL",
)
TEXTS: Mapping[State, str] = {
    State.OFFLINE: "Offline",
    State.IDLE: "Operational",
    State.PRINTING: "Printing",
    State.PAUSING: "Pausing",
    State.PAUSED: "Paused",
    State.CANCELLING: "Cancelling",
    State.ERROR: "Error",
}
ENDS: Mapping[str, tuple[str, ...]] = {
    "started": ("PrintStarted",),
    "paused": ("PrintPaused",),
    "resumed": ("PrintResumed",),
    "cancelling": ("PrintCancelling",),
    Result.DONE: ("PrintDone",),
    Result.FAILED: ("PrintFailed",),
    Result.CANCELLED: ("PrintCancelled", "PrintFailed"),
}
"""The events that the printer's doings are pushed as."""


def file_info(file: File, base: str) -> Json:
    """``prints`` is there once a print of it has ended."""
    return {
        "date": int(file.added),
        "display": file.name,
        "hash": hashlib.sha1(file.data, usedforsecurity=False).hexdigest(),
        "name": file.name,
        "origin": "local",
        "path": file.name,
        "refs": refs(file.name, base),
        "size": len(file.data),
        "type": "machinecode",
        "typePath": ["machinecode", "gcode"],
        "user": "_api",
        **file.notes,
    }


def refs(name: str, base: str) -> Json:
    return {"download": f"{base}/downloads/files/local/{name}", "resource": f"{base}/api/files/local/{name}"}


def uploaded(name: str, base: str, select: bool, start: bool) -> Json:
    local = {"name": name, "origin": "local", "path": name, "refs": refs(name, base)}
    return {"done": True, "effectivePrint": start, "effectiveSelect": select, "files": {"local": local}}


def note_end(file: File, job: Job, result: Result) -> None:
    """The history of a file, in its metadata: cancelled is failed."""
    old = file.notes.get("prints")
    counts: Json = dict(old) if isinstance(old, dict) else {"success": 0, "failure": 0}
    good = result is Result.DONE
    counts["success" if good else "failure"] += 1
    counts["last"] = {"date": job.ended, "success": good}
    counts["last"] |= {"printTime": (job.ended or job.began) - job.began} if good else {}
    file.notes["prints"] = counts


def job(state: str, error: str, selected: File | None, last: Job | None) -> Json:
    """The file that is selected, and how far it got when it was last printed."""
    name = selected.name if selected is not None else None
    of_it = last if last is not None and selected is not None and last.file == selected.name else None
    done = None if of_it is None or of_it.result is Result.CANCELLED else of_it.progress * 100
    answer: Json = {
        "job": {
            "estimatedPrintTime": None,
            "filament": {"length": None, "volume": None},
            "file": {
                "date": int(selected.added) if selected is not None else None,
                "name": name,
                "origin": "local" if name else None,
                "path": name,
                "size": len(selected.data) if selected is not None else None,
            },
            "lastPrintTime": None,
            "user": "_api" if name else None,
        },
        "progress": {
            "completion": done,
            "filepos": of_it.fed if of_it is not None and done is not None else None,
            "printTime": None,
            "printTimeLeft": None,
            "printTimeLeftOrigin": None,
        },
        "state": state,
    }
    return {**answer, "error": error} if error else answer


def printer(state: State, firmware: Firmware, exclude: list[str]) -> Json:
    firmware.heat()
    heaters = {"tool0": firmware.hotend, "bed": firmware.bed}
    answer: Json = {
        "temperature": {
            name: {"actual": round(heater.shown, 2), "offset": 0, "target": heater.target}
            for name, heater in heaters.items()
        },
        "sd": {"ready": False},
        "state": {"text": TEXTS[state], "error": "", "flags": flags(state)},
    }
    return {key: value for key, value in answer.items() if key not in exclude}


def flags(state: State) -> Json:
    online = state not in (State.OFFLINE, State.ERROR)
    return {
        "operational": online,
        "printing": state in (State.PRINTING, State.PAUSING, State.CANCELLING),
        "cancelling": state is State.CANCELLING,
        "pausing": state is State.PAUSING,
        "paused": state is State.PAUSED,
        "resuming": False,
        "finishing": False,
        "error": state is State.ERROR,
        "closedOrError": not online,
        "ready": state is State.IDLE,
        "sdReady": False,
    }


def profiles(envelope: tuple[float, float, float], base: str) -> Json:
    width, depth, height = envelope
    axes = {
        name: {"inverted": False, "speed": speed} for name, speed in zip("xyze", (6000, 6000, 200, 300), strict=True)
    }
    profile = {
        "axes": axes,
        "current": True,
        "default": True,
        "heatedBed": True,
        "heatedChamber": False,
        "id": "_default",
        "model": "Generic RepRap Printer",
        "name": "Default",
        "resource": f"{base}/api/printerprofiles/_default",
        "volume": {
            "custom_box": False,
            "depth": depth,
            "formFactor": "rectangular",
            "height": height,
            "origin": "lowerleft",
            "width": width,
        },
    }
    return {"profiles": {"_default": profile}}
