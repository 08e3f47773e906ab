"""Colours by station: two operations after each other on one piece, each with a material of its own."""

from __future__ import annotations

import base64
import io
import json
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from PIL import Image, ImageOps
from sqlalchemy import select

from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER, Product
from fulfillment.catalog.loader import parse
from fulfillment.config import Factory
from fulfillment.example import FILES, order
from fulfillment.gallery import as_made
from fulfillment.offline import Done, NotMade, rendered
from fulfillment.planning import Planner, specification
from fulfillment.preview import preview
from fulfillment.shop import Shop
from gcode.geometry import Bounds
from gcode.proof import Marks, Piece, ProofError, marks_proof
from jobs import models as m
from jobs.artifacts import ArtifactStore

CHOCOLATE, RASPBERRY = (0x3B, 0x23, 0x14), (0xC2, 0x18, 0x5B)


def _made(factory: Factory, product: Product, folder: Path, photo: bytes | None = None) -> dict[str, Done]:
    said = order(product)
    data = {name: photo or file.read_bytes() for name, file in said.files.items()}
    return {done.operation: done for done in rendered(factory, product.name, said, data, folder)}


def _share(picture: bytes, colour: tuple[int, int, int], near: int = 24) -> float:
    """Of all pixels, those that have about this colour."""
    pixels = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB")).astype(int)
    return float((np.abs(pixels - colour).max(axis=2) < near).mean())


def _other_photo() -> bytes:
    out = io.BytesIO()
    ImageOps.mirror(Image.open(FILES / "cat.jpg")).save(out, "JPEG", quality=92)
    return out.getvalue()


def test_the_later_proof_shows_what_lies_there_already(factory: Factory, cookie: Product, tmp_path: Path) -> None:
    made = _made(factory, cookie, tmp_path)
    assert list(made) == ["photo", "words"]
    first, second = (done.proof.read_bytes() for done in made.values() if done.proof)
    assert _share(first, CHOCOLATE) > 0.1 and _share(first, RASPBERRY) == 0
    assert _share(second, RASPBERRY) > 0.02
    assert _share(second, CHOCOLATE) == pytest.approx(_share(first, CHOCOLATE), rel=0.01)
    # Each operation is held against its own design: what lies below is no stray, and no photo is looked for.
    fidelity = json.loads(made["words"].manifest.read_text())["fidelity"]
    assert "photo" not in fidelity and fidelity["lines"]["coverage"] > 0.98 and fidelity["lines"]["stray"] == 0
    assert {name: done.made.needs.material for name, done in made.items()} == {
        "photo": "frosting-chocolate",
        "words": "frosting-raspberry",
    }


def test_the_same_words_over_another_photo_are_another_artifact(
    factory: Factory, cookie: Product, tmp_path: Path
) -> None:
    """Bytes are kept once, with one proof: a customer would be shown somebody else's photo."""
    one, again, other = (
        _made(factory, cookie, tmp_path / name, photo)["words"]
        for name, photo in (("one", None), ("again", None), ("other", _other_photo()))
    )
    assert one.made.sha256 == again.made.sha256 and one.made.proof == again.made.proof
    assert one.made.sha256 != other.made.sha256 and one.made.proof != other.made.proof
    moves = [done.artifact.read_bytes().split(b"\n", 1) for done in (one, other)]
    assert moves[0][1] == moves[1][1], "only the stamp differs"
    assert moves[0][0].startswith(b"; ") and moves[0][0] != moves[1][0]


def test_the_finished_piece_is_seen_on_the_second_machine(factory: Factory, cookie: Product, tmp_path: Path) -> None:
    pictures = []
    for done in _made(factory, cookie, tmp_path).values():
        out = io.BytesIO()
        made = as_made(factory, cookie, done)
        assert made is not None
        made.save(out, "PNG")
        pictures.append(out.getvalue())
    first, second = pictures
    assert _share(first, RASPBERRY, 40) == 0
    assert _share(second, RASPBERRY, 40) > 0.01
    assert _share(second, CHOCOLATE, 40) == pytest.approx(_share(first, CHOCOLATE, 40), rel=0.1)


def test_the_preview_has_every_colour(factory: Factory, cookie: Product, tmp_path: Path) -> None:
    store = ArtifactStore(tmp_path)
    photo = store.put((FILES / "cat.jpg").read_bytes())
    options = {"frosting": "chocolate", "lettering": "raspberry"}
    resolved = {"texts": {"wish": "Happy Birthday", "name": "Ada"}, "photos": {"photo": photo}, "options": options}
    drawn = preview([specification(factory, cookie.name, name, resolved) for name in cookie.marking], store.folder)
    assert drawn.count('stroke="#c2185b"') == 2 and "<image" in drawn


