"""What technicians ask of a machine between its jobs. Each is a command; its answer is at /v1/commands/{number}."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select

from drivers.service import CONSOLE_BYTES
from fulfillment.api.guard import Operator, Reader, TheShop
from fulfillment.shop import Shop
from jobs import floor, views
from jobs import models as m
from jobs.store import NotFound

router = APIRouter(prefix="/v1", tags=["technicians"])

Number = Annotated[float, Field(allow_inf_nan=False)]


class Line(BaseModel):
    model_config = ConfigDict(extra="forbid")
    line: Annotated[str, Field(min_length=1, max_length=CONSOLE_BYTES)]


class Frame(BaseModel):
    """A box in mm, and the speed in mm/s at which it is traced."""

    model_config = ConfigDict(extra="forbid")
    box: tuple[Number, Number, Number, Number]
    speed: Number = 50.0


def _asked(shop: Shop, name: str, verb: str, who: str, argument: str | None = None) -> dict[str, Any]:
    return {"command": floor.ask(shop.store, name, verb, None, who, argument)}


@router.post("/machines/{name}/facts", status_code=202)
def facts(name: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Have the machine tell its firmware, capabilities and limits. Moves nothing; refused while a job is on it."""
    return _asked(shop, name, "facts", who)


@router.post("/machines/{name}/console", status_code=202)
def console(name: str, line: Line, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Send a line. Refused while a job is on the machine; the bed is dirty unless the line is a known question."""
    return _asked(shop, name, "console", who, line.line)


@router.post("/machines/{name}/home", status_code=202)
def home(name: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Have the machine find its origin: it moves. Refused while a job is on it."""
    return _asked(shop, name, "home", who)


@router.post("/machines/{name}/nudge", status_code=202)
def nudge(name: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """A move of 1 mm up and back. Refused while a job is on the machine."""
    return _asked(shop, name, "nudge", who)


@router.post("/machines/{name}/frame", status_code=202)
def frame(name: str, asked: Frame, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Trace a box with the tool off. Refused while a job is on the machine."""
    return _asked(shop, name, "frame", who, " ".join(map(str, (*asked.box, asked.speed))))


@router.get("/commands/{number}")
def get_command(number: Annotated[int, Path(ge=1, le=2**53)], shop: TheShop, _who: Reader) -> dict[str, Any]:
    """A command: who asked for what, and once it is answered (`done_at`), the answer and the machine's words."""
    with shop.store.read() as connection:
        found = views.rows(connection, select(m.commands).where(m.commands.c.id == number))
    if not found:
        raise NotFound(f"there is no command {number}")
    return found[0]
