"""Moonraker's methods and routes, and its connection to Klippy."""

from __future__ import annotations

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import Future
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket, WebSocketDisconnect

from simulators.hosted import Gate
from simulators.hosted.forms import parts
from simulators.klipper.klippy import Klippy
from simulators.moonraker.memory import History, Json, Queue

VERSION = "v0.11.0-simulated"
UNAUTHORIZED, NOT_FOUND = -32602, -32601
"""What 401 and 404 become in JSON-RPC."""
STORED = 200
LOOK = 0.1
"""Real seconds between two looks whether Klippy is there, and between its pushes."""
SUBSCRIBED: Json = {"webhooks": None, "print_stats": None}
"""What Moonraker watches for itself."""

Method = Callable[[Json], Awaitable[object]]


class Problem(Exception):
    """An error with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class Moonraker:
    """See :class:`simulators.hosted.Vendor`; towards Klippy it is a client of its own."""

    def __init__(self, gate: Gate, klippy: Klippy, key: str) -> None:
        self._gate, self._klippy, self._key = gate, klippy, key
        self.history = History(lambda action, row: self._notify("history_changed", {"action": action, "job": row}))
        self.queue = Queue()
        self._store: list[Json] = []
        self._pending: dict[int, Future[object]] = {}
        self._next = 0
        self._connected = False
        self._met = False
        """Klippy was there since Moonraker's start: only then do its methods exist."""
        self._watched: dict[str, list[str] | None] = {}
        self._looked = 0.0
        klippy.disconnected.append(self._lost)

    # --- Klippy ---------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """Called again and again in the machine's thread: connect, and have Klippy push."""
        now = time.monotonic()
        if now - self._looked < LOOK:
            return
        self._looked = now
        if not self._klippy.present:
            return
        if not self._connected and self._klippy.state != "startup":
            self._connected = self._met = True
            self._klippy.request(self, {"method": "gcode/subscribe_output", "params": {}})
            self._subscribe()
            self.history.connected(self._klippy.stats.status())
            if self._klippy.state == "ready":
                self._notify("klippy_ready")
        if self._connected:
            self._klippy.push()

    def _subscribe(self) -> None:
        objects = {**self._watched, **SUBSCRIBED}
        template = {"method": "process_status_update"}
        self._klippy.request(
            self, {"method": "objects/subscribe", "params": {"objects": objects, "response_template": template}}
        )

    def send(self, message: Json) -> None:
        """Klippy says something."""
        if "id" in message:
            future = self._pending.pop(message["id"], None)
            if future is None or future.done():
                return
            if "error" in message:
                future.set_exception(Problem(400, message["error"]["message"]))
            else:
                future.set_result(message["result"] or "ok")
            return
        params = message["params"]
        if message.get("method") != "process_status_update":
            self._store.append({"message": params["response"], "time": time.time(), "type": "response"})
            self._notify("gcode_response", params["response"])
            return
        status = params["status"]
        self._notify("status_update", status, params["eventtime"])
        if "print_stats" in status:
            self.history.updated(status["print_stats"])
        if status.get("webhooks", {}).get("state") == "shutdown":
            self.history.finish("klippy_shutdown")
            self._notify("klippy_shutdown")

    def _lost(self) -> None:
        """The socket to Klippy is closed."""
        if not self._connected:
            return
        self._connected = False
        self._watched.clear()
        pending, self._pending = self._pending, {}
        for future in pending.values():
            future.set_exception(Problem(503, "Klippy Disconnected"))
        self.history.finish("klippy_disconnect")
        self._notify("klippy_disconnected")

    async def _ask(self, method: str, params: Json) -> object:
        """A request to Klippy, as long as it takes."""
        future: Future[object] = Future()

        def ask() -> None:
            if not self._connected:
                future.set_exception(Problem(503, "Klippy Host not connected"))
                return
            self._next += 1
            self._pending[self._next] = future
            self._klippy.request(self, {"id": self._next, "method": method, "params": params})

        await self._gate.call(ask)
        return await asyncio.wrap_future(future)

    # --- as a vendor ----------------------------------------------------------------------------------------------

    def restarted(self) -> None:
        """The process began anew. The printer has noticed nothing."""
        self._klippy.leave(self)
        self._connected = self._met = False
        self._pending.clear()
        self._watched.clear()
        self._store.clear()
        self.queue = Queue()
        self.history.begun_anew()

    def unplugged(self) -> None:
        self._klippy.restart(1e9)

    def plugged(self) -> None:
        self._klippy.restart()

    def _notify(self, what: str, *params: object) -> None:
        self._gate.push.publish(json.dumps({"jsonrpc": "2.0", "method": f"notify_{what}", "params": list(params)}))

    # --- methods --------------------------------------------------------------------------------------------------

    def _methods(self) -> Mapping[str, tuple[str, Method]]:
        """Each method with the operation that a client is after when it calls it."""

        def here(made: Callable[[Json], object]) -> Method:
            async def method(params: Json) -> object:
                return await self._gate.call(lambda: made(params))

            return method

        def there(endpoint: str) -> Method:
            async def method(params: Json) -> object:
                if not self._met:
                    raise Problem(404, "Method not found")
                return await self._ask(endpoint, params)

            return method

        return {
            "server.info": ("open", here(lambda _: self._info())),
            "server.connection.identify": ("hint", here(lambda _: {"connection_id": 1})),
            "server.job_queue.status": ("open", here(lambda _: self.queue.status())),
            "server.job_queue.post_job": ("console", here(lambda params: self._queue(params))),
            "server.history.list": ("outcome", here(self._page)),
            "server.gcode_store": ("console", here(lambda _: {"gcode_store": self._store[-STORED:]})),
            "printer.info": ("open", there("info")),
            "printer.objects.list": ("open", there("objects/list")),
            "printer.objects.query": ("look", there("objects/query")),
            "printer.objects.subscribe": ("hint", self._watch),
            "printer.emergency_stop": ("stop", there("emergency_stop")),
            "printer.gcode.script": ("console", self._script),
            "printer.print.start": ("start", self._start),
            "printer.print.pause": ("pause", self._act("pause_resume/pause")),
            "printer.print.resume": ("resume", self._act("pause_resume/resume")),
            "printer.print.cancel": ("cancel", self._act("pause_resume/cancel")),
            "printer.firmware_restart": ("connect", self._restart),
        }

    def _info(self) -> Json:
        return {
            "klippy_connected": self._connected,
            "klippy_state": self._klippy.state if self._connected else "disconnected",
            "components": ["klippy_connection", "file_manager", "history", "job_queue"],
            "failed_components": [],
            "moonraker_version": VERSION,
            "api_version": [1, 5, 0],
        }

    def _queue(self, params: Json) -> Json:
        self.queue.add(list(params.get("filenames", [])))
        return self.queue.status()

    def _page(self, params: Json) -> Json:
        start, limit = int(params.get("start", 0)), int(params.get("limit", 50))
        return self.history.page(start, limit, str(params.get("order", "desc")))

    async def _watch(self, params: Json) -> object:
        if not self._met:
            raise Problem(404, "Method not found")
        objects = params.get("objects", {})

        def watch() -> None:
            if self._connected:
                self._watched.update({name: fields and list(fields) for name, fields in objects.items()})
                self._subscribe()

        await self._gate.call(watch)
        return await self._ask("objects/query", {"objects": objects})

    def _act(self, endpoint: str) -> Method:
        async def act(_: Json) -> object:
            return await self._ask(endpoint, {})

        return act

    async def _script(self, params: Json) -> object:
        script = str(params.get("script", ""))
        self._store.append({"message": script, "time": time.time(), "type": "command"})
        return await self._ask("gcode/script", {"script": script})

    async def _start(self, params: Json) -> object:
        """Whether something is paused is not looked at."""
        name = str(params.get("filename", "")).removeprefix("/").replace('"', '\\"')
        return await self._ask("gcode/script", {"script": f'SDCARD_PRINT_FILE FILENAME="{name}"'})

    async def _restart(self, _: Json) -> object:
        try:
            return await self._ask("gcode/script", {"script": "FIRMWARE_RESTART"})
        except Problem as problem:
            if str(problem) == "Klippy Disconnected":
                return "ok"
            raise

    # --- routes ---------------------------------------------------------------------------------------------------

    def app(self) -> ASGIApp:
        methods = self._methods()
        routes: list[BaseRoute] = [
            Route("/server/jsonrpc", self._posted, methods=["POST"]),
            Route("/server/files/upload", self._upload, methods=["POST"]),
            Route("/server/files/gcodes/{name:path}", self._file, methods=["GET", "HEAD", "DELETE"]),
            WebSocketRoute("/websocket", self._socket),
        ]
        rest = [Route("/" + name.replace(".", "/"), self._rest(name), methods=["GET", "POST"]) for name in methods]
        return Starlette(routes=[*routes, *rest])

    def _allowed(self, request: Request | WebSocket) -> bool:
        return request.headers.get("x-api-key", "") == self._key

    def _refusal(self, request: Request) -> Response | None:
        """Without any key, JSON-RPC says so itself; a wrong one is refused before that."""
        if self._allowed(request) or (request.url.path == "/server/jsonrpc" and "x-api-key" not in request.headers):
            return None
        return _failed(401, "Unauthorized")

    async def _posted(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        try:
            asked = json.loads(await request.body())
        except ValueError:
            return JSONResponse(_error(None, -32700, "Parse error"))
        operation = self._operation(asked)

        async def perform() -> Response:
            return JSONResponse(await self._called(asked, self._allowed(request)))

        return await self._gate.meet(operation, perform)

    def _operation(self, asked: Json) -> str:
        if "CANCEL_PRINT" in str(asked.get("params")):
            return "cancel"
        return self._methods().get(str(asked.get("method")), ("", None))[0]

    async def _called(self, asked: Any, allowed: bool) -> Json:
        if not isinstance(asked, dict) or not isinstance(asked.get("method"), str):
            return _error(None, -32600, "Invalid Request")
        identity = asked.get("id")
        method = self._methods().get(asked["method"])
        if method is None:
            return _error(identity, NOT_FOUND, "Method not found")
        if not allowed:
            return _error(identity, UNAUTHORIZED, "Unauthorized")
        try:
            return {"jsonrpc": "2.0", "result": await method[1](asked.get("params") or {}), "id": identity}
        except Problem as problem:
            code = {404: NOT_FOUND, 401: UNAUTHORIZED}.get(problem.status, problem.status)
            return _error(identity, code, str(problem))

    def _rest(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        operation, method = self._methods()[name]

        async def rest(request: Request) -> Response:
            if not self._allowed(request):
                return _failed(401, "Unauthorized")
            params: Json = dict(request.query_params)
            if name.startswith("printer.objects"):
                params = {"objects": {key: value.split(",") if value else None for key, value in params.items()}}
            body = await request.body()
            if body and request.headers.get("content-type", "").startswith("application/json"):
                params.update(json.loads(body))

            async def perform() -> Response:
                try:
                    return JSONResponse({"result": await method(params)})
                except Problem as problem:
                    return _failed(problem.status, str(problem))

            return await self._gate.meet(operation, perform)

        return rest

    async def _socket(self, socket: WebSocket) -> None:
        await socket.accept()
        allowed = self._allowed(socket)
        async with self._gate.push.listening() as pushed:
            pushing = asyncio.create_task(_pushes(socket, pushed) if allowed else asyncio.sleep(0))
            try:
                while True:
                    await socket.send_json(await self._called(await socket.receive_json(), allowed))
            except (WebSocketDisconnect, ValueError, RuntimeError):
                return  # it has gone, or says what is no JSON
            finally:
                pushing.cancel()

    # --- files ----------------------------------------------------------------------------------------------------

    @property
    def _in_use(self) -> str | None:
        stats = self._klippy.stats
        held = self._klippy.state == "ready" and stats.state in ("printing", "paused")
        return stats.file if held else None

    async def _file(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        name = request.path_params["name"]
        path = self._klippy.sd.folder / name

        def deleted() -> Response:
            if not path.is_file():
                return _failed(400, f"Invalid file path: gcodes/{name}", spoken=False)
            if self._in_use == name:
                return _failed(403, "File currently in use")
            path.unlink()
            return JSONResponse({"result": {"action": "delete_file", "item": {"path": name, "root": "gcodes"}}})

        if request.method == "DELETE":
            return await self._gate.act("delete", deleted)
        return await self._gate.act("size", lambda: FileResponse(path) if path.is_file() else _failed(404, "Not Found"))

    async def _upload(self, request: Request) -> Response:
        refusal = self._refusal(request)
        if refusal is not None:
            return refusal
        form = parts(request.headers.get("content-type", ""), await request.body())
        file = form.get("file")
        if file is None or not file.filename:
            return _failed(400, "No file name specified in upload form")
        data, name = file.data, file.filename
        checksum = form["checksum"].data.decode().lower() if "checksum" in form else ""
        wanted = "print" in form and form["print"].data == b"true"

        async def perform() -> Response:
            if checksum and checksum != hashlib.sha256(data).hexdigest():
                return _failed(422, f"File checksum mismatch: expected {checksum}", spoken=False)
            if self._in_use == name:
                return _failed(403, "File is loaded, upload not permitted")
            path = self._klippy.sd.folder / name
            await self._gate.call(lambda: path.write_bytes(data))
            return await self._uploaded(name, len(data), wanted)

        return await self._gate.meet("upload", perform)

    async def _uploaded(self, name: str, size: int, wanted: bool) -> Response:
        """Asked to print at once, it answers 201 whether or not it could."""
        started = False
        if wanted and self._in_use is None:
            try:
                await self._start({"filename": name})
                started = True
            except Problem:
                started = False
        item = {"path": name, "root": "gcodes", "size": size, "modified": time.time(), "permissions": "rw"}
        answer = {"action": "create_file", "item": item, "print_started": started, "print_queued": False}
        return JSONResponse(answer, 201)


async def _pushes(socket: WebSocket, pushed: asyncio.Queue[str]) -> None:
    while True:
        await socket.send_text(await pushed.get())


def _error(identity: object, code: int, message: str) -> Json:
    return {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": identity}


def _failed(status: int, message: str, spoken: bool = True) -> Response:
    """A REST error. Its message is the status line's, which holds one line or none."""
    said = message if spoken and "\n" not in message else "Bad Request" if status == 400 else "Error"
    return JSONResponse({"error": {"code": status, "message": said, "traceback": message}}, status)
