"""The routes of PrusaLink v1 over the common core, and the command line."""

from __future__ import annotations

import argparse
import time
from collections.abc import Awaitable, Callable, Collection, Sequence
from itertools import count

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from simulators.hosted import Core, File, State, serve
from simulators.hosted.gate import Cut
from simulators.hosted.program import parser
from simulators.prusalink.digest import Digest
from simulators.prusalink.kinds import KINDS, Json, Kind, Known, active, identity

USER = "maker"
MAX_UPLOAD = 64 * 1024 * 1024

Handler = Callable[[Request], Awaitable[Response]]


class PrusaLink:
    """See :class:`simulators.hosted.Vendor`."""

    def __init__(self, core: Core, options: argparse.Namespace) -> None:
        self._core, self._printer = core, core.printer
        self._kind: Kind = KINDS[options.kind]
        self._listing: float = options.listing
        self._drive: bool = not options.no_drive
        self._key: str = options.key
        self._digest = Digest(self._kind.realm, USER, options.key, self._kind.qop, options.nonces or self._kind.nonces)
        self._known = Known(rest=options.rest, nozzle=options.nozzle, serial=options.serial)
        core.printer.own["@HOLD"] = lambda _: core.printer.hold()

    def app(self) -> ASGIApp:
        file, job = "/api/v1/files/{storage}/{path:path}", "/api/v1/job/{id:int}"
        routes = [
            Route("/api/version", self._open(lambda: self._kind.version(self._known))),
            Route("/api/v1/info", self._open(lambda: self._kind.info(self._known))),
            Route("/api/v1/storage", self._open(self._storages)),
            Route("/api/v1/status", self._guarded(self._status)),
            Route("/api/v1/job", self._guarded(self._job)),
            Route(job, self._guarded(self._cancel), methods=["DELETE"]),
            Route(job + "/pause", self._guarded(self._pause), methods=["PUT"]),
            Route(job + "/resume", self._guarded(self._resume), methods=["PUT"]),
            Route(file, self._guarded(self._file), methods=["GET"]),
            Route(file, self._guarded(self._upload), methods=["PUT"]),
            Route(file, self._guarded(self._start), methods=["POST"]),
            Route(file, self._guarded(self._delete), methods=["DELETE"]),
        ]
        return Starlette(routes=routes)

    def restarted(self) -> None:
        """The Pi's print ended with it; a printer has lost everything but its files."""
        if self._kind.relays:
            self._printer.abandon()
        else:
            self._printer.power_cycle()
        if self._printer.job is not None:
            self._known.dismissed = self._printer.job.number

    def unplugged(self) -> None:
        if self._kind.relays:
            self._printer.unplug()
        else:
            self.restarted()

    def plugged(self) -> None:
        self._printer.plug()

    # --- who may come in ------------------------------------------------------------------------------------------

    def _guarded(self, handler: Handler) -> Handler:
        async def guarded(request: Request) -> Response:
            refusal = self._refusal(request)
            if refusal is not None:
                return refusal
            if self._printer.firmware.dead and not self._kind.relays:
                return Cut(Response(status_code=200))  # A red screen serves nobody.
            return await handler(request)

        return guarded

    def _refusal(self, request: Request) -> Response | None:
        key = request.headers.get("X-Api-Key")
        if key is not None:
            if key == self._key:
                return None
            if self._kind.relays:
                return Response("Bad X-Api-Key.", 403)
            return Response(status_code=401, headers={"WWW-Authenticate": f'ApiKey realm="{self._kind.realm}"'})
        header = request.headers.get("Authorization", "")
        target = request.scope["raw_path"].decode()
        good = self._digest.good(request.method, target, header)
        if good and self._digest.fresh(header):
            return None
        return _refused(401, "Unauthorized", "", {"WWW-Authenticate": self._digest.challenge(stale=good)})

    def _open(self, said: Callable[[], Json]) -> Handler:
        async def answer(_: Request) -> Response:
            return await self._core.act("open", lambda: JSONResponse(said()))

        return self._guarded(answer)

    # --- what there is --------------------------------------------------------------------------------------------

    @property
    def _state(self) -> str:
        return self._kind.state(self._printer, self._known)

    def _storages(self) -> Json:
        name = self._kind.storage
        drive: Json = {
            "type": name.upper(),
            "path": f"/{name}",
            "name": name,
            "read_only": False,
            "available": self._drive,
        }
        card: Json = {"type": "SDCARD", "path": "/sdcard", "available": False}
        return {"storage_list": [drive, card] if self._kind.relays else [drive]}

    async def _status(self, _: Request) -> Response:
        return await self._core.act("look", self._said_status)

    def _said_status(self) -> Response:
        firmware, job = self._printer.firmware, active(self._printer)
        firmware.heat()
        body: Json = {
            "storage": {"path": f"/{self._kind.storage}/", "name": self._kind.storage, "read_only": False},
            "printer": {
                "state": self._state,
                "temp_nozzle": round(firmware.hotend.shown, 1),
                "target_nozzle": float(firmware.hotend.target),
                "temp_bed": round(firmware.bed.shown, 1),
                "target_bed": float(firmware.bed.target),
                "flow": 100,
                "speed": 100,
                **self._kind.condition(self._printer),
            },
        }
        if job is not None:
            body["job"] = {"id": identity(job), "progress": round(100 * job.progress, 2), "time_printing": 1}
        return JSONResponse(body)

    async def _job(self, _: Request) -> Response:
        return await self._core.act("look", self._said_job)

    def _said_job(self) -> Response:
        job = active(self._printer)
        if job is None:
            return Response(status_code=204)
        short = _short(self._core.files[job.file])
        file: Json = {
            **self._kind.names(job.file, short),
            "size": len(job.data),
            "m_timestamp": int(job.began),
            "refs": {"icon": None, "thumbnail": None, "download": self._kind.place(job.file, short)},
        }
        return JSONResponse(
            {
                "id": identity(job),
                "state": self._kind.job_state(self._state),
                "progress": round(100 * job.progress, 2),
                "time_printing": 1,
                "file": file,
            }
        )

    # --- files ----------------------------------------------------------------------------------------------------

    def _found(self, request: Request) -> File | None:
        """As far as it is listed; where a drive holds the files, by either of its names and in any case."""
        if not self._drive or request.path_params["storage"] != self._kind.storage:
            return None
        wanted = str(request.path_params["path"])
        if self._kind.relays:
            file = self._core.files.get(wanted)
            return file if file is not None and time.monotonic() >= _listed(file) else None
        named = (f for f in self._core.files.values() if wanted.upper() in (f.name.upper(), _short(f)))
        return next(named, None)

    async def _file(self, request: Request) -> Response:
        def effect() -> Response:
            file = self._found(request)
            if file is None:
                return _refused(404, "File Not Found", "File you want was not found.")
            short = _short(file)
            return JSONResponse(
                {
                    "type": "PRINT_FILE",
                    "name": file.name if self._kind.relays else short,
                    "display_name": file.name,
                    "read_only": False,
                    "m_timestamp": int(file.added),
                    "size": len(file.data),
                    "refs": {"icon": None, "thumbnail": None, "download": self._kind.place(file.name, short)},
                }
            )

        return await self._core.act("size", effect)

    async def _upload(self, request: Request) -> Response:
        data = bytearray()
        async for chunk in request.stream():
            data += chunk
            if len(data) > MAX_UPLOAD:
                return _refused(413, "Payload Too Large", "Not enough space in storage.")
        return await self._core.act("upload", lambda: self._taken(request, bytes(data)))

    def _taken(self, request: Request, data: bytes) -> Response:
        name, kind = str(request.path_params["path"]), request.headers.get("Content-Type", "application/octet-stream")
        if not self._drive:
            return _refused(507, "Insufficient Storage", "Missing USB drive")
        if not name.lower().endswith((".gcode", ".bgcode")) or "/" in name:
            return _refused(415, "Unsupported Media Type", "Not a GCODE")
        if self._kind.types is not None:
            if kind not in self._kind.types:
                return _refused(415, "Unsupported Media Type", "Only G-Code for FDM printer can be uploaded.")
            if kind == "application/octet-stream":
                return Response("<html>Internal Server Error</html>", 500)
        if not data:
            return _refused(411, "Length Required", "Missing Content-Length header or no content in request.")
        there = self._core.files if self._kind.relays else {each.upper() for each in self._core.files}
        if (name if self._kind.relays else name.upper()) in there and request.headers.get("Overwrite") != "?1":
            return _refused(409, "File Already Exists", "File already exists")
        notes = {"short": short_name(name, list(map(_short, self._core.files.values())))}
        file = File(name, data, self._core.now, {**notes, "listed": time.monotonic() + self._listing})
        self._core.files[name] = file
        if request.headers.get("Print-After-Upload") == "?1" and self._state in self._kind.startable:
            self._printer.start(file)
        return Response(status_code=201)

    async def _start(self, request: Request) -> Response:
        def effect() -> Response:
            file = self._found(request)
            if self._state not in self._kind.startable:
                return _refused(409, "Not in state to print", "Printer is not in state to print.")
            if file is None:
                return _refused(404, "File Not Found", "File you want was not found.")
            self._printer.start(file)
            return Response(status_code=204)

        return await self._core.act("start", effect)

    async def _delete(self, request: Request) -> Response:
        def effect() -> Response:
            file, job = self._found(request), self._printer.job
            if file is None:
                return _refused(404, "File Not Found", "File you want was not found.")
            if job is not None and job.file == file.name:
                if job.ended is None:
                    return _refused(409, "File is currently printed", "File is busy")
                if not self._kind.relays:
                    self._known.dismissed = job.number
            del self._core.files[file.name]
            return Response(status_code=204)

        return await self._core.act("delete", effect)

    # --- the job --------------------------------------------------------------------------------------------------

    async def _pause(self, request: Request) -> Response:
        return await self._ordered(request, "pause", frozenset({"PRINTING"}), self._printer.pause)

    async def _resume(self, request: Request) -> Response:
        return await self._ordered(request, "resume", frozenset({"PAUSED"}), self._printer.resume)

    async def _cancel(self, request: Request) -> Response:
        return await self._ordered(request, "cancel", self._kind.stoppable, self._cancelled)

    def _cancelled(self) -> None:
        if self._printer.firmware.user:
            self._printer.press()
        self._printer.cancel()

    async def _ordered(
        self, request: Request, operation: str, states: frozenset[str], order: Callable[[], None]
    ) -> Response:
        def effect() -> Response:
            job = self._printer.job
            if job is None or identity(job) != request.path_params["id"]:
                return _refused(404, "Not Current Job", "Given job id does not belong to current job")
            if self._state not in states or self._printer.state is State.CANCELLING:
                return _refused(409, "Conflict", f"Operation is not possible when the printer is {self._state}.")
            order()
            return Response(status_code=204)

        return await self._core.act(operation, effect)


