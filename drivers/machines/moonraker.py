"""A Klipper printer behind Moonraker.

Calls are JSON-RPC over HTTP, each with a time-out of its own, and with Klipper's words whole (the REST routes put them
into the status line, where lines after the first are lost). The WebSocket carries only hints to look. Klipper prints
by itself: a print goes on while Moonraker is away, and Moonraker's history is the record of starts.
Moonraker's own job queue is never used: what waits in it would begin by itself, on a bed that nobody has cleared.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

import httpx

from drivers import plain
from drivers.contract import Clock, DriverError, Link, MachineFault, OurFault, Payload, Settings, WireFault
from drivers.hosted import Hosted
from drivers.hosted import Options as HostedOptions
from drivers.listening import Listener, Place, Send
from drivers.memory import Memory
from drivers.options import checked
from drivers.protocols import moonraker as words
from drivers.servers import Outcome, Sight
from drivers.service import Facts
from drivers.uploads import Form

MAX_ANSWER = 8 * 1024 * 1024
"""Bytes of one answer; a longer one is no answer."""
HISTORY = 500
"""The newest prints that are looked through for one of ours."""
PAGE = 100
STORED = 200
"""Lines of the console that are looked through for what a technician's line was answered."""
PUSH_SILENCE = 60.0
"""Seconds of silence after which pushes are asked for anew: Moonraker says something every second."""
RESTART_LOOK = 0.5
"""Seconds between looks while Klipper restarts."""
END = "CANCEL_PRINT\nTURN_OFF_HEATERS\nM107"
"""Klipper's own CANCEL_PRINT leaves the heaters on. As one script it is carried out as one, however late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options(HostedOptions):
    timeout: float = 5.0
    """Seconds that an answer may take."""
    act_timeout: float = 10.0
    """Seconds that start, pause, resume and cancel may take: Klipper lets them wait for the command at work."""
    upload_timeout: float = 300.0
    """Seconds that an upload may take from its last byte to its answer."""
    console_timeout: float = 120.0
    """Seconds that a technician's line may take: homing, heating."""
    restart_wait: float = 60.0
    """Seconds that Klipper may take to come back after a restart of its firmware."""
    rest_wait: float = 60.0
    """Seconds that the last moves of a print may take after its last line was read."""
    ca: str | None = None
    """File of the certificates (PEM) that an https address is checked against; none: those of this computer."""


class Moonraker(Hosted):
    """See :class:`drivers.hosted.Hosted`; ``connect`` after a fault takes up to ``restart_wait``."""

    def __init__(self, settings: Settings, clock: Clock) -> None:
        options = checked(Options, settings.options, settings.name)
        super().__init__(settings, clock, MoonrakerServer(settings, clock, options), options)

    def asks(self, line: str) -> bool:
        """See :class:`drivers.service.KnowsQuestions`."""
        return words.asks(line)


