"""A printer behind OctoPrint 1.11 or later, through octorest's words for its API.

octorest leaves to its caller what a factory needs: time-outs, limits, typed errors, a base path, an address that does
not redirect. All of that is in :class:`_Session`, which octorest is given; its ``upload`` loses the form's fields, so
uploads are our own. OctoPrint's push channel says when to look and is never the truth, save for one thing: the end of
a file of ours that somebody has deleted meanwhile.

OctoPrint feeds the printer line by line. What it no longer knows after a restart has ended with it, unfinished.
"""

from __future__ import annotations

import json
import logging
import random
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import requests
from octorest import OctoRest  # type: ignore[import-untyped]
from requests.exceptions import RequestException, SSLError
from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

from drivers import plain
from drivers.contract import Activity, Clock, DriverError, Link, MachineFault, OurFault, Payload, Settings, WireFault
from drivers.hosted import Hosted
from drivers.hosted import Options as HostedOptions
from drivers.memory import Memory
from drivers.options import checked
from drivers.protocols import octoprint as says
from drivers.servers import Outcome, Sight
from drivers.service import Facts
from drivers.sights import attempt_of
from drivers.uploads import Form

_log = logging.getLogger(__name__)

MAX_ANSWER = 4 * 1024 * 1024
"""Bytes of one answer or pushed message; a longer one is no answer."""
CHUNK = 65_536
PATIENT = 3
"""Time-outs that a whole answer may take once its first byte is there."""
STOP_TIMEOUT = 3.0
"""Seconds that an emergency stop may take to be acknowledged."""
PUSH_FIRST, PUSH_MOST = 1.0, 30.0
"""Seconds between tries to be pushed to, doubling."""
PUSH_SILENCE = 60.0
"""Seconds of silence after which pushes are asked for anew: a heartbeat comes every 25."""
CONSOLE_WAIT = 60.0
"""Seconds that the firmware may take to answer a technician's line; what it has said until then is what is shown."""
CONNECT_LOOK = 0.25
"""Seconds between looks while OctoPrint connects its printer."""


@dataclass(frozen=True, slots=True)
class Connection:
    """How OctoPrint connects its printer; None: as it prefers."""

    port: str | None = None
    baudrate: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(HostedOptions):
    timeout: float = 8.0
    """Seconds that an answer may take."""
    upload_timeout: float = 120.0
    """Seconds that an upload may take from its last byte to its answer."""
    connect_wait: float = 30.0
    """Seconds that OctoPrint may take to connect its printer."""
    connection: Connection | None = field(default_factory=Connection)
    """Have OctoPrint connect its printer where it is not connected; null: leave that to people."""
    push: bool = True
    """Listen to what OctoPrint pushes, so that changes are seen sooner than by the next look."""
    ca: str | None = None
    """File of the certificates (PEM) that an https address is checked against; none: those that come with Python."""


