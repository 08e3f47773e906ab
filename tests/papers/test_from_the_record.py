"""Papers of real orders: what the record knows comes onto the page, each paper when its time has come."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import zxingcpp
from pydantic import ValidationError
from sqlalchemy import select

from fulfillment import personalization
from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER, parse
from fulfillment.config import ConfigError, Shopify, load_factory
from fulfillment.daemon import Shop, open_shop
from fulfillment.planning import Planner
from fulfillment.processes import Problems
from fulfillment.render.work import render
from fulfillment.sources import shopify
from fulfillment.web.sight import find
from jobs import intake
from jobs import models as m

CONFIG = """
site: {{ name: Corner Bakery, timezone: Europe/Zurich, paper: a5, language: de{more} }}
machines:
  - {{ name: slips, driver: hot-folder, address: .factory/slips, processes: [document] }}
  - name: plotter
    driver: ebb
    address: .factory/plotter.tty
    processes: [plot]
    envelope: {{ x: 300 mm, y: 218 mm, z: 20 mm }}
    material: ink-blue
    limits: {{ speed: {{ x: 150 mm/s, y: 150 mm/s, z: 10 mm/s }}, acceleration: 1000 mm/s2 }}
materials:
  - {{ name: ink-blue, kind: gel-pen, colour: "#1f3a93" }}
  - {{ name: ink-black, kind: gel-pen, colour: "#101010" }}
catalog: {catalog}
papers: {papers}
"""
CARD = (FOLDER / "note-card.yaml").read_text()
PLOTTED = "draw"
"""The operation that makes the piece."""
TRAVELS = "  traveler:\n    title: Print the traveler\n    process: document\n    paper: traveler\n"


def configured(folder: Path, card: str, more: str = "") -> Path:
    for name in ("catalog", "papers"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "catalog" / "note-card.yaml").write_text(card)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(catalog="catalog", papers="papers", more=more))
    return path


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    shop = open_shop(configured(tmp_path, CARD.replace("\nroute:\n", "\nroute:\n" + TRAVELS)))
    yield shop
    shop.close()


class Desk:
    """Orders taken and planned, and their papers rendered, one by one."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.planner = Planner(shop.store, shop.factory, shop.artifacts, None)  # type: ignore[arg-type]

    def order(self, **more: Any) -> str:
        product = self.shop.factory.catalog["note-card"]
        fields = dict(product.example.fields)
        line = {"product": "note-card", "fields": fields, "quantity": 1, "price": "12.50"}
        take(self.shop, OrderIn(external_id="A-1", lines=[line], ship_to={"name": "Ada Lovelace"}, **more), "api")
        unit = intake.units_to_plan(self.shop.store)[0]
        found = personalization.check(product, fields, {}, {})
        assert isinstance(found, personalization.Resolved)
        intake.plan(self.shop.store, unit.id, "test", found.body())
        return str(unit.id)

    def job(self, operation: str) -> Any:
        return next(job for job in intake.to_render(self.shop.store) if job.operation == operation)

    def render(self, operation: str) -> intake.Rendered | None:
        job = self.job(operation)
        spec = self.planner.spec(job)
        if spec is None:
            return None
        made = render(spec, self.shop.artifacts.folder)
        intake.rendered(self.shop.store, job.id, made, "test")
        return made


@pytest.fixture
def desk(shop: Shop) -> Desk:
    return Desk(shop)


def page(desk: Desk, read: Callable, operation: str) -> Any:
    made = desk.render(operation)
    assert made is not None
    (found,) = read(desk.shop.artifacts.get(made.sha256))
    return found


def test_papers_wait_for_the_piece_and_then_show_it(desk: Desk, read: Callable) -> None:
    unit = desk.order()
    assert desk.render("slip") is None
    assert desk.render("traveler") is None
    made = desk.render(PLOTTED)
    assert made is not None
    traveler = page(desk, read, "traveler")
    assert traveler.says(" ".join(made.sha256[at : at + 4] for at in (0, 4, 8)))
    slip = page(desk, read, "slip")
    assert slip.says("12.50") or slip.says("12,50")
    for paper in (slip, traveler):
        assert paper.says("Ada Lovelace")
        assert unit in {code.text for code in zxingcpp.read_barcodes(paper.picture)}


def test_a_code_of_a_step_leads_to_the_piece(desk: Desk, read: Callable) -> None:
    unit = desk.order()
    desk.render(PLOTTED)
    codes = {code.text for code in zxingcpp.read_barcodes(page(desk, read, "traveler").picture)}
    assert codes == {unit, *(f"{name}/{unit}" for name in desk.shop.factory.catalog["note-card"].route)}
    assert {find(desk.shop, code) for code in codes} == {f"/units/{unit}"}


def test_the_slip_speaks_the_customers_language_and_the_traveler_the_factorys(desk: Desk, read: Callable) -> None:
    desk.order(locale="fr-CH", currency="CHF", total="12.50", due="2026-05-08T17:00:00+02:00")
    desk.render(PLOTTED)
    slip, traveler = page(desk, read, "slip"), page(desk, read, "traveler")
    assert slip.says("Commande A-1")
    assert slip.says("12,50 CHF")
    assert not slip.says("2026-05-08")
    assert traveler.says("Bestellung A-1")
    assert traveler.says("Fällig 2026-05-08 17:00")
    assert "CHF" not in traveler.text


