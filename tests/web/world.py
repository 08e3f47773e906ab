"""A bakery in the middle of its day, on a real database: something runs, something is done, something needs a person.

Orders come in through the API's own function, are checked and planned by the planner, and rendered by the real
processes. Pictures of what came out are the proofs, a little out of focus.
"""

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

import uvicorn
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter
from sqlalchemy import select

from drivers.contract import Activity, Link, Status, Temperature
from fulfillment.api.app import create
from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER
from fulfillment.daemon import Shop, open_shop
from fulfillment.planning import Planner
from jobs import attempts, floor, queue, route
from jobs import models as m
from jobs.queue import Offer

SCRIPT = '<script>alert("x")</script>'
"""A message that is text like any other."""

MACHINE = """
  - name: {name}
    title: {title}
    driver: marlin
    address: .factory/{name}.tty
    processes: [extrude-food]
    envelope: {{ x: 220 mm, y: 220 mm, z: 60 mm }}
    material: frosting-chocolate
    nozzle: 1.2 mm
    e_area: 314 mm2
    limits:
      speed: {{ x: 150 mm/s, y: 150 mm/s, z: 10 mm/s, e: 5 mm/s }}
      acceleration: 1000 mm/s2
      flow: 40 mm3/s
      cold_extrusion: true
"""

CONFIG = """
site: {{ name: Corner Bakery, timezone: America/New_York }}
machines: {machines}
  - name: slip-printer
    title: Slip printer
    driver: hot-folder
    address: .factory/slips
    processes: [document]
    options: {{ done_when: written }}
materials:
  - {{ name: frosting-chocolate, kind: frosting, colour: "#3b2314", allergens: [milk, soy] }}
  - {{ name: frosting-vanilla, kind: frosting, colour: "#fff4d6", allergens: [milk] }}
  - {{ name: frosting-raspberry, kind: frosting, colour: "#c2185b", allergens: [milk] }}
catalog: {catalog}
state: .factory
artifacts: .factory/artifacts
database: {{ url: sqlite:///.factory/fulfillment.db }}
web: {{ keys_required: {keys} }}
"""


class AtOnce:
    """The render pool without processes: pure functions may run anywhere."""

    def submit(self, call: Any, *given: Any) -> Future[Any]:
        done: Future[Any] = Future()
        try:
            done.set_result(call(*given))
        except Exception as error:  # noqa: BLE001  (a future carries whatever was raised)
            done.set_exception(error)
        return done


def write_config(folder: Path, *, keys: bool = False, machines: int = 4) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    rows = [MACHINE.format(name=f"frosting-{n}", title=f"Frosting {n}") for n in range(1, machines + 1)]
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(machines="".join(rows), catalog=FOLDER, keys=str(keys).lower()))
    return path


def heart() -> bytes:
    """A photo that nobody has the rights to: a dark heart on white."""
    image = Image.new("RGB", (600, 420), "white")
    draw = ImageDraw.Draw(image)
    draw.ellipse((150, 60, 310, 220), fill="#702030")
    draw.ellipse((290, 60, 450, 220), fill="#702030")
    draw.polygon([(160, 170), (440, 170), (300, 370)], fill="#702030")
    return png(image)


