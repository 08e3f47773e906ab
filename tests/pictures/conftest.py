"""Programs that tests draw: boxes of beads, written by hand, so that nothing of the slicer is in them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

AREA = 2.405
WIDTH = 0.4
HEIGHT = 0.2


def bead(x0: float, y0: float, x1: float, y1: float, height: float = HEIGHT) -> list[str]:
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
    return [f"G0 X{x0:.3f} Y{y0:.3f}", f"G1 X{x1:.3f} Y{y1:.3f} E{length * WIDTH * height / AREA:.5f} F1800"]


def sheet(x: float, y: float, wide: float, deep: float, *, up: bool = False) -> list[str]:
    """A rectangle filled with lines, ``WIDTH`` apart."""
    lines: list[str] = []
    rows = round((wide if up else deep) / WIDTH)
    for row in range(rows):
        at = (row + 0.5) * WIDTH
        lines += bead(x + at, y, x + at, y + deep) if up else bead(x, y + at, x + wide, y + at)
    return lines


def stack(layers: Iterable[list[str]]) -> bytes:
    """Layers on each other."""
    out = ["G28", "G90", "M83"]
    for number, lines in enumerate(layers):
        out += [f"G0 Z{(number + 1) * HEIGHT:.2f} F600", *lines]
    return "\n".join([*out, "M84", ""]).encode()


def block(x: float, y: float, wide: float, deep: float, layers: int) -> list[list[str]]:
    return [sheet(x, y, wide, deep, up=bool(number % 2)) for number in range(layers)]


@pytest.fixture(scope="session", name="stack")
def stack_fixture() -> Callable[[Iterable[list[str]]], bytes]:
    return stack


@pytest.fixture(scope="session", name="block")
def block_fixture() -> Callable[..., list[list[str]]]:
    return block


@pytest.fixture(scope="session", name="sheet")
def sheet_fixture() -> Callable[..., list[str]]:
    return sheet
