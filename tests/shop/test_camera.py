"""A camera's picture is taken within bytes and seconds, whatever the camera is."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from fulfillment import daemon
from fulfillment.config import Machine, load

PICTURE = b"\x89PNG a picture"


class _Camera(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200 if self.path != "/broken" else 500)
        self.end_headers()
        if self.path == "/stream":
            try:
                while True:
                    self.wfile.write(PICTURE * 1000)
            except (BrokenPipeError, ConnectionResetError):
                return
        self.wfile.write(PICTURE)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def camera() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Camera)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def machine(address: str | None) -> Machine:
    shipped = load(Path(__file__).parents[2] / "config.yaml").machines[0]
    return shipped.model_copy(update={"camera": address})


def test_a_picture_is_taken(camera: str) -> None:
    assert daemon._picture(machine(f"{camera}/snapshot.png")) == PICTURE


def test_a_stream_does_not_hold_the_machine(camera: str) -> None:
    """It never ends: the machine's thread, and the agent's memory, must not wait for it."""
    assert daemon._picture(machine(f"{camera}/stream")) is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://[", None])
def test_a_camera_that_is_not_there_gives_no_picture(address: str | None) -> None:
    assert daemon._picture(machine(address)) is None


def test_a_broken_camera_gives_no_picture(camera: str) -> None:
    assert daemon._picture(machine(f"{camera}/broken")) is None
