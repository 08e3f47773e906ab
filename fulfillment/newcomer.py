"""A new machine for config.yaml: what must be known of it, who knows it, and how it is written down.

Nothing is guessed: a value comes from a flag, from the machine itself, or from the person who adds it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field

from drivers.service import Facts

Data = dict[str, object]

MOVES = frozenset({"extrude-food", "fdm", "engrave", "plot"})
EXTRUDES = frozenset({"extrude-food", "fdm"})
HOOPED = frozenset({"embroider"})
"""It has an envelope, and its own controller guides the needle."""
PROCESSES = (*sorted(MOVES | HOOPED), "document", "press")

PEN_LIFT = 10.0
"""mm/s that z is written with for a plotter that tells of x and y alone: a servo lifts its pen, and no program asks z
for more."""

BARE = re.compile(r"[+-]?\d+(?:\.\d*)?")


class NotUnderstood(ValueError):
    """A value that is not written as it must be. The text says how."""


def _quantity(unit: str) -> Callable[[str], object]:
    """A bare number gets its unit, so that the file says it; what has one is left to the configuration's own check."""
    return lambda text: f"{text.strip()} {unit}" if BARE.fullmatch(text.strip()) else text.strip()


def _axes(names: str, least: int, split: str, shape: str, unit: str) -> Callable[[str], object]:
    def write(text: str) -> object:
        values = [value.strip() for value in re.split(split, text.strip())]
        if not least <= len(values) <= len(names) or not all(values):
            raise NotUnderstood(f"{text!r}: write {shape} in {unit}")
        quantity = _quantity(unit)
        return {axis: quantity(value) for axis, value in zip(names, values, strict=False)}

    return write


def _yes(text: str) -> object:
    if text.lower() not in ("yes", "no", "true", "false"):
        raise NotUnderstood(f"{text!r}: write yes or no")
    return text.lower() in ("yes", "true")


def _numbers(values: Iterable[float] | None, join: str) -> str | None:
    """To hundredths, and down: what is configured must be in the machine's own limits."""
    return None if values is None else join.join(f"{math.floor(value * 100 + 1e-6) / 100:.10g}" for value in values)


def _speeds(facts: Facts, processes: Collection[str]) -> str | None:
    """As many as it tells; a machine that only plots needs no more than two."""
    speeds = facts.speeds
    if speeds is not None and len(speeds) == 2 and set(processes) == {"plot"}:
        speeds = (*speeds, PEN_LIFT)
    return _numbers(speeds and speeds[:4], ",")


def _speeds_lack(text: str, processes: Collection[str]) -> str:
    count, needed = len(text.split(",")), "xyze" if EXTRUDES.intersection(processes) else "xyz"
    return "" if count >= len(needed) else ",".join(needed[count:]).upper()


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing to know. ``name``: its flag; ``key``: where it stands in the machine's entry."""

    name: str
    key: tuple[str, ...]
    what: str
    write: Callable[[str], object] = str.strip
    needed: frozenset[str] = frozenset()
    """The processes that cannot do without it."""
    drivers: frozenset[str] = frozenset()
    """The drivers that cannot even ask the machine without it."""
    told: Callable[[Facts, Collection[str]], str | None] = lambda _facts, _processes: None
    """What the machine itself says of it, to a machine that is to do these processes."""
    lacks: Callable[[str, Collection[str]], str] = lambda _text, _processes: ""
    """What such a text leaves out that these processes need, as it would be written behind it; empty: nothing."""
    usual: Mapping[str, str] = field(default_factory=dict)
    """What a person is offered, by process."""

    def misses(self, driver: str, processes: Iterable[str]) -> bool:
        return driver in self.drivers or not self.needed.isdisjoint(processes)


