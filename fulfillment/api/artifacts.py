"""Artifacts and pictures, by their digest: what was approved, what was sent, what came out."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, Response
from sqlalchemy import Column, select

from fulfillment.api.guard import Reader, TheShop
from fulfillment.api.problems import Problem
from fulfillment.cad.files import WRITERS, glb
from fulfillment.embroidery import ENDINGS
from fulfillment.layered import Kept, layered
from fulfillment.machines import GCODE
from fulfillment.printing.prints import MODEL
from fulfillment.render.pool import Deadly, RenderPool
from fulfillment.shop import Shop
from gcode.pictures.layers import LayersError
from jobs import models as m
from jobs import retention
from jobs.store import NotFound

router = APIRouter(prefix="/v1", tags=["artifacts"])
FILES = {"application/pdf": ".pdf", "text/x-gcode": ".gcode", **ENDINGS}
"""Extensions of files that are fetched, by media type."""
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}
EXTRAS = {".png": "image/png", ".glb": "model/gltf-binary"}
"""Media types of files besides a program, by their endings."""
MODELS = {"model.stl": "model/stl", "model.3mf": "model/3mf"}
"""Files that are made of a body when they are asked for."""
LAYERS = "application/octet-stream"
VARY = "Accept-Encoding"


@router.get("/artifacts/{digest}")
def get_artifact(digest: str, shop: TheShop, _who: Reader) -> dict[str, Any]:
    """The manifest."""
    with shop.store.read() as connection:
        row = connection.execute(select(m.artifacts).where(m.artifacts.c.sha256 == digest)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"there is no artifact {digest}")
    return dict(row)


@router.get("/artifacts/{digest}/content")
def get_content(digest: str, shop: TheShop, who: Reader) -> FileResponse:
    """The bytes that go to the machine."""
    artifact = get_artifact(digest, shop, who)
    path = _here(shop, digest, retention.PROGRAMS)
    ending = FILES.get(artifact["media_type"], "")
    inline = artifact["media_type"] == "application/pdf"
    return FileResponse(
        path,
        media_type=artifact["media_type"],
        filename=f"{digest[:12]}{ending}",
        content_disposition_type="inline" if inline else "attachment",
        headers=FOREVER,
    )


@router.get("/pictures/{digest}")
def get_picture(digest: str, shop: TheShop, _who: Reader) -> FileResponse:
    """A proof, or the camera's picture of what came out. Customers' own files are not served."""
    return FileResponse(_here(shop, digest, retention.PICTURES), media_type="image/png", headers=FOREVER)


@router.get("/artifacts/{digest}/extras/{name}")
def get_extra(digest: str, name: str, shop: TheShop, who: Reader) -> Response:
    """A file besides the program: `view.png` (a printed piece from its front corner), `model.glb` (its body); of a
    body also `model.stl` and `model.3mf`."""
    extras: Mapping[str, str] = get_artifact(digest, shop, who)["manifest"].get("extras") or {}
    _here(shop, digest, retention.PROGRAMS)
    wanted = extras.get(MODEL if name in MODELS else name)
    if wanted is None:
        known = ", ".join(sorted(extras) + (sorted(MODELS) if MODEL in extras else [])) or "none"
        raise NotFound(f"artifact {digest} has no file {name[:60]!r}; it has: {known}")
    if name in MODELS:
        kind = MODELS[name]
        told = {"Content-Disposition": f'attachment; filename="{digest[:12]}{Path(name).suffix}"'}
        return Response(WRITERS[kind](glb.read(shop.artifacts.get(wanted))), media_type=kind, headers=FOREVER | told)
    path, kind = shop.artifacts.path(wanted), EXTRAS.get(Path(name).suffix, "application/octet-stream")
    if not path.is_file():
        raise NotFound(f"the file {name} of artifact {digest} was erased with its order")
    if kind.startswith("image/"):
        return FileResponse(path, media_type=kind, headers=FOREVER)
    return FileResponse(path, media_type=kind, filename=f"{digest[:12]}{Path(name).suffix}", headers=FOREVER)


@router.get("/artifacts/{digest}/layers")
async def get_layers(digest: str, request: Request, shop: TheShop, who: Reader) -> Response:
    """A G-code program layer by layer, in the compact form that `gcode/pictures/layers.py` describes."""
    artifact = await run_in_threadpool(get_artifact, digest, shop, who)
    if artifact["media_type"] != GCODE:
        raise Problem(422, "No layers", f"An artifact of {artifact['media_type']} has no layers: programs have.")
    await run_in_threadpool(_here, shop, digest, retention.PROGRAMS)
    kept: Kept = request.app.state.layers
    form = kept.get(digest)
    if form is None:
        form = await _drawn(artifact, request.app.state.pool, shop)
        kept.put(digest, form)
    if "gzip" in request.headers.get("accept-encoding", ""):
        return Response(form, media_type=LAYERS, headers=FOREVER | {"Content-Encoding": "gzip", "Vary": VARY})
    return Response(gzip.decompress(form), media_type=LAYERS, headers=FOREVER | {"Vary": VARY})


async def _drawn(artifact: Mapping[str, Any], pool: RenderPool | None, shop: Shop) -> bytes:
    """By a render worker, whose time and memory are bounded. Raises Problem."""
    if pool is None:
        raise Problem(503, "No layers", "This program renders nothing: ask the one that `ful web` runs.")
    try:
        return bytes(await asyncio.wrap_future(pool.submit(layered, artifact, shop.artifacts.folder)))
    except LayersError as error:
        raise Problem(422, "No layers", f"It cannot be shown layer by layer: {error}.") from None
    except (Deadly, MemoryError) as deadly:
        raise Problem(422, "No layers", f"Drawing its layers was given up: {deadly}.") from None


def _here(shop: Shop, digest: str, files: Sequence[Column[Any]]) -> Path:
    """A file that was made for a remembered order. NotFound for any other."""
    path = shop.artifacts.path(digest)
    if not retention.remembers(shop.store, digest, files) or not path.is_file():
        raise NotFound(f"there is no file {digest}: it never was, or it was erased with its order")
    return path
