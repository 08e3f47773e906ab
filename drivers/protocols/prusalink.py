"""What PrusaLink v1 says, read into values. No I/O: JSON in, a sight, an outcome or a sentence out.

Sources: Prusa-Link-Web's spec/openapi.yaml; Prusa-Firmware-Buddy's lib/WUI and src/state, read for behaviour (the
printers that carry their own server); PrusaLink 0.8.1 itself (the Raspberry Pi in front of an MK2.5 or MK3). What
misleads:

- ``/job`` answers 204 as soon as a print has ended, well or not: only ``/status`` says FINISHED or STOPPED, and not of
  what. The Pi says so for 11 s and takes no start meanwhile; the others say so until somebody touches the screen.
- A job of a printer that waits for a person calls itself PAUSED; ``/status`` says ATTENTION.
- A file has two names, a long one and the file system's short one (``J1-A1~1.GCO``), and neither is unique over
  folders. The place to download it from is.
- The Pi says IDLE of a printer whose firmware it does not accept, and ERROR where there is no printer at all.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from drivers.contract import Activity, Link, MachineFault, Temperature
from drivers.servers import Outcome, Sight
from drivers.service import Facts

LONGEST = 300
"""Characters of the server's own words that go into a sentence of ours."""

ACTIVITIES: Mapping[str, Activity] = {
    "IDLE": Activity.IDLE,
    "READY": Activity.IDLE,
    "FINISHED": Activity.IDLE,
    "STOPPED": Activity.IDLE,
    "BUSY": Activity.BUSY,
    "PRINTING": Activity.BUSY,
    "PAUSED": Activity.PAUSED,
    "ATTENTION": Activity.PAUSED,
    "ERROR": Activity.FAULT,
}
"""States of a printer, and what they are here."""

ENDS: Mapping[str, Outcome] = {
    "FINISHED": Outcome.DONE,
    "STOPPED": Outcome.CANCELLED,
    "ERROR": Outcome.FAILED,
}
"""What a state says of the print that was last on the printer."""

SHOWN = frozenset({"FINISHED", "STOPPED"})
"""States that a printer shows only after a print."""

RESTING = frozenset({"IDLE", "READY", *ENDS})
"""States in which a printer without a job is done with its last one."""

NO_PRINTER = frozenset({"Serial device does not exist", "RPi port is not enabled", "Device is not supported"})
"""What the Pi says where it has no printer that it can talk to (its conditions Port, RPIenabled and ID)."""

HARMLESS = frozenset({"Serial number cannot be obtained"})
"""What the Pi says of every MK2.5 for good: such a printer has no number to tell."""


@dataclass(frozen=True, slots=True)
class Job:
    """What is on the printer. ``place``: where its file is to be downloaded from, which no other file shares."""

    id: str
    name: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Printer:
    """``/api/v1/status``."""

    state: str
    job: str | None = None
    """Id of the job; None where there is none."""
    progress: float | None = None
    """0..1."""
    temperatures: Mapping[str, Temperature] = field(default_factory=dict)
    well: bool = True
    says: str = ""
    """The Pi's sentence about the printer's condition."""


@dataclass(frozen=True, slots=True)
class Kind:
    """``/api/version`` and ``/api/v1/info``: what this is."""

    text: str
    firmware: str
    serial: str
    nozzle: float | None
    """mm; None while the server does not know its printer."""
    relays: bool
    """A Raspberry Pi that feeds a printer line by line, and not the printer itself."""
    said: Mapping[str, str]


def printer(body: object) -> Printer:
    """Raises MachineFault for what is no answer of PrusaLink."""
    state = text(body, "printer", "state")
    if not state:
        raise MachineFault("its answer says nothing of the printer's state; is it PrusaLink?")
    says = text(body, "printer", "status_printer", "message")
    percent = number(body, "job", "progress")
    heaters = (("nozzle", "temp_nozzle", "target_nozzle"), ("bed", "temp_bed", "target_bed"))
    temperatures = {
        name: Temperature(actual, number(body, "printer", target) or 0.0)
        for name, now, target in heaters
        if (actual := number(body, "printer", now)) is not None
    }
    return Printer(
        state=state,
        job=identity(at(body, "job", "id")),
        progress=None if percent is None else min(max(percent / 100, 0.0), 1.0),
        temperatures=temperatures,
        well=at(body, "printer", "status_printer", "ok") is not False or says in HARMLESS,
        says=says,
    )


def job(body: object) -> Job:
    """``/api/v1/job``. Raises MachineFault for what is none."""
    found = identity(at(body, "id"))
    if found is None:
        raise MachineFault("its job has no id; is it PrusaLink?")
    name = text(body, "file", "display_name") or text(body, "file", "name")
    return Job(found, name, text(body, "file", "refs", "download"))