class OctoPrint(Hosted):
    """See :class:`drivers.hosted.Hosted`; ``connect`` takes up to ``connect_wait`` more to connect the printer."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        options = checked(Options, settings.options, settings.name)
        super().__init__(settings, clock, OctoPrintServer(settings, clock, options), options)


class OctoPrintServer:
    """See :class:`drivers.servers.Server`."""

    feeds = True

    def __init__(self, settings: Settings, clock: Clock, options: Options) -> None:
        self._settings, self._clock, self._options, self._name = settings, clock, options, settings.name
        self._address = _Address(settings)
        key = settings.secret or ""
        if not (key.isascii() and key.isprintable()) or key != key.strip():
            raise OurFault(f"machine {settings.name}: its secret is no API key; copy the key from OctoPrint again")
        self._api = self._session(options.timeout)
        self._stopped = threading.Event()
        self._ends: Memory[Outcome] = Memory()
        """Ends of files that were pushed, by file."""
        self._why: Memory[str] = Memory()
        """What OctoPrint said of its printer's error, by the file that was selected then."""
        self._pushes: _Pushes | None = None

    def _session(self, timeout: float, once: bool = False) -> _Api:
        """``once``: for a single call, after which nothing stays open."""
        session = _Session(self._name, self._address, self._options.ca, timeout, self._clock)
        session.headers["X-Api-Key"] = self._settings.secret or ""
        if once:
            session.headers["Connection"] = "close"
        return _Api(session)

    def open(self, hint: Callable[[], None]) -> str:
        """Check address, key and permissions; have the printer connected; compare its profile with our envelope."""
        if self._pushes is not None and not self._pushes.alive:
            self.close()
        if self._pushes is None:
            self._api = self._session(self._options.timeout)
        version = says.read(says.Version, self._api.get_version(), self._name)
        if not version.text.startswith("OctoPrint"):
            raise MachineFault(f"{self._name} is {says.shown(version.text)!r} and no OctoPrint; look at the address")
        user = says.read(says.User, self._api.current_user(), self._name)
        if missing := [
            each for each in says.NEEDED if each not in user.permissions and "ADMIN" not in user.permissions
        ]:
            raise MachineFault(f"the key of {self._name} may not {', '.join(missing)}; grant it in OctoPrint")
        self._compare()
        self._connect_printer()
        if self._options.push and self._pushes is None:
            wanted = {"state": False, "events": sorted(says.EVENTS), "plugins": False}
            self._pushes = _Pushes(self._name, lambda: self._listen(wanted), lambda said: self._pushed(said, hint))
        return version.text

    def _compare(self) -> None:
        """Somebody typed the profile in, so it proves little; where it is smaller than our envelope, one is wrong."""
        wanted, profile = self._settings.envelope, self._profile()
        there = says.box(profile) if profile is not None else None
        if wanted is None or there is None or all(w <= t + 0.5 for w, t in zip(wanted, there, strict=True)):
            return
        raise MachineFault(
            f"{self._name} is configured with an envelope of {_mm(wanted)}, and OctoPrint's printer profile says "
            f"{_mm(there)}; correct the one that is wrong"
        )

    def _profile(self) -> says.Profile | None:
        return says.read(says.Profiles, self._api.printer_profiles(), self._name).current

    def _connect_printer(self) -> None:
        """OctoPrint's printer is connected at the end, where OctoPrint can be told so."""
        wanted = self._options.connection
        sight = says.sight(self._job(), None, None)
        if sight.link is Link.OFFLINE and wanted is not None:
            self._api.connect(port=wanted.port, baudrate=wanted.baudrate)
            sight = says.sight(self._job(), None, None)
        until = self._clock.monotonic() + self._options.connect_wait
        while wanted and sight.link is not Link.ONLINE and not sight.fault and self._clock.monotonic() < until:
            self._clock.sleep(CONNECT_LOOK)
            sight = says.sight(self._job(), None, None)
        if sight.link is not Link.ONLINE:
            where = wanted.port if wanted is not None and wanted.port else "the port that it prefers"
            tried = "leaves it to people to connect it" if wanted is None else f"could not connect it on {where}"
            raise MachineFault(
                f"{self._name}: OctoPrint has no printer connected and {tried}"
                f"{f' ({sight.fault})' if sight.fault else ''}; look at the printer's power, cable, port and baud rate"
            )

    def look(self) -> Sight:
        job = self._job()
        sight = says.sight(job, None, None)
        if job.error and job.job.file.path is not None:
            self._why[job.job.file.path] = says.shown(job.error)
        if sight.link is not Link.ONLINE:
            return sight
        return says.sight(job, self._printer(), None if sight.activity is Activity.IDLE else self._prompt())

    def _job(self) -> says.Job:
        return says.read(says.Job, self._api.job_info(), self._name)

    def _printer(self) -> says.Printer | None:
        try:
            return says.read(says.Printer, self._api.printer(exclude=["sd", "state"]), self._name)
        except _Refused as refused:  # It was disconnected a moment ago.
            if refused.status != 409:
                raise
            return None

    def _prompt(self) -> says.Prompt | None:
        try:
            return says.read(says.Prompt, self._api.prompt() or {}, self._name)
        except _Refused:  # Its plugin may be switched off, and the key need not be allowed to answer.
            return None

    def outcome(self, file: str) -> Outcome:
        return says.outcome(self._info(file), self._ends.get(file))

    def why(self, file: str) -> str:
        """What OctoPrint called its error when it last showed one, if the file was the one that was selected."""
        return self._why.get(file, "")

    def _info(self, file: str) -> says.FileInfo | None:
        try:
            return says.read(says.FileInfo, self._api.files_info("local", file), self._name)
        except _Refused as refused:
            if refused.status != 404:
                raise
            return None

    def upload(self, file: str, payload: Payload) -> None:
        """As form fields: octorest's own upload sends them as JSON beside the form, where OctoPrint drops them."""
        self._stopped.clear()
        note = {"attempt": attempt_of(file), "sha256": payload.sha256}
        fields = {"noOverwrite": "true", "userdata": json.dumps(note)}
        with Form(fields, file, payload.path, self._stopped) as form:
            self._api.post_form("/api/files/local", form, (self._options.timeout, self._options.upload_timeout))

    def size(self, file: str) -> int | None:
        info = self._info(file)
        return None if info is None else info.size or 0

    def start(self, file: str) -> None:
        """OctoPrint's ``select`` with ``print``: one call names the file and starts it, so no other can be meant."""
        self._api.select(file, print=True)

    def delete(self, file: str) -> None:
        """OctoPrint refuses it while the file is printed or held paused, and deselects it otherwise."""
        try:
            self._api.delete(file)
        except _Refused as refused:
            if refused.status != 404:
                raise

    def pause(self, sight: Sight) -> None:  # noqa: ARG002
        """OctoPrint takes no name with this; the shell has looked a moment ago."""
        self._api.pause()

    def resume(self, sight: Sight) -> None:  # noqa: ARG002
        self._api.resume()

    def cancel(self, sight: Sight) -> None:  # noqa: ARG002
        self._api.cancel()

    def stop(self) -> str:
        self._stopped.set()
        with self._session(STOP_TIMEOUT, once=True) as api:
            api.gcode("M112")
        return (
            "OctoPrint took M112, sends it ahead of its own queue and closes the port; a firmware without "
            "EMERGENCY_PARSER obeys only once it has carried out what it holds"
        )

    def facts(self) -> Facts:
        version = says.read(says.Version, self._api.get_version(), self._name)
        connection = says.read(says.Connection, self._api.connection_info(), self._name)
        return says.facts(version, self._profile(), connection)

    def console(self, line: str) -> list[str]:
        """What the firmware answers is shown by OctoPrint's terminal alone, and that is pushed."""
        dialogue = says.Dialogue(line)
        try:
            with self._listen({"state": {"logs": True, "messages": False}, "events": False}) as terminal:
                self._api.gcode(line)
                asked = self._clock.monotonic()
                while not dialogue.over:
                    patience = CONSOLE_WAIT if dialogue.sent else self._options.timeout
                    frame = terminal.recv(max(0.0, asked + patience - self._clock.monotonic()))
                    for each in says.logged(frame if isinstance(frame, str) else ""):
                        dialogue.hear(each)
        except (OSError, WebSocketException) as error:
            _log.debug("%s: what was answered to %s is not known: %s", self._name, line, _brief(error))
        return dialogue.answer

    def close(self) -> None:
        pushes, self._pushes = self._pushes, None
        if pushes is not None:
            pushes.close()
        self._api.session.close()

    # --- pushes ---------------------------------------------------------------------------------------------------

    def _listen(self, wanted: Mapping[str, object]) -> ClientConnection:
        """A connection that is authorised and subscribed. Without a login it would say nothing but ``connected``."""
        with self._session(self._options.timeout, once=True) as api:
            login = says.read(says.Login, api.login(), self._name)
        numbers = f"{random.randrange(1000):03d}/{random.randrange(16**8):08x}"
        url = "ws" + self._address.url.removeprefix("http") + f"/sockjs/{numbers}/websocket"
        context = ssl.create_default_context(cafile=self._options.ca) if url.startswith("wss") else None
        socket = connect(
            url,
            ssl=context,
            proxy=None,
            open_timeout=self._options.timeout,
            close_timeout=1.0,
            ping_interval=None,  # OctoPrint says something every 25 s by itself.
            max_size=MAX_ANSWER,
            legacy=True,
        )
        socket.send(says.message({"subscribe": wanted}))
        socket.send(says.message({"auth": f"{login.name}:{login.session}"}))
        return socket

    def _pushed(self, frame: str, hint: Callable[[], None]) -> None:
        if says.expired(frame):
            raise WireFault("the session has expired")
        for file, end in says.pushed(frame):
            if file is not None and end is not None and attempt_of(file) is not None:
                self._ends[file] = end
            hint()


