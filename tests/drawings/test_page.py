"""docs/drawings.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.drawings import dxf, limits
from fulfillment.drawings.limits import MEMORY, SECONDS

PAGE = (Path(__file__).parents[2] / "docs" / "drawings.md").read_text()


@pytest.mark.parametrize("name", ["MAX_BYTES", "MAX_ELEMENTS", "MAX_SEGMENTS", "MAX_POINTS", "MAX_DEPTH", "MAX_NUMBER"])
def test_each_limit_stands_there(name: str) -> None:
    assert f"| {getattr(limits, name):,.0f} |" in PAGE


def test_the_bounds_and_the_lines_of_a_dxf_stand_there() -> None:
    assert f"{SECONDS} s, {MEMORY // 1_000_000} MB" in PAGE
    assert all(kind in PAGE for kind in dxf.LINES)
