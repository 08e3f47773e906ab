"""A kitchen for these tests, and the longer settings of the property tests."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .kitchen import Kitchen, offer


@pytest.fixture
def kitchen() -> Iterator[Kitchen]:
    made = Kitchen()
    yield made
    made.store.close()


@pytest.fixture
def kitchen_with() -> Iterator[Callable[..., Kitchen]]:
    """``kitchen_with(tasks=..., cleaning=..., load=...)``"""
    made: list[Kitchen] = []

    def build(**changes: Any) -> Kitchen:
        made.append(Kitchen(offer(**changes)))
        return made[-1]

    yield build
    for each in made:
        each.store.close()
