"""A factory with a printer, and one that prints papers."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

CATALOG = Path(__file__).parents[2] / "fulfillment" / "catalog"

CONFIG = """
site: { name: Workshop }
machines:
  - name: tag-1
    driver: prusalink
    address: http://127.0.0.1:9
    secret: { env: NOBODY }
    processes: [fdm]
    envelope: { x: 250, y: 210, z: 200 }
    material: pla-petrol
    nozzle: 0.4
    e_area: 2.405
    limits:
      speed: { x: 200, y: 200, z: 12, e: 80 }
      acceleration: 1250
      flow: 11
      nozzle_temperature: 290
      bed_temperature: 110
  - name: slips
    driver: hot-folder
    address: slips
    processes: [document]
    options: { done_when: written }
materials:
  - name: pla-petrol
    kind: pla
    colour: "#2f6f73"
    density: 1.24
    price: 25
    nozzle_temperature: { low: 190, high: 230 }
catalog: catalog
state: state
artifacts: artifacts
database: { url: "sqlite:///fulfillment.db" }
"""


@pytest.fixture
def factory(tmp_path: Path) -> Path:
    """Its config.yaml."""
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    (tmp_path / "catalog").mkdir()
    shutil.copy(CATALOG / "pop-tart.yaml", tmp_path / "catalog")
    return path
