"""An order of a customer's model: read whole in a worker before it is planned, and printed, or held with its mend."""

from __future__ import annotations

import io
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from manifold3d import Manifold
from sqlalchemy import select

from fulfillment.api.orders import OrderIn, take
from fulfillment.daemon import Shop, open_shop
from fulfillment.planning import Planner
from fulfillment.processes import Problems
from fulfillment.render.pool import RenderPool
from fulfillment.render.work import preview, render
from fulfillment.slicers import Printer
from fulfillment.slicers.prusa import keys_of
from gcode.slicing.profile import Profile
from jobs import models as m
from jobs.artifacts import ArtifactStore

from .conftest import Make, Specify, as_stl

BAD: dict[str, tuple[bytes, dict[str, str], tuple[str, str, str]]]
"""A file, what is chosen, and the field, the reason and the mend that are told."""


def bomb() -> bytes:
    """A 3MF of a few hundred kB whose model has 400 MB."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("3D/3dmodel.model", "w") as part:
        for _ in range(400):
            part.write(b" " * 1_000_000)
    return out.getvalue()


def open_box() -> bytes:
    """A cube that lacks one of its triangles."""
    whole = as_stl(Manifold.cube((20.0, 20.0, 20.0)))
    return whole[:80] + (11).to_bytes(4, "little") + whole[84 : 84 + 11 * 50]


BAD = {
    "broken": (
        open_box(),
        {},
        ("model", "The model is not watertight: 3 edges have a triangle on one side only.", "Please"),
    ),
    "bomb": (
        bomb(),
        {},
        ("model", "The model has a part '3D/3dmodel.model' that grows from", "Please export it coarser"),
    ),
    "tiny": (
        as_stl(Manifold.cube((0.5, 0.5, 0.5))),
        {},
        ("model", "The model is 0.5 mm long, taken in mm", "Please say"),
    ),
    "too large": (
        as_stl(Manifold.cube((20.0, 10.0, 5.0))),
        {"unit": "inch"},
        ("model", "Model is 508 x 254 x 127 mm in x, y and z; there is room for 120 x 120 x 120.", "Please make it"),
    ),
    "unknown unit": (
        as_stl(Manifold.cube((20.0, 10.0, 5.0))),
        {"unit": "parsec"},
        ("unit", "Drawn in 'parsec' is not offered.", "Please choose one of: as its file says (else mm), mm, cm"),
    ),
}


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    one = RenderPool(1, 1024, 60)
    yield one
    one.close()


@pytest.fixture
def shop(written: Make) -> Iterator[Shop]:
    one = open_shop(written())
    yield one
    one.close()


def planned(shop: Shop, pool: RenderPool, until: Callable[[Shop], bool], *lines: tuple[bytes, dict[str, str]]) -> None:
    """Take an order with a line for each file, and plan."""
    wanted = [
        {"product": "your-model", "fields": {"model": {"sha256": shop.artifacts.put(data)}}, "options": options}
        for data, options in lines
    ]
    take(shop, OrderIn.model_validate({"external_id": "A-1", "lines": wanted, "ship_to": {"name": "Ada"}}), "test")
    planner = Planner(shop.store, shop.factory, shop.artifacts, pool)
    end = time.monotonic() + 120
    try:
        while not until(shop):
            assert time.monotonic() < end
            planner.round()
            time.sleep(0.02)
    finally:
        planner.stop()


def rows(shop: Shop, table: Any) -> list[dict[str, Any]]:
    with shop.store.read() as connection:
        return [dict(row) for row in connection.execute(select(table)).mappings()]


def printed(shop: Shop) -> bool:
    return any(artifact["process"] == "fdm" for artifact in rows(shop, m.artifacts))


def test_what_cannot_be_made_is_held_with_field_reason_and_mend_before_it_is_planned(
    shop: Shop, pool: RenderPool
) -> None:
    def settled(shop: Shop) -> bool:
        return all(unit["state"] != "new" for unit in rows(shop, m.units))

    planned(shop, pool, settled, *((data, options) for data, options, _ in BAD.values()))
    told = {
        (problem["field"], problem["reason"], problem["mend"])
        for unit in rows(shop, m.units)
        for problem in unit["problems"]
    }
    for field, reason, mend in (wanted for *_, wanted in BAD.values()):
        assert any(one[0] == field and one[1].startswith(reason) and one[2].startswith(mend) for one in told), (
            reason,
            told,
        )
    assert {unit["state"] for unit in rows(shop, m.units)} == {"held"}
    assert not printed(shop) and not any(job["state"] == "ready" for job in rows(shop, m.jobs))


def test_a_model_that_is_ordered_becomes_a_program(shop: Shop, pool: RenderPool, block: bytes) -> None:
    planned(shop, pool, printed, (block, {"unit": "mm"}))
    (made,) = [one for one in rows(shop, m.artifacts) if one["process"] == "fdm"]
    assert made["manifest"]["body"]["size"] == [20.0, 10.0, 6.0]
    assert made["manifest"]["notes"] == []


def test_a_page_sees_its_outline_from_above(block: bytes, specified: Specify, store: ArtifactStore) -> None:
    drawn = preview([specified(block)], store.folder)
    assert 'd="M 70.000,65.000 50.000,65.000 50.000,55.000 70.000,55.000 Z" fill="#2f6f73"' in drawn


# --- a slicer that hangs ----------------------------------------------------------------------------------------------


def hanging(folder: Path) -> str:
    """A slicer that knows all settings, begins another process, and waits with it."""
    path = folder / "slicer"
    (folder / "keys").write_text("\n".join([*keys_of(Profile(), Printer(1, 1, 1)), *OTHERS]).replace("\n", " = 0\n"))
    path.write_text(f"""#!/bin/sh
