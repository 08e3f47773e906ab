"""From an order with a drawing to the laser's bytes and their proof: by the API, the command line and the pages."""

from __future__ import annotations

import base64
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from PIL import Image

from fulfillment import personalization
from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import Product
from fulfillment.daemon import Shop
from fulfillment.personalization import Problem, Resolved
from fulfillment.planning import Planner
from fulfillment.render.pool import RenderPool
from fulfillment.web import sight
from jobs import models as m

from .hostile import dxf, picture, svg, uses

HEART = svg('<path d="M50 90C10 60 5 30 25 20C40 12 50 25 50 35C50 25 60 12 75 20C95 30 90 60 50 90Z"/>')


def checked(product: Product, file: bytes | None = HEART, **fields: str) -> Resolved | list[Problem]:
    return personalization.check(product, fields, {}, {} if file is None else {"drawing": file})


def told(found: Resolved | list[Problem]) -> list[str]:
    assert isinstance(found, list)
    return [f"{problem.field}: {problem}" for problem in found]


def test_a_drawing_is_accepted_by_its_content(sign: Product) -> None:
    found = checked(sign, code="Ada")
    assert isinstance(found, Resolved)
    assert found.drawings["drawing"].media_type == "image/svg+xml"
    assert found.files == {"drawing": found.drawings["drawing"].sha256}
    assert found.texts == {"code": "Ada"}
    other = checked(sign, dxf(lambda d: d.modelspace().add_line((0, 0), (5, 5))))
    assert isinstance(other, Resolved) and other.drawings["drawing"].media_type == "image/vnd.dxf"


@pytest.mark.parametrize(
    ("file", "fields", "says"),
    [
        (None, {}, "drawing: Drawing is missing. Please upload an SVG or a DXF drawing."),
        (None, {"drawing": "a heart"}, "drawing: Drawing did not arrive as a file."),
        (picture("PNG"), {}, "drawing: The drawing is a photo."),
        (HEART, {"serial": "007"}, "serial: Serial is written by the factory. Please leave it out."),
        (HEART, {"code": "x" * 121}, "code: Link has 121 characters; at most 120 fit."),
        (HEART, {"code": "a\u202eb"}, "code: Link has characters that turn the direction of writing"),
        (HEART, {"code": "U-7F3K2QXM"}, "code: Link reads like a number of the factory's own (U-7F3K2QXM)"),
        (HEART, {"code": "https://a.example/units/j-7f3k2qxm-A2/"}, "code: Link reads like a number of the factory's"),
    ],
)
def test_what_is_refused_at_once(file: bytes | None, fields: dict[str, str], says: str, sign: Product) -> None:
    (only,) = told(checked(sign, file, **fields))
    assert only.startswith(says)


def ordered(shop: Shop, file: bytes, **fields: str) -> Any:
    given = {"drawing": {"data": base64.b64encode(file).decode()}, **fields}
    body = {"external_id": "#1001", "lines": [{"product": "wooden-sign", "fields": given}]}
    order_id = take(shop, OrderIn.model_validate(body), "test").order_id
    pool = RenderPool(1, 1024, 60.0)
    planner = Planner(shop.store, shop.factory, shop.artifacts, pool)
    try:
        while any(unit.state in ("new", "making") for unit in _units(shop)) and not _settled(shop):
            planner.round()
    finally:
        planner.stop()
        pool.close()
    (unit,) = [unit for unit in _units(shop) if unit.order_id == order_id]
    return unit


def _units(shop: Shop) -> list[Any]:
    with shop.store.read() as connection:
        return list(connection.execute(m.units.select()))


def _settled(shop: Shop) -> bool:
    with shop.store.read() as connection:
        return any(job.state != "rendering" for job in connection.execute(m.jobs.select()))


def test_the_proof_shows_the_drawing_and_the_units_own_code(shop: Shop) -> None:
    unit = ordered(shop, HEART, code="Happy Birthday, Ada")
    with shop.store.read() as connection:
        (artifact,) = connection.execute(m.artifacts.select())
    proof = Image.open(io.BytesIO(shop.artifacts.get(artifact.proof))).convert("L")
    (code,) = zxingcpp.read_barcodes(proof)
    assert code.text == f"https://example.com/u/{unit.id}?say=Happy Birthday, Ada"
    width, height = proof.size
    # The heart's middle on the board of 120 x 80 mm, and the bare board beside it.
    heart, beside = (int(width * 35 / 120), int(height * 40 / 80)), (int(width * 8 / 120), int(height * 60 / 80))
    region = proof.crop((heart[0] - 9, heart[1] - 9, heart[0] + 9, heart[1] + 9))
    assert sum(region.tobytes()) / 18**2 < int(proof.getpixel(beside)) - 40  # type: ignore[arg-type]
    assert any("1 px was taken as 1/96 inch" in note for note in artifact.manifest["notes"])


def test_what_only_reading_tells_holds_the_unit_with_the_element_named(shop: Shop) -> None:
    unit = ordered(shop, uses(9, 9))
    assert unit.state == "held"
    (problem,) = unit.problems
    assert problem["field"] == "drawing" and "more than 5,000 elements" in problem["reason"]


def test_the_form_that_mends_it_asks_for_a_drawing_and_not_for_what_the_factory_writes(sign: Product) -> None:
    asked = {"fields": {"drawing": {"sha256": "0" * 64}, "code": "Ada"}}
    entries = {entry["name"]: entry for entry in sight.form(sign, asked)}
    assert entries["drawing"]["kind"] == "drawing" and entries["drawing"]["sent"]
    assert entries["code"] == {
        "name": "code",
        "title": "Link",
        "required": False,
        "kind": "text",
        "value": "Ada",
        "most": 120,
    }
    assert "serial" not in entries


def _run(config: Path, *words: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "fulfillment.cli", "--config", str(config), *words]
    return subprocess.run(argv, capture_output=True, text=True, cwd=config.parent)


def test_the_command_line_takes_drawings_as_it_takes_photos(config: Path) -> None:
    folder = config.parent
    (folder / "heart.png").write_bytes(HEART)  # its name says nothing
    (folder / "text.svg").write_bytes(svg('<text id="words">Ada</text>'))
    done = _run(config, "render", "wooden-sign", "--file", "drawing=heart.png", "--out", str(folder))
    assert done.returncode == 0, done.stderr
    notes = json.loads((folder / "engrave.manifest.json").read_text())["notes"]
    assert notes == [
        "drawing: The drawing says no size of its page: 1 px was taken as 1/96 inch, which makes it 26.46 x 26.46 mm."
    ]
    refused = _run(config, "render", "wooden-sign", "--file", "drawing=text.svg", "--out", str(folder))
    assert refused.returncode == 1
    assert (
        '<text id="words"> (line 1): text, whose font is not in the file. Please convert text to paths'
        in refused.stderr
    )
    order = {"external_id": "A-1", "lines": [{"product": "wooden-sign", "fields": {"drawing": {"path": "heart.png"}}}]}
    (folder / "order.json").write_text(json.dumps(order))
    taken = _run(config, "order", "submit", "order.json")
    assert taken.returncode == 0 and "taken in" in taken.stdout, taken.stderr
