"""A WebSocket that is listened to: a thread that hears what a server pushes, and begins anew whenever it is cut off."""

from __future__ import annotations

import logging
import ssl
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect

_log = logging.getLogger(__name__)

FIRST, MOST = 1.0, 30.0
"""Seconds between tries, doubling from the first to the most. They are short again once something was heard."""
LONGEST_MESSAGE = 8 * 1024 * 1024
OPENING, CLOSING = 5.0, 1.0
"""Seconds that the server may take to open and to close."""

Send = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Place:
    """``url``: ws or wss. ``trust``: what a wss address is checked against."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    trust: ssl.SSLContext | None = None


class Listener:
    """Listens from construction to :meth:`close`. All three functions are called in its thread, and must not block.

    ``begin`` says what is to be said once connected; ``heard`` takes a message, and may answer; ``lost`` is told when
    the server was cut off, or could not be reached. A server that is silent for ``silence`` seconds is taken as gone.
    """

    def __init__(
        self,
        place: Place,
        begin: Callable[[Send], None],
        heard: Callable[[str, Send], None],
        lost: Callable[[], None],
        silence: float,
        name: str,
    ) -> None:
        self._place, self._begin, self._heard, self._lost = place, begin, heard, lost
        self._silence, self._name = silence, name
        self._pause = FIRST
        self._closing = threading.Event()
        self._guard = threading.Lock()
        self._socket: ClientConnection | None = None
        self._thread = threading.Thread(target=self._run, name=f"listens to {name}", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Idempotent; takes at most the time of one opening."""
        self._closing.set()
        with self._guard:
            if self._socket is not None:
                self._socket.close()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except (OSError, WebSocketException, ValueError) as error:
                _log.debug("%s: nothing is pushed (%s)", self._name, error)
            if self._closing.wait(self._pause):
                return
            self._pause = min(MOST, self._pause * 2)
            self._lost()

    def _listen(self) -> None:
        with connect(
            self._place.url,
            additional_headers=self._place.headers,
            ssl=self._place.trust,
            proxy=None,
            open_timeout=OPENING,
            close_timeout=CLOSING,
            ping_interval=None,
            max_size=LONGEST_MESSAGE,
        ) as socket:
            with self._guard:
                if self._closing.is_set():
                    return
                self._socket = socket
            try:
                self._begin(socket.send)
                while True:
                    message = socket.recv(timeout=self._silence)
                    self._pause = FIRST
                    self._heard(
                        message if isinstance(message, str) else message.decode("utf-8", "replace"), socket.send
                    )
            finally:
                with self._guard:
                    self._socket = None
