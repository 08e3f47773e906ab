"""What Moonraker and Klipper say, read into values. No I/O: JSON in, a sight, an outcome or a sentence out.

Sources: Moonraker's docs/external_api (printer, history, job_queue, file_manager) and Klipper's docs/Status_Reference,
and what Moonraker 0.11 itself answered. What misleads:

- After an emergency stop ``print_stats`` goes on saying ``paused`` or ``printing``: ``webhooks.state`` decides.
- ``print_stats`` says ``complete`` when the last line was read; up to two seconds of moves are still queued then.
- History says ``interrupted`` and ``server_exit`` of prints that went on: Klipper prints, Moonraker only watches.
- A print that Moonraker did not see begin is in no history: it was down, or the print was over or gone within the
  quarter of a second between two of Klipper's reports.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from drivers.contract import Activity, Link, MachineFault, Temperature
from drivers.servers import Outcome, Sight
from drivers.service import Facts

LOOKED_AT: Mapping[str, Sequence[str]] = {
    "webhooks": ("state", "state_message"),
    "print_stats": ("state", "filename", "message", "total_duration"),
    "virtual_sdcard": ("progress", "is_active"),
    "idle_timeout": ("state",),
    "display_status": ("message",),
    "heaters": ("available_heaters",),
}
"""What one look asks for, all of one moment."""

WATCHED: Mapping[str, Sequence[str]] = {
    "webhooks": ("state", "state_message"),
    "print_stats": ("state", "filename"),
    "virtual_sdcard": ("is_active",),
    "idle_timeout": ("state",),
}
"""Whose changes are pushed. Temperatures are not among them: they change four times a second."""

HINTS = frozenset(
    {
        "notify_status_update",
        "notify_klippy_ready",
        "notify_klippy_shutdown",
        "notify_klippy_disconnected",
        "notify_history_changed",
    }
)
"""Pushes after which a look is worth while."""

IDENTITY: Mapping[str, str] = {
    "client_name": "Fulfillment",
    "version": "1",
    "type": "other",
    "url": "https://fulfillment.invalid",
}
"""What Moonraker lists this connection as. It asks for a URL; there is none."""

MAX_HEATERS = 16
"""Heaters that are read; a printer with more is read in part."""
LONGEST = 300
"""Characters of the printer's own words that go into a sentence of ours."""
FOOD_HEAT = 60.0
"""degrees C: nothing edible is extruded hotter, so that a printer which asks for more will extrude none of it."""


def at(value: object, *path: str | int) -> object:
    """What stands at a path of keys; None where it leads nowhere."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and 0 <= step < len(value):
            value = value[step]
        else:
            return None
    return value


def text(value: object, *path: str | int) -> str:
    """A text of one line that a person can read; empty where there is none."""
    found = at(value, *path)
    if not isinstance(found, str):
        return ""
    line = next((line.strip() for line in found.splitlines() if line.strip()), "")
    return "".join(letter if letter.isprintable() else "?" for letter in line[:LONGEST])


def name(value: object, *path: str | int) -> str:
    """A text as it stands; empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, str) else ""


def number(value: object, *path: str | int) -> float | None:
    """A finite number."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    return float(found) if math.isfinite(found) else None


@dataclass(frozen=True, slots=True)
class Printer:
    """The printer at one moment, in Klipper's words."""

    state: str
    """webhooks.state: ready, startup, shutdown or error."""
    message: str
    stats: str
    """print_stats.state: standby, printing, paused, complete, cancelled or error."""
    file: str
    active: bool
    """A file is being read: true a moment before print_stats says so."""
    moving: bool
    """Moves are queued, or a command is at work, by idle_timeout."""
    shown: str
    """The display's message (M117)."""
    refusal: str = ""
    """print_stats.message: why its print ended in an error."""
    seconds: float = 0.0
    """print_stats.total_duration: of a print that has ended it stands still."""
    progress: float | None = None
    heaters: tuple[str, ...] = ()
    temperatures: Mapping[str, Temperature] = field(default_factory=dict)

    @property
    def holds(self) -> bool:
        """It prints or holds a print paused, as far as the print itself can say."""
        return self.active or self.stats in ("printing", "paused")

    @property
    def halted(self) -> bool:
        return self.state in ("shutdown", "error")


