"""What is in a PDF, taken for what it should be, or for nothing: in a stranger's file anything may stand anywhere."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Any, Final

from pikepdf import Array, Dictionary, Name, Object, ObjectType, Stream, String

from gcode.geometry import Transform

Thing = Any
"""What pikepdf gives: one of its objects, or a number, a bool, None."""
Key = tuple[int, int]
"""Number and generation of an indirect object; (0, 0) of one that lies in another."""


def kind(thing: Thing) -> type | None:
    """Dictionary, Stream, Array, Name, String; None for all else."""
    return KINDS.get(thing._type_code) if isinstance(thing, Object) else None


KINDS: Final[dict[ObjectType, type]] = {
    ObjectType.dictionary: Dictionary,
    ObjectType.array: Array,
    ObjectType.name_: Name,
    ObjectType.stream: Stream,
    ObjectType.string: String,
}
KEYED: Final = (Dictionary, Stream)


def get(thing: Thing, key: str) -> Thing:
    """An entry of a dictionary or of a stream's; None where there is none."""
    return thing.get(key) if kind(thing) in KEYED and len(key) > 1 else None


def entries(thing: Thing) -> list[tuple[str, Thing]]:
    """All of a dictionary or of a stream's, in the file's order; nothing of anything else."""
    return [(plain(key), value) for key, value in thing.items()] if kind(thing) in KEYED else []


def items(thing: Thing) -> list[Thing]:
    """All of an array; nothing of anything else."""
    return list(thing) if kind(thing) is Array else []


def number(thing: Thing) -> float | None:
    """A finite number."""
    if isinstance(thing, bool) or not isinstance(thing, int | float | Decimal):
        return None
    try:
        value = float(thing)
    except OverflowError:
        return None
    return value if math.isfinite(value) else None


def integer(thing: Thing) -> int | None:
    value = number(thing)
    return int(value) if value is not None and value == int(value) else None


def numbers(thing: Thing, count: int) -> tuple[float, ...] | None:
    """An array of so many finite numbers."""
    if kind(thing) is not Array or len(thing) != count:
        return None
    found = [number(one) for one in thing]
    return None if None in found else tuple(one for one in found if one is not None)


def name(thing: Thing) -> str:
    """A name with its slash, such as "/Image"; empty where it is none."""
    return plain(str(thing)) if kind(thing) is Name else ""


def plain(said: str) -> str:
    """Without what is no letter in any coding: names are bytes."""
    return said.encode("utf-8", "replace").decode()


def named(said: str) -> Thing:
    """A name as an object; None where it is none."""
    return Name(said) if said.startswith("/") and len(said) > 1 else None


def text(thing: Thing) -> str:
    """A text or a name in letters that can be shown, and not too many of them."""
    raw = str(thing) if kind(thing) in (String, Name) else ""
    return "".join(letter if letter.isprintable() else "?" for letter in raw[:120])


def key(thing: Thing) -> Key:
    return thing.objgen if isinstance(thing, Object) else (0, 0)


def matrix(thing: Thing) -> Transform | None:
    """A matrix of six finite numbers; the unit matrix where there is none; None where it is something else."""
    if thing is None:
        return Transform()
    found = numbers(thing, 6)
    return Transform(*found) if found else None