def short_name(file: str, taken: Collection[str]) -> str:
    """The 8.3 name that a FAT drive gives it: six letters and a number that is free."""
    stem = "".join(each for each in file.rpartition(".")[0].upper() if each.isalnum() or each in "-_")[:6]
    extension = "BGC" if file.lower().endswith(".bgcode") else "GCO"
    return next(name for number in count(1) if (name := f"{stem}~{number}.{extension}") not in taken)


def _short(file: File) -> str:
    return str(file.notes["short"])


def _listed(file: File) -> float:
    """When the Pi has come around to it, by a monotonic clock."""
    listed = file.notes["listed"]
    return listed if isinstance(listed, float) else 0.0


def _refused(status: int, title: str, message: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"title": title, "message": message}, status, headers)


def main(arguments: Sequence[str]) -> int:
    made = parser("prusalink", "A simulated PrusaLink, in a printer or on a Raspberry Pi in front of one.")
    made.add_argument("--kind", choices=sorted(KINDS), default="buddy")
    made.add_argument("--rest", type=float, default=11.0, help="pi: simulated seconds that it stays FINISHED")
    made.add_argument("--listing", type=float, default=0.1, help="pi: real seconds until an upload is listed")
    made.add_argument("--nonces", type=float, default=0.0, help="real seconds that a challenge holds; 0: as its kind")
    made.add_argument("--no-drive", action="store_true", help="there is no USB drive in the printer")
    made.add_argument("--nozzle", type=float, default=0.4, help="mm")
    made.add_argument("--serial", default="CZPX4720X004XC34242")
    return serve(made.parse_args(arguments), PrusaLink)
