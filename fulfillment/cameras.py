"""Cameras of the beds: a picture is fetched within bytes and seconds, and once however many watch."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import httpx

log = logging.getLogger(__name__)

SECONDS, BYTES = 20.0, 20_000_000
"""Bounds of one picture: an address of a stream never ends, and somebody waits for it."""
FRESH = 1.0
"""Seconds for which a picture is shown to everybody who asks before another one is fetched."""
SIGNATURES: Mapping[bytes, str] = {
    b"\x89PNG\r\n\x1a\n": "image/png",
    b"\xff\xd8\xff": "image/jpeg",
    b"RIFF": "image/webp",
}


def fetch(address: str, whose: str) -> bytes | None:
    """The camera's picture, where it answers with one within its bounds; None otherwise, with a line in the log."""
    until, data = time.monotonic() + SECONDS, bytearray()
    try:
        with httpx.stream("GET", address, timeout=SECONDS) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes(65_536):
                data += chunk
                if len(data) > BYTES or time.monotonic() > until:
                    log.warning("%s: its camera does not end (is it the address of a stream?)", whose)
                    return None
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        log.warning("%s: its camera gave no picture: %s", whose, error)
        return None
    return bytes(data) or None


def kind_of(picture: bytes) -> str | None:
    """The media type by the picture's first bytes, whatever the camera calls it; None: it is no picture."""
    return next((kind for signature, kind in SIGNATURES.items() if picture.startswith(signature)), None)


@dataclass
class _Camera:
    address: str
    fetching: threading.Lock
    at: float = float("-inf")
    picture: bytes | None = None


class Cameras:
    """Live pictures for pages. Whoever asks while one is fetched gets the one before."""

    def __init__(
        self,
        addresses: Mapping[str, str],
        fetch: Callable[[str, str], bytes | None] = fetch,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._cameras = {name: _Camera(address, threading.Lock()) for name, address in addresses.items()}
        self._fetch, self._now = fetch, now

    def picture(self, machine: str) -> bytes | None:
        """The bed of this machine now; None where its camera gave none. Raises KeyError where it has no camera."""
        camera = self._cameras[machine]
        if self._now() - camera.at < FRESH:
            return camera.picture
        # The first picture is waited for; a later one is not, or a slow camera would hold every page that shows it.
        if camera.fetching.acquire(blocking=camera.at == float("-inf")):
            try:
                if self._now() - camera.at >= FRESH:
                    camera.picture = self._fetch(camera.address, machine)
                    camera.at = self._now()
            finally:
                camera.fetching.release()
        return camera.picture
