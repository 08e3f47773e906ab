"""What is known of a plotter between two answers, and what a script may wait for."""

from __future__ import annotations

from dataclasses import dataclass, field

from drivers.protocols.ebb.line import Ask
from drivers.protocols.ebb.motion import Frame, Limits, Pace, Steps
from drivers.protocols.ebb.options import Options


class Trouble(Exception):
    """The board or its machine cannot go on. ``latches``: nobody knows any more where the carriage stands."""

    def __init__(self, why: str, *, latches: bool = False) -> None:
        super().__init__(why)
        self.latches = latches


class Unanswered(Trouble):
    """An answer was lost, and with it whether the command was done. It is never said again."""

    def __init__(self, ask: Ask) -> None:
        super().__init__(f"the board did not answer {ask.text.decode()}; look at the USB cable and at its power")


@dataclass(frozen=True, slots=True)
class Rest:
    """Wait so long, or until somebody asks for something."""

    seconds: float


@dataclass(slots=True)
class Desk:
    """Written by scripts and verbs alike; one thread has it."""

    options: Options
    frame: Frame
    firmware: str | None = None
    version: tuple[int, int, int] = (0, 0, 0)
    place: Steps = (0, 0)
    """Where both motors are when all that was said is done."""
    down: bool = False
    """The pen, when all that was said is done."""
    moved: bool = False
    """A motion of the attempt was said: from then on the piece counts as begun."""
    stop: bool = False
    """A standstill is wanted."""
    astray: str | None = None
    """Why nobody knows any more where the carriage stands."""
    prompt: str | None = None
    """What a person is asked to do."""
    done: int = 0
    """Slices that the board has taken."""
    total: int = 0
    told: float = 0.0
    looked: float = 0.0
    """When the button and the power are to be looked at again."""
    queued: float = 0.0
    """Seconds that the two latest motions take: so long may the next one wait for room."""
    pace: Pace = field(default_factory=lambda: Pace(1.0))

    @property
    def limits(self) -> Limits:
        return Limits(self.options.speed, self.options.acceleration, self.options.corner)

    @property
    def progress(self) -> float | None:
        return self.done / self.total if self.total else None

    @property
    def point(self) -> tuple[float, float]:
        """Where on the table the pen is when all that was said is done, in mm."""
        return self.frame.point(self.place)

    def begin(self, total: int) -> None:
        """A new attempt: nothing of it was said."""
        self.moved = self.stop = False
        self.astray = self.prompt = None
        self.done, self.total, self.told, self.looked, self.queued = 0, total, 0.0, 0.0, 0.0
        self.pace = Pace(self.options.acceleration)
