"""A Prusa printer behind PrusaLink: the server in the printer itself, or on a Raspberry Pi in front of an MK2.5 or MK3.

PrusaLink holds files and at most one job, and remembers nothing of jobs that have ended. What it says of them is
FINISHED or STOPPED, without a name; so an end counts as our file's only where the job was seen with our file before,
and the server says that this very job was its last. Otherwise nobody knows, and a person is asked.

It has no emergency stop: ``stop`` ends the job, which lets queued moves and the parking run on.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from urllib.parse import quote

import httpx

from drivers import hosted, plain
from drivers.contract import ArtifactFault, Clock, MachineFault, NotSupported, OurFault, Payload, Settings, WireFault
from drivers.memory import Memory
from drivers.options import checked
from drivers.protocols import prusalink as says
from drivers.servers import Outcome, Sight
from drivers.service import Facts

MAX_ANSWER = 1024 * 1024
"""Bytes of an answer; more is not read."""
CHUNK = 64 * 1024
"""Bytes that are read from an artifact at once."""
LISTED = 5.0
"""Seconds that the server may take to list a file that it has taken, or to forget one that it has deleted."""
LAG = 2.0
"""Seconds after which a file is listed if it ever came; the Pi was seen to take 0.1."""
ASK_AGAIN = 0.1
"""Seconds between two looks at its files meanwhile."""
STOP_TIMEOUT = 2.0
"""Seconds for each call of an emergency stop."""
GCODE = "text/x.gcode"
"""The one type that every PrusaLink takes: the Pi refuses others, and breaks on application/octet-stream."""


class Auth(StrEnum):
    DIGEST = "digest"
    """User and password."""
    KEY = "key"
    """The password alone, as X-Api-Key."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(hosted.Options):
    auth: Auth = Auth.DIGEST
    user: str = "maker"
    """The user of digest authentication; the printers that carry their own server know no other."""
    ca: str | None = None
    """A file with the certificate authority of an https address, where it is not a public one."""
    timeout: float = 5.0
    """Seconds that a call may take."""
    upload_timeout: float = 120.0
    """Seconds without any progress after which an upload is given up; a slow USB drive writes for long at its end."""
    storage: str | None = None
    """The storage that takes our files (``usb``, ``local``); None: the only one that can be written to."""
    nozzle: float | None = None
    """mm. Where it is given, a printer that says otherwise is refused."""
    serial: str | None = None
    """The printer's serial number. Where it is given, another printer at this address is refused."""


class PrusaLink(hosted.Hosted):
    """See :class:`drivers.hosted.Hosted`."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        options = checked(Options, settings.options, settings.name)
        super().__init__(settings, clock, PrusaLinkServer(settings, clock, options), options)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: object
    """What JSON there was."""
    words: str
    """What it says in case of an error."""


class Body:
    """An artifact's bytes, from their beginning as often as they are asked for: authentication may ask twice."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def __iter__(self) -> Iterator[bytes]:
        with self._path.open("rb") as file:
            while chunk := file.read(CHUNK):
                yield chunk