def test_a_nozzle_passes_above_what_was_laid_before(factory: Factory, cookie: Product, tmp_path: Path) -> None:
    low = cookie.recipes["frosting"].model_copy(update={"clearance": 0.8})
    shallow = cookie.model_copy(update={"recipes": {"frosting": low}})
    catalog = type(factory.catalog)({**factory.catalog.products, cookie.name: shallow})
    changed = type(factory)(factory.config, catalog)
    with pytest.raises(NotMade, match=r"what was laid is 0\.8 mm high"):
        _made(changed, shallow, tmp_path)


def _changed(change: Callable[[dict[str, Any]], None]) -> Any:
    said = yaml.safe_load((FOLDER / "celebration-cookie.yaml").read_text())
    change(said)
    return parse(yaml.safe_dump(said), "celebration-cookie.yaml")


def test_operations_on_one_piece_come_after_each_other() -> None:
    found = _changed(lambda said: said["route"]["words"].pop("after"))
    assert isinstance(found, list)
    assert "'photo' and 'words' both mark the piece" in found[0].text and "after: [photo]" in found[0].mend

    def by_hand_between(said: dict[str, Any]) -> None:
        said["route"]["dry"] = {"title": "Let it dry", "after": ["photo"]}
        said["route"]["words"]["after"] = ["dry"]

    product, _ = _changed(by_hand_between)
    assert product.before("words") == {"photo", "dry"}
    assert (product.under("photo"), product.under("words"), product.under("slip")) == (None, "photo", None)


def test_a_proof_is_drawn_over_a_picture_of_the_same_piece_only() -> None:
    marks = Marks(np.array([[1.0, 1.0]]), np.array([[5.0, 5.0]]), np.array([1.0]))
    small = np.zeros((8, 8, 3), dtype=np.uint8)
    with pytest.raises(ProofError, match="not of this piece"):
        marks_proof(marks, Piece(20.0, 10.0, under=small))
    assert Bounds(0.0, 0.0, 20.0, 10.0).around(marks.middle).all()


class AtOnce:
    """The render pool without processes: pure functions may run anywhere."""

    def submit(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:  # noqa: BLE001  (a future carries whatever was raised)
            done.set_exception(error)
        return done


def _planned(shop: Shop, photos: list[bytes]) -> None:
    lines = [
        {
            "product": "celebration-cookie",
            "fields": {"name": "Ada", "photo": {"data": base64.b64encode(photo).decode()}},
            "options": {},
        }
        for photo in photos
    ]
    said = {"external_id": "A-1", "lines": lines, "ship_to": {"name": "Ada Lovelace"}}
    take(shop, OrderIn.model_validate(said), "test")
    planner = Planner(shop.store, shop.factory, shop.artifacts, AtOnce())  # type: ignore[arg-type]
    end = time.monotonic() + 60
    try:
        while not (jobs := _jobs(shop)) or any(job["state"] == "rendering" for job in jobs):
            assert time.monotonic() < end, jobs
            planner.round()
    finally:
        planner.stop()


def _jobs(shop: Shop) -> list[dict[str, Any]]:
    statement = (
        select(m.jobs, m.operations.c.name, m.operations.c.state.label("operation"), m.artifacts.c.proof)
        .join(m.operations, m.operations.c.id == m.jobs.c.operation_id)
        .outerjoin(m.artifacts, m.artifacts.c.sha256 == m.jobs.c.artifact)
    )
    with shop.store.read() as connection:
        return [dict(row) for row in connection.execute(statement).mappings()]


def test_the_planner_draws_each_piece_over_its_own_first_colour(shop: Shop) -> None:
    _planned(shop, [(FILES / "cat.jpg").read_bytes(), _other_photo()])
    jobs = _jobs(shop)
    assert sorted((job["name"], job["state"]) for job in jobs) == [
        (name, "ready") for name in ("photo", "photo", "slip", "slip", "words", "words")
    ]
    assert {job["operation"] for job in jobs if job["name"] == "words"} == {"waiting"}, "the photo comes first"
    words = [job for job in jobs if job["name"] == "words"]
    assert len({job["artifact"] for job in words}) == 2 and len({job["proof"] for job in words}) == 2
    for job in words:
        picture = shop.artifacts.get(job["proof"])
        assert _share(picture, CHOCOLATE) > 0.1 and _share(picture, RASPBERRY) > 0.002