WANTED: tuple[Wanted, ...] = (
    Wanted("title", ("title",), "What it is, for people."),
    Wanted(
        "envelope",
        ("envelope",),
        "The space that it may work in, from its origin, as XxYxZ in mm.",
        _axes("xyz", 3, "[x×]", "XxYxZ", "mm"),
        MOVES | HOOPED,
        frozenset({"ebb"}),
        told=lambda facts, _: _numbers(facts.envelope, "x"),
    ),
    Wanted("material", ("material",), "The material that is in it."),
    Wanted(
        "nozzle", ("nozzle",), "Inner diameter of its nozzle in mm.", _quantity("mm"), EXTRUDES, usual={"fdm": "0.4"}
    ),
    Wanted(
        "e-area",
        ("e_area",),
        "Cross-section of what the feeder pushes in mm2: 1.75 mm filament 2.405, a 20 mm syringe 314.",
        _quantity("mm2"),
        EXTRUDES,
        usual={"fdm": "2.405"},
    ),
    Wanted(
        "speed",
        ("limits", "speed"),
        "Its highest speeds as X,Y,Z and, with a feeder, E, in mm/s.",
        _axes("xyze", 3, "[,]", "X,Y,Z or X,Y,Z,E", "mm/s"),
        MOVES,
        told=_speeds,
        lacks=_speeds_lack,
    ),
    Wanted(
        "acceleration",
        ("limits", "acceleration"),
        "Its highest acceleration in x and y, in mm/s2.",
        _quantity("mm/s2"),
        MOVES,
        told=lambda facts, _: _numbers(facts.accelerations and [min(facts.accelerations[:2])], ""),
    ),
    Wanted("jerk", ("limits", "jerk"), "The jump in speed that it takes at a corner, in mm/s.", _quantity("mm/s")),
    Wanted("flow", ("limits", "flow"), "The most that it can lay down, in mm3/s.", _quantity("mm3/s")),
    Wanted(
        "nozzle-temperature",
        ("limits", "nozzle_temperature"),
        "The hottest that its nozzle may be set, in degC; 0: it has no heater.",
        _quantity("degC"),
        frozenset({"fdm"}),
        usual={"fdm": "250"},
    ),
    Wanted(
        "bed-temperature",
        ("limits", "bed_temperature"),
        "The hottest that its bed may be set, in degC; 0: it has no heater.",
        _quantity("degC"),
    ),
    Wanted(
        "cold-extrusion",
        ("limits", "cold_extrusion"),
        "Whether it may extrude without heat (frosting, clay): yes or no.",
        _yes,
        frozenset({"extrude-food"}),
        usual={"extrude-food": "yes"},
    ),
    Wanted(
        "tool",
        ("options", "tool"),
        "What its spindle output drives: laser, spindle or pen.",
        drivers=frozenset({"grbl"}),
    ),
    Wanted("camera", ("camera",), "URL of one picture of its bed."),
)
"""In the order in which they are written and asked for."""


def envelope_of(given: Mapping[str, str]) -> tuple[float, float, float] | None:
    """The envelope that was said, in mm; None where none was, or in other units."""
    parts = [part.strip().removesuffix("mm").strip() for part in re.split("[x×]", given.get("envelope", ""))]
    if len(parts) != 3 or not all(BARE.fullmatch(part) for part in parts):
        return None
    return float(parts[0]), float(parts[1]), float(parts[2])


@dataclass(frozen=True, slots=True)
class Told:
    """What the machine itself knows, by flag."""

    whole: Mapping[str, str]
    partly: Mapping[str, str]
    """What it leaves out a part of that it must have for what it is to do: this goes to a person, not to the file."""


def told(facts: Facts, processes: Collection[str]) -> Told:
    whole: dict[str, str] = {}
    partly: dict[str, str] = {}
    for wanted in WANTED:
        if text := wanted.told(facts, processes):
            (partly if wanted.lacks(text, processes) else whole)[wanted.name] = text
    return Told(whole, partly)


def missing(driver: str, processes: Iterable[str], given: Iterable[str]) -> list[Wanted]:
    """What nobody has said yet and cannot be done without."""
    have, done = set(given), list(processes)
    return [wanted for wanted in WANTED if wanted.name not in have and wanted.misses(driver, done)]


ELSEWHERE: Mapping[str, str] = {
    "name": "NAME",
    "driver": "--driver",
    "address": "--address",
    "processes": "--process",
    "secret.env": "--key-env",
    "secret.file": "--key-file",
}
"""Keys of a machine that no Wanted stands for, and what they are said by."""


def flag_of(path: str) -> str:
    """The flag that the value at this path below a machine (``limits.speed.e``) was said by; empty for none."""
    for wanted in WANTED:
        key = ".".join(wanted.key)
        if path == key or path.startswith(f"{key}."):
            return f"--{wanted.name}"
    if path.startswith("options."):
        return f"--option {path.removeprefix('options.')}"
    return next((flag for key, flag in ELSEWHERE.items() if path == key or path.startswith((f"{key}[", f"{key}."))), "")


def entry(
    name: str,
    driver: str,
    address: str,
    processes: Iterable[str],
    given: Mapping[str, str],
    options: Mapping[str, object],
    secret: Mapping[str, str] | None = None,
) -> Data:
    """The machine's entry, in the order of the shipped file. Raises NotUnderstood, which names the flag."""
    done = list(dict.fromkeys(processes))
    found: Data = {"name": name, "driver": driver, "address": address, "processes": done}
    for wanted in WANTED:
        if wanted.name not in given or (wanted.key[0] == "limits" and MOVES.isdisjoint(done)):
            continue
        text = given[wanted.name]
        try:
            _put(found, wanted.key, wanted.write(text))
        except NotUnderstood as error:
            raise NotUnderstood(f"--{wanted.name} {error}") from None
        if left := wanted.lacks(text, done):
            raise NotUnderstood(f"--{wanted.name} {text!r}: {' and '.join(done)} needs {left} behind it")
    for key, value in options.items():
        _put(found, ("options", key), value)
    if secret:
        found["secret"] = dict(secret)
    order = ("name", "title", "driver", "address", "processes")
    return {key: found[key] for key in (*order, *found) if key in found}


def _put(data: Data, key: tuple[str, ...], value: object) -> None:
    inner = data
    for part in key[:-1]:
        below = inner.setdefault(part, {})
        assert isinstance(below, dict)  # noqa: S101  (nothing else is ever put there)
        inner = below
    inner[key[-1]] = value
