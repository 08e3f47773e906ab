"""A server's front: requests and the faults that they meet, pushes, and a process that dies and comes back.

It knows nothing of what is behind it. Requests are the web's threads; what they do happens in the machine's.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol, TypeVar

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from simulators.hosted.faults import Fault, Faults
from simulators.hosted.web import Push, Web
from simulators.serve import Service

T = TypeVar("T")
Perform = Callable[[], Awaitable[Response]]
"""Carry out a request, whatever that takes, and answer it."""


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


class Gate:
    """Faults, pushes and requests of one server."""

    def __init__(self) -> None:
        self.faults = Faults()
        self.push: Push[Any] = Push(self.faults)
        self.requests: list[str] = []
        """Operations in the order in which they came, for whoever looks into the record."""
        self._service: Service | None = None
        self._web: Web | None = None
        self._vendor: Vendor | None = None

    def run(self, service: Service, web: Web, vendor: Vendor) -> None:
        self._service, self._web, self._vendor = service, web, vendor

    async def call(self, function: Callable[[], T]) -> T:
        """Run a function in the machine's thread."""
        assert self._service is not None  # noqa: S101  (requests come once it runs)
        return await asyncio.to_thread(self._service.call, function)

    # --- requests -------------------------------------------------------------------------------------------------

    async def act(self, operation: str, effect: Callable[[], Response]) -> Response:
        """Answer a request with ``effect``, which runs in the machine's thread, or as a fault has it."""
        return await self.meet(operation, lambda: self.call(effect))

    async def meet(self, operation: str, perform: Perform) -> Response:
        """The same where carrying it out is more than one step in the machine's thread."""
        self.requests.append(operation)
        fault = self.faults.strike(operation)
        if fault is None:
            return await perform()
        return await _MISHAPS[fault.kind](self, fault, perform)

    async def _timeout_before(self, fault: Fault, perform: Perform) -> Response:  # noqa: ARG002
        await asyncio.sleep(fault.argument)
        return Cut(Response(status_code=504))

    async def _timeout_after(self, fault: Fault, perform: Perform) -> Response:
        answer = await perform()
        await asyncio.sleep(fault.argument)
        return Cut(answer)

    async def _status(self, fault: Fault, perform: Perform) -> Response:  # noqa: ARG002
        return Response("out of order", int(fault.argument))

    async def _status_after(self, fault: Fault, perform: Perform) -> Response:
        await perform()
        return Response("out of order", int(fault.argument))

    async def _drop(self, fault: Fault, perform: Perform) -> Response:  # noqa: ARG002
        return Cut(await perform())

    async def _slow(self, fault: Fault, perform: Perform) -> Response:
        await asyncio.sleep(fault.argument)
        return await perform()

    async def _restart(self, fault: Fault, perform: Perform) -> Response:
        answer = await perform()
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


Mishap = Callable[[Gate, Fault, Perform], Awaitable[Response]]
_MISHAPS: Mapping[str, Mishap] = {
    "timeout-before": Gate._timeout_before,
    "timeout-after": Gate._timeout_after,
    "status": Gate._status,
    "status-after": Gate._status_after,
    "drop": Gate._drop,
    "slow-upload": Gate._slow,
    "restart": Gate._restart,
}


class Cut(Response):
    """An answer of which half arrives: more is announced than comes, and the connection is closed."""

    def __init__(self, whole: Response) -> None:
        # A 204 has no body that could be cut.
        super().__init__(whole.body or b"{}", 200 if whole.status_code == 204 else whole.status_code)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        body = bytes(self.body)
        headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body) + 100).encode())]
        await send({"type": "http.response.start", "status": max(self.status_code, 200), "headers": headers})
        await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": False})
