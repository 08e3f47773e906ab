"""Batches: who waits for company, a jig that is begun by hand, and the verdict on single pieces."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from fulfillment.api.guard import Operator, Reader, TheShop
from fulfillment.gathering import begin, chosen, companies
from jobs import leaving, route, views

router = APIRouter(prefix="/v1", tags=["batches"])

Pocket = Annotated[int, Field(ge=1, le=500)]


def _listed(said: object) -> object:
    """Numbers in one line, as a person writes them into a form: ``7, 9``."""
    return said.replace(",", " ").split() if isinstance(said, str) else said


class Begin(BaseModel):
    """A jig that is to be begun now, with what waits for it."""

    model_config = ConfigDict(extra="forbid")
    product: Annotated[str, Field(max_length=100)]
    operation: Annotated[str, Field(max_length=100)] = ""
    """Where a product is made in several; empty: the one that waits longest."""
    first: Pocket = 1
    """The first pocket that is used."""
    leave_out: Annotated[list[Pocket], Field(max_length=500), BeforeValidator(_listed)] = Field(default_factory=list)
    """Pockets that stay empty; a form may send them in one line."""


@router.get("/batches")
def get_batches(shop: TheShop, _who: Reader) -> list[dict[str, Any]]:
    """Pieces that wait for the rest of their jig, and when it is begun without more of them."""
    return [company.view() for company in companies(shop.store, shop.factory.catalog)]


@router.post("/batches", status_code=202)
def post_batch(wanted: Begin, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Begin a jig now, from a pocket on, leaving some out; it is rendered, and made as soon as a machine is free."""
    company = chosen(companies(shop.store, shop.factory.catalog), wanted.product, wanted.operation)
    batch = begin(shop.store, company, who, first=wanted.first, leave_out=wanted.leave_out)
    with shop.store.read() as connection:
        return views.job(connection, batch, shop.floor)


class LeaveOut(BaseModel):
    """One piece of a batch that is being made."""

    model_config = ConfigDict(extra="forbid")
    piece: Annotated[str, Field(min_length=1, max_length=100)]
    """Its unit, its job, or its number on the plate."""


@router.post("/jobs/{job_id}/leave-out", status_code=202)
def leave_out(job_id: str, wanted: LeaveOut, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Lay no more of one piece of a batch while the others go on: it is scrap, and made again alone.

    What the machine answers is in the batch's history; one that cannot do it changes nothing.
    """
    return {"command": leaving.ask(shop.store, job_id, wanted.piece, who)}


@router.post("/jobs/{job_id}/scrap")
def scrap(job_id: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say that a piece that was made is not good: it alone is made again, once nothing of it lies on a bed."""
    with shop.store.write(who) as tx:
        again = route.scrap(tx, job_id)
    return {"job": job_id, "state": "failed", "again": again}


@router.post("/jobs/{job_id}/keep")
def keep(job_id: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say that a piece that counts as failed is good, before it is made again."""
    with shop.store.write(who) as tx:
        route.keep(tx, job_id)
    return {"job": job_id, "state": "made"}
