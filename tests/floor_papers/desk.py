"""A bakery and its record, moved by hand: what the lists of the floor are made from."""

from __future__ import annotations

import base64
import io
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pypdfium2
import uvicorn
import zxingcpp
from PIL import Image, ImageDraw

from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER
from fulfillment.daemon import Shop
from fulfillment.planning import Planner
from jobs import attempts, floor, queue, upkeep
from jobs.fits import Load, Offer

LIMITS = """
    limits:
      speed: { x: 150 mm/s, y: 150 mm/s, z: 10 mm/s, e: 5 mm/s }
      acceleration: 1000 mm/s2
      flow: 40 mm3/s
      cold_extrusion: true
"""
PRINTER = """
  - name: {name}
    title: {title}
    driver: marlin
    address: .factory/{name}.tty
    processes: [extrude-food]
    envelope: {{ x: 220 mm, y: 220 mm, z: 60 mm }}
    material: {material}
    nozzle: {nozzle} mm
    e_area: 314 mm2{limits}"""
PRINTERS = (
    ("frosting-1", "Frosting printer 1", "frosting-chocolate", 1.2),
    ("frosting-2", "Frosting printer 2", "frosting-chocolate", 1.2),
    ("icing-2", "Icing printer", "icing-royal", 0.8),
)
CONFIG = """
site: {{ name: "{factory}", timezone: America/New_York }}
machines:{printers}
  - name: slip-printer
    title: Slip printer
    driver: hot-folder
    address: .factory/slips
    processes: [document]
    options: {{ done_when: written }}
materials:
  - {{ name: frosting-chocolate, title: Chocolate frosting, kind: frosting, colour: "#3b2314", allergens: [milk, soy] }}
  - {{ name: frosting-vanilla, title: Vanilla frosting, kind: frosting, colour: "#fff4d6", allergens: [milk] }}
  - {{ name: frosting-raspberry, title: Raspberry frosting, kind: frosting, colour: "#c2185b", allergens: [milk] }}
  - {{ name: icing-royal, title: Royal icing, kind: icing, colour: "#f6f1e7", allergens: [eggs] }}
  - {{ name: chocolate-dark, title: Dark chocolate, kind: chocolate, colour: "#41230f", allergens: [milk, soy] }}
catalog: {catalog}
"""


def write_config(folder: Path, factory: str = "Corner Bakery") -> Path:
    rows = [
        PRINTER.format(name=name, title=title, material=material, nozzle=nozzle, limits=LIMITS.rstrip())
        for name, title, material, nozzle in PRINTERS
    ]
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(printers="".join(rows), catalog=FOLDER, factory=factory))
    return path


class _AtOnce:
    """A render pool without processes: pure functions may run anywhere."""

    def submit(self, call: Any, *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:  # noqa: BLE001  (a future carries whatever was raised)
            done.set_exception(error)
        return done


AT_ONCE = _AtOnce()


def heart() -> str:
    """A photo that nobody has the rights to, in base64."""
    image = Image.new("RGB", (300, 220), "white")
    ImageDraw.Draw(image).ellipse((60, 40, 240, 190), fill="#702030")
    out = io.BytesIO()
    image.save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


def tart(message: str = "Hello", **more: Any) -> dict[str, Any]:
    fields = {"message": message, "photo": {"data": heart()}}
    return {"product": "pop-tart", "fields": fields, "options": {"frosting": "chocolate"}, **more}


def cookie(name: str) -> dict[str, Any]:
    return {"product": "favour-cookies", "fields": {"name": name}}


def order(shop: Shop, number: str, *lines: dict[str, Any], **more: Any) -> str:
    """Take an order in. Its id."""
    ship_to = more.pop("ship_to", {"name": "Ada Lovelace", "first_name": "Ada"})
    body = {"external_id": number, "lines": list(lines), "ship_to": ship_to, **more}
    return take(shop, OrderIn.model_validate(body), "test").order_id


def plan(shop: Shop) -> None:
    """Check, plan and render everything that can be."""
    planner = Planner(shop.store, shop.factory, shop.artifacts, AT_ONCE)  # type: ignore[arg-type]
    for _ in range(200):
        planner.round()
        if not planner._checking and not planner._rendering:
            break
        time.sleep(0.01)
    planner.stop()


def offer(shop: Shop, name: str) -> Offer:
    return next(own for own in shop.offers if own.name == name)


def start(shop: Shop, name: str) -> str:
    """The machine takes the next job that fits and runs it. The attempt."""
    own = offer(shop, name)
    floor.register(shop.store, own, "test")
    floor.clear_bed(shop.store, name, "looked", "test")
    claim = queue.claim(shop.store, own, queue.look(shop.store, own), "test")
    assert claim is not None, f"nothing for {name}"
    intent = attempts.intend(shop.store, claim, own, "test")
    attempts.confirm(shop.store, intent.attempt, "seen", "test")
    return intent.attempt


def end(shop: Shop, attempt: str) -> None:
    attempts.ended(shop.store, attempt, "finished", "at its end", "test")


def load(shop: Shop, name: str, material: str, volume: float, lot: str) -> None:
    """Say what a machine was loaded with (mm3)."""
    own = offer(shop, name)
    floor.register(shop.store, own, "test")
    found = next(one for one in shop.factory.config.materials if one.name == material)
    upkeep.load(shop.store, name, Load(material, found.kind, frozenset(found.allergens), volume, lot), "test")


@contextmanager
def serve(app: Any) -> Iterator[str]:
    """An application on a port of this machine while the block runs. Its address."""
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", ws="none"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=10)


def words(pdf: bytes) -> str:
    """What a PDF says, as a reader finds it, in one line."""
    with pypdfium2.PdfDocument(pdf) as document:
        return " ".join(" ".join(page.get_textpage().get_text_range().split()) for page in document)


def codes(pdf: bytes) -> list[str]:
    """What a scanner reads off the printed pages."""
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [page.render(scale=200 / 72).to_pil().convert("L") for page in document]
    return [code.text for page in pages for code in zxingcpp.read_barcodes(page)]