def png(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


CAT = FOLDER.parent / "demo" / "files" / "cat.jpg"


def order(shop: Shop, number: int, name: str, message: str, photo: bytes, quantity: int = 1, **more: Any) -> str:
    """Take an order in. Its id."""
    data = base64.b64encode(photo).decode()
    options = {"flavour": more.pop("flavour", "strawberry"), "frosting": "chocolate"}
    line = {"product": "pop-tart", "quantity": quantity, "options": options}
    line["fields"] = {"message": message, "photo": {"data": data}}
    ship_to = {"name": name, "first_name": name.split()[0], "city": "Ithaca", "country": "US"}
    body = {"external_id": f"{number}", "lines": [line], "ship_to": ship_to, **more}
    return take(shop, OrderIn.model_validate(body), "shop").order_id


def plan(shop: Shop) -> None:
    """Check, plan and render everything that can be."""
    planner = Planner(shop.store, shop.factory, shop.artifacts, AtOnce())  # type: ignore[arg-type]
    for _ in range(200):
        planner.round()
        if not planner._checking and not planner._rendering:
            break
        time.sleep(0.01)
    planner.stop()


def offer(shop: Shop, name: str) -> Offer:
    return next(offer for offer in shop.offers if offer.name == name)


def start(shop: Shop, name: str) -> str:
    """The machine takes the next job that fits and runs it. The attempt."""
    own = offer(shop, name)
    claim = queue.claim(shop.store, own, queue.look(shop.store, own), f"machine:{name}")
    assert claim is not None, f"nothing for {name}"
    intent = attempts.intend(shop.store, claim, own, f"machine:{name}")
    attempts.confirm(shop.store, intent.attempt, "its status names the file", f"machine:{name}")
    return intent.attempt


def tell(shop: Shop, name: str, **status: Any) -> None:
    """What the machine's driver says: live values, and link, fault and prompt on record."""
    values = {"link": Link.ONLINE, "temperatures": {}, **status}
    told = Status(**values)
    shop.telemetry.put(offer(shop, name), told)
    floor.seen(shop.store, name, told, f"machine:{name}")


def run_on(shop: Shop, name: str, attempt: str, progress: float) -> None:
    """A machine at work says how far it is."""
    heat = {"nozzle": Temperature(31.6 + progress, 32.0)}
    status = Status(Link.ONLINE, Activity.BUSY, attempt, progress, heat)
    shop.telemetry._written.clear()
    shop.telemetry.put(offer(shop, name), status)


def made(shop: Shop, name: str, attempt: str) -> None:
    """The attempt ends well, and the camera takes its picture."""
    attempts.ended(shop.store, attempt, "finished", "the machine ran it to its end", f"machine:{name}")
    with shop.store.read() as connection:
        proof = connection.execute(
            select(m.artifacts.c.proof)
            .join(m.jobs, m.jobs.c.artifact == m.artifacts.c.sha256)
            .where(m.jobs.c.id == attempt.rpartition("-a")[0])
        ).scalar()
    if proof:
        image = Image.open(io.BytesIO(shop.artifacts.get(proof))).convert("RGB")
        soft = ImageEnhance.Brightness(image.filter(ImageFilter.GaussianBlur(1.6)).rotate(1.2, fillcolor="#8b8f94"))
        attempts.keep_evidence(shop.store, attempt, shop.artifacts.put(png(soft.enhance(0.9))), f"machine:{name}")


def papers(shop: Shop, most: int = 20) -> None:
    """The slip printer prints what waits for it."""
    for _ in range(most):
        try:
            attempt = start(shop, "slip-printer")
        except AssertionError:
            return
        made(shop, "slip-printer", attempt)


class Day:
    """A clock for the store, so that the record's times are those of a day's work."""

    def __init__(self, ago: float) -> None:
        self.at = time.time() - ago

    def __call__(self) -> float:
        self.at += 1.0
        return self.at


def register(shop: Shop) -> None:
    for own in shop.offers:
        floor.register(shop.store, own, f"machine:{own.name}")
        tell(shop, own.name)


def fill(shop: Shop) -> None:
    """The day. Afterwards: frosting-1 runs, frosting-2 has a finished piece, 3 is in fault, 4 does not know."""
    day = Day(5400)
    shop.store.now = day
    register(shop)
    for name in ("frosting-1", "frosting-2", "frosting-4"):
        floor.clear_bed(shop.store, name, "looked at it", "Mia")
    order(shop, 1001, "Ada Lovelace", "Happy Birthday Ada", CAT.read_bytes())
    order(shop, 1002, "Grace Hopper", "Thank you!", heart(), due=iso(day.at + 9000))
    plan(shop)
    day.at += 600
    first = start(shop, "frosting-2")
    papers(shop)
    day.at += 330
    made(shop, "frosting-2", first)
    pack(shop, first)
    floor.clear_bed(shop.store, "frosting-2", "looked at it", "Mia")
    second = start(shop, "frosting-2")
    order(shop, 1003, "Zoë Ångström", SCRIPT[:24], heart(), flavour="brown-sugar")
    order(shop, 1004, "Joan Clarke", "With love from all of us at work", CAT.read_bytes())
    order(shop, 1005, "Alan Turing", "Well done, you two", CAT.read_bytes(), quantity=3)
    day.at += 320
    made(shop, "frosting-2", second)
    plan(shop)
    papers(shop)
    day.at += 900
    doubtful = start(shop, "frosting-4")
    running = start(shop, "frosting-1")
    day.at += 100
    attempts.ended(shop.store, doubtful, "doubted", "the link was lost while it ran", "machine:frosting-4")
    tell(shop, "frosting-3", fault="Thermal runaway at the nozzle: check its sensor, then connect again")
    shop.store.now = time.time
    run_on(shop, "frosting-1", running, 0.42)


def iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def pack(shop: Shop, attempt: str) -> None:
    with shop.store.write("Mia") as tx:
        unit = tx.connection.execute(
            select(m.jobs.c.unit_id).where(m.jobs.c.id == attempt.rpartition("-a")[0])
        ).scalar_one()
        route.done_by_person(tx, unit, "pack")


def build(folder: Path, *, keys: bool = False) -> None:
    """A whole day in a folder, closed again: it may be copied."""
    shop = open_shop(write_config(folder, keys=keys))
    fill(shop)
    shop.close()


def attempt_on(shop: Shop, name: str) -> str:
    with shop.store.read() as connection:
        found = connection.execute(
            select(m.attempts.c.id).where(m.attempts.c.machine == name, m.attempts.c.state == "running")
        ).scalar_one()
    return str(found)


def units(shop: Shop, **where: Any) -> list[str]:
    """Ids of the units with these values, oldest first."""
    statement = select(m.units.c.id).order_by(m.units.c.created_at, m.units.c.id)
    for name, value in where.items():
        statement = statement.where(m.units.c[name] == value)
    with shop.store.read() as connection:
        return list(connection.execute(statement).scalars())


@contextmanager
def serve(shop: Shop, port: int = 0) -> Iterator[str]:
    """The application on a real port of this machine while the block runs. Its address."""
    config = uvicorn.Config(
        create(shop, AtOnce()), host="127.0.0.1", port=port, log_level="warning", timeout_graceful_shutdown=1, ws="none"
    )
    server = uvicorn.Server(config)
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
