"""The tables for the docs: complete, and in step with the models."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from fulfillment.catalog import Product
from fulfillment.config import Config, reference
from fulfillment.positions import read, rows
from fulfillment.positions.reader import Document


def test_every_key_says_what_it_means() -> None:
    for model in (Config, Product):
        silent = [row.key for row in rows(model) if not row.meaning]
        assert silent == []


def test_every_key_that_is_shipped_is_in_the_table(factory: Callable[..., Path]) -> None:
    path = factory()
    known = {row.key for row in rows(Config)}
    found = read(path.read_bytes(), "config.yaml")
    assert isinstance(found, Document)
    free = (
        "machines[].options.",
        "notes.items.",
        "order_sources[].skus[].options.",
        "order_sources[].skus[].properties.",
    )
    for loc in found.keys:
        spelled = "".join("[]" if isinstance(part, int) else f".{part}" for part in loc).lstrip(".")
        assert spelled in known or spelled.startswith(free), spelled


def test_units_and_defaults_are_told() -> None:
    text = reference()
    assert "| `machines[].limits.speed.x` | number | mm/s | **required** | Speed limit of x. |" in text
    assert "| `web.port` | whole number |  | `8137` |" in text
    assert "| `retention` | number | days | `90` |" in text
    assert "`sulphites`" in text
