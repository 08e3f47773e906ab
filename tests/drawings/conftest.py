"""A factory with a laser that engraves wooden signs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from fulfillment.catalog import Product, load
from fulfillment.daemon import Shop, open_shop

CATALOG = Path(__file__).with_name("catalog")
CONFIG = """
site: {{ name: Signs, timezone: Europe/Zurich }}
machines:
  - name: laser-1
    driver: grbl
    address: .factory/laser-1.tty
    processes: [engrave]
    envelope: {{ x: 300 mm, y: 210 mm, z: 40 mm }}
    material: bamboo
    options: {{ tool: laser }}
    limits: {{ speed: {{ x: 200 mm/s, y: 150 mm/s, z: 10 mm/s }}, acceleration: 1000 mm/s2 }}
materials:
  - {{ name: bamboo, kind: bamboo, colour: "#5a3413" }}
catalog: {catalog}
renderer: {{ workers: 1, memory: 1024 MB, timeout: 60 s }}
web: {{ keys_required: false }}
"""


@pytest.fixture(scope="session")
def sign() -> Product:
    catalog, problems = load(CATALOG)
    assert problems == []
    return catalog["wooden-sign"]


@pytest.fixture
def config(tmp_path: Path) -> Path:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG.format(catalog=CATALOG))
    return path


@pytest.fixture
def shop(config: Path) -> Iterator[Shop]:
    made = open_shop(config)
    yield made
    made.close()
