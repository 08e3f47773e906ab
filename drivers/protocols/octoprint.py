"""What OctoPrint 1.11 says, read into values. No I/O: JSON in, a sight, an outcome or a hint out.

Sources: its REST and push documentation, and the program itself. What misleads:

- ``Operational`` at 100 % is the idle state, too, and the file that was printed last stays selected. The state's text
  and the file come in one answer of ``/api/job``, so they belong together; flags of ``/api/printer`` would not.
- The history of a file names its end while the state still says Printing or Finishing.
- Cancelled is failed in that history; only the pushed PrintFailed gives ``reason``.
- Killed or restarted in the middle of a print it comes back Offline, without a trace of the job.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from drivers.contract import Activity, Link, MachineFault, Temperature
from drivers.servers import Outcome, Sight
from drivers.service import Facts

LONGEST = 300
"""Characters of the server's own words that go into a sentence of ours."""

ONLINE: Mapping[str, Activity] = {
    "Operational": Activity.IDLE,
    "Starting": Activity.BUSY,
    "Printing": Activity.BUSY,
    "Pausing": Activity.BUSY,
    "Paused": Activity.PAUSED,
    "Resuming": Activity.BUSY,
    "Finishing": Activity.BUSY,
    "Cancelling": Activity.BUSY,
    "Starting print from SD": Activity.BUSY,
    "Printing from SD": Activity.BUSY,
    "Starting to send file to SD": Activity.BUSY,
    "Sending file to SD": Activity.BUSY,
    "Transferring file to SD": Activity.BUSY,
}
"""States in which a printer is connected, by their text."""
CONNECTING = frozenset({"Opening serial connection", "Detecting serial connection", "Connecting"})
CLOSED = frozenset({"Offline", "Closed"})
FAILED = frozenset({"Error", "Offline after error"})

EVENTS: Mapping[str, Outcome | None] = {
    "Connected": None,
    "Connecting": None,
    "Disconnected": None,
    "Error": None,
    "PrinterStateChanged": None,
    "PrintStarted": None,
    "PrintPaused": None,
    "PrintResumed": None,
    "PrintDone": Outcome.DONE,
    "PrintFailed": Outcome.FAILED,
    "PrintCancelled": Outcome.CANCELLED,
}
"""The pushed events that are worth a look, and what they say of their file."""

NUMBERED = re.compile(r"N\d+\s*(.*?)\*\d+")
"""A line with a number and a checksum, as a terminal shows it."""

NEEDED = ("STATUS", "FILES_LIST", "FILES_UPLOAD", "FILES_SELECT", "FILES_DELETE", "PRINT", "CONTROL", "CONNECTION")
"""Permissions without which a key is of no use."""


class _Said(BaseModel):
    """Part of an answer: what is not read is left alone, and what is read has its type."""

    model_config = ConfigDict(extra="ignore", frozen=True, allow_inf_nan=False)


class _File(_Said):
    path: str | None = None
    origin: str | None = None


class _Work(_Said):
    file: _File = _File()


class _Progress(_Said):
    completion: float | None = None


class Job(_Said):
    """``GET /api/job``: the state, and the file that is selected."""

    state: str
    error: str | None = None
    job: _Work = _Work()
    progress: _Progress = _Progress()


class _Heater(_Said):
    actual: float | None = None
    target: float | None = None


class Printer(_Said):
    """``GET /api/printer``."""

    temperature: dict[str, _Heater | None] = Field(default={}, max_length=64)


class _Last(_Said):
    success: bool


class _Prints(_Said):
    last: _Last | None = None


class FileInfo(_Said):
    """``GET /api/files/local/...``; ``prints`` is there once a print of it has ended."""

    size: int | None = None
    prints: _Prints | None = None


class _Choice(_Said):
    state: str
    port: str | None = None
    baudrate: int | str | None = None
    printer_profile: str | None = Field(default=None, alias="printerProfile")


class Connection(_Said):
    """``GET /api/connection``."""

    current: _Choice


class Version(_Said):
    """``GET /api/version``; ``text`` is there to tell OctoPrint from what imitates it."""

    text: str
    server: str


class User(_Said):
    """``GET /api/currentuser``."""

    permissions: frozenset[str] = frozenset()


class Login(_Said):
    """``POST /api/login`` with ``passive``: what the push channel asks for."""

    name: str
    session: str


class Prompt(_Said):
    """``GET /api/plugin/action_command_prompt``: what the firmware asks a person."""

    text: str | None = None


class _Volume(_Said):
    width: float | None = None
    depth: float | None = None
    height: float | None = None
    origin: str | None = None


class _Axis(_Said):
    speed: float | None = None


class Profile(_Said):
    """A printer profile: what somebody told OctoPrint of the printer. Speeds are mm/min."""

    name: str = ""
    model: str = ""
    current: bool = False
    volume: _Volume = _Volume()
    axes: dict[str, _Axis] = Field(default={}, max_length=64)


class Profiles(_Said):
    profiles: dict[str, Profile] = Field(max_length=1000)

    @property
    def current(self) -> Profile | None:
        return next((profile for profile in self.profiles.values() if profile.current), None)


class _Payload(_Said):
    path: str | None = None
    origin: str | None = None
    reason: str | None = None


class _Event(_Said):
    type: str
    payload: _Payload | None = None


class _Current(_Said):
    logs: list[str] = []


class _Message(_Said):
    event: _Event | None = None
    current: _Current | None = None


S = TypeVar("S", bound=BaseModel)


def read(kind: type[S], value: object, asked: str) -> S:
    """An answer as what it should be. Raises MachineFault where it is something else."""
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        where = ".".join(map(str, error.errors()[0]["loc"])) or "all of it"
        raise MachineFault(
            f"what answers {asked} does not answer as OctoPrint does ({where}); look at the address"
        ) from None


