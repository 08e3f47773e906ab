"""A bakery's day, built once and copied for each test, and a browser that remembers every complaint."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from fulfillment.daemon import Shop, open_shop

from . import world
from .shots import chromium, opened

Opens = Callable[..., Page]


@pytest.fixture(scope="session")
def day(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("day") / "factory"
    world.build(folder)
    return folder


@pytest.fixture
def shop(day: Path, tmp_path: Path) -> Iterator[Shop]:
    """The day, to change as a test likes."""
    folder = tmp_path / "factory"
    shutil.copytree(day, folder)
    shop = open_shop(folder / "config.yaml")
    world.run_on(shop, "frosting-1", world.attempt_on(shop, "frosting-1"), 0.42)
    yield shop
    shop.close()


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[Shop]:
    """A shop on its first morning: machines, and nothing else."""
    shop = open_shop(world.write_config(tmp_path / "empty"))
    world.register(shop)
    yield shop
    shop.close()


@pytest.fixture
def base(shop: Shop) -> Iterator[str]:
    with world.serve(shop) as base:
        yield base


@pytest.fixture
def client(base: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=base) as client:
        yield client


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Debian's Chromium. Where it is missing these tests fail: a dashboard nobody looked at is not tested."""
    with chromium() as browser:
        yield browser


@pytest.fixture
def opens(browser: Browser) -> Iterator[Opens]:
    """Opens pages whose console must stay silent: no error, no refused script or style."""
    contexts, complaints = [], []

    def open_page(size: str = "desktop", theme: str = "light", silent: bool = True, **more: object) -> Page:
        context = opened(browser, size, theme, **more)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        if silent:
            page.on("console", lambda said: complaints.append(said.text) if said.type in ("error", "warning") else None)
            page.on("pageerror", lambda error: complaints.append(str(error)))
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert complaints == []
