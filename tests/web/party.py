"""A morning of favour cookies: one jig lies on a printer, made; one runs; three cookies wait for company.

Pictures of what was made are the proofs, a little out of focus: `PYTHONPATH=tests python -m web.party OUT` takes some
of the pages.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlalchemy import select

from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER, load
from fulfillment.daemon import Shop, open_shop
from fulfillment.gathering import begin, chosen, companies
from jobs import floor
from jobs import models as m

from . import world
from .shots import LOADED, SIZES, THEMES, chromium, opened

PRINTER = """
  - name: icing-{number}
    title: Icing {number}
    driver: marlin
    address: .factory/icing-{number}.tty
    processes: [extrude-food]
    envelope: {{ x: 220 mm, y: 220 mm, z: 60 mm }}
    material: icing-royal
    nozzle: {nozzle:g} mm
    e_area: 314 mm2
    limits: {{ speed: {{ x: 300 mm/s, y: 300 mm/s, z: 10 mm/s, e: 25 mm/s }}, acceleration: 1000 mm/s2,
              flow: 40 mm3/s, cold_extrusion: true }}"""
MATERIAL = '\n  - { name: icing-royal, title: Royal icing, kind: icing, colour: "#f6f1e7", allergens: [eggs] }'
GUESTS = ("Ada", "Grace", "Alan", "Katherine", "Edsger", "Barbara", "Donald", "Margaret", "Dennis", "Radia", "Ken")


def write_config(folder: Path) -> Path:
    path = world.write_config(folder, machines=1)
    nozzle = load(FOLDER)[0]["favour-cookies"].recipes["icing"].nozzle
    printers = "".join(PRINTER.format(number=number, nozzle=nozzle) for number in (1, 2))
    path.write_text(path.read_text().replace("\nmaterials:", f"{printers}\nmaterials:{MATERIAL}", 1))
    return path


def order(shop: Shop, *names: str) -> None:
    """One order a cookie, planned as far as it goes alone."""
    for name in names:
        lines = [{"product": "favour-cookies", "fields": {"name": name}}]
        number = 2000 + len(world.units(shop))
        body = {"external_id": f"{number}", "lines": lines, "ship_to": {"name": f"{name} Lovelace"}}
        take(shop, OrderIn.model_validate(body), "shop")
    world.plan(shop)


def begun(shop: Shop, **where: object) -> str:
    """A jig with those who wait, rendered. The batch."""
    company = chosen(companies(shop.store, shop.factory.catalog), "favour-cookies")
    batch = begin(shop.store, company, "Mia", **where)  # type: ignore[arg-type]
    world.plan(shop)
    return batch


def pieces(shop: Shop, batch: str) -> list[str]:
    """The jobs of a batch, by their pockets."""
    with shop.store.read() as connection:
        statement = select(m.jobs.c.id).where(m.jobs.c.batch == batch).order_by(m.jobs.c.seq)
        return list(connection.execute(statement).scalars())


def fill(shop: Shop) -> tuple[str, str]:
    """The morning. The batch that is made and lies on icing-1, and the one that runs on icing-2."""
    world.register(shop)
    for name in ("icing-1", "icing-2"):
        floor.clear_bed(shop.store, name, "looked at it", "Mia")
    order(shop, *GUESTS[:5])
    first = begun(shop, first=5, leave_out=[7])
    world.made(shop, "icing-1", world.start(shop, "icing-1"))
    order(shop, *GUESTS[5:8])
    second = begun(shop)
    world.run_on(shop, "icing-2", world.start(shop, "icing-2"), 0.37)
    order(shop, *GUESTS[8:])
    world.papers(shop)
    return first, second


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(write_config(Path(folder)))
        first, second = fill(shop)
        unit = world.units(shop)[0]
        pages = {"floor": "/", "batch": f"/batches/{first}", "running": f"/batches/{second}", "unit": f"/units/{unit}"}
        pages["machine"] = "/machines/icing-1"
        with world.serve(shop) as base, chromium() as browser:
            for theme in THEMES:
                for size in SIZES:
                    page = opened(browser, size, theme).new_page()
                    world.run_on(shop, "icing-2", world.attempt_on(shop, "icing-2"), 0.37)
                    for name, path in ({"wall": "/?wall"} if size == "wall" else pages).items():
                        page.goto(base + path)
                        page.wait_for_selector('#stream[data-state="on"]')
                        page.evaluate(LOADED)
                        for cover in page.locator("details.cover:not(:has(.danger))").all():
                            cover.locator("summary").click()
                        file = out / f"{name}-{size}-{theme}.png"
                        page.screenshot(path=file, full_page=size != "wall")
                        print(file)
                    page.context.close()
        shop.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shots"))
