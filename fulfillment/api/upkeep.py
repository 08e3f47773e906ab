"""What people say of a machine: in service or not, what they put into it, that they cleaned or maintained it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field

from fulfillment import loads
from fulfillment.api.guard import Operator, TheShop
from jobs import upkeep
from jobs.states import MachineState

router = APIRouter(prefix="/v1/machines/{name}", tags=["upkeep"])

Text = Annotated[str, Field(min_length=1, max_length=200)]


def _none_if_empty(value: object) -> object:
    """A form sends what was left empty as an empty text."""
    return None if value == "" else value


Empty = BeforeValidator(_none_if_empty)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Why(Body):
    why: Text


class WhyNot(Body):
    """The undo of a drain on the dashboard says how, as every undo there does."""

    why: Annotated[str, Field(max_length=200, validation_alias=AliasChoices("why", "how"))] = ""


class How(Body):
    how: Text


class Done(Body):
    task: Annotated[str, Field(max_length=60)]
    note: Annotated[str, Field(max_length=200)] = ""


class Loading(Body):
    material: Annotated[str, Field(max_length=60)]
    volume_ml: Annotated[float | None, Empty, Field(gt=0, le=loads.MOST_VOLUME / 1000)] = None
    """None: what is left is not counted."""
    lot: Annotated[str | None, Empty, Field(max_length=loads.MOST_LOT)] = None
    expires: Annotated[date | None, Empty] = None
    """The last day on which it may be used."""
    instead: bool = False
    """It is what was put in the last time, when something else was said: what was made since is held."""


@router.post("/drain")
def drain(name: str, why: Why, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Finish what it has and take nothing more; then it is out of service. `in-service` takes it back."""
    loads.offer_at(shop, name, who)
    return {"machine": name, "state": upkeep.drain(shop.store, name, why.why, who)}


@router.post("/out-of-service")
def out_of_service(name: str, why: Why, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Take it out of service: it takes no job. Refused while a job runs on it. `in-service` takes it back."""
    loads.offer_at(shop, name, who)
    upkeep.take_out(shop.store, name, why.why, who)
    return {"machine": name, "state": MachineState.OUT_OF_SERVICE}


@router.post("/in-service")
def in_service(name: str, shop: TheShop, who: Operator, why: WhyNot | None = None) -> dict[str, Any]:
    """Put it back in service."""
    loads.offer_at(shop, name, who)
    upkeep.put_back(shop.store, name, (why or WhyNot()).why, who)
    return {"machine": name, "state": MachineState.IN_SERVICE}


@router.post("/load")
def load(name: str, loading: Loading, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say what was put into it: material, volume, lot, expiry. `undo` takes it back until something is made of it."""
    loads.offer_at(shop, name, who)
    volume = loading.volume_ml * 1000 if loading.volume_ml is not None else None
    said = loads.Said(loading.material, volume, loading.lot, loading.expires)
    held = upkeep.load(shop.store, name, loads.load_from(shop, said), who, instead=loading.instead)
    return {"machine": name, "loaded": loading.material, "suspect_units": held}


@router.post("/cleaned")
def cleaned(name: str, how: How, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say that it was cleaned, and how: nothing is on it that touched it before. `undo` takes it back."""
    loads.offer_at(shop, name, who)
    upkeep.cleaned(shop.store, name, how.how, who)
    return {"machine": name, "cleaned": how.how}


@router.post("/maintained")
def maintained(name: str, done: Done, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say that one of its tasks was done: its interval begins anew. `undo` takes it back."""
    upkeep.maintained(shop.store, loads.offer_at(shop, name, who), done.task, done.note, who)
    return {"machine": name, "maintained": done.task}


@router.post("/undo")
def undo(name: str, how: How, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Take back the last that was said to be loaded, cleaned or maintained. What was made on its word is held."""
    held = upkeep.undo(shop.store, name, how.how, who)
    return {"machine": name, "suspect_units": held}