class _Address:
    """Scheme, host and base path. Raises OurFault for what is no address of a server."""

    def __init__(self, settings: Settings) -> None:
        try:
            parts = urlsplit(settings.address)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        if not good or parts.query or parts.fragment or parts.username:
            raise OurFault(
                f"machine {settings.name}: {settings.address!r} is no address of OctoPrint; "
                "write http://HOST[:PORT][/PATH] or https://..., and the key as its secret"
            )
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.url = self.origin + parts.path.rstrip("/")


class _Refused(MachineFault):
    """The server answered that it will not."""

    def __init__(self, said: str, status: int) -> None:
        super().__init__(said)
        self.status = status


class _Session(requests.Session):
    """What every request has in common. The key goes into a header and nowhere else."""

    def __init__(self, name: str, address: _Address, ca: str | None, timeout: float, clock: Clock) -> None:
        super().__init__()
        self._name, self._address, self._timeout, self._clock = name, address, timeout, clock
        self.trust_env = False  # No proxy, no .netrc: the server is what the configuration says.
        self.verify = ca or True

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **options: Any) -> requests.Response:
        """Bounded in time and size, below the base path. Raises WireFault, MachineFault for a bad certificate."""
        path = str(url).removeprefix(self._address.origin)
        options |= {"timeout": options.get("timeout") or self._timeout, "allow_redirects": False, "stream": True}
        try:
            with super().request(method, self._address.url + path, *args, **options) as answer:
                body, until = bytearray(), self._clock.monotonic() + PATIENT * self._timeout
                for chunk in answer.iter_content(CHUNK):
                    body += chunk
                    if self._clock.monotonic() > until:
                        raise WireFault(f"{self._name}: the answer to {path} trickles; look at the network")
                    if len(body) > MAX_ANSWER:
                        raise MachineFault(
                            f"{self._name} answers {path} with over {MAX_ANSWER} bytes; is it OctoPrint?"
                        )
                answer._content = bytes(body)
                return answer
        except SSLError as error:
            if why := plain.refusal(self._name, self._address.origin, error):
                raise MachineFault(why) from None
            if "CERTIFICATE_VERIFY_FAILED" not in str(error):
                raise WireFault(
                    f"{self._name}: the encrypted link broke ({_brief(error)}); look at the network"
                ) from None
            raise MachineFault(
                f"{self._name}: the certificate of {self._address.origin} is not to be trusted; give the file of its "
                "authority as option ca, or the name that it is made out to as address"
            ) from None
        except RequestException as error:
            raise WireFault(
                f"{self._name}: no answer to {method!s} {path} at {self._address.origin} ({_brief(error)}); "
                "look at OctoPrint and the network"
            ) from None
        except OSError as error:  # Before anything is sent.
            raise MachineFault(f"{self._name}: option ca cannot be used ({_brief(error)})") from None


