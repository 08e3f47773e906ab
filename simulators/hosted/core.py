"""A server's inside: files and a printer in the machine's thread, requests with their faults in the web's."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators import faults as firmware_faults
from simulators.hosted.faults import KINDS, Fault, Faults, Place, known, parse
from simulators.hosted.printer import File, Printer
from simulators.hosted.web import Push, Web
from simulators.serve import Service

T = TypeVar("T")


class Vendor(Protocol):
    """What a vendor's simulator brings."""

    def app(self) -> ASGIApp: ...

    def restarted(self) -> None:
        """The server's process began anew: forget what it would forget. In the machine's thread."""
        ...

    def unplugged(self) -> None:
        """The printer is gone from the server. In the machine's thread."""
        ...

    def plugged(self) -> None:
        """It is there again; a server that does not connect by itself does nothing."""
        ...


class Core:
    """Files, printer, faults and pushes of one server."""

    def __init__(self, printer: Printer) -> None:
        self.printer = printer
        self.files: dict[str, File] = {}
        self.faults = Faults()
        self.push: Push[Any] = Push(self.faults)
        self.requests: list[str] = []
        """Operations in the order in which they came, for whoever looks into the record."""
        self._service: Service | None = None
        self._web: Web | None = None
        self._vendor: Vendor | None = None

    def run(self, service: Service, web: Web, vendor: Vendor) -> None:
        self._service, self._web, self._vendor = service, web, vendor

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self.printer.firmware.now

    async def call(self, function: Callable[[], T]) -> T:
        """Run a function in the machine's thread."""
        assert self._service is not None  # noqa: S101  (requests come once it runs)
        return await asyncio.to_thread(self._service.call, function)

    # --- requests -------------------------------------------------------------------------------------------------

    async def act(self, operation: str, effect: Callable[[], Response]) -> Response:
        """Answer a request with ``effect``, which runs in the machine's thread, or as a fault has it."""
        self.requests.append(operation)
        fault = self.faults.strike(operation)
        if fault is None:
            return await self.call(effect)
        return await _MISHAPS[fault.kind](self, fault, effect)

    async def _timeout_before(self, fault: Fault, effect: Callable[[], Response]) -> Response:  # noqa: ARG002
        await asyncio.sleep(fault.argument)
        return Cut(Response(status_code=504))

    async def _timeout_after(self, fault: Fault, effect: Callable[[], Response]) -> Response:
        answer = await self.call(effect)
        await asyncio.sleep(fault.argument)
        return Cut(answer)

    async def _status(self, fault: Fault, effect: Callable[[], Response]) -> Response:  # noqa: ARG002
        return Response("out of order", int(fault.argument))

    async def _status_after(self, fault: Fault, effect: Callable[[], Response]) -> Response:
        await self.call(effect)
        return Response("out of order", int(fault.argument))

    async def _drop(self, fault: Fault, effect: Callable[[], Response]) -> Response:  # noqa: ARG002
        return Cut(await self.call(effect))

    async def _slow(self, fault: Fault, effect: Callable[[], Response]) -> Response:
        await asyncio.sleep(fault.argument)
        return await self.call(effect)

    async def _restart(self, fault: Fault, effect: Callable[[], Response]) -> Response:
        answer = await self.call(effect)
        self.restart(fault.argument)
        return Cut(answer)

    # --- what happens to it ---------------------------------------------------------------------------------------

    def restart(self, seconds: float) -> None:
        """The server's process dies, forgets, and is back after so many real seconds."""
        assert self._web is not None and self._vendor is not None and self._service is not None  # noqa: S101
        web, vendor, service = self._web, self._vendor, self._service
        thread = threading.Thread(
            target=web.restart, args=(seconds, lambda: service.call(vendor.restarted)), name="restart", daemon=True
        )
        thread.start()

    def unplug(self, seconds: float) -> None:
        assert self._vendor is not None and self._service is not None  # noqa: S101
        vendor, service = self._vendor, self._service
        vendor.unplugged()
        if seconds > 0:
            later = threading.Timer(seconds, lambda: service.call(vendor.plugged))
            later.daemon = True
            later.start()

    def arm(self, spec: str) -> None:
        """A fault of the table, or of the printer's firmware. Raises ValueError. In the machine's thread."""
        if not known(spec):
            self.printer.firmware.faults.arm(firmware_faults.parse(spec), self.printer.firmware.lines)
            return
        fault = parse(spec)
        if KINDS[fault.kind].place is Place.ROOM:
            _HAPPENINGS[fault.kind](self, fault)
        else:
            self.faults.arm(fault)


Mishap = Callable[[Core, Fault, Callable[[], Response]], Awaitable[Response]]
_MISHAPS: Mapping[str, Mishap] = {
    "timeout-before": Core._timeout_before,
    "timeout-after": Core._timeout_after,
    "status": Core._status,
    "status-after": Core._status_after,
    "drop": Core._drop,
    "slow-upload": Core._slow,
    "restart": Core._restart,
}
_HAPPENINGS: Mapping[str, Callable[[Core, Fault], None]] = {
    "printer-offline": lambda core, fault: core.unplug(fault.argument),
    "cancel-at-printer": lambda core, _: core.printer.cancel(),
    "pause-at-printer": lambda core, _: core.printer.pause(),
    "restart-now": lambda core, fault: core.restart(fault.argument),
}


class Cut(Response):
    """An answer of which half arrives: more is announced than comes, and the connection is closed."""

    def __init__(self, whole: Response) -> None:
        super().__init__(whole.body or b"{}", whole.status_code)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        body = bytes(self.body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body) + 100).encode())]
        await send({"type": "http.response.start", "status": max(self.status_code, 200), "headers": headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": False})
