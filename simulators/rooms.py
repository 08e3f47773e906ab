"""The room around a simulated machine: hands and eyes, over HTTP on 127.0.0.1. What it shows, each machine says."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

BODY_LIMIT = 65536

Answer = tuple[int, str, bytes]
"""Status, media type and body."""
Query = Mapping[str, list[str]]


def told(value: object) -> Answer:
    return 200, "application/json", json.dumps(value).encode()


def picture(png: bytes) -> Answer:
    return 200, "image/png", png


def missing(what: str) -> Answer:
    """Nothing is there; ``what`` is."""
    return 404, "text/plain", f"{what}\n".encode()


class Room:
    """Serves until it is closed. ``get`` is asked with path and query, ``post`` with path and what JSON was sent.

    Both run in a thread of the server's; ValueError is the asker's fault.
    """

    def __init__(self, port: int, get: Callable[[str, Query], Answer], post: Callable[[str, Any], Answer]) -> None:
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                self._answer(lambda: get(parts.path, parse_qs(parts.query)))

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length") or 0)
                if not 0 <= length <= BODY_LIMIT:
                    self.close_connection = True
                    self._answer(lambda: (413, "text/plain", b"the body is too long\n"))
                    return
                body = self.rfile.read(length)
                self._answer(lambda: post(urlsplit(self.path).path, json.loads(body) if body else None))

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