class _Api(OctoRest):  # type: ignore[misc]
    """octorest's words for the API, and those that it lacks."""

    session: _Session

    def __init__(self, session: _Session) -> None:
        super().__init__(url=session._address.origin, session=session)

    def _check_response(self, response: requests.Response) -> requests.Response:
        """Raises _Refused for what the server will not do, WireFault for what went wrong inside of it."""
        status, name = response.status_code, self.session._name
        if 200 <= status < 300:
            return response
        said = f"{name} answers {status} ({_reason(response)})"
        if status >= 500:
            raise WireFault(f"{said}; look at OctoPrint and what stands before it")
        if status in (401, 403):
            raise _Refused(f"{said}; give a key that OctoPrint accepts as the machine's secret", status)
        if status < 400:
            raise _Refused(f"{said}; give the address to which it redirects", status)
        raise _Refused(said, status)

    def _get(self, path: str, params: Any = None) -> Any:
        try:
            return super()._get(path, params)
        except ValueError:
            raise MachineFault(f"{self.session._name} answers {path} with no JSON; look at the address") from None

    def current_user(self) -> Any:
        return self._get("/api/currentuser")

    def prompt(self) -> Any:
        """What the firmware asks a person (``//action:prompt``), or None."""
        return self._get("/api/plugin/action_command_prompt")

    def login(self) -> Any:
        """A session for the push channel, by the key that every request carries."""
        try:
            return self._post("/api/login", json={"passive": True})
        except ValueError:
            raise MachineFault(f"{self.session._name} answers a login with no JSON; look at the address") from None

    def post_form(self, path: str, form: Form, timeout: tuple[float, float]) -> None:
        headers = {"Content-Type": form.media_type}
        answer = self.session.post(self.url + path, data=form, headers=headers, timeout=timeout)
        self._check_response(answer)

    def __enter__(self) -> _Api:
        return self

    def __exit__(self, *_: object) -> None:
        self.session.close()


