"""Artifacts and pictures, by their digest: what was approved, what was sent, what came out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fastapi import APIRouter
from fastapi.responses import FileResponse
from sqlalchemy import Column, select

from fulfillment.api.guard import Reader, TheShop
from fulfillment.embroidery import ENDINGS
from fulfillment.shop import Shop
from jobs import models as m
from jobs import retention
from jobs.store import NotFound

router = APIRouter(prefix="/v1", tags=["artifacts"])
FILES = {"application/pdf": ".pdf", "text/x-gcode": ".gcode", **ENDINGS}
"""Extensions of files that are fetched, by media type."""
FOREVER = {"Cache-Control": "private, max-age=31536000, immutable"}


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


def _here(shop: Shop, digest: str, files: Sequence[Column[Any]]) -> Path:
    """A file that was made for a remembered order. NotFound for any other."""
    path = shop.artifacts.path(digest)
    if not retention.remembers(shop.store, digest, files) or not path.is_file():
        raise NotFound(f"there is no file {digest}: it never was, or it was erased with its order")
    return path