def printer(status: object) -> Printer:
    """The answer to a query of :data:`LOOKED_AT`. Raises MachineFault where that is no such answer."""
    state = name(status, "webhooks", "state")
    if not state:
        raise MachineFault("the server's answer says nothing of the printer's state; is it Moonraker?")
    heaters = at(status, "heaters", "available_heaters")
    known = [each for each in heaters if isinstance(each, str)] if isinstance(heaters, list) else []
    progress = number(status, "virtual_sdcard", "progress")
    return Printer(
        state=state,
        message=text(status, "webhooks", "state_message"),
        stats=name(status, "print_stats", "state"),
        file=name(status, "print_stats", "filename"),
        active=at(status, "virtual_sdcard", "is_active") is True,
        moving=name(status, "idle_timeout", "state") == "Printing",
        shown=text(status, "display_status", "message"),
        refusal=text(status, "print_stats", "message"),
        seconds=number(status, "print_stats", "total_duration") or 0.0,
        progress=None if progress is None else min(1.0, max(0.0, progress)),
        heaters=tuple(known[:MAX_HEATERS]),
        temperatures=_temperatures(status, known[:MAX_HEATERS]),
    )


_HEATERS: Mapping[str, str] = {"extruder": "nozzle", "heater_bed": "bed"}
"""What people call them; others go by the name that printer.cfg gives them."""


def _temperatures(status: object, heaters: Sequence[str]) -> Mapping[str, Temperature]:
    found = {}
    for heater in heaters:
        actual, target = number(status, heater, "temperature"), number(status, heater, "target")
        if actual is not None:
            found[_HEATERS.get(heater, heater.split()[-1])] = Temperature(actual, target or 0.0)
    return found


def sight(printer: Printer, coming_to_rest: bool) -> Sight:
    """What the shell is told. ``coming_to_rest``: its print has been read to the end, and moves of it are queued."""
    if printer.state == "startup":
        return Sight(Link.CONNECTING)
    if printer.halted:
        return Sight(Link.ONLINE, Activity.FAULT, temperatures=printer.temperatures, fault=fault(printer))
    if not printer.holds and not coming_to_rest:
        return Sight(Link.ONLINE, temperatures=printer.temperatures, last=last(printer))
    paused = printer.stats == "paused"
    return Sight(
        Link.ONLINE,
        Activity.PAUSED if paused else Activity.BUSY,
        file=printer.file,
        progress=printer.progress,
        temperatures=printer.temperatures,
        prompt=f"paused at the printer: {printer.shown}" if paused and printer.shown else None,
    )


def last(printer: Printer) -> str:
    """The print that ended last, as long as nobody has it forgotten; two of the same file differ in their seconds."""
    return f"{printer.file}, {printer.stats} after {printer.seconds:.1f} s" if printer.stats in _ENDED else ""


def why(printer: Printer) -> str:
    """Klipper's own words on a print that it holds as failed; empty where it has none."""
    if printer.halted and printer.holds:
        return printer.message
    return printer.refusal if printer.stats == "error" else ""


def fault(printer: Printer) -> str:
    """Why the printer stands still, with the mend."""
    why = printer.message.rstrip(".") or "it does not say why"
    if printer.state == "shutdown":
        return f"Klipper has shut down: {why}. Look at the machine; connecting again restarts its firmware"
    return (
        f"Klipper cannot start: {why}. Mend that (its printer.cfg, its cable); connecting again restarts its firmware"
    )


# --- what became of a file ----------------------------------------------------------------------------------------

_ENDED: Mapping[str, Outcome] = {
    "complete": Outcome.DONE,
    "cancelled": Outcome.CANCELLED,
    "error": Outcome.FAILED,
}
_HISTORY: Mapping[str, Outcome] = {
    "completed": Outcome.DONE,
    "cancelled": Outcome.CANCELLED,
    "error": Outcome.FAILED,
    "klippy_shutdown": Outcome.FAILED,
}
"""``in_progress``, ``interrupted`` and ``server_exit`` are not here: where Klipper does not say it, nobody knows."""
_DISCONNECTED = "klippy_disconnect"


@dataclass(frozen=True, slots=True)
class Job:
    """A line of the history."""

    file: str
    status: str


def jobs(answer: object) -> list[Job]:
    """A page of ``server.history.list``. Raises MachineFault where it is none."""
    rows = at(answer, "jobs")
    if not isinstance(rows, list):
        raise MachineFault("the server's answer is no history; is it Moonraker?")
    return [Job(name(row, "filename"), name(row, "status")) for row in rows]


def of_printer(printer: Printer, file: str) -> Outcome | None:
    """What Klipper itself says of a file; None: it does not speak of it."""
    if printer.file != file:
        return None
    if printer.holds:
        return Outcome.FAILED if printer.halted else Outcome.GOING
    return _ENDED.get(printer.stats)


