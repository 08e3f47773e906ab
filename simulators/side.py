"""The room around the machine: a camera and hands, over HTTP on 127.0.0.1. No part of the firmware's protocol.

- ``GET /snapshot.png[?region=x0,y0,x1,y1][&px-per-mm=10][&flat=1][&under=1]``  the bed as a camera sees it now
- ``GET /record.json``   what was made so far: closed pieces in brief, the open one in full
- ``GET /state``         the machine in a few facts
- ``POST /clear``        a person takes the piece off: it is closed and written, the bed is empty
- ``POST /fault``        ``{"spec": "..."}``, as ``--fault``
- ``POST /press``        the button at the machine
- ``POST /power-cycle``
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from simulators.record import Json, portrait
from simulators.serve import Service

BODY_LIMIT = 65536


@dataclass(frozen=True, slots=True)
class Hands:
    """What the room can do to a machine. Each runs in the machine's thread; ValueError is the asker's fault."""

    state: Callable[[], Json]
    record: Callable[[], Callable[[], Json]]
    """Takes a snapshot in the machine's thread, and returns what turns it into JSON in any other."""
    clear: Callable[[], Json]
    fault: Callable[[str], Json]
    press: Callable[[], Json]
    power_cycle: Callable[[], Json]


Answer = tuple[int, str, bytes]


class Side:
    def __init__(self, service: Service, hands: Hands, port: int) -> None:
        self._service = service
        self._hands = hands
        gets: Mapping[str, Callable[[Mapping[str, list[str]]], Answer]] = {
            "/snapshot.png": self._snapshot,
            "/record.json": lambda _: _json(self._service.call(self._hands.record)()),
            "/state": lambda _: _json(self._service.call(self._hands.state)),
        }
        posts: Mapping[str, Callable[[Any], Answer]] = {
            "/clear": lambda _: _json(self._service.call(self._hands.clear)),
            "/fault": self._fault,
            "/press": lambda _: _json(self._service.call(self._hands.press)),
            "/power-cycle": lambda _: _json(self._service.call(self._hands.power_cycle)),
        }

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                handler = gets.get(parts.path)
                self._answer(lambda: handler(parse_qs(parts.query)) if handler is not None else NOT_FOUND)

            def do_POST(self) -> None:
                handler = posts.get(urlsplit(self.path).path)
                length = int(self.headers.get("Content-Length") or 0)
                if not 0 <= length <= BODY_LIMIT:
                    self.close_connection = True
                    self._answer(lambda: (413, "text/plain", b"the body is too long\n"))
                    return
                body = self.rfile.read(length)
                self._answer(lambda: handler(json.loads(body) if body else None) if handler is not None else NOT_FOUND)

            def _answer(self, make: Callable[[], Answer]) -> None:
                try:
                    status, kind, data = make()
                except ValueError as error:
                    status, kind, data = 400, "text/plain", f"{error}\n".encode()
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002
                """Say nothing: stdout is for the ready line."""

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.1,), name="side", daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _snapshot(self, query: Mapping[str, list[str]]) -> Answer:
        studio = self._service.studio
        region, density = studio.region, studio.density
        if "region" in query:
            numbers = [float(number) for number in query["region"][0].split(",")]
            if len(numbers) != 4:
                raise ValueError("region is x0,y0,x1,y1 in mm")
            region = (numbers[0], numbers[1], numbers[2], numbers[3])
        if "px-per-mm" in query:
            density = float(query["px-per-mm"][0])
        look = replace(studio.look, flat=query["flat"][0] == "1") if "flat" in query else studio.look
        if "under" in query:
            look = replace(look, under=query["under"][0] == "1")
        recorder = self._service.recorder
        piece, now = self._service.call(lambda: (recorder.piece.copy(), self._service.pace.now))
        data = io.BytesIO()
        portrait(piece, recorder.tool, now, look, region, density).save(data, format="PNG")
        return 200, "image/png", data.getvalue()

    def _fault(self, body: Any) -> Answer:
        spec = body.get("spec") if isinstance(body, dict) else None
        if not isinstance(spec, str):
            raise ValueError(  # noqa: TRY004  the asker's fault, like any other bad request
                'the body is {"spec": "KIND[@WHEN][:ARGUMENT]"}'
            )
        return _json(self._service.call(lambda: self._hands.fault(spec)))


NOT_FOUND: Answer = (
    404,
    "text/plain",
    b"GET /snapshot.png /record.json /state, POST /clear /fault /press /power-cycle\n",
)


def _json(value: Json) -> Answer:
    return 200, "application/json", json.dumps(value).encode()
