"""A factory in a folder of its own: the shipped files, which a test then breaks."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture
def factory(tmp_path: Path) -> Callable[..., Path]:
    """Copies config.yaml and its catalog; pairs (old, new) are replaced in config.yaml, each of which must be there."""

    def make(*changes: tuple[str, str], product: tuple[tuple[str, str], ...] = ()) -> Path:
        shutil.copytree(ROOT / "fulfillment" / "catalog", tmp_path / "fulfillment" / "catalog")
        edit(ROOT / "config.yaml", tmp_path / "config.yaml", changes)
        name = "fulfillment/catalog/pop-tart.yaml"
        edit(ROOT / name, tmp_path / name, product)
        return tmp_path / "config.yaml"

    return make


def edit(source: Path, target: Path, changes: tuple[tuple[str, str], ...]) -> None:
    text = source.read_text()
    for old, new in changes:
        assert old in text, f"{old!r} is not in {source.name}: the test would change nothing"
        text = text.replace(old, new, 1)
    target.write_text(text)
