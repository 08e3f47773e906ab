"""What a thread and its cloth ask for. Numbers of recipes, never of orders."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gcode.recipe import RecipeError

REACH: Final = 12.1
"""mm that one record of a DST file moves at most (Tajima's ternary code: 121 tenths)."""
GRID: Final = 0.1
"""mm: what all formats here count in."""


@dataclass(frozen=True, slots=True)
class Thread:
    """mm."""

    width: float = 0.4
    """Of the thread as it lies on the cloth; 40 weight polyester."""
    spacing: float = 0.36
    """Between two rows of a fill, and two stitches on one side of a satin column."""
    stitch: float = 3.5
    """Length of a fill's stitches."""
    run: float = 2.0
    """Length of running stitches."""
    pull: float = 0.3
    """By how much thread draws the cloth together: columns and rows are sewn so much longer."""
    narrowest: float = 1.0
    """Width of the narrowest satin column; what is narrower is widened, or sewn as a line."""
    widest: float = 7.0
    """Width of the widest satin column; wider shapes are filled."""
    longest: float = 7.0
    """Length of the longest stitch: longer ones are caught by buttons and hooks."""
    shortest: float = 0.3
    """Length of the shortest stitch: shorter ones break the thread."""
    trim: float = 2.5
    """A jump longer than this is cut off."""
    angle: float = 45.0
    """Direction of a fill's rows in degrees; 0: along x."""
    underlay: bool = True
    """Whether something is sewn under fills and wide columns first, so that they do not sink into the cloth."""

    def __post_init__(self) -> None:
        for name in ("width", "spacing", "stitch", "run", "narrowest", "widest", "longest", "shortest", "trim"):
            if not getattr(self, name) > 0:
                raise RecipeError(f"the thread's {name} is {getattr(self, name)}: it must be above 0")
        if not 0 <= self.pull <= 2:
            raise RecipeError(f"a pull of {self.pull:g} mm is none: write 0 to 2")
        if self.longest > REACH:
            raise RecipeError(f"the longest stitch is {self.longest:g} mm: machines take {REACH} mm at most")
        if not self.shortest + GRID < min(self.run, self.stitch, self.longest / 2):
            raise RecipeError(
                f"the shortest stitch is {self.shortest:g} mm, hardly shorter than the others: write less"
            )
        if not self.narrowest < self.widest:
            raise RecipeError(f"columns are {self.narrowest:g} to {self.widest:g} mm wide: write the smaller one first")
        if not self.spacing <= self.width * 1.5:
            raise RecipeError(f"rows {self.spacing:g} mm apart show the cloth: the thread is {self.width:g} mm wide")
        if self.spacing < 0.15:
            raise RecipeError(f"rows {self.spacing:g} mm apart break needles: write 0.15 or more")