class MoonrakerServer:
    """See :class:`drivers.servers.Server`."""

    feeds = False

    def __init__(self, settings: Settings, clock: Clock, options: Options) -> None:
        self._settings, self._clock, self._options = settings, clock, options
        self._name = settings.name
        _checked_url(settings)
        self._open: Wire | None = None
        self._listener: Listener | None = None
        self._heaters: tuple[str, ...] = ()
        self._going: str | None = None
        """The file that was seen printing last: it has ended only once its moves have."""
        self._read_at: float | None = None
        """When that file was first seen read to its end."""
        self._why: Memory[str] = Memory()
        """Klipper's words on prints that failed, by file: it has forgotten them once its firmware is restarted."""
        self._stopped = threading.Event()
        """Set, it ends the upload that is under way."""
        self._halted = False
        """A halt was told. Connecting again acknowledges it, and only then is the firmware restarted."""

    # --- connecting -----------------------------------------------------------------------------------------------

    def open(self, hint: Callable[[], None]) -> str:
        self.close()
        self._open = wire = Wire(self._settings, self._options)
        server = wire.call("server.info")
        if words.at(server, "klippy_connected") is not True:
            raise WireFault(f"{self._name}: Moonraker answers, Klipper does not run; look at its klippy.log")
        info = self._wire.call("printer.info")
        if words.name(info, "state") in ("shutdown", "error") and self._halted:
            info = self._restart()
        if words.name(info, "state") == "startup":
            raise WireFault(f"{self._name}: Klipper is about to start, which takes a moment")
        if words.name(info, "state") == "ready":
            why = words.unfit(
                self._query("toolhead", "extruder", "configfile", "virtual_sdcard", "pause_resume"),
                self._settings.processes,
                self._settings.envelope,
            )
            if why is not None:
                raise MachineFault(f"{self._name}: {why}")
            if not self._printer().holds:  # what runs is first of all looked at
                self._check_queue()
        self._halted = False
        self._listener = self._listening(wire, hint)
        return words.firmware(info, server)

    def _listening(self, wire: Wire, hint: Callable[[], None]) -> Listener:
        def begin(send: Send) -> None:
            send(_call("server.connection.identify", words.IDENTITY))
            subscribe(send)

        def subscribe(send: Send) -> None:
            send(_call("printer.objects.subscribe", {"objects": words.WATCHED}))

        def heard(message: str, send: Send) -> None:
            method = words.name(json.loads(message), "method")
            if method == "notify_klippy_ready":  # who has subscribed to the Klipper before is forgotten
                subscribe(send)
            if method in words.HINTS:
                hint()

        place = Place("ws" + wire.url.removeprefix("http") + "/websocket", wire.headers, wire.trust)
        return Listener(place, begin, heard, hint, PUSH_SILENCE, self._name)

    def _restart(self) -> object:
        """Restart the firmware, and wait until Klipper is ready or says why it is not."""
        self._wire.call("printer.firmware_restart", timeout=self._options.act_timeout)
        until = self._clock.monotonic() + self._options.restart_wait
        last = "it is away"
        while self._clock.monotonic() < until:
            self._clock.sleep(RESTART_LOOK)
            try:
                info = self._wire.call("printer.info")
            except WireFault as fault:  # It is away, or too busy with its start to answer.
                last = str(fault)
                continue
            last = words.name(info, "state")
            if last == "ready":
                return info
        raise MachineFault(
            f"{self._name}: Klipper is not ready {self._options.restart_wait:g} s after a restart of its firmware "
            f"({last}); look at its klippy.log, then connect again"
        )

    def _check_queue(self) -> None:
        waiting = words.queued(self._wire.call("server.job_queue.status"))
        if waiting:
            raise MachineFault(
                f"{self._name}: {waiting} jobs wait in Moonraker's own queue and may begin by themselves, on whatever "
                "lies on the bed; empty that queue (its page, or server.job_queue.delete_job), then connect again"
            )

    def close(self) -> None:
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
        wire, self._open = self._open, None
        if wire is not None:
            wire.close()

    # --- looking --------------------------------------------------------------------------------------------------

    def look(self) -> Sight:
        try:
            printer = self._printer()
        except NoPrinter:
            return Sight(Link.OFFLINE)
        self._halted |= printer.halted
        return words.sight(printer, self._coming_to_rest(printer))

    def _coming_to_rest(self, printer: words.Printer) -> bool:
        """Its print was read to the end, and it still moves: that ends soon, whatever Klipper says of it."""
        if printer.holds and not printer.halted:
            self._going, self._read_at = printer.file, None
            return False
        if printer.file != self._going or not printer.moving or printer.halted:
            self._going = None
            return False
        now = self._clock.monotonic()
        self._read_at = now if self._read_at is None else self._read_at
        return now - self._read_at < self._options.rest_wait

    def _printer(self) -> words.Printer:
        objects = {**words.LOOKED_AT, **dict.fromkeys(self._heaters, ("temperature", "target"))}
        answer = self._wire.call("printer.objects.query", {"objects": objects})
        printer = words.printer(words.at(answer, "status"))
        self._heaters = printer.heaters
        if said := words.why(printer):
            self._why[printer.file] = said
        return printer

    def outcome(self, file: str) -> Outcome:
        """Klipper's own word first: what Moonraker calls interrupted may have gone on, and ended well."""
        try:
            printer = self._printer()
        except NoPrinter:
            printer = None
        if printer is not None:
            told = words.of_printer(printer, file)
            if told is not None:
                return Outcome.GOING if self._coming_to_rest(printer) else told
        for start in range(0, HISTORY, PAGE):
            page = words.jobs(self._wire.call("server.history.list", {"limit": PAGE, "start": start, "order": "desc"}))
            for job in page:
                if job.file == file:
                    return words.of_history(job.status, asked=printer is not None and not printer.file)
            if len(page) < PAGE:
                return Outcome.UNKNOWN if printer is None else Outcome.NONE
        return Outcome.UNKNOWN

    def why(self, file: str) -> str:
        return self._why.get(file, "")

    # --- files ----------------------------------------------------------------------------------------------------

    def size(self, file: str) -> int | None:
        what = f"the size of {file}"
        answer = self._wire.ask("HEAD", _path(file), what)
        if answer.status == httpx.codes.NOT_FOUND:
            return None
        self._wire.check(answer, what)
        if answer.length is None:
            raise MachineFault(f"{self._name} does not say how large {file} is; is it Moonraker?")
        return answer.length

    def upload(self, file: str, payload: Payload) -> None:
        if self.size(file) is not None:
            raise MachineFault(f"{self._name} has a {file} already; delete it there, or make a new attempt")
        self._stopped.clear()
        what = f"the upload of {file}"
        fields = {"root": "gcodes", "print": "false", "checksum": payload.sha256.lower()}
        wait = httpx.Timeout(self._options.timeout, read=self._options.upload_timeout)
        with Form(fields, file, payload.path, self._stopped) as form:
            headers = {"Content-Type": form.media_type, "Content-Length": str(len(form))}
            answer = self._wire.ask("POST", "/server/files/upload", what, wait, content=form, headers=headers)
        self._wire.check(answer, what)
        said = answer.json()
        if words.name(said, "item", "path") != file:
            raise MachineFault(f"{self._name} stored {file} under another name; look at its upload settings")
        if words.at(said, "print_started") is True or words.at(said, "print_queued") is True:
            raise WireFault(f"{self._name} started or queued {file} although it was asked not to; look at the machine")

    def delete(self, file: str) -> None:
        what = f"the deletion of {file}"
        answer = self._wire.ask("DELETE", _path(file), what)
        if answer.good or self.size(file) is None:
            return
        if answer.status == httpx.codes.FORBIDDEN:
            raise MachineFault(f"{self._name} does not delete {file}: it is on the printer")
        self._wire.check(answer, what)

    # --- acting ---------------------------------------------------------------------------------------------------

    def start(self, file: str) -> None:
        """Moonraker starts over a paused print, and abandons it: so it is looked at directly before."""
        self._check_queue()
        printer = self._printer()
        if printer.halted:
            raise MachineFault(f"{self._name}: {words.fault(printer)}")
        if printer.holds:
            raise MachineFault(f"{self._name}: {printer.file} is {printer.stats}; let it end first")
        self._act("printer.print.start", {"filename": file})

    def pause(self, sight: Sight) -> None:  # noqa: ARG002  (Moonraker knows no job: it pauses what is there)
        self._act("printer.print.pause")

    def resume(self, sight: Sight) -> None:  # noqa: ARG002
        self._act("printer.print.resume")

    def cancel(self, sight: Sight) -> None:  # noqa: ARG002
        """The end of the print, and of its heat."""
        try:
            self._act("printer.gcode.script", {"script": END})
        except MachineFault:
            self._act("printer.gcode.script", {"script": "TURN_OFF_HEATERS"})
            raise

    def stop(self) -> str:
        self._halted = True
        self._stopped.set()
        with Wire(self._settings, self._options) as wire:
            wire.call("printer.emergency_stop")
        return "Klipper has shut down, with heaters and motors off; connecting again restarts its firmware"

    # --- a technician's -------------------------------------------------------------------------------------------

    def facts(self) -> Facts:
        return words.facts(
            self._wire.call("printer.info"),
            self._wire.call("server.info"),
            self._query("toolhead", "extruder", "configfile"),
        )

    def console(self, line: str) -> list[str]:
        """An unknown command is no error to Klipper: it is answered with a line that says so."""
        self._wire.call("printer.gcode.script", {"script": line}, self._options.console_timeout)
        return words.answered(self._wire.call("server.gcode_store", {"count": STORED}), line)

    # --- the wire -------------------------------------------------------------------------------------------------

    def _query(self, *objects: str) -> object:
        return words.at(self._wire.call("printer.objects.query", {"objects": dict.fromkeys(objects)}), "status")

    def _act(self, method: str, params: Mapping[str, object] | None = None) -> None:
        self._wire.call(method, params, self._options.act_timeout)

    @property
    def _wire(self) -> Wire:
        if self._open is None:
            raise WireFault(f"{self._name} is not connected; connect first")
        return self._open


