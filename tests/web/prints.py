"""A morning of printed tags: one is made, one runs. `PYTHONPATH=tests python -m web.prints OUT` takes their pages."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from fulfillment.api.orders import OrderIn, take
from fulfillment.config import load_factory
from fulfillment.daemon import Shop, open_shop
from jobs import floor

from . import world
from .shots import LOADED, SIZES, THEMES, chromium, opened

PRINTER = """
  - name: printer-1
    title: Printer 1
    driver: marlin
    address: .factory/printer-1.tty
    processes: [fdm]
    envelope: { x: 250 mm, y: 210 mm, z: 200 mm }
    material: pla-petrol
    nozzle: 0.4 mm
    e_area: 2.405 mm2
    limits: { speed: { x: 200 mm/s, y: 200 mm/s, z: 12 mm/s, e: 80 mm/s }, acceleration: 1250 mm/s2, flow: 11 mm3/s,
              nozzle_temperature: 290 degC, bed_temperature: 110 degC }"""
SHIPPED = Path(__file__).parents[2] / "config.yaml"


def write_config(folder: Path) -> Path:
    """A printer, and every filament that the shipped products are offered in."""
    path = world.write_config(folder, machines=1)
    plastics = [one for one in load_factory(SHIPPED).config.materials if one.kind in ("pla", "petg", "tpu")]
    rows = [f'\n  - {{ name: {one.name}, kind: {one.kind}, colour: "{one.colour}" }}' for one in plastics]
    path.write_text(path.read_text().replace("\nmaterials:", f"{PRINTER}\nmaterials:{''.join(rows)}", 1))
    return path


def fill(shop: Shop) -> list[str]:
    """The morning. Its units: the first is made, the second runs."""
    world.register(shop)
    floor.clear_bed(shop.store, "printer-1", "looked at it", "Mia")
    for number, name in enumerate(("Grace", "Ada"), start=3001):
        line = {"product": "name-tag", "fields": {"name": name}}
        body = {"external_id": f"{number}", "lines": [line], "ship_to": {"name": f"{name} Hopper"}}
        take(shop, OrderIn.model_validate(body), "shop")
    world.plan(shop)
    world.made(shop, "printer-1", world.start(shop, "printer-1"))
    floor.clear_bed(shop.store, "printer-1", "looked at it", "Mia")
    world.run_on(shop, "printer-1", world.start(shop, "printer-1"), 0.42)
    world.papers(shop)
    return world.units(shop)


def main(out: Path) -> None:
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(write_config(Path(folder)))
        unit = fill(shop)[0]
        with world.serve(shop) as base, chromium() as browser:
            for theme in THEMES:
                for size in SIZES:
                    page = opened(browser, size, theme).new_page()
                    page.goto(f"{base}/units/{unit}")
                    page.wait_for_selector('#stream[data-state="on"]')
                    page.locator("details.layers summary").click()
                    page.locator(".viewer canvas").press("PageDown")
                    page.get_by_label("Ways").check()
                    page.evaluate(LOADED)
                    file = out / f"unit-{size}-{theme}.png"
                    page.screenshot(path=file, full_page=True)
                    print(file)
                    page.context.close()
        shop.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shots"))
