"""What a process can show, as far as the layout of a design depends on it."""

from __future__ import annotations

from dataclasses import dataclass

from fulfillment.meshes.units import Unit
from fulfillment.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Craft:
    """mm. One of these for each operation: the same content is laid out anew for each way to make it."""

    line_width: float
    """Of one line of the tool: a bead, a burn, a pen's stroke."""
    row: float | None = None
    """Between two rows of a photo; None: this process makes lines only."""
    height: float = 0.0
    """Of capitals that the tool can show, where that is more than its lines ask for."""
    fills: bool = False
    """Whether the tool fills what outlines hold; a bead or a pen follows them as lines."""
    seed: int = 0
    """Of what a hand would do otherwise every time: the unit's own, so that a remake is the same."""
    unit: Unit | None = None
    """In which a model was drawn whose file does not say it, where the customer does."""

    @property
    def least_height(self) -> float:
        """Of capitals that can be read: an E has three bars, and between them must be room for a line of none."""
        return max(4 * self.line_width, self.height)


class Refused(Refusal):
    """Content that cannot be made: why, and what its customer can do about it."""


def sentence(said: str) -> str:
    """What gcode says, as a sentence."""
    said = said.strip().rstrip(".")
    return f"{said[:1].upper()}{said[1:]}."