class NoPrinter(WireFault):
    """The server answers and its printer is away."""


_JSON: Mapping[str, str] = {"Content-Type": "application/json"}
_UNAUTHORIZED, _NO_METHOD = -32602, -32601
"""What 401 and 404 are in Moonraker's JSON-RPC. Klipper's methods are there only once Klipper was."""


@dataclass(frozen=True, slots=True)
class Answer:
    """``length``: what the header says, or None."""

    status: int
    reason: str
    length: int | None
    data: bytes
    whose: str
    """The machine and its URL."""

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> object:
        try:
            return json.loads(self.data)
        except ValueError:
            raise MachineFault(
                f"{self.whose} answers with something that is no JSON; look at the address: is it Moonraker's?"
            ) from None


class Wire:
    """Calls over HTTP, each within a time and a size. Raises as :class:`drivers.servers.Server` says."""

    def __init__(self, settings: Settings, options: Options) -> None:
        self._name, self._options = settings.name, options
        self.url = _checked_url(settings)
        self.headers = {"X-Api-Key": settings.secret} if settings.secret else {}
        self.trust = self._trust() if self.url.startswith("https:") else None
        self._client = httpx.Client(
            base_url=self.url,
            headers=self.headers,
            timeout=options.timeout,
            verify=self.trust or True,
            trust_env=False,  # a proxy of this computer's is none for a printer beside it
        )

    def _trust(self) -> ssl.SSLContext:
        try:
            return ssl.create_default_context(cafile=self._options.ca)
        except OSError as error:
            raise MachineFault(
                f"{self._name}: {self._options.ca} holds no certificates ({error}); look at the option ca"
            ) from error

    def call(self, method: str, params: Mapping[str, object] | None = None, timeout: float | None = None) -> object:
        """A method of the JSON-RPC; NoPrinter where Klipper is away."""
        answer = self.ask(
            "POST", "/server/jsonrpc", method, timeout, content=_call(method, params or {}), headers=_JSON
        )
        self.check(answer, method)
        said = answer.json()
        error = words.at(said, "error")
        if error is None:
            return words.at(said, "result")
        raise self._refusal(method, words.number(error, "code"), words.text(error, "message") or "no reason is given")

    def ask(
        self,
        verb: str,
        path: str,
        what: str,
        timeout: float | httpx.Timeout | None = None,
        *,
        content: str | Form | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """A request, whatever its status; WireFault where no whole answer came."""
        wait = timeout or self._options.timeout
        data = b""
        try:
            with self._client.stream(verb, path, content=content, headers=headers, timeout=wait) as response:
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > MAX_ANSWER:
                        raise MachineFault(f"{self._name} answers {what} with over {MAX_ANSWER >> 20} MiB")
        except (httpx.HTTPError, httpx.StreamError) as error:
            why = str(error) or type(error).__name__
            if "CERTIFICATE_VERIFY_FAILED" in why:
                raise MachineFault(f"{self._name}: nobody vouches for {self.url} ({why}); set the option ca") from error
            if plainly := plain.refusal(self._name, self.url, error):
                raise MachineFault(plainly) from error
            raise WireFault(
                f"{self._name}: no answer to {what} from {self.url} ({why}); "
                "is it switched on, does Moonraker run, and is the address right?"
            ) from error
        length = response.headers.get("content-length", "")
        return Answer(
            response.status_code,
            response.reason_phrase,
            int(length) if length.isdigit() else None,
            data,
            f"{self._name} at {self.url}",
        )

    def check(self, answer: Answer, what: str) -> None:
        """Raise for what is no success."""
        if answer.status == httpx.codes.UNAUTHORIZED:
            raise self._key_refused()
        if answer.status >= 500:
            raise WireFault(f"{self._name}: {what} was answered {answer.status} {answer.reason}; look at the machine")
        if not answer.good:
            raise MachineFault(f"{self._name} refuses {what}: {answer.status} {answer.reason}")

    def _refusal(self, method: str, code: float | None, why: str) -> DriverError:
        if code in (_UNAUTHORIZED, httpx.codes.UNAUTHORIZED) and "nauthorized" in why:
            return self._key_refused()
        if code == httpx.codes.SERVICE_UNAVAILABLE or (code == _NO_METHOD and method.startswith("printer.")):
            return NoPrinter(f"{self._name}: Klipper does not run ({why}); look at its klippy.log")
        if code is not None and (400 <= code < 500 or code < 0):
            return MachineFault(f"{self._name} refuses {method}: {why}")
        return WireFault(f"{self._name} failed at {method}: {why}; look at the machine")

    def _key_refused(self) -> MachineFault:
        return MachineFault(
            f"{self._name}: Moonraker does not accept the key; put its API key into the machine's secret, "
            "or this computer among its trusted_clients"
        )

    def close(self) -> None:
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _call(method: str, params: Mapping[str, object]) -> str:
    return json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 1})


def _checked_url(settings: Settings) -> str:
    url = settings.address.rstrip("/")
    if not url.startswith(("http://", "https://")):
        raise OurFault(f"machine {settings.name}: {settings.address!r} is no URL; write one such as http://host:7125")
    return url


def _path(file: str) -> str:
    return f"/server/files/gcodes/{quote(file, safe='')}"