class Wire:
    """HTTP calls, each within a time and a size. Raises WireFault where no whole answer came, MachineFault for 4xx."""

    def __init__(self, settings: Settings, clock: Clock, options: Options, timeout: float) -> None:
        self._name, self._clock, self._options, self._timeout = settings.name, clock, options, timeout
        self._secret = settings.secret or ""
        verify: ssl.SSLContext | bool = True
        if options.ca is not None:
            try:
                verify = ssl.create_default_context(cafile=options.ca)
            except OSError as error:
                raise MachineFault(
                    f"{self._name}: {options.ca} is no certificate ({error}); look at the option ca"
                ) from None
        headers = {"Accept": "application/json", "User-Agent": "fulfillment"}
        if options.auth is Auth.KEY:
            headers["X-Api-Key"] = self._secret
        # Not the environment's proxies or passwords: the printer stands in the same room.
        self._client = httpx.Client(
            base_url=settings.address, headers=headers, verify=verify, timeout=timeout, trust_env=False
        )
        self._auth = self.fresh()

    def fresh(self) -> httpx.DigestAuth | None:
        """Authentication that begins with a challenge of its own."""
        return httpx.DigestAuth(self._options.user, self._secret) if self._options.auth is Auth.DIGEST else None

    def ask(self, method: str, path: str, also: tuple[int, ...] = ()) -> Answer:
        """``also``: answers of 4xx that the caller wants to see."""
        return self._checked(self._send(method, path, self._auth), method, path, also)

    def put(self, path: str, payload: Payload) -> None:
        """The bytes of an artifact, not started and never over other bytes."""
        auth = self.fresh()
        # A server that refuses a body for want of authentication hangs up in the middle of it: be known before.
        self._checked(self._send("GET", "api/version", auth), "GET", "api/version", ())
        headers = {
            "Content-Type": GCODE,
            "Content-Length": str(payload.size),
            "Print-After-Upload": "?0",
            "Overwrite": "?0",
        }
        try:
            answer = self._send("PUT", path, auth, headers, Body(payload.path), self._options.upload_timeout)
        except OSError as error:
            raise ArtifactFault(f"{payload.path.name} cannot be read ({error.strerror}); render it anew") from error
        self._checked(answer, "PUT", path, ())

    def close(self) -> None:
        self._client.close()

    def _send(
        self,
        method: str,
        path: str,
        auth: httpx.Auth | None,
        headers: dict[str, str] | None = None,
        body: Body | None = None,
        timeout: float | None = None,
    ) -> Answer:
        patience = self._timeout if timeout is None else timeout
        call = self._client.stream(method, path, headers=headers, content=body, timeout=patience, auth=auth)
        try:
            with call as response:
                data, until = bytearray(), self._clock.monotonic() + patience
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > MAX_ANSWER or self._clock.monotonic() > until:
                        raise WireFault(f"{self._name}: its answer to {method} /{path} does not end")
        except httpx.HTTPError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise MachineFault(
                    f"nobody vouches for the certificate of {self._name}; name its authority by the option ca"
                ) from error
            if why := plain.refusal(self._name, str(self._client.base_url), error):
                raise MachineFault(why) from error
            raise WireFault(
                f"{self._name} did not answer {method} /{path} ({type(error).__name__}: {error}); "
                "is it switched on, and is the address right?"
            ) from error
        except (KeyError, ValueError) as error:  # httpx' own digest takes a server's challenge at its word.
            raise MachineFault(
                f"{self._name} asks for authentication in a way that is none ({error!r}); look at the address"
            ) from error
        return _answer(response.status_code, bytes(data))

    def _checked(self, answer: Answer, method: str, path: str, also: tuple[int, ...]) -> Answer:
        if answer.status in also or 200 <= answer.status < 300:
            return answer
        if answer.status in (401, 403):
            who = f"user {self._options.user} with its password" if self._options.auth is Auth.DIGEST else "the key"
            raise MachineFault(f"{self._name} does not let {who} in; look at the secret, and on the printer's screen")
        told = f"{self._name} answers {answer.status} to {method} /{path}: {answer.words or 'without a word'}"
        raise WireFault(told) if answer.status >= 500 else MachineFault(told)


def _answer(status: int, data: bytes) -> Answer:
    try:
        body: object = json.loads(data) if data else None
    except (ValueError, RecursionError):
        body = None
    words = says.text(body, "message") or says.text(body, "title")
    return Answer(status, body, words or says.readable(data[:2000].decode("utf-8", "replace")))


