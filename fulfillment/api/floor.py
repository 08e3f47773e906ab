"""The shop floor: machines and beds, jobs, and what needs a person."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from fulfillment import emergency, expected
from fulfillment.api.guard import Operator, Reader, TheShop
from fulfillment.api.problems import Problem
from fulfillment.cameras import Cameras, kind_of
from fulfillment.shop import Shop
from jobs import attempts, attention, floor, pace, views
from jobs import models as m
from jobs.store import NotFound

router = APIRouter(prefix="/v1", tags=["floor"])


class Said(BaseModel):
    """How somebody knows, for the record."""

    model_config = ConfigDict(extra="forbid")
    how: Annotated[str, Field(max_length=200)] = "looked at it"


class Verdict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    verdict: Literal["made", "failed", "not-started"]


def machine_views(shop: Shop) -> list[dict[str, Any]]:
    """Machines as configured, on record, and live."""
    live, now = shop.telemetry.all(), shop.floor
    with shop.store.read() as connection:
        on_record = {machine["name"]: machine for machine in views.machines(connection, now)}
    found = []
    for machine, offer in zip(shop.factory.config.machines, now.offers, strict=True):
        row = on_record.get(machine.name) or views.never_seen(offer, now.now)
        facts: dict[str, Any] = {key: getattr(machine, key) for key in ("name", "title", "driver")}
        facts |= {"processes": sorted(machine.processes), "camera": bool(machine.camera)}
        facts["material"] = row["loaded"]["material"] if row["loaded"] else None
        found.append({**row, **facts, "live": live.get(machine.name)})
    return found


def machine_view(shop: Shop, name: str) -> dict[str, Any]:
    """One machine as :func:`machine_views` has it, with ``paces``. Raises NotFound."""
    found = [machine for machine in machine_views(shop) if machine["name"] == name]
    if not found:
        raise NotFound(f"no machine of config.yaml is called {name!r}")
    with shop.store.read() as connection:
        paces = pace.paces(connection, [name]).get(name, {})
    return {**found[0], "paces": expected.learned(paces)}


@router.get("/machines")
def get_machines(shop: TheShop, _who: Reader) -> list[dict[str, Any]]:
    """Every machine of config.yaml: on record, live, its bed, and what lies there."""
    return machine_views(shop)


@router.get("/machines/{name}")
def get_machine(name: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """One machine, with what its runs took against their estimates (`paces`: factors, spread and runs by process)."""
    return machine_view(shop, name)


@router.get("/machines/{name}/camera", response_class=Response)
def camera(name: str, _who: Reader, request: Request) -> Response:
    """The bed as its camera sees it. However many ask, the camera is asked at most once a second."""
    cameras: Cameras = request.app.state.cameras
    try:
        picture = cameras.picture(name)
    except KeyError:
        raise NotFound(f"{name} has no camera: give it one by `camera:` in config.yaml") from None
    kind = kind_of(picture) if picture else None
    if picture is None or kind is None:
        raise Problem(502, "No picture", f"The camera of {name} gave no picture: look at its address and its cable.")
    return Response(picture, media_type=kind, headers={"Cache-Control": "no-store"})


@router.post("/machines/{name}/bed/clear")
def clear(name: str, shop: TheShop, who: Operator, said: Said | None = None) -> dict[str, Any]:
    """Say that nothing lies on the bed. What was scrapped on it is made again."""
    remade = floor.clear_bed(shop.store, name, (said or Said()).how, who)
    return {"machine": name, "bed": "clear", "remade": remade}


@router.post("/machines/{name}/bed/dirty")
def dirty(name: str, shop: TheShop, who: Operator, said: Said | None = None) -> dict[str, Any]:
    """Take a clearing back."""
    floor.mark_dirty(shop.store, name, (said or Said()).how, who)
    return {"machine": name, "bed": "dirty"}


@router.post("/machines/{name}/stop")
def stop(name: str, shop: TheShop, who: Operator) -> list[dict[str, Any]]:
    """Emergency stop, by the shortest way that the machine has: past the record and every queue where that can be."""
    return [asdict(stopped) for stopped in emergency.stop(shop, [name], who)]


@router.post("/stop")
def stop_all(shop: TheShop, who: Operator) -> list[dict[str, Any]]:
    """Emergency stop of every machine, all at the same time."""
    return [asdict(stopped) for stopped in emergency.stop(shop, None, who)]


@router.post("/machines/{name}/connect", status_code=202)
def connect(name: str, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Acknowledge a fault and connect again."""
    return {"command": floor.ask(shop.store, name, "connect", None, who)}


@router.get("/jobs")
def get_jobs(
    shop: TheShop,
    _who: Reader,
    state: Annotated[list[str] | None, Query()] = None,
    most: Annotated[int, Query(ge=1, le=1000)] = 200,
) -> list[dict[str, Any]]:
    """Jobs in order of arrival, each saying why it waits."""
    where = m.jobs.c.state.in_(state) if state else m.jobs.c.id.is_not(None)
    with shop.store.read() as connection:
        return views.jobs(connection, where, shop.floor, most)


@router.get("/jobs/{job_id}")
def get_job(job_id: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """One job, whole, with what happened to it and why it waits."""
    with shop.store.read() as connection:
        return views.job(connection, job_id, shop.floor)


@router.post("/attempts/{attempt}/{verb}", status_code=202)
def ask(attempt: str, verb: Literal["pause", "resume", "cancel"], shop: TheShop, who: Operator) -> dict[str, Any]:
    """Pause, resume or cancel the attempt that is named: never whatever happens to run."""
    return {"command": attempts.ask(shop.store, attempt, verb, who)}


@router.post("/jobs/{job_id}/decide")
def decide(job_id: str, verdict: Verdict, shop: TheShop, who: Operator) -> dict[str, Any]:
    """Say what became of a job that no machine can tell of."""
    attempts.decide(shop.store, job_id, verdict.verdict, who)
    return get_job(job_id, shop, who)


@router.get("/attention")
def get_attention(shop: TheShop, _who: Reader) -> list[dict[str, str]]:
    """What needs a person, most urgent first."""
    with shop.store.read() as connection:
        return [asdict(call) for call in attention.calls(connection, shop.floor)]
