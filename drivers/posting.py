"""HTTP POST as IPP needs it (RFC 8010, 4): each request within a time, each answer within a size, and no doubt hidden.

What matters is whether a request may have left. A connection that never came to be is :class:`Unsent`; everything else
that brings no whole answer is a plain WireFault: the printer may have done it. Nothing is sent twice from here.
"""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx

from drivers import plain
from drivers.contract import ArtifactFault, Clock, MachineFault, OurFault, WireFault

MOST_ANSWER = 2 * 1024 * 1024
"""Bytes of an answer; more is not read."""
CHUNK = 64 * 1024
IDLE = 2.0
"""Seconds for which a connection without work is kept: shorter than any printer keeps it."""
PORT = 631
TYPE = "application/ipp"
SCHEMES = {"ipp": "http", "ipps": "https", "http": "http", "https": "https"}


class Unsent(WireFault):
    """No connection came to be, so nothing left."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a printer is. ``uri``: as it is named in requests; ``url``: where they go."""

    uri: str
    url: str


def place(address: str, machine: str) -> Place:
    """``ipp://host/path`` or ``ipps://...`` (port 631 where none stands), or http and https (80 and 443).

    Raises OurFault for what is none of these.
    """
    try:
        found = httpx.URL(address)
        port = found.port
    except (httpx.InvalidURL, ValueError) as error:
        raise OurFault(f"machine {machine}: {address!r} is no address ({error}); write ipp://host/ipp/print") from None
    extra = found.userinfo or found.query or found.fragment
    if found.scheme not in SCHEMES or not found.host or extra or not 0 < (port or PORT) < 65536:
        raise OurFault(f"machine {machine}: {address!r} is no address like ipp://printer.local/ipp/print")
    secure = SCHEMES[found.scheme] == "https"
    if found.scheme in ("ipp", "ipps") and port is None:
        port = PORT
    path = found.path if found.path not in ("", "/") else "/ipp/print"
    url = found.copy_with(scheme=SCHEMES[found.scheme], port=port, path=path)
    uri = found.copy_with(scheme="ipps" if secure else "ipp", port=None if port == PORT else port, path=path)
    return Place(str(uri), str(url))


@dataclass(frozen=True, slots=True)
class Access:
    """How a printer lets somebody in. ``ca``: a file with the authority of its certificate."""

    user: str
    secret: str | None
    ca: str | None


class Poster:
    """Requests to one place, one after the other. ``stopped``: once set, a document that is under way breaks off."""

    def __init__(self, name: str, where: Place, access: Access, clock: Clock, stopped: threading.Event) -> None:
        self._name, self._where, self._clock, self._stopped = name, where, clock, stopped
        verify: ssl.SSLContext | bool = where.url.startswith("https:")  # To read all authorities takes its time.
        if access.ca is not None:
            try:
                verify = ssl.create_default_context(cafile=access.ca)
            except OSError as error:
                raise MachineFault(f"{name}: {access.ca} is no certificate ({error}); look at the option ca") from None
        auth = httpx.DigestAuth(access.user, access.secret) if access.secret else None
        self._basic = httpx.BasicAuth(access.user, access.secret) if access.secret else None
        self._auth: httpx.Auth | None = auth
        # Not the environment's proxies or passwords: the printer stands in the same room.
        self._client = httpx.Client(
            headers={"User-Agent": "fulfillment", "Accept": TYPE},
            verify=verify,
            trust_env=False,
            limits=httpx.Limits(max_connections=2, max_keepalive_connections=1, keepalive_expiry=IDLE),
        )

    def post(self, message: bytes, timeout: float, document: Path | None = None) -> bytes:
        """The answer's bytes. Raises Unsent, WireFault, MachineFault where HTTP itself refuses, ArtifactFault."""
        try:
            size = len(message) + (document.stat().st_size if document else 0)
            status, challenge, data = self._send(_Body(message, document, self._stopped), size, timeout)
            if status == 401 and challenge.startswith("basic") and self._auth is not self._basic:
                self._auth = self._basic
                status, challenge, data = self._send(_Body(message, document, self._stopped), size, timeout)
        except OSError as error:
            what = document.name if document else "it"
            raise ArtifactFault(f"{what} cannot be read ({error.strerror}); render it anew") from error
        if status == 200:
            return data
        raise self._refused(status)

    def close(self) -> None:
        self._client.close()

    def _send(self, body: _Body, size: int, timeout: float) -> tuple[int, str, bytes]:
        headers = {"Content-Type": TYPE, "Content-Length": str(size)}
        call = self._client.stream(
            "POST", self._where.url, headers=headers, content=body, timeout=timeout, auth=self._auth
        )
        try:
            with call as response:
                data, until = bytearray(), self._clock.monotonic() + timeout
                for chunk in response.iter_bytes():
                    data += chunk
                    if len(data) > MOST_ANSWER or self._clock.monotonic() > until:
                        raise WireFault(f"{self._name}: its answer does not end")
                return response.status_code, response.headers.get("www-authenticate", "").lower(), bytes(data)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise self._unreached(error) from error
        except httpx.HTTPError as error:
            raise WireFault(
                f"{self._name} did not answer ({type(error).__name__}: {error}); is it switched on, and in the network?"
            ) from error
        except (KeyError, ValueError) as error:  # httpx' own digest takes a server's challenge at its word.
            raise MachineFault(
                f"{self._name} asks for authentication in a way that is none ({error!r}); look at the address"
            ) from error

    def _unreached(self, error: httpx.HTTPError) -> MachineFault | Unsent:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):
            return MachineFault(
                f"nobody vouches for the certificate of {self._name}; name its authority by the option ca"
            )
        if why := plain.refusal(self._name, self._where.uri, error):
            return MachineFault(why)
        return Unsent(
            f"{self._name} cannot be reached ({type(error).__name__}: {error}); "
            "is it switched on, and is the address right?"
        )

    def _refused(self, status: int) -> WireFault | MachineFault:
        if status in (401, 403):
            return MachineFault(f"{self._name} does not let us in; look at the option user, and at the secret")
        if status == 426:
            return MachineFault(f"{self._name} speaks only over TLS; write ipps:// in its address")
        if status == 404:
            return MachineFault(f"{self._name} has no printer at {self._where.uri}; look at the path of the address")
        told = f"{self._name} answers with HTTP status {status}"
        if 400 <= status < 500:
            return MachineFault(f"{told}; is this the address of a printer?")
        return WireFault(f"{told}; look at the printer")


class _Body:
    """Message and document, from their beginning as often as they are asked for: authentication may ask twice."""

    def __init__(self, message: bytes, document: Path | None, stopped: threading.Event) -> None:
        self._message, self._document, self._stopped = message, document, stopped

    def __iter__(self) -> Iterator[bytes]:
        yield self._message
        if self._document is None:
            return
        with self._document.open("rb") as file:
            while chunk := file.read(CHUNK):
                if self._stopped.is_set():
                    raise WireFault("the document was broken off: an emergency stop was asked for")
                yield chunk
