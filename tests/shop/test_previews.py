"""The catalog and the live preview over HTTP: what a shop's page asks for while its customer types."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import httpx
import pytest
from fastapi import FastAPI

from fulfillment.config import load_factory
from fulfillment.example import FILES, order
from fulfillment.render.pool import RenderPool
from fulfillment.shop import Shop

SVG = "{http://www.w3.org/2000/svg}"
SHIPPED = Path(__file__).parents[2] / "config.yaml"


@pytest.fixture(scope="module")
def pool() -> Iterator[RenderPool]:
    made = RenderPool(1, 2000, 60)
    yield made
    made.close()


@pytest.fixture
def drawing(client: httpx.Client, served: tuple[FastAPI, str], pool: RenderPool) -> Iterator[httpx.Client]:
    served[0].state.pool = pool
    yield client
    served[0].state.pool = None


def wish(**fields: str) -> dict[str, Any]:
    return {"fields": fields, "options": {"flavour": "strawberry"}}


def test_products_are_told_with_all_that_may_be_asked(client: httpx.Client, shop: Shop) -> None:
    told = client.get("/v1/products").json()
    assert [one["name"] for one in told] == list(shop.factory.catalog.products)
    assert client.get(f"/v1/products/{told[0]['name']}").json() == told[0]
    missing = client.get("/v1/products/nothing")
    assert missing.status_code == 404 and "no product is called 'nothing'" in missing.json()["detail"]


def test_a_preview_is_a_picture_of_the_piece(drawing: httpx.Client) -> None:
    photo = {"data": base64.b64encode((FILES / "cat.jpg").read_bytes()).decode()}
    body = {"fields": {"message": "Hi Ada", "photo": photo}, "options": {"flavour": "strawberry"}}
    answer = drawing.post("/v1/products/pop-tart/preview", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    page = ElementTree.fromstring(answer.text)  # noqa: S314  (our own)
    assert page.get("width") == "126mm"
    assert len(page.findall(f".//{SVG}image")) == 1
    assert "stroke-linecap" in answer.text
    other = drawing.post("/v1/products/pop-tart/preview", json=body | {"fields": {"message": "Hi Bob", "photo": photo}})
    assert other.text != answer.text
    assert "Hi Ada" not in answer.text, "words are lines, not text"


def test_what_cannot_be_made_is_said_by_field(drawing: httpx.Client) -> None:
    answer = drawing.post("/v1/products/pop-tart/preview", json=wish(message="x" * 90))
    assert answer.status_code == 422
    assert {error["field"] for error in answer.json()["errors"]} == {"message", "photo"}
    unknown = drawing.post("/v1/products/pop-tart/preview", json=wish(photo=json.dumps({"sha256": "0" * 64})))
    assert unknown.status_code == 422


def test_a_program_that_renders_nothing_says_so(client: httpx.Client) -> None:
    answer = client.post("/v1/products/pop-tart/preview", json=wish(message="Hi"))
    assert answer.status_code == 503 and "ful web" in answer.json()["detail"]


def test_the_example_of_every_shipped_product_can_be_shown(pool: RenderPool, tmp_path: Path) -> None:
    from fulfillment import personalization
    from fulfillment.planning import specification
    from fulfillment.render.work import preview
    from jobs.artifacts import ArtifactStore

    factory, store = load_factory(SHIPPED), ArtifactStore(tmp_path)
    for name, product in factory.catalog.products.items():
        said = order(product)
        data = {field: file.read_bytes() for field, file in said.files.items()}
        found = personalization.check(product, said.texts, said.options, data)
        assert not isinstance(found, list), f"{name}: its example cannot be made: {found}"
        resolved = {"texts": found.texts, "photos": {field: store.put(one) for field, one in data.items()},
                    "options": found.options, "parameters": found.parameters}  # fmt: skip
        specs = [
            specification(factory, name, operation, resolved)
            for operation in product.order()
            if product.route[operation].fields
        ]
        drawn = pool.submit(preview, specs, store.folder).result(60)
        assert ElementTree.fromstring(drawn).tag == f"{SVG}svg"  # noqa: S314