class _Pushes:
    """A thread that listens, and connects anew for as long as it is not closed."""

    def __init__(self, name: str, listen: Callable[[], ClientConnection], took: Callable[[str], None]) -> None:
        self._name, self._listen, self._took = name, listen, took
        self._closing, self._known = threading.Event(), threading.Lock()
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name=f"pushes {name}", daemon=True)
        self._thread.start()

    @property
    def alive(self) -> bool:
        return self._thread.is_alive()

    def close(self) -> None:
        self._closing.set()
        with self._known:
            if self._socket is not None:
                self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        pause = PUSH_FIRST
        while not self._closing.is_set():
            try:
                socket = self._listen()
                with self._known:
                    self._socket = socket
                with socket:
                    while not self._closing.is_set():
                        frame = socket.recv(PUSH_SILENCE)
                        pause = PUSH_FIRST
                        self._took(frame if isinstance(frame, str) else "")
            except (DriverError, OSError, WebSocketException) as error:
                _log.debug("%s pushes nothing: %s", self._name, _brief(error))
            self._closing.wait(pause)
            pause = min(pause * 2, PUSH_MOST)


def _reason(response: requests.Response) -> str:
    """The server's own words for a refusal."""
    try:
        said = response.json()
    except ValueError:
        said = None
    error = said.get("error") if isinstance(said, dict) else None
    return says.shown(str(error)) if error else response.reason or "no reason given"


def _brief(error: Exception) -> str:
    """The innermost reason, without addresses of objects and nested wrappings."""
    reason: BaseException = error
    while (inner := reason.__cause__ or reason.__context__) is not None:
        reason = inner
    return says.shown(str(reason)) or type(reason).__name__


def _mm(box: tuple[float, float, float]) -> str:
    return " x ".join(f"{side:g}" for side in box) + " mm"
