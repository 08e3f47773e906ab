"""A factory with one printer, whose products and templates the tests may change; cadquery where it is installed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

from fulfillment.cad import Workshop
from fulfillment.catalog import FOLDER
from fulfillment.daemon import Shop, open_shop

from .tags import LIMITS

VENDORED = Path(__file__).parents[2] / ".vendors" / "cadquery" / "site"
CONFIG: dict[str, Any] = {
    "site": {"name": "Tags"},
    "machines": [
        {
            "name": "tag-1",
            "driver": "marlin",
            "address": "tag-1.tty",
            "processes": ["fdm"],
            "envelope": {"x": 250, "y": 210, "z": 210},
            "material": "pla-petrol",
            "nozzle": 0.4,
            "e_area": 2.405,
            "limits": LIMITS,
        },
        {"name": "slips", "driver": "hot-folder", "address": ".factory/slips", "processes": ["document"]},
    ],
    "materials": [{"name": "pla-petrol", "kind": "pla", "colour": "#2f6f73"}],
}

Change = Callable[[dict[str, Any]], None]


def untouched(_: dict[str, Any]) -> None:
    """As shipped."""


@pytest.fixture(scope="session")
def cadquery() -> Path | None:
    """Where it is installed; None: beside the factory."""
    if find_spec("cadquery"):
        return None
    if not VENDORED.is_dir():
        pytest.skip("cadquery is not installed: make vendors")
    return VENDORED


@pytest.fixture(scope="session")
def workshop(cadquery: Path | None) -> Iterator[Workshop]:
    with Workshop(packages=cadquery) as one:
        yield one


@pytest.fixture
def written(tmp_path: Path) -> Callable[..., Path]:
    """A factory's config.yaml with the name tag as its only product; both may be changed."""

    def write(of_tag: Change = untouched, **config: Any) -> Path:
        tag = yaml.safe_load((FOLDER / "name-tag.yaml").read_text())
        of_tag(tag)
        catalog = tmp_path / "catalog"
        catalog.mkdir(exist_ok=True)
        (catalog / "name-tag.yaml").write_text(yaml.safe_dump(tag))
        path = tmp_path / "config.yaml"
        path.write_text(yaml.safe_dump({**CONFIG, "catalog": str(catalog), **config}))
        return path

    return write


@pytest.fixture
def shop(written: Callable[..., Path]) -> Iterator[Callable[..., Shop]]:
    """A shop of such a factory."""
    opened: list[Shop] = []

    def open_one(of_tag: Change = untouched, **config: Any) -> Shop:
        opened.append(open_shop(written(of_tag, **config)))
        return opened[-1]

    yield open_one
    for one in opened:
        one.close()
