"""Pictures of the dashboard, for the README and for looking: `PYTHONPATH=tests python -m web.shots OUT`."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, sync_playwright

from fulfillment.daemon import Shop, open_shop

from . import world

CHROMIUM = "/usr/bin/chromium"
ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run"]
SIZES = {"phone": (390, 844), "desktop": (1440, 900), "wall": (1920, 1080)}
THEMES = ("light", "dark")
LOADED = """() => Promise.all([...document.images].map((image) => {
  image.loading = "eager";
  return image.complete || new Promise((done) => { image.onload = image.onerror = done; });
}))"""


@contextmanager
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        yield browser
        browser.close()


def opened(browser: Browser, size: str, theme: str, **more: object) -> BrowserContext:
    width, height = SIZES[size]
    phone = {"has_touch": True, "is_mobile": True, "device_scale_factor": 2} if size == "phone" else {}
    view = {"width": width, "height": height}
    return browser.new_context(viewport=view, color_scheme=theme, **phone, **more)  # type: ignore[arg-type]


def pages(shop: Shop) -> dict[str, str]:
    """What is worth a picture, by name."""
    held, made = world.units(shop, state="held")[0], world.units(shop, state="making")[0]
    with shop.store.read() as connection:
        from jobs import views

        orders = {order["external_id"]: order["id"] for order in views.orders(connection)}
    return {
        "floor": "/",
        "orders": "/orders",
        "order": f"/orders/{orders['1002']}",
        "order-held": f"/units/{held}",
        "unit": f"/units/{made}",
        "machine": "/machines/frosting-2",
        "papers": "/papers",
        "paper": f"/papers/kitting-list?about={orders['1005']}",
        "missing": "/find?code=U-NOPE",
    }


def take(shop: Shop, browser: Browser, base: str, names: dict[str, str], out: Path) -> list[Path]:
    """Every page at every size it is made for, in both themes."""
    found = []
    out.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        for size in SIZES:
            context = opened(browser, size, theme)
            page = context.new_page()
            world.run_on(shop, "frosting-1", world.attempt_on(shop, "frosting-1"), 0.42)
            for name, path in ({"wall": "/?wall"} if size == "wall" else names).items():
                page.goto(base + path)
                page.wait_for_selector('#stream[data-state="on"]')
                page.evaluate(LOADED)
                file = out / f"{name}-{size}-{theme}.png"
                page.screenshot(path=file, full_page=size != "wall")
                found.append(file)
            context.close()
    return found


def main(out: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        shop = open_shop(world.write_config(Path(folder)))
        world.fill(shop)
        with world.serve(shop) as base, chromium() as browser:
            for file in take(shop, browser, base, pages(shop), out):
                print(file)
        shop.close()


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "shots"))