def identity(value: object) -> str | None:
    """A job's id as it goes into a URL: digits, and nothing that could lead elsewhere."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def foreign(found: Job) -> str:
    """A name for what is not ours. It holds a slash, which no file of ours does."""
    return found.place or f"/{found.name or 'a print over its serial line'}"


def sight(seen: Printer, found: Job | None, file: str | None, relays: bool) -> Sight:
    """``file``: the job's, by our name; None where it is not ours."""
    offline = not seen.well and seen.says in NO_PRINTER
    activity = ACTIVITIES.get(seen.state, Activity.FAULT)
    if found is None and (seen.state == "ATTENTION" or (relays and seen.state in ("FINISHED", "STOPPED"))):
        activity = Activity.BUSY  # It takes no start.
    elif found is not None and activity is Activity.IDLE:
        activity = Activity.BUSY  # It has just begun, or is about to end.
    prompt = "it asks somebody something: look at its screen" if seen.state == "ATTENTION" else None
    return Sight(
        link=Link.OFFLINE if offline else Link.ONLINE,
        activity=activity,
        file=None if found is None else file or foreign(found),
        job=None if found is None else found.id,
        progress=None if found is None else seen.progress,
        temperatures=seen.temperatures,
        prompt=prompt,
        last=last(seen, found),
        fault=_fault(seen),
    )


def last(seen: Printer, found: Job | None) -> str:
    """The print that ended last, as far as the printer shows it: that there was one."""
    return f"a print that nobody saw ({seen.state})" if found is None and seen.state in SHOWN else ""


def _fault(seen: Printer) -> str | None:
    if seen.state not in ACTIVITIES:
        return f"the printer says {seen.state!r}, which nobody here knows; look at its screen"
    if seen.state == "ERROR":
        return f"the printer is in error ({seen.says or 'it does not say why'}); look at its screen, and restart it"
    if not seen.well:
        return f"PrusaLink says of its printer: {seen.says or 'something is wrong'}; mend that first"
    return None


def kind(version: object, info: object) -> Kind:
    """Raises MachineFault for what is no PrusaLink, or one without v1."""
    name = text(version, "text")
    if not name.startswith("PrusaLink"):
        raise MachineFault(f"it answers as {name or 'nothing known'}, not as PrusaLink; look at the address")
    if at(version, "capabilities", "upload-by-put") is not True:
        raise MachineFault(f"{name} is too old for the v1 interface; update the printer's firmware or PrusaLink")
    said = {key: shown for part in (version, info) for key, shown in _flat(part)}
    return Kind(
        text=name,
        firmware=text(version, "firmware"),
        serial=text(info, "serial"),
        nozzle=number(info, "nozzle_diameter"),
        relays=at(version, "sdk") is not None,
        said=said,
    )


def described(what: Kind) -> str:
    """One line for a status."""
    model = what.said.get("original", "").removeprefix("PrusaLink ")
    firmware = f"firmware {what.firmware}" if what.firmware else ""
    return ", ".join(part for part in (what.text, model, firmware, what.serial) if part)


def facts(what: Kind) -> Facts:
    return Facts(firmware=what.firmware or None, capabilities=what.said)


def storages(body: object) -> Mapping[str, bool]:
    """Writable storages by their name in URLs, and whether each is there now."""
    found = at(body, "storage_list")
    return {
        text(each, "path").strip("/"): at(each, "available") is True
        for each in (found if isinstance(found, list) else [])
        if at(each, "read_only") is not True and text(each, "path")
    }


# --- JSON of a stranger -------------------------------------------------------------------------------------------


def at(value: object, *path: str) -> object:
    """What stands at a path of keys; None where it leads nowhere."""
    for step in path:
        value = value.get(step) if isinstance(value, Mapping) else None
    return value


def text(value: object, *path: str) -> str:
    """A printable text of bounded length; empty where there is none."""
    found = at(value, *path)
    return readable(found) if isinstance(found, str) else ""


def readable(words: str) -> str:
    """On one line, printable, and not longer than :data:`LONGEST`."""
    line = " ".join(words[: 4 * LONGEST].split())
    return "".join(letter if letter.isprintable() else "?" for letter in line[:LONGEST])


def number(value: object, *path: str) -> float | None:
    """A finite number."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float) or abs(found) > 1e12:
        return None
    return float(found) if math.isfinite(found) else None


def _flat(part: object) -> list[tuple[str, str]]:
    """Plain values of an object, as a technician reads them."""
    entries = part.items() if isinstance(part, Mapping) else ()
    plain = [(str(key), value) for key, value in entries if isinstance(value, str | int | float)]
    return [(readable(key), readable(str(value))) for key, value in plain[:64] if value != ""]
