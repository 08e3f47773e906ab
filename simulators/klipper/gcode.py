"""Scripts of G-code: what a line means, and one script at a time."""

from __future__ import annotations

import re
import shlex
from collections import deque
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass

from simulators.klipper.reactor import Refused, Steps, Wait

TRADITIONAL = re.compile(r"(?:N\d+\s*)?([A-Z])\s*(\d+(?:\.\d+)?)(?![A-Z_0-9])(.*)", re.DOTALL)
PARAMETER = re.compile(r"([A-Z])\s*([^A-Z\s]*)")


@dataclass(frozen=True, slots=True)
class Command:
    """A line, taken apart. Values stay text until somebody wants a number."""

    name: str
    values: Mapping[str, str]
    line: str

    def number(self, key: str, otherwise: float | None = None) -> float | None:
        """Raises Refused for what is no number."""
        value = self.values.get(key)
        if value is None:
            return otherwise
        try:
            return float(value)
        except ValueError:
            raise Refused(f"Error on '{self.line}': unable to parse {value}") from None


def parse(line: str) -> Command | None:
    """None for a line without a command."""
    text = line.partition(";")[0].strip()
    if not text:
        return None
    found = TRADITIONAL.match(text.upper())
    if found is not None:
        letter, digits, rest = found.groups()
        return Command(letter + digits, dict(PARAMETER.findall(rest)), text)
    name, _, rest = text.partition(" ")
    try:
        words = shlex.split(rest)
        values = {key.upper(): value for key, value in (word.split("=", 1) for word in words)}
    except ValueError:
        return Command(name.upper(), {"": rest}, text)
    return Command(name.upper(), values, text)


Handler = Callable[[Command], Steps | None]


class Dispatch:
    """``respond`` gets each line for whoever listens."""

    def __init__(self, respond: Callable[[str], None], execute: Callable[[Command], Steps | None]) -> None:
        self._respond, self._execute = respond, execute
        self._turns: deque[object] = deque()

    def reset(self) -> None:
        self._turns.clear()

    @property
    def busy(self) -> bool:
        """A script is at work, or waits for its turn."""
        return bool(self._turns)

    def script(self, text: str) -> Generator[Wait]:
        """Run a script when its turn has come. Raises Refused at the first line that fails."""
        token = object()
        self._turns.append(token)
        try:
            yield Wait(lambda: not self._turns or self._turns[0] is token)
            yield from self.lines(text)
        finally:
            if token in self._turns:
                self._turns.remove(token)

    def lines(self, text: str) -> Generator[Wait]:
        """The same, from within a script."""
        for line in text.split("\n"):
            command = parse(line)
            if command is None:
                continue
            try:
                steps = self._execute(command)
                if steps is not None:
                    yield from steps
            except Refused as refusal:
                first, *more = str(refusal).strip().split("\n")
                if more:
                    self.info(str(refusal))
                self._respond(f"!! {first}")
                raise

    def info(self, text: str) -> None:
        self._respond("\n".join(f"// {line.strip()}" for line in text.strip().split("\n")))

    def raw(self, text: str) -> None:
        self._respond(text)