class PrusaLinkServer:
    """See :class:`drivers.servers.Server`."""

    feeds = False
    """Even where a Pi feeds the printer: it forgets a print that has ended well as soon as any other."""

    def __init__(self, settings: Settings, clock: Clock, options: Options) -> None:
        self._settings, self._name, self._clock, self._options = settings, settings.name, clock, options
        url = httpx.URL(settings.address)
        if url.scheme not in ("http", "https") or not url.host:
            raise OurFault(f"machine {self._name}: {settings.address!r} is no address like http://printer.local")
        if not settings.secret:
            raise OurFault(f"machine {self._name}: PrusaLink lets nobody in without a secret; say where it is kept")
        self._open: Wire | None = None
        self._storage = options.storage or ""
        self._relays = False
        self._unlisted: set[str] = set()
        """Files that were sent and not listed since: of these, "no such file" may come too early."""
        self._running: tuple[str, str] | None = None
        """Our file and the id of its job, as last seen on the printer."""
        self._ends: Memory[Outcome] = Memory()
        self._places: Memory[str] = Memory()
        """Where the server has a file of ours, by the job that printed it."""

    # --- what it is -----------------------------------------------------------------------------------------------

    def open(self, hint: Callable[[], None]) -> str:  # noqa: ARG002  PrusaLink pushes nothing.
        self.close()
        self._open = Wire(self._settings, self._clock, self._options, self._options.timeout)
        kind = self._as_configured()
        self._relays = kind.relays
        self._storage = self._options.storage or self._only_storage()
        return says.described(kind)

    def _kind(self) -> says.Kind:
        version = self._wire.ask("GET", "api/version").body
        info = self._wire.ask("GET", "api/v1/info").body
        try:
            return says.kind(version, info)
        except MachineFault as fault:  # It speaks of "it": whose address it is, is known here.
            raise MachineFault(f"{self._name}: {fault}") from None

    def _as_configured(self) -> says.Kind:
        """What it is. Raises MachineFault where that is not what stands in the configuration."""
        kind, wanted = self._kind(), self._options
        if wanted.serial is not None and kind.serial and kind.serial != wanted.serial:
            raise MachineFault(
                f"{self._name} is printer {kind.serial}, and {wanted.serial} is configured; mend one of them"
            )
        if wanted.nozzle is not None and kind.nozzle is not None and abs(kind.nozzle - wanted.nozzle) > 0.005:
            raise MachineFault(
                f"{self._name} says that its nozzle is {kind.nozzle:g} mm, and {wanted.nozzle:g} mm is configured; "
                "change the nozzle, or correct it in the printer's menu or in the configuration"
            )
        return kind

    def _only_storage(self) -> str:
        there = says.storages(self._wire.ask("GET", "api/v1/storage").body)
        found = sorted(name for name, available in there.items() if available)
        if len(found) == 1:
            return found[0]
        if not found:
            raise MachineFault(f"{self._name} has no storage for files; put a USB drive into the printer")
        raise MachineFault(f"{self._name} has the storages {', '.join(found)}; say which by the option storage")

    def facts(self) -> Facts:
        return says.facts(self._kind())

    def console(self, line: str) -> list[str]:  # noqa: ARG002
        raise NotSupported(f"PrusaLink takes no commands over the network; use the screen of {self._name}")

    # --- what it does ---------------------------------------------------------------------------------------------

    def look(self) -> Sight:
        """Status and job, of one moment: both name the same job."""
        for _ in range(3):
            seen = says.printer(self._wire.ask("GET", "api/v1/status").body)
            answer = self._wire.ask("GET", "api/v1/job")
            found = says.job(answer.body) if answer.body is not None else None
            if (found.id if found else None) == seen.job:
                return self._seen(seen, found)
        if (
            found is None and seen.job is not None
        ):  # A print from the printer's own card, of which the Pi knows no file.
            return self._seen(seen, says.Job(seen.job))
        raise WireFault(f"{self._name} does not say the same of its job twice; it is looked at again soon")

    def _seen(self, seen: says.Printer, found: says.Job | None) -> Sight:
        file = self._ours(found) if found is not None else None
        if found is not None:
            self._running = (file, found.id) if file is not None else None
        elif self._running is not None and seen.state in says.RESTING:
            ended, job = self._running
            if seen.state in says.ENDS and self._was_last(job):
                self._ends[ended] = says.ENDS[seen.state]
            self._running = None  # Not before that was answered: no answer is no end.
        return says.sight(seen, found, file, self._relays)

    def _ours(self, found: says.Job) -> str | None:
        """The job's file by the name that we sent it under: the server has it under that name, at that place."""
        if "/" in found.name or not found.name or not found.place:
            return None
        if self._places.get(found.id) != found.place:
            there = self._file(found.name)
            if there is None or says.text(there, "refs", "download") != found.place:
                return None
            self._places[found.id] = found.place
        return found.name

    def _was_last(self, job: str) -> bool:
        """Whether this job was the last one on the printer: then to pause it is a conflict, and of any other it is not
        found. It is not on the printer now, so that nothing can come of asking."""
        try:
            return self._wire.ask("PUT", f"api/v1/job/{job}/pause", also=(404, 409)).status == 409
        except MachineFault:  # A refusal of another kind says nothing of it.
            return False

    def outcome(self, file: str) -> Outcome:
        """Of what the looks have seen: PrusaLink itself keeps no record."""
        if self._running is not None and self._running[0] == file:
            return Outcome.GOING
        return self._ends.get(file, Outcome.UNKNOWN)

    def why(self, file: str) -> str:  # noqa: ARG002  It says that a print was stopped, and not why.
        return ""

    # --- files ----------------------------------------------------------------------------------------------------

    def upload(self, file: str, payload: Payload) -> None:
        self._as_configured()
        self._unlisted.add(file)
        try:
            self._wire.put(self._path(file), payload)
        except MachineFault:
            self._unlisted.discard(file)  # It was refused: nothing comes late.
            raise
        self._until(lambda: self.size(file) is not None, f"took {file}, and does not list it")
        self._unlisted.discard(file)

    def size(self, file: str) -> int | None:
        there = self._file(file)
        if there is None:
            return None
        size = says.number(there, "size")
        if size is None:
            raise MachineFault(f"{self._name} does not say how large {file} is")
        return int(size)

    def _file(self, file: str) -> object | None:
        """What the server says of a file. A missing drive is no missing file, though the server says so."""
        answer = self._wire.ask("GET", self._path(file), also=(404,))
        if answer.status != 404:
            return answer.body
        if not says.storages(self._wire.ask("GET", "api/v1/storage").body).get(self._storage):
            raise MachineFault(f"{self._name} has no storage {self._storage} now; put the USB drive back")
        return None

    def start(self, file: str) -> None:
        self._wire.ask("POST", self._path(file))

    def delete(self, file: str) -> None:
        if self._wire.ask("DELETE", self._path(file), also=(404,)).status == 404 and file in self._unlisted:
            self._clock.sleep(LAG)
            self._wire.ask("DELETE", self._path(file), also=(404,))
        self._until(lambda: self._file(file) is None, f"deleted {file}, and lists it still")
        self._unlisted.discard(file)

    def _until(self, done: Callable[[], bool], otherwise: str) -> None:
        until = self._clock.monotonic() + LISTED
        while not done():
            if self._clock.monotonic() >= until:
                raise MachineFault(f"{self._name} {otherwise}; look at its storage")
            self._clock.sleep(ASK_AGAIN)

    def _path(self, file: str) -> str:
        return f"api/v1/files/{quote(self._storage, safe='')}/{quote(file, safe='')}"

    # --- the job --------------------------------------------------------------------------------------------------

    def pause(self, sight: Sight) -> None:
        self._wire.ask("PUT", f"api/v1/job/{_job(sight)}/pause")

    def resume(self, sight: Sight) -> None:
        self._wire.ask("PUT", f"api/v1/job/{_job(sight)}/resume")

    def cancel(self, sight: Sight) -> None:
        self._wire.ask("DELETE", f"api/v1/job/{_job(sight)}")

    def stop(self) -> str:
        wire = Wire(self._settings, self._clock, self._options, STOP_TIMEOUT)
        try:
            job = says.printer(wire.ask("GET", "api/v1/status").body).job
            if job is not None:
                wire.ask("DELETE", f"api/v1/job/{job}")
        finally:
            wire.close()
        done = f"its job {job} was told to end, which lets queued moves and the parking run on"
        return (
            f"PrusaLink has no emergency stop; {done if job is not None else 'it had no job, and nothing was sent'}: "
            "where that is not safe, switch the printer off by hand"
        )

    @property
    def _wire(self) -> Wire:
        if self._open is None:
            raise WireFault(f"{self._name} is not connected; connect first")
        return self._open

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
        self._open = None


def _job(sight: Sight) -> str:
    if sight.job is None:
        raise MachineFault("there is no job on the printer; nothing was done")
    return sight.job
