"""A shop whose product is nothing but a parcel: a shipping label, and a person who packs."""

from __future__ import annotations

from pathlib import Path

PRODUCT = """
name: parcel
title: Parcel
piece: { width: 100 mm, height: 100 mm, thickness: 1 mm, colour: "#ffffff" }
jig: { x: 0 mm, y: 0 mm }
zones:
  top: { x: 10 mm, y: 10 mm, width: 80 mm, height: 80 mm }
fields: {}
route:
  label: { title: Print the shipping label, process: document, paper: label }
  pack: { title: Pack, after: [label] }
"""
CONFIG = """
site: {{ name: Corner Shop, timezone: Europe/Zurich }}
machines:
{machines}
catalog: {catalog}
renderer: {{ workers: 1, memory: 1024 MB, timeout: 60 s }}
web: {{ keys_required: false }}
"""
LABELS = """  - name: labels-1
    driver: zpl
    address: tcp:127.0.0.1:{port}
    processes: [document]
    media: [4x6]
    options: {{ dpi: {dpi}, alone: true }}
"""
OFFICE = """  - name: office-1
    driver: hot-folder
    address: .factory/papers
    processes: [document]
    options: { done_when: written }
"""


def write(folder: Path, *machines: str) -> Path:
    catalog = folder / "products"
    catalog.mkdir(exist_ok=True)
    (catalog / "parcel.yaml").write_text(PRODUCT)
    path = folder / "config.yaml"
    path.write_text(CONFIG.format(machines="".join(machines), catalog=catalog))
    return path


def printer(port: int = 9100, dpi: int = 203) -> str:
    return LABELS.format(port=port, dpi=dpi)
