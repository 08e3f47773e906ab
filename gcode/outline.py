"""The outline of a piece, written as a path: ``M x y``, ``L x y``, ``Q``, ``C``, ``Z``, all absolute, in mm, y up.

The letters and their numbers are those of SVG's path data; the first contour is the edge, the others are holes.
"""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from gcode.geometry import Line, bezier, without_repeats

TOLERANCE: Final = 0.02
MAX_BYTES: Final = 20_000
_POINTS: Final = {"M": 1, "L": 1, "Q": 2, "C": 3, "Z": 0}
_TOKEN: Final = re.compile(r"\s*,?\s*(?:([A-Za-z])|([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)))")


def contours(path: str) -> tuple[Line, ...]:
    """Closed contours that do not repeat their first point. ValueError says what in the path is not understood."""
    found: list[Line] = []
    points: list[Line] = []
    for letter, numbers in _steps(path):
        if letter == "M":
            _close(points, found)
            points = [numbers]
        elif letter == "Z":
            _close(points, found)
            points = []
        elif not points:
            raise ValueError(f"a contour begins with M, not with {letter}")
        elif letter == "L":
            points.append(numbers)
        else:
            points.append(bezier(np.vstack([points[-1][-1:], numbers]), TOLERANCE))
    _close(points, found)
    if not found:
        raise ValueError("there is no contour in it")
    return tuple(found)


def _steps(path: str) -> list[tuple[str, Line]]:
    """Letters, each with its points; a letter that is followed by several sets is several steps."""
    if len(path) > MAX_BYTES:
        raise ValueError(f"it is longer than {MAX_BYTES} characters")
    steps: list[tuple[str, Line]] = []
    letter, numbers, at = "", list[float](), 0
    text = path.rstrip()
    while at < len(text):
        token = _TOKEN.match(text, at)
        if token is None:
            raise ValueError(f"{text[at : at + 12]!r} is neither a letter of M L Q C Z nor a number")
        at = token.end()
        if token[1]:
            if numbers:
                raise ValueError(f"{letter} has {len(numbers)} numbers too many")
            letter = token[1]
            if letter not in _POINTS:
                raise ValueError(f"{letter} is not understood: write M, L, Q, C and Z, absolute")
            if letter == "Z":
                steps.append(("Z", np.empty((0, 2))))
            continue
        numbers.append(float(token[2]))
        if not letter or letter == "Z":
            raise ValueError(f"a number stands behind {letter or 'nothing'}")
        if len(numbers) == 2 * _POINTS[letter]:
            steps.append((letter, np.array(numbers).reshape(-1, 2)))
            numbers = []
            letter = "L" if letter == "M" else letter
    if numbers:
        raise ValueError(f"{letter} lacks numbers at the end")
    return steps


def _close(points: list[Line], found: list[Line]) -> None:
    if not points:
        return
    contour = without_repeats(np.vstack(points))
    if len(contour) > 1 and np.allclose(contour[0], contour[-1]):
        contour = contour[:-1]
    if len(contour) < 3:
        raise ValueError("a contour has fewer than three points")
    found.append(contour)
