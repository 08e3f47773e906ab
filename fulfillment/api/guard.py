"""Who may ask for what. Keys are kept as digests; without any key the API answers this machine alone.

A page of the web that runs in an operator's browser must not be able to steer the factory: the Host header must name
us (against DNS rebinding), and whatever changes something must come from our own pages or from no page at all.
"""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import secrets
from collections.abc import Awaitable, Callable
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request
from sqlalchemy import insert, select, update
from starlette.requests import ClientDisconnect
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fulfillment.api.problems import Problem, answer
from fulfillment.shop import Shop
from jobs import models as m
from jobs.store import NotFound, Refused, Store

RIGHTS = ("read", "order", "operate")
COOKIE = "ful_key"
MAX_BODY = 40 * 1024 * 1024
"""Bytes of a request: an order with a few photos in it."""
SAFE = ("GET", "HEAD", "OPTIONS")


def new_key(store: Store, name: str, may: list[str], who: str) -> str:
    """A key for someone, shown once: the record keeps its digest. Raises Refused for a name that is taken."""
    key = f"ful_{secrets.token_urlsafe(32)}"
    with store.write(who) as tx:
        if tx.connection.execute(select(m.api_keys.c.name).where(m.api_keys.c.name == name)).first():
            raise Refused(f"there is a key of {name} already: revoke it, or choose another name")
        values = {"name": name, "digest": _digest(key), "may": may, "created_at": tx.now}
        tx.connection.execute(insert(m.api_keys).values(**values))
        tx.log("key", name, "made", may=may)
    return key


def revoke_key(store: Store, name: str, who: str) -> None:
    with store.write(who) as tx:
        c = m.api_keys.c
        change = update(m.api_keys).where(c.name == name, c.revoked_at.is_(None)).values(revoked_at=tx.now)
        if tx.connection.execute(change).rowcount != 1:
            raise NotFound(f"no valid key of {name} is there")
        tx.log("key", name, "revoked")


def keys(store: Store) -> list[dict[str, Any]]:
    """Names, rights and dates of all keys, never the keys."""
    c = m.api_keys.c
    with store.read() as connection:
        found = connection.execute(select(c.name, c.may, c.created_at, c.revoked_at).order_by(c.name)).mappings()
        return [dict(row) for row in found]


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode()).hexdigest()


def owner_of(store: Store, key: str) -> tuple[str, list[str]] | None:
    """Who holds this key, and what they may; None where it is not valid."""
    digest = _digest(key)
    c = m.api_keys.c
    with store.read() as connection:
        row = connection.execute(
            select(c.name, c.may, c.digest).where(c.digest == digest, c.revoked_at.is_(None))
        ).one_or_none()
    return (row.name, list(row.may)) if row and hmac.compare_digest(row.digest, digest) else None


def caller(request: Request, right: str) -> str:
    """The name of who asks. Raises Problem 401 or 403 for who may not."""
    shop: Shop = request.app.state.shop
    if not shop.factory.config.web.keys_required:
        return request.headers.get("x-ful-who", "local")[:60] or "local"
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    key = key.strip() if scheme.lower() == "bearer" else request.cookies.get(COOKIE, "")
    owner = owner_of(shop.store, key) if key else None
    if owner is None:
        text = "Send a key: `Authorization: Bearer ful_...`; `ful key add NAME` makes one."
        raise Problem(401, "Who are you?", text, headers={"WWW-Authenticate": "Bearer"})
    if right not in owner[1]:
        raise Problem(403, "Not allowed", f"The key of {owner[0]} may {', '.join(owner[1])}, not {right}.")
    return owner[0]


def may(right: str) -> Any:
    """A dependency: the caller's name, or 401/403."""

    def check(request: Request) -> str:
        return caller(request, right)

    return Depends(check)


Reader = Annotated[str, may("read")]
Orderer = Annotated[str, may("order")]
Operator = Annotated[str, may("operate")]


def shop_of(request: Request) -> Shop:
    shop: Shop = request.app.state.shop
    return shop


TheShop = Annotated[Shop, Depends(shop_of)]


def install(app: FastAPI, shop: Shop) -> None:
    """Limits and origins, before any route is looked at."""
    web = shop.factory.config.web
    hosts = {"127.0.0.1", "localhost", "[::1]", web.host}

    @app.middleware("http")
    async def _origins(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        host = request.headers.get("host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        if not web.keys_required and name not in hosts:
            return answer(Problem(421, "Not here", f"This server is not called {name[:80]!r}."))
        origin = request.headers.get("origin")
        if request.method not in SAFE and origin is not None and origin.partition("://")[2] != host:
            return answer(Problem(403, "Not from there", "Changes are taken from this server's own pages only."))
        response = await go_on(request)
        response.headers.setdefault("X-Content-Type-Options", "nosniff")
        response.headers.setdefault("Referrer-Policy", "same-origin")
        response.headers.setdefault("Cache-Control", "no-cache")
        policy = (
            "default-src 'self'; img-src 'self' data: blob:; "
            "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        )
        response.headers.setdefault("Content-Security-Policy", policy)
        return response

    app.add_middleware(BodyLimit)


class BodyLimit:
    """Ends a request whose body is larger than MAX_BODY, whatever its header said."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        too_large = answer(Problem(413, "Too large", f"A request may have {MAX_BODY // 1024 // 1024} MB."))
        for name, value in scope["headers"]:
            if name == b"content-length" and value.isdigit() and int(value) > MAX_BODY:
                await too_large(scope, receive, send)
                return
        taken, begun = 0, False

        async def counted() -> Message:
            """The body as it comes; beyond the limit the application is told that the client has left."""
            nonlocal taken
            message = await receive() if taken <= MAX_BODY else {"type": "http.disconnect"}
            taken += len(message.get("body", b""))
            return message if taken <= MAX_BODY else {"type": "http.disconnect"}

        async def unless_cut(message: Message) -> None:
            nonlocal begun
            if begun or taken <= MAX_BODY:
                begun = True
                await send(message)

        with contextlib.suppress(ClientDisconnect):
            await self._app(scope, counted, unless_cut)
        if taken > MAX_BODY and not begun:
            await too_large(scope, receive, send)