def test_a_gift_says_no_price(desk: Desk, read: Callable) -> None:
    desk.order(gift=True, gift_message="From Bob, with love", currency="CHF", total="12.50", locale="xx")
    desk.render(PLOTTED)
    slip = page(desk, read, "slip")
    assert slip.says("Ein Geschenk für Sie")
    assert slip.says("From Bob, with love")
    assert "CHF" not in slip.text


def test_the_ticket_says_what_the_printer_needs(desk: Desk) -> None:
    desk.order()
    desk.render(PLOTTED)
    made = desk.render("slip")
    assert made is not None
    assert dict(made.needs.ticket) == {"media": "a5", "width": 148.0, "height": 210.0, "pages": 1, "sides": "one-sided"}
    assert made.manifest["pages"] == 1
    assert made.manifest["paper"] == "a5"


def test_what_papers_say_is_forgotten_with_the_order(desk: Desk) -> None:
    desk.order(locale="fr", gift=True, gift_message="secret")
    with desk.shop.store.read() as connection:
        (kept,) = connection.execute(select(m.orders.c.ship_to)).scalars()
    assert kept["gift_message"] == "secret", "it stands with the address, which retention erases"
    assert kept["prices"] == ["12.50"]


def test_an_operators_logo_and_template_are_taken(tmp_path: Path, read: Callable, proof: bytes) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    path = configured(folder, CARD, ", logo: logo.png")
    (folder / "papers" / "slip.yaml").write_text(
        "name: slip\npaper: slip\ntitle: Ours\nsizes: { a5: 1 }\n"
        "blocks: [{ type: picture, picture: logo, most: 60 mm }, { type: text, text: 'Made for {ship_to}' }]\n"
    )
    (folder / "logo.png").write_bytes(proof)
    shop = open_shop(path)
    try:
        desk = Desk(shop)
        desk.order()
        desk.render(PLOTTED)
        (folder / "logo.png").rename(folder / "gone.png")
        with pytest.raises(Problems, match="The logo cannot be read"):
            desk.render("slip")
        (folder / "gone.png").rename(folder / "logo.png")
        slip = page(desk, read, "slip")
        assert slip.text == "Made for Ada Lovelace"
        assert slip.share((59, 35, 20)) > 0.05
    finally:
        shop.close()


def test_what_is_wrong_with_papers_is_told_when_the_factory_is_read(tmp_path: Path) -> None:
    path = configured(
        tmp_path, CARD.replace("\nroute:\n", "\nroute:\n" + TRAVELS.replace("paper: trav", "paper: trva"))
    )
    (tmp_path / "papers" / "broken.yaml").write_text("name: broken\npaper: slip\ntitle: X\nsizes: { a6: 1 }\n")
    with pytest.raises(ConfigError) as refused:
        load_factory(path)
    text = str(refused.value)
    assert "No paper of a piece is called 'trvaeler'. Did you mean 'traveler'?" in text
    assert "broken.yaml:1:1: The key 'blocks' is missing." in text
    found = parse(CARD.replace("    process: plot\n", "    process: plot\n    paper: slip\n"), "note-card.yaml")
    assert isinstance(found, list)
    assert "plot prints no paper. Write process: document." in str(found[0])


@pytest.mark.parametrize(
    "wrong",
    [{"locale": "not a locale"}, {"currency": "Euro"}, {"total": "1,50"}, {"total": "-1"}, {"gift_message": "x" * 501}],
)
def test_what_is_no_language_or_price_is_refused(wrong: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        OrderIn(lines=[{"product": "note-card"}], **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("more", "kept"),
    [
        (
            {"customer_locale": "de-CH", "currency": "CHF", "total_price": "25.00"},
            {"locale": "de-CH", "currency": "CHF", "total": "25.00", "prices": ["12.50"]},
        ),
        ({"customer_locale": "<b>", "currency": "CHFX", "total_price": [1]}, {"prices": ["12.50"]}),
        ({"customer_locale": None, "line_items": [{"sku": "CARD", "quantity": 1, "price": "free"}]}, {}),
    ],
)
def test_a_shop_says_language_and_prices_as_far_as_they_look_like_them(
    shop: Shop, more: dict[str, Any], kept: dict[str, Any]
) -> None:
    payload = {"id": 1, "name": "#1", "line_items": [{"sku": "CARD", "quantity": 1, "price": "12.50"}], **more}
    body = json.dumps(payload).encode()
    signature = base64.b64encode(hmac.new(b"hush", body, hashlib.sha256).digest()).decode()
    settings = Shopify.model_construct(kind="shopify", name="shop", skus=())
    found = shopify.read(settings, b"hush", {"x-shopify-hmac-sha256": signature}, body, shop.factory.catalog)
    assert found.order is not None
    assert found.order.ship_to == {"order": "#1", **kept}