if [ "$1" = --save ]; then cp "{folder}/keys" "$2"; exit 0; fi
sleep 600 & echo $$ $! > "{folder}/pids"
sleep 600
""")
    path.chmod(0o755)
    return str(path)


OTHERS = (
    "support_material",
    "support_material_threshold",
    "temperature",
    "first_layer_temperature",
    "bed_temperature",
    "first_layer_bed_temperature",
    "",
)


def gone_soon(pid: int) -> bool:
    for _ in range(200):
        try:
            if Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX":
                return True
        except FileNotFoundError:
            return True
        time.sleep(0.02)
    return False


def pids(folder: Path) -> list[int]:
    """Of the slicer and its child, once it has begun."""
    end = time.monotonic() + 60
    while not (folder / "pids").is_file() or len((folder / "pids").read_text().split()) < 2:
        assert time.monotonic() < end
        time.sleep(0.02)
    return [int(pid) for pid in (folder / "pids").read_text().split()]


def test_a_slicer_that_hangs_is_ended_with_its_children_before_its_worker_would_be(
    tmp_path: Path, tee: bytes, specified: Specify, store: ArtifactStore
) -> None:
    slicers = {"prusaslicer": {"program": hanging(tmp_path), "timeout": 600}}
    pool = RenderPool(1, 1024, 12)
    try:
        with pytest.raises(Problems) as found:
            pool.submit(render, specified(tee, slicers=slicers), store.folder).result()
    finally:
        pool.close()
    (problem,) = found.value.problems
    assert problem["field"] == "model"
    assert "was ended, with all that it had started" in problem["reason"]
    assert all(gone_soon(pid) for pid in pids(tmp_path))


def test_a_slicer_ends_with_its_worker(tmp_path: Path, tee: bytes, specified: Specify, store: ArtifactStore) -> None:
    slicers = {"prusaslicer": {"program": hanging(tmp_path), "timeout": 600}}
    pool = RenderPool(1, 1024, 600)
    try:
        pool.submit(render, specified(tee, slicers=slicers), store.folder)
        running = pids(tmp_path)
        assert not any(gone_soon(pid) for pid in running[:1])
    finally:
        pool.close()
    assert all(gone_soon(pid) for pid in running)
