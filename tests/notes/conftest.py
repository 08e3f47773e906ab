"""Fixtures of the notes' tests: a shop that a test may configure for itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from fulfillment.daemon import Shop, open_shop

from .desk import BY_PEN, write_config

Opens = Callable[..., Shop]


@pytest.fixture
def opens(tmp_path: Path) -> Iterator[Opens]:
    """Open the shop with these notes."""
    opened: list[Shop] = []

    def open_with(notes: str = BY_PEN) -> Shop:
        for shop in opened:
            shop.close()
        opened.append(open_shop(write_config(tmp_path, notes)))
        return opened[-1]

    yield open_with
    opened[-1].close()


@pytest.fixture
def shop(opens: Opens) -> Shop:
    return opens()