def of_history(status: str, asked: bool) -> Outcome:
    """What a line of the history says. ``asked``: Klipper was asked, and speaks of no file (any more).

    A lost connection is no lost print: only a Klipper that has begun anew says nothing of what it printed. One that
    speaks of another file may have ended ours well before that.
    """
    if status == _DISCONNECTED and asked:
        return Outcome.FAILED
    return _HISTORY.get(status, Outcome.UNKNOWN)


def answered(store: object, line: str) -> list[str]:
    """What came after the last command that was this line, in ``server.gcode_store``; at most 100 lines."""
    rows = at(store, "gcode_store")
    said: list[str] = []
    for row in reversed(rows if isinstance(rows, list) else []):
        if name(row, "type") == "command" and name(row, "message") == line:
            break
        if name(row, "type") == "response":
            said.append(text(row, "message"))
    else:
        return []
    return said[::-1][:100]


QUESTIONS = frozenset({"M20", "M27", "M105", "M114", "M115", "M119", "STATUS", "HELP", "GET_POSITION"})
"""Commands that move, heat and change nothing, where no macro has taken their names."""


def asks(line: str) -> bool:
    """Whether this line is a question."""
    return line.split(";")[0].strip().upper().split(" ")[0] in QUESTIONS


# --- what it is ---------------------------------------------------------------------------------------------------


def queued(status: object) -> int:
    """How many jobs wait in Moonraker's own queue."""
    rows = at(status, "queued_jobs")
    return len(rows) if isinstance(rows, list) else 0


def reach(status: object) -> tuple[tuple[float, float, float], tuple[float, float, float]] | None:
    """The least and the most that the axes reach, mm; None where Klipper does not say."""
    ends = []
    for end in ("axis_minimum", "axis_maximum"):
        x, y, z = (number(status, "toolhead", end, axis) for axis in range(3))
        if x is None or y is None or z is None:
            return None
        ends.append((x, y, z))
    return ends[0], ends[1]


def unfit(status: object, processes: frozenset[str], envelope: tuple[float, float, float] | None) -> str | None:
    """Why this is not the printer as configured, with the mend; ``status``: toolhead, extruder, configfile."""
    for section in ("virtual_sdcard", "pause_resume"):
        if not at(status, section):
            return f"the printer cannot print files: add [{section}] to its printer.cfg"
    extrudes = sorted(processes & {"fdm", "extrude-food"})
    if extrudes and not at(status, "extruder"):
        return f"it is configured for {extrudes[0]} and has no [extruder]; is it the right printer?"
    least = number(status, "configfile", "settings", "extruder", "min_extrude_temp")
    if "extrude-food" in processes and least is not None and least > FOOD_HEAT:
        return (
            f"it extrudes nothing below {least:g} degrees C, and Klipper has no M302: "
            "set min_extrude_temp: 0 in [extruder] of its printer.cfg"
        )
    ends = reach(status)
    if envelope is None or ends is None:
        return None
    for axis, low, high, wanted in zip("XYZ", *ends, envelope, strict=True):
        if low > 0.001 or high < wanted - 0.001:
            return (
                f"it reaches {axis} {low:g} to {high:g} mm and an envelope of {wanted:g} mm is configured; "
                "is it the right printer? If so, mend the envelope"
            )
    return None


def facts(info: object, server: object, status: object) -> Facts:
    """The printer's identity and limits."""
    ends = reach(status)
    velocity, acceleration = number(status, "toolhead", "max_velocity"), number(status, "toolhead", "max_accel")
    settings = at(status, "configfile", "settings")
    z_velocity = number(settings, "printer", "max_z_velocity") or velocity
    z_acceleration = number(settings, "printer", "max_z_accel") or acceleration
    shown = {
        "kinematics": text(settings, "printer", "kinematics"),
        "moonraker": text(server, "moonraker_version"),
        "host": text(info, "hostname"),
        "nozzle_diameter": _written(number(settings, "extruder", "nozzle_diameter")),
        "min_extrude_temp": _written(number(settings, "extruder", "min_extrude_temp")),
        "homed_axes": text(status, "toolhead", "homed_axes"),
    }
    return Facts(
        firmware=firmware(info, server),
        envelope=ends[1] if ends is not None else None,
        speeds=None if velocity is None or z_velocity is None else (velocity, velocity, z_velocity),
        accelerations=(
            None if acceleration is None or z_acceleration is None else (acceleration, acceleration, z_acceleration)
        ),
        capabilities={key: value for key, value in shown.items() if value},
    )


def firmware(info: object, server: object) -> str:
    """For ``Status.firmware``."""
    version, moonraker = text(info, "software_version") or "?", text(server, "moonraker_version") or "?"
    return f"Klipper {version}, Moonraker {moonraker}"


def _written(value: float | None) -> str:
    return "" if value is None else f"{value:g}"
