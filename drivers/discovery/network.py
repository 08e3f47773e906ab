"""Print servers, and printers of paper, that announce themselves by multicast DNS (RFC 6762, 6763)."""

from __future__ import annotations

import ipaddress
import re
import socket
import threading
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from zeroconf import InterfaceChoice, ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

SERVICES: Mapping[str, str | None] = {
    "_prusalink._tcp.local.": "prusalink",
    "_octoprint._tcp.local.": "octoprint",
    "_moonraker._tcp.local.": "moonraker",
    "_ipp._tcp.local.": "ipp",
    "_ipps._tcp.local.": "ipp",
    "_http._tcp.local.": None,
}
"""Service type to driver. A web server is nobody's until its name or its text says more."""


@dataclass(frozen=True, slots=True)
class Announced:
    """How a kind of service says where it is. ``path`` and ``version`` are keys of its text."""

    scheme: str = "http"
    port: int = 80
    """That an address need not name."""
    path: str = "path"
    version: str = "version"


WEB = Announced()
PAPER: Mapping[str, Announced] = {
    "_ipp._tcp.local.": Announced("ipp", 631, "rp", "ty"),
    "_ipps._tcp.local.": Announced("ipps", 631, "rp", "ty"),
}
"""Printers of paper (PWG 5100.14, 4.2): the path has no slash before it, and ``ty`` is make and model."""

ANSWER = 1.0
"""Seconds that one announced service may take to tell its address."""


MOST_AT_ONCE = 16


HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}")
PATH = re.compile(r"(?:/[A-Za-z0-9._~-]+)*")
"""What host and path may look like: anybody on the network may announce anything, and people paste what they see."""

LONGEST = 120
"""Letters of an announced name that are shown."""


@dataclass(frozen=True, slots=True)
class Server:
    """One print server. ``address`` is its URL; ``name`` is what it calls itself."""

    driver: str
    name: str
    address: str
    host: str
    version: str = ""


def read(kind: str, name: str, host: str, port: int, address: str, texts: Mapping[str, str | None]) -> Server | None:
    """A service as announced, or None where it is no print server, or its host or path is none.

    PrusaLink announces itself as ``_octoprint._tcp`` and ``_http._tcp``, too, so its name is believed before its type.
    """
    label = name.removesuffix(f".{kind}")
    words = f"{label} {' '.join(f'{key} {value}' for key, value in texts.items())}".lower()
    driver = "prusalink" if "prusalink" in words else SERVICES.get(kind)
    if driver is None:
        return None
    how = PAPER.get(kind, WEB)
    path, host = (texts.get(how.path) or "").strip("/"), host.rstrip(".")
    path = path and f"/{path}"
    if not PATH.fullmatch(path) or not HOST.fullmatch(host):
        return None
    shown = f"[{address}]" if ":" in address else address
    where = shown if port == how.port else f"{shown}:{port}"
    version = _printable(texts.get(how.version) or "")
    return Server(driver, _printable(label), f"{how.scheme}://{where}{path}", host, version)


def _printable(text: str) -> str:
    return "".join(letter for letter in text if letter.isprintable())[:LONGEST]


def servers(seconds: float, interfaces: Sequence[str] = ()) -> list[Server]:
    """Listen for so many seconds, on these addresses of this computer (none: on all of them).

    Raises OSError where multicast is not possible.
    """
    for address in interfaces:
        _check_ours(address)
    announced: dict[tuple[str, str], None] = {}

    def heard(service_type: str, name: str, state_change: ServiceStateChange, **_: object) -> None:
        if state_change is not ServiceStateChange.Removed:
            announced[(service_type, name)] = None

    # A loop of its own: one that runs in the caller's thread would wait for us as we wait for it.
    with Zeroconf(interfaces=list(interfaces) or InterfaceChoice.All, use_asyncio=False) as zeroconf:
        browser = ServiceBrowser(zeroconf, list(SERVICES), handlers=[heard])
        threading.Event().wait(seconds)
        with ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="service") as pool:
            found = list(pool.map(lambda service: _asked(zeroconf, *service), list(announced)))
        browser.cancel()
    return distinct(server for server in found if server is not None)


def _check_ours(address: str) -> None:
    """Raises OSError for an address that is not this computer's (zeroconf would leave a socket open by it)."""
    with socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, socket.SOCK_DGRAM) as test:
        try:
            test.bind((address, 0))
        except OSError as error:
            raise OSError(f"{address} is no address of this computer: {error.strerror or error}") from None


def distinct(found: Iterable[Server]) -> list[Server]:
    """One row a server: what announces itself in several ways is taken for the first that SERVICES names.

    A printer of paper that offers both is shown without TLS: most have a certificate that nobody vouches for.
    """
    order = list(dict.fromkeys(driver for driver in SERVICES.values() if driver))
    best: dict[str, Server] = {}
    for server in sorted(found, key=lambda one: (order.index(one.driver), one.name, one.address)):
        best.setdefault(server.address.replace("ipps://", "ipp://"), server)
    return sorted(best.values(), key=lambda one: (one.driver, one.address))


def _asked(zeroconf: Zeroconf, kind: str, name: str) -> Server | None:
    """Ask for host, port and text. PrusaLink announces no address: its host's name is then resolved as any other."""
    info = ServiceInfo(kind, name)
    info.request(zeroconf, ANSWER * 1000)
    if not info.server or info.port is None:
        return None
    addresses = sorted(info.parsed_addresses(), key=lambda text: ipaddress.ip_address(text).version)
    if not HOST.fullmatch(info.server.rstrip(".")):
        return None
    address = addresses[0] if addresses else _resolved(info.server)
    return read(kind, name, info.server, info.port, address, info.decoded_properties)


def _resolved(host: str) -> str:
    """An address of the host, or its bare name where nothing here can resolve it."""
    bare = host.rstrip(".")
    for name in (bare, bare.removesuffix(".local")):
        try:
            return socket.gethostbyname(name)
        except OSError:
            continue
    return bare
