"""A server of customers' uploads that can do what servers do: be slow, fail, lead elsewhere, never end."""

from __future__ import annotations

import threading
import time
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import ClassVar


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self.server.asked[self.path] += 1
        status, headers, body, pause = self.server.answers.get(self.path, (404, {}, b"", 0.0))
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            if not pause:
                self.wfile.write(body)
            while pause and not self.server.over.wait(pause):
                self.wfile.write(body)
        except OSError:
            self.server.left.set()

    def log_message(self, *_args: object) -> None:
        """The tests have words of their own."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    answers: ClassVar[dict[str, tuple[int, dict[str, str], bytes, float]]] = {}


class Uploads:
    """``answers`` by path: (status, headers, body, pause). With a pause the body is sent again and again, forever."""

    def __init__(self) -> None:
        self._server = _Server(("127.0.0.1", 0), _Handler)
        self._server.answers = self.answers = {}
        self._server.asked = self.asked = Counter()
        self._server.over = threading.Event()
        self._server.left = self.left = threading.Event()
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    def put(self, path: str, body: bytes = b"", status: int = 200, pause: float = 0.0, **headers: str) -> str:
        """Answer like this from now on. The URL."""
        self.answers[path] = (status, headers, body, pause)
        return self.url(path)

    def wait_asked(self, path: str, times: int = 1) -> None:
        until = time.monotonic() + 30
        while self.asked[path] < times:
            assert time.monotonic() < until, f"{path} was asked for {self.asked[path]} times, not {times}"
            time.sleep(0.005)

    def __enter__(self) -> Uploads:
        self._thread.start()
        return self

    def __exit__(
        self, _kind: type[BaseException] | None, _error: BaseException | None, _trace: TracebackType | None
    ) -> None:
        self._server.over.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
