"""An afternoon of tags: four of two products on one plate that a printer prints, two more wait for company.

`PYTHONPATH=tests python -m web.plates OUT` takes pictures of some of the pages.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fulfillment.api.orders import OrderIn, take
from fulfillment.catalog import FOLDER
from fulfillment.daemon import Shop, open_shop
from fulfillment.gathering import begin, chosen, companies
from jobs import floor, leaving
from jobs.leaving import noted

from . import world
from .shots import LOADED, THEMES, chromium, opened

PRINTER = """
  - name: printer-1
    title: Printer 1
    driver: marlin
    address: .factory/printer-1.tty
    processes: [fdm]
    envelope: { x: 250 mm, y: 210 mm, z: 210 mm }
    material: pla-petrol
    nozzle: 0.4 mm
    e_area: 2.405 mm2
    limits: { speed: { x: 200 mm/s, y: 200 mm/s, z: 12 mm/s, e: 80 mm/s }, acceleration: 1500 mm/s2,
              flow: 12 mm3/s, nozzle_temperature: 260 degC, bed_temperature: 100 degC }"""
MATERIAL = '\n  - { name: pla-petrol, title: Petrol PLA, kind: pla, colour: "#2f6f73" }'
NAMES = ("Ada", "Grace", "Alan", "Barbara", "Ken", "Radia")


def catalog(folder: Path) -> Path:
    """The tag as shipped, on a bed, and the same as a badge."""
    folder.mkdir(parents=True)
    tag = (FOLDER / "name-tag.yaml").read_text()
    bare = "jig: { x: 40 mm, y: 40 mm }"
    assert bare in tag, "the tag's jig is written in another way"
    tag = tag.replace(bare, "jig: { x: 40 mm, y: 40 mm, bed: { max: 12, wait: 900 s, spacing: 4 mm } }")
    (folder / "name-tag.yaml").write_text(tag)
    badge = tag.replace("name: name-tag\ntitle: Printed name tag", "name: badge\ntitle: Conference badge")
    assert badge != tag
    (folder / "badge.yaml").write_text(badge)
    return folder


def write_config(folder: Path) -> Path:
    path = world.write_config(folder, machines=1)
    text = path.read_text().replace(f"catalog: {FOLDER}", f"catalog: {catalog(folder / 'catalog')}")
    path.write_text(text.replace("\nmaterials:", f"{PRINTER}\nmaterials:{MATERIAL}", 1))
    return path


def order(shop: Shop, *names: str) -> None:
    """One order a tag, every second one a badge, rendered as far as each goes alone."""
    for at, name in enumerate(names):
        lines = [{"product": ("name-tag", "badge")[at % 2], "fields": {"name": name}}]
        number = 3000 + len(world.units(shop))
        body = {"external_id": f"{number}", "lines": lines, "ship_to": {"name": f"{name} Hopper"}}
        take(shop, OrderIn.model_validate(body), "shop")
    world.plan(shop)


def fill(shop: Shop) -> str:
    """The afternoon. The batch that printer-1 prints."""
    world.register(shop)
    floor.clear_bed(shop.store, "printer-1", "looked at it", "Mia")
    order(shop, *NAMES[:4])
    batch = begin(shop.store, chosen(companies(shop.store, shop.factory.catalog), "badge"), "Mia")
    world.plan(shop)
    world.run_on(shop, "printer-1", world.start(shop, "printer-1"), 0.37)
    order(shop, *NAMES[4:])
    world.papers(shop)
    return batch


def obey(shop: Shop, done: float = 0.37) -> None:
    """The machine leaves out what it was asked to."""
    for wish in floor.asked(shop.store):
        noted(shop.store, wish, done, f"machine:{wish.machine}")
        floor.answered(shop.store, wish, "leave-out: done", f"machine:{wish.machine}", {})


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(write_config(Path(folder) / "factory"))
        batch = fill(shop)
        pages = {"floor": "/", "plate": f"/batches/{batch}"}
        with world.serve(shop) as base, chromium() as browser:
            for again in ("", "-left-out"):
                for theme in THEMES:
                    for size in ("phone", "desktop"):
                        page = opened(browser, size, theme).new_page()
                        world.run_on(shop, "printer-1", world.attempt_on(shop, "printer-1"), 0.37)
                        for name, path in pages.items():
                            page.goto(base + path)
                            page.wait_for_selector('#stream[data-state="on"]')
                            page.evaluate(LOADED)
                            if name == "plate" and not again:
                                page.locator("details.cover").first.locator("summary").click()
                            file = out / f"{name}{again}-{size}-{theme}.png"
                            page.screenshot(path=file, full_page=True)
                            print(file)
                        page.context.close()
                if not again:
                    leaving.ask(shop.store, batch, "2", "Mia")
                    obey(shop)
        shop.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shots"))
