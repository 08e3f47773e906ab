"""What is wrong with a written file, as values."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing to mend. ``line`` and ``column`` count from 1; ``path`` is where in the tree (``machines[1].driver``).

    The text never repeats a value that may be a secret.
    """

    line: int
    column: int
    path: str
    text: str
    mend: str
    file: str = ""

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: "
        where = f"{self.path}: " if self.path else ""
        return f"{place}{where}{self.text} {self.mend}".rstrip()


class Mend(ValueError):
    """Raised by a validator: what is wrong, and the mend, each a sentence.

    ``at``: keys from the validated value down to the place, where a validator looks at a whole model.
    """

    def __init__(self, text: str, mend: str, at: tuple[str | int, ...] = ()) -> None:
        super().__init__(f"{text} {mend}")
        self.text = text
        self.mend = mend
        self.at = at


class Mends(ValueError):
    """Several at once, so that a person need not mend them one by one."""

    def __init__(self, mends: Sequence[Mend]) -> None:
        super().__init__(" ".join(str(mend) for mend in mends))
        self.mends = tuple(mends)


def refuse(mends: Iterable[Mend]) -> None:
    """Raise what was found, if anything was."""
    found = tuple(mends)
    if found:
        raise Mends(found)


def listed(names: Iterable[str]) -> str:
    """Names for a sentence, sorted; ``(none)`` where there are none."""
    return ", ".join(sorted(names)) or "(none)"


def closest(name: str, names: Iterable[str], kind: str = "") -> str:
    """The mend for a name that is not one of ``names``: the nearest one where one is near, else the whole list."""
    known = sorted(names)
    near = get_close_matches(name, known, n=1, cutoff=0.6)
    if near:
        return f"Did you mean {near[0]!r}?"
    return f"{kind or 'There are'}: {listed(known)}."
