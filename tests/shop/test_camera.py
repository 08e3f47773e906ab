"""A camera's picture is taken within bytes and seconds, whatever the camera is."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from fulfillment.cameras import Cameras, fetch, kind_of

PICTURE = b"\x89PNG\r\n\x1a\n a picture"


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


def test_a_picture_is_taken(camera: str) -> None:
    assert fetch(f"{camera}/snapshot.png", "laser") == PICTURE


def test_a_stream_does_not_hold_the_machine(camera: str) -> None:
    """It never ends: the machine's thread, and the agent's memory, must not wait for it."""
    assert fetch(f"{camera}/stream", "laser") is None


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/", "http://["])
def test_a_camera_that_is_not_there_gives_no_picture(address: str) -> None:
    assert fetch(address, "laser") is None


def test_a_broken_camera_gives_no_picture(camera: str) -> None:
    assert fetch(f"{camera}/broken", "laser") is None


class Slow:
    """A camera that answers when it is let, and counts."""

    def __init__(self) -> None:
        self.asked, self.go, self.now = 0, threading.Event(), 0.0

    def fetch(self, _address: str, _whose: str) -> bytes:
        self.asked += 1
        self.go.wait(10)
        return PICTURE + str(self.asked).encode()


def test_one_fetch_however_many_watch() -> None:
    slow = Slow()
    cameras = Cameras({"laser": "http://x"}, slow.fetch, lambda: slow.now)
    with ThreadPoolExecutor(20) as pool:
        found = [pool.submit(cameras.picture, "laser") for _ in range(20)]
        slow.go.set()
        assert {each.result(10) for each in found} == {PICTURE + b"1"}
    assert slow.asked == 1
    slow.now = 2.0
    assert cameras.picture("laser") == PICTURE + b"2"


def test_who_asks_while_a_picture_is_fetched_gets_the_one_before() -> None:
    slow = Slow()
    slow.go.set()
    cameras = Cameras({"laser": "http://x"}, slow.fetch, lambda: slow.now)
    cameras.picture("laser")
    slow.go.clear()
    slow.now = 2.0
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(cameras.picture, "laser")
        while slow.asked < 2:
            time.sleep(0.001)
        assert cameras.picture("laser") == PICTURE + b"1"
        slow.go.set()
        assert waits.result(10) == PICTURE + b"2"


def test_a_machine_without_a_camera_and_what_is_no_picture() -> None:
    with pytest.raises(KeyError):
        Cameras({}).picture("laser")
    assert kind_of(b"<html>log in</html>") is None
    assert [kind_of(head) for head in (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff\xe0")] == ["image/png", "image/jpeg"]
