"""The routes of OctoPrint, over the files and the printer behind them."""

from __future__ import annotations

import argparse
import asyncio
import json
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulators.hosted import Core, File, Job, Result, State
from simulators.hosted.forms import Part, parts
from simulators.octoprint import answers
from simulators.record import Json

LONGEST = 64 * 1024 * 1024
"""Bytes of an upload."""
CONNECTING = 0.15
"""Real seconds from the order to connect until the printer is there."""
PORTS, BAUDRATES = ("SIMULATED",), (250000, 115200)
TRUE = ("true", "yes", "y", "1", True, 1)
DENIED = (
    "You don't have the permission to access the requested resource. "
    "It is either read-protected or not readable by the server."
)
MISSING = (
    "The requested URL was not found on the server. "
    "If you entered the URL manually please check your spelling and try again."
)


def error(status: int, text: str) -> Response:
    return JSONResponse({"error": text}, status)


def done() -> Response:
    return Response(status_code=204)


class OctoPrint:
    """One OctoPrint. All but the routes runs in the machine's thread."""

    def __init__(self, core: Core, options: argparse.Namespace) -> None:
        self.core, self.printer, self._key, self._base = core, core.printer, options.key, options.base.rstrip("/")
        self._envelope: tuple[float, float, float] = options.envelope
        self.selected: File | None = None
        self.error = ""
        self._connecting: float | None = None
        self._sessions: set[str] = set()
        core.printer.told = self._told
        core.printer.overheard = self._overheard
        self._terminals = 0
        """Listeners to what goes over the serial link."""
        core.printer.own["@HOLD"] = lambda _: core.printer.hold()

    # --- what happens ---------------------------------------------------------------------------------------------

    def restarted(self) -> None:
        """Sessions, the job and the port are gone; of the job nothing is noted. The board is not reset by this."""
        self.printer.unplug(result=None)
        self.selected, self.error, self._connecting = None, "", None
        self._sessions.clear()

    def unplugged(self) -> None:
        self._close("Connection error, see Terminal tab")

    def plugged(self) -> None:
        """A cable that is back is connected by a person."""

    def _close(self, why: str) -> None:
        self.error = why
        self.printer.unplug()
        self.selected = None
        self._push("PrinterStateChanged", {"state_id": "OFFLINE_AFTER_ERROR", "state_string": self.text})
        self._push("Disconnected", None)

    def _told(self, what: str, job: Job) -> None:
        file = self.core.files.get(job.file)
        if isinstance(what, Result) and file is not None:
            answers.note_end(file, job, what)
        payload = {"name": job.file, "path": job.file, "origin": "local", "size": len(job.data)}
        for event in answers.ENDS.get(what, ()):
            reason = {"reason": "cancelled" if what is Result.CANCELLED else "error"} if event == "PrintFailed" else {}
            self._push(event, payload | reason)
        self._push("PrinterStateChanged", {"state_id": self.text.upper(), "state_string": self.text})

    def _push(self, event: str, payload: Json | None) -> None:
        self.core.push.publish({"event": {"type": event, "payload": payload}})

    def _overheard(self, line: str) -> None:
        if self._terminals:
            self.core.push.publish({"current": {"logs": [line]}})

    @property
    def state(self) -> State:
        """As OctoPrint sees it: a firmware that has halted is disconnected, and a port takes a moment to open."""
        if self._connecting is not None and time.monotonic() >= self._connecting:
            self._connecting = None
            self.printer.plug()
            self.printer.firmware.recorder.event(self.core.now, "connect", "the server connected its printer")
            self._push("Connected", {"port": PORTS[0], "baudrate": BAUDRATES[1]})
        if self.printer.state is State.ERROR:
            self._close("Printer halted. kill() called!")
        return self.printer.state

    @property
    def text(self) -> str:
        state = self.state
        if self._connecting is not None:
            return "Opening serial connection"
        return "Offline after error" if state is State.OFFLINE and self.error else answers.TEXTS[state]

    # --- files ----------------------------------------------------------------------------------------------------

    def info(self, name: str) -> Response:
        file = self.core.files.get(name)
        return error(404, MISSING) if file is None else JSONResponse(answers.file_info(file, self._base))

    def upload(self, form: Mapping[str, Part]) -> Response:
        if "file" not in form or not form["file"].filename:
            return error(400, "No file to upload and no folder to create")
        name, data = form["file"].filename, form["file"].data
        fields = {key: part.data.decode("utf-8", "replace") for key, part in form.items() if part.filename is None}
        state = self.state
        if self.selected is not None and self.selected.name == name and state not in (State.IDLE, State.OFFLINE):
            return error(409, "Trying to overwrite file that is currently being printed")
        if name in self.core.files and fields.get("noOverwrite") in TRUE:
            return error(409, "File already exists and noOverwrite was set")
        file = File(name, data, self.core.now)
        try:
            file.notes |= {"userdata": json.loads(fields["userdata"])} if "userdata" in fields else {}
        except ValueError:
            return error(400, "userdata contains invalid JSON")
        self.core.files[name] = file
        # What cannot be done is left undone, and the answer is 201 all the same.
        start = fields.get("print") in TRUE and state is State.IDLE
        select = fields.get("select") in TRUE and state is State.IDLE
        if select or start:
            self.selected = file
        if start:
            self.printer.start(file)
        return JSONResponse(answers.uploaded(name, self._base, select, start), 201)

    def select(self, name: str, start: bool) -> Response:
        file, state = self.core.files.get(name), self.state
        if file is None:
            return error(404, MISSING)
        if state is not State.IDLE:  # Offline it says the same.
            return error(409, "Printer is already printing, cannot select a new file")
        self.selected = file
        if start:
            self.printer.start(file)
        return done()

    def delete(self, name: str) -> Response:
        file = self.core.files.get(name)
        if file is None:
            return error(404, MISSING)
        if self.selected is file and self.state not in (State.IDLE, State.OFFLINE):
            return error(409, "Trying to delete a file that is currently in use")
        if self.selected is file:
            self.selected = None
        del self.core.files[name]
        return done()

    # --- the job and the printer ----------------------------------------------------------------------------------

    def job(self) -> Response:
        text = self.text
        return JSONResponse(answers.job(text, self.error, self.selected, self.printer.job))

    def command_job(self, command: str, action: str) -> Response:
        state = self.state
        if state is State.OFFLINE:
            return error(409, "Printer is not operational")
        active = state is not State.IDLE
        if command == "start":
            if active or self.selected is None:
                return error(409, "Printer already has an active print job, did you mean 'restart'?")
            self.printer.start(self.selected)
            return done()
        if not active:
            return error(409, f"Printer is neither printing nor paused, '{command}' command cannot be performed")
        if command == "cancel":
            self.printer.cancel()
        elif action == "pause" and state is State.PRINTING:
            self.printer.pause()
        elif action == "resume" and state is State.PAUSED:
            self.printer.resume()
        return done()

    def look_printer(self, exclude: list[str]) -> Response:
        state = self.state
        if state is State.OFFLINE:
            return error(409, "Printer is not operational")
        return JSONResponse(answers.printer(state, self.printer.firmware, exclude))

    def command(self, lines: list[str]) -> Response:
        if self.state is State.OFFLINE:
            return error(409, "Printer is not operational")
        for line in lines:
            if line.strip().upper() == "M112":
                self.printer.emergency()
                self._close("Closing serial port due to emergency stop M112.")
            else:
                self.printer.command(line)
        return done()

    def prompt(self) -> Response:
        return JSONResponse({"text": "M0 Stop", "choices": ["Continue"]} if self.printer.firmware.user else None)

    def connection(self) -> Response:
        state, online = self.text, self.printer.online
        current = {
            "state": "Closed" if state.startswith("Offline") else state,
            "port": PORTS[0] if online else None,
            "baudrate": BAUDRATES[1] if online else None,
            "printerProfile": "_default",
        }
        return JSONResponse({"current": current, "options": {"ports": PORTS, "baudrates": BAUDRATES}})

    def command_connection(self, body: Json) -> Response:
        if body.get("command") == "disconnect":
            self.printer.unplug()
            self.selected, self.error = None, ""
            return done()
        if body.get("port") not in (None, "AUTO", *PORTS):
            return error(400, "port is invalid")
        if body.get("baudrate") not in (None, 0, *BAUDRATES):
            return error(400, "baudrate is invalid")
        if self.state is State.OFFLINE and self._connecting is None:
            if self.printer.firmware.dead:  # Opening the port resets the board.
                self.printer.firmware.boot(" External Reset")
            self.error, self._connecting = "", time.monotonic() + CONNECTING
        return done()

    def login(self) -> Response:
        session = secrets.token_hex(16)
        self._sessions.add(session)
        return JSONResponse({"name": "_api", "session": session, "admin": True, "active": True})

    # --- routes ---------------------------------------------------------------------------------------------------

    def app(self) -> ASGIApp:
        routes: list[BaseRoute] = [
            Route("/api/version", self._get("open", self._version)),
            Route("/api/currentuser", self._get("open", self._user)),
            Route("/api/printerprofiles", self._get("open", self._profiles)),
            Route("/api/login", self._post("open", lambda _: self.login), methods=["POST"]),
            Route("/api/connection", self._get("connect", self.connection)),
            Route("/api/connection", self._post("connect", self._connect), methods=["POST"]),
            Route("/api/job", self._get("look", self.job)),
            Route("/api/job", self._job, methods=["POST"]),
            Route("/api/printer", self._printer),
            Route("/api/printer/command", self._command, methods=["POST"]),
            Route("/api/plugin/action_command_prompt", self._get("look", self.prompt)),
            Route("/api/files/local", self._upload, methods=["POST"]),
            Route("/api/files/local/{name}", self._info),
            Route("/api/files/local/{name}", self._select, methods=["POST"]),
            Route("/api/files/local/{name}", self._delete, methods=["DELETE"]),
            WebSocketRoute("/sockjs/{server}/{session}/websocket", self._socket),
        ]
        return Starlette(routes=[Mount(self._base, routes=routes)] if self._base else routes)

    def _version(self) -> Response:
        version = answers.VERSION
        return JSONResponse({"api": "0.1", "server": version, "text": f"OctoPrint {version}"})

    def _user(self) -> Response:
        return JSONResponse({"name": "_api", "groups": ["admins"], "permissions": answers.PERMISSIONS})

    def _profiles(self) -> Response:
        return JSONResponse(answers.profiles(self._envelope, self._base))

    async def _guarded(self, request: Request, operation: str, effect: Callable[[], Response]) -> Response:
        if not secrets.compare_digest(request.headers.get("X-Api-Key", "").encode(), self._key.encode()):
            # Without a key it takes whoever writes for a browser, and asks for a browser's token first.
            return error(403, DENIED) if request.method == "GET" else error(400, "CSRF validation failed")
        return await self.core.act(operation, effect)

    def _get(self, operation: str, effect: Callable[[], Response]) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await self._guarded(request, operation, effect)

        return answer

    def _post(
        self, operation: str, effect: Callable[[Json], Callable[[], Response]]
    ) -> Callable[[Request], Awaitable[Response]]:
        async def answer(request: Request) -> Response:
            return await self._guarded(request, operation, effect(await _body(request)))

        return answer

    def _connect(self, body: Json) -> Callable[[], Response]:
        return lambda: self.command_connection(body)

    async def _job(self, request: Request) -> Response:
        body = await _body(request)
        command, action = str(body.get("command")), str(body.get("action", "toggle"))
        operation = action if command == "pause" else command
        if operation not in ("start", "pause", "resume", "cancel"):
            return error(400, "command is invalid")
        return await self._guarded(request, operation, lambda: self.command_job(command, action))

    async def _printer(self, request: Request) -> Response:
        exclude = request.query_params.get("exclude", "").split(",")
        return await self._guarded(request, "look", lambda: self.look_printer(exclude))

    async def _command(self, request: Request) -> Response:
        body = await _body(request)
        lines = [str(body["command"])] if "command" in body else [str(line) for line in body.get("commands", [])]
        return await self._guarded(request, "stop" if "M112" in lines else "console", lambda: self.command(lines))

    async def _upload(self, request: Request) -> Response:
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > LONGEST:
                return error(413, "The data value transmitted exceeds the capacity limit.")
        form = parts(request.headers.get("Content-Type", ""), bytes(data))
        return await self._guarded(request, "upload", lambda: self.upload(form))

    async def _info(self, request: Request) -> Response:
        """One answer serves two questions: is it there, and how did it end."""
        name = request.path_params["name"]
        file = self.core.files.get(name)
        ran = any(job.file == name for job in self.printer.jobs)
        operation = "outcome" if ran or file is None else "size"
        return await self._guarded(request, operation, lambda: self.info(name))

    async def _select(self, request: Request) -> Response:
        name, body = request.path_params["name"], await _body(request)
        if body.get("command") != "select":
            return error(400, "command is invalid")
        start = body.get("print") in TRUE
        return await self._guarded(request, "start" if start else "select", lambda: self.select(name, start))

    async def _delete(self, request: Request) -> Response:
        name = request.path_params["name"]
        return await self._guarded(request, "delete", lambda: self.delete(name))

    async def _socket(self, socket: WebSocket) -> None:
        """SockJS over a websocket: nothing is told to whoever has not logged in, but that it is connected."""
        await socket.accept()
        await socket.send_text("o")
        await _say(socket, {"connected": {"version": answers.VERSION, "display_version": answers.VERSION}})
        wanted = {"event"}
        async with self.core.push.listening() as events:
            hearing: asyncio.Task[None] | None = None
            try:
                while True:
                    said = json.loads(json.loads(await socket.receive_text())[0])
                    state = said.get("subscribe", {}).get("state")
                    if isinstance(state, dict) and state.get("logs") and "current" not in wanted:
                        wanted.add("current")
                        self._terminals += 1
                    if said.get("auth", "").partition(":")[2] in self._sessions and hearing is None:
                        hearing = asyncio.create_task(_pass_on(socket, events, wanted))
            except (WebSocketDisconnect, ValueError, LookupError, AttributeError):
                pass
            finally:
                self._terminals -= "current" in wanted
                if hearing is not None:
                    hearing.cancel()


async def _pass_on(socket: WebSocket, messages: asyncio.Queue[Json], wanted: set[str]) -> None:
    while True:
        message = await messages.get()
        if wanted & message.keys():
            await _say(socket, message)


async def _say(socket: WebSocket, message: Json) -> None:
    await socket.send_text("a" + json.dumps([message]))


async def _body(request: Request) -> dict[str, Any]:
    try:
        body = await request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