def sight(job: Job, printer: Printer | None, prompt: Prompt | None) -> Sight:
    """What the answers of one look say together."""
    state, temperatures = job.state, _temperatures(printer)
    if state in ONLINE:
        idle = ONLINE[state] is Activity.IDLE
        completion = job.progress.completion
        return Sight(
            Link.ONLINE,
            ONLINE[state],
            file=None if idle else named(job.job.file.path, job.job.file.origin),
            progress=None if idle or completion is None else min(max(completion / 100, 0.0), 1.0),
            temperatures=temperatures,
            prompt=shown(prompt.text) if prompt is not None and prompt.text else None,
        )
    if state in CONNECTING:
        return Sight(Link.CONNECTING)
    if state in CLOSED:
        return Sight(Link.OFFLINE)
    said = shown(job.error or state)
    mend = "look at the printer, mend it, and connect it at OctoPrint"
    return Sight(Link.OFFLINE, fault=f"OctoPrint is {shown(state)}: {said}; {mend}")


def named(path: str | None, origin: str | None) -> str | None:
    """A file's name as :class:`drivers.servers.Server` has it: a path of the local storage; others by their origin."""
    if path is None:
        return None
    return path if origin in ("local", None) else f"{origin}:{path}"


def _temperatures(printer: Printer | None) -> dict[str, Temperature]:
    heaters = printer.temperature if printer is not None else {}
    return {
        name: Temperature(heater.actual, heater.target or 0.0)
        for name, heater in heaters.items()
        if heater is not None and heater.actual is not None
    }


def outcome(info: FileInfo | None, pushed: Outcome | None) -> Outcome:
    """How the last print of a file ended. ``pushed``: what an event of this file said, if one came.

    An attempt's file is printed once, so its last print is the only one. The history says no more than that it was no
    success; the event says why.
    """
    last = info.prints.last if info is not None and info.prints is not None else None
    if last is None:
        return pushed or Outcome.UNKNOWN
    if last.success:
        return Outcome.DONE
    return Outcome.CANCELLED if pushed is Outcome.CANCELLED else Outcome.FAILED


def pushed(frame: str) -> list[tuple[str | None, Outcome | None]]:
    """The events of a SockJS frame that are worth a look: (file, how it ended). What is none is left alone."""
    events = []
    for event in (each.event for each in _messages(frame)):
        if event is None or event.type not in EVENTS:
            continue
        payload, end = event.payload or _Payload(), EVENTS[event.type]
        if end is Outcome.FAILED and payload.reason == "cancelled":
            end = Outcome.CANCELLED
        events.append((named(payload.path, payload.origin), end))
    return events


def logged(frame: str) -> list[str]:
    """The lines of OctoPrint's terminal that a frame brings: ``Send: ...``, ``Recv: ...``."""
    return [line for each in _messages(frame) if each.current is not None for line in each.current.logs]


def _messages(frame: str) -> Iterator[_Message]:
    if frame[:1] not in ("a", "m"):
        return
    try:
        said = json.loads(frame[1:])
    except (ValueError, RecursionError):
        return
    for each in said if isinstance(said, list) else [said]:
        with suppress(ValidationError):
            yield _Message.model_validate(each)


class Dialogue:
    """What the firmware answers to one line, picked out of the terminal, where OctoPrint's own questions stand, too.

    One line is under way at a time, so what is received between ours and its ``ok`` is the answer to it.
    """

    def __init__(self, line: str) -> None:
        self._line = line
        self.sent = self.over = False
        self.answer: list[str] = []

    def hear(self, logged: str) -> None:
        way, _, text = logged.partition(": ")
        if way == "Send":
            self.sent |= NUMBERED.sub(r"\1", text.strip()) == self._line
        elif way == "Recv" and self.sent and not self.over:
            self.over = text.startswith("ok")
            said = text.removeprefix("ok").strip() if self.over else text.strip()
            if said and not said.startswith("echo:busy:"):
                self.answer.append(said)


def expired(frame: str) -> bool:
    """Whether OctoPrint wants a new login; until then it pushes no events."""
    return frame.startswith('a[{"reauthRequired"')


def message(body: Mapping[str, object]) -> str:
    """A message to the push channel, in SockJS's wrapping."""
    return json.dumps([json.dumps(body)])


def facts(version: Version, profile: Profile | None, connection: Connection) -> Facts:
    """For a technician. What a profile says somebody typed in; the firmware is not asked."""
    known: dict[str, str] = {"state": connection.current.state, "api": version.server}
    known |= {"port": connection.current.port} if connection.current.port else {}
    known |= {"baudrate": str(connection.current.baudrate)} if connection.current.baudrate else {}
    if profile is None:
        return Facts(firmware=version.text, capabilities=known)
    known |= {"profile": f"{profile.name} {profile.model}".strip()}
    speeds = [axis.speed for name in "xyze" if (axis := profile.axes.get(name)) is not None]
    return Facts(
        firmware=version.text,
        envelope=box(profile),
        speeds=tuple(speed / 60 for speed in speeds if speed is not None) if None not in speeds else None,
        capabilities={name: shown(text) for name, text in known.items()},
    )


def box(profile: Profile) -> tuple[float, float, float] | None:
    """mm that the profile's axes reach from the corner where our coordinates begin; None where it does not say."""
    volume = profile.volume
    if volume.width is None or volume.depth is None or volume.height is None or volume.origin == "center":
        return None
    return volume.width, volume.depth, volume.height


def shown(text: str) -> str:
    """The server's own words, fit for a sentence of ours."""
    line = " ".join(text.split())
    return line if len(line) <= LONGEST else line[:LONGEST] + "..."
