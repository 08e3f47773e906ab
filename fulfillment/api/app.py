"""The application: every route of the shop behind one guard."""

from __future__ import annotations

from pathlib import Path

from fastapi import FastAPI
from fastapi.staticfiles import StaticFiles

from fulfillment.api import (
    artifacts,
    batches,
    events,
    floor,
    guard,
    labels,
    notes,
    orders,
    pages,
    papers,
    problems,
    products,
    sources,
    technicians,
    upkeep,
)
from fulfillment.cameras import Cameras
from fulfillment.layered import Kept
from fulfillment.render.pool import RenderPool
from fulfillment.shop import Shop

ROUTERS = (
    orders.router,
    notes.router,
    labels.router,
    products.router,
    floor.router,
    batches.router,
    upkeep.router,
    technicians.router,
    artifacts.router,
    papers.router,
    sources.router,
    events.router,
    pages.router,
)
STATIC = Path(__file__).parent.parent / "web" / "static"


def create(shop: Shop, pool: RenderPool | None = None) -> FastAPI:
    """The application for one shop. ``pool``: who draws previews; None: nobody does."""
    app = FastAPI(
        title="Fulfillment",
        version="1",
        summary="A factory whose batch size is one: orders in, pieces out, and everything in between.",
        docs_url=None,  # FastAPI's page loads its scripts from a foreign server; docs/api.md is ours
        redoc_url=None,
        openapi_url="/v1/openapi.json",
    )
    app.state.shop = shop
    app.state.pool = pool
    app.state.layers = Kept()
    watched = {machine.name: machine.camera for machine in shop.factory.config.machines if machine.camera}
    app.state.cameras = Cameras(watched)
    problems.install(app)
    guard.install(app, shop)
    for router in ROUTERS:
        app.include_router(router)
    app.mount("/static", StaticFiles(directory=STATIC), name="static")
    return app
