"""Tones as dots: how dark each place shall be, 0 to 1, becomes a dot (1) or none (0) on the same grid. And the recipe
of a raster, which names one of these ways.

Error diffusion runs to and fro (serpentine), so that its worms lean neither way. What a dot gives too much or too
little is handed on to its neighbours within the row one by one, and to the rows below for the whole row at once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

import numpy as np
import numpy.typing as npt

from gcode.recipe import RecipeError

Grid = npt.NDArray[np.float32]
Dots = npt.NDArray[np.bool_]

REACH: Final = 2
"""Columns and rows that an error is handed on to at most."""
BAYER: Final = 8
DOT: Final = 4
"""Half the period of the halftone's screen, in places: its dots stand 4 x sqrt 2 places apart, at 45 degrees."""


@dataclass(frozen=True, slots=True)
class Kernel:
    """Shares of an error: ``ahead`` for the next places of the row, ``below`` for places from -2 to 2 of the rows
    below, each in the direction of the row. All over ``whole``."""

    ahead: tuple[int, int]
    below: tuple[tuple[int, int, int, int, int], ...]
    whole: int


FLOYD_STEINBERG: Final = Kernel((7, 0), ((0, 3, 5, 1, 0),), 16)
STUCKI: Final = Kernel((8, 4), ((2, 4, 8, 4, 2), (1, 2, 4, 2, 1)), 42)
JARVIS: Final = Kernel((7, 5), ((3, 5, 7, 5, 3), (1, 3, 5, 3, 1)), 48)
ATKINSON: Final = Kernel((1, 1), ((0, 1, 1, 1, 0), (0, 0, 1, 0, 0)), 8)
"""Hands on six eighths only: light and dark places lose their tone, and lines grow clearer."""


def diffused(darkness: Grid, kernel: Kernel) -> Dots:
    """Dots whose errors are made good by those that follow."""
    rows, columns = darkness.shape
    one, two = (share / kernel.whole for share in kernel.ahead)
    below = [np.array(shares) / kernel.whole for shares in kernel.below]
    owed = np.zeros((rows + len(below), columns + 2 * REACH))
    dots = np.zeros((rows, columns), dtype=bool)
    for row in range(rows):
        turn = slice(None, None, -1 if row % 2 else 1)
        wanted = darkness[row] + owed[row, REACH:-REACH]
        lit, left = _along(wanted[turn].tolist(), one, two)
        dots[row] = np.array(lit, dtype=bool)[turn]
        error = np.array(left)[turn]
        for down, shares in enumerate(below, start=1):
            for place, share in enumerate(shares[turn].tolist()):
                if share:
                    owed[row + down, place : place + columns] += share * error
    return dots


def _along(wanted: list[float], one: float, two: float) -> tuple[list[bool], list[float]]:
    """The dots of one row, and the error that each place leaves to the rows below."""
    lit: list[bool] = []
    left: list[float] = []
    next_one = next_two = 0.0
    for value in wanted:
        value += next_one
        dot = value >= 0.5
        if dot:
            value -= 1.0
        lit.append(dot)
        left.append(value)
        next_one = next_two + value * one
        next_two = value * two
    return lit, left


def ordered(darkness: Grid) -> Dots:
    """Dots where the tone passes a threshold of Bayer's square: even, and free of worms."""
    return _screened(darkness, _bayer(BAYER))


def halftone(darkness: Grid) -> Dots:
    """Dots that grow in clusters on a screen at 45 degrees, as newspapers print: for spots wider than a line."""
    period = 2 * DOT
    across, down = np.meshgrid(np.arange(period) + 0.5, np.arange(period) + 0.5)
    hills = np.cos(np.pi * (across + down) / DOT) + np.cos(np.pi * (across - down) / DOT)
    rank = np.empty(hills.size)
    # Of equal heights the first comes first: a stable sort, so that the same tone gives the same dots everywhere.
    rank[np.argsort(-np.round(hills.ravel(), 9), kind="stable")] = np.arange(hills.size)
    return _screened(darkness, (rank.reshape(hills.shape) + 0.5) / hills.size)


def _screened(darkness: Grid, thresholds: npt.NDArray[np.float64]) -> Dots:
    rows, columns = darkness.shape
    tiles = (-(-rows // thresholds.shape[0]), -(-columns // thresholds.shape[1]))
    dots: Dots = darkness > np.tile(thresholds, tiles)[:rows, :columns]
    return dots


def _bayer(size: int) -> npt.NDArray[np.float64]:
    """Thresholds from above 0 to below 1, each once, neighbours far apart."""
    square = np.zeros((1, 1))
    while len(square) < size:
        square = np.block([[4 * square, 4 * square + 2], [4 * square + 3, 4 * square + 1]])
    return (square + 0.5) / square.size


DITHERS: Final[Mapping[str, Callable[[Grid], Dots]]] = MappingProxyType(
    {
        "floyd-steinberg": lambda darkness: diffused(darkness, FLOYD_STEINBERG),
        "stucki": lambda darkness: diffused(darkness, STUCKI),
        "jarvis": lambda darkness: diffused(darkness, JARVIS),
        "atkinson": lambda darkness: diffused(darkness, ATKINSON),
        "ordered": ordered,
        "halftone": halftone,
    }
)
"""Every way to make dots, by the name that recipes use."""
GREYSCALE: Final = "greyscale"
"""No dots: each value has a power of its own."""


@dataclass(frozen=True, slots=True)
class Raster:
    """How a tone is made of lines. mm; powers are shares of the laser's full power."""

    interval: float
    """From line to line."""
    dither: str = "floyd-steinberg"
    """One of DITHERS, or GREYSCALE."""
    power: float = 1.0
    """Of a dot, and of black in greyscale."""
    min_power: float = 0.0
    """In greyscale: of the lightest tone that leaves a mark at all. White is not burnt."""
    gamma: float = 1.0
    """Above 1 lightens the middle tones, for a spot that is wider than its line."""
    light: bool = False
    """The mark is lighter than the surface (slate, anodized aluminium): what is light is burnt."""

    def __post_init__(self) -> None:
        if not (self.interval > 0 and self.gamma > 0):
            raise RecipeError(f"interval {self.interval:g} and gamma {self.gamma:g} must be above 0")
        if not (0 <= self.min_power < self.power <= 1):
            raise RecipeError(f"powers from {self.min_power:g} to {self.power:g}: write shares that rise, at most 1")
        if self.dither not in DITHERS and self.dither != GREYSCALE:
            raise RecipeError(f"no dither is called {self.dither!r}: write {', '.join((*DITHERS, GREYSCALE))}")
