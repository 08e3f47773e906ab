"""A command line into its parameters, or the error that refuses it (UBW.c, extract_number)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LONGEST = 255
TEXT = 16
DIGITS = re.compile(r"\d+")

RANGES: Mapping[str, tuple[int, int]] = {
    "u8": (0, 255),
    "u16": (0, 65535),
    "u32": (0, 4294967295),
    "i16": (-32768, 32767),
    "i32": (-2147483648, 2147483647),
}


class Bad(Exception):
    """A command that is not executed; the text is the firmware's."""


MISSING = "!4 Err: Missing parameter(s)"
INVALID = "!6 Err: Invalid parameter value"
EXTRA = "!7 Err: Extra parameter"


@dataclass(frozen=True, slots=True)
class Field:
    """``kind``: of RANGES, ``char``, or ``text`` of at most 16 characters."""

    kind: str
    required: bool = True


def fields(*kinds: str) -> tuple[Field, ...]:
    """A kind with a question mark is optional."""
    return tuple(Field(kind.removesuffix("?"), not kind.endswith("?")) for kind in kinds)


@dataclass(frozen=True, slots=True)
class Given:
    """``values``: None where an optional parameter is not there. ``extra``: something was left over."""

    values: tuple[int | str | None, ...]
    extra: bool

    def number(self, index: int, otherwise: int = 0) -> int:
        value = self.values[index]
        return value if isinstance(value, int) else otherwise

    def text(self, index: int) -> str:
        return str(self.values[index])


def name_of(line: str) -> tuple[str, str]:
    """One or two letters in capitals, and what follows them."""
    size = 1 if len(line) < 2 or line[1] == "," else 2
    return line[:size].upper(), line[size:]


def unknown(name: str) -> str:
    return f"!8 Err: Unknown command '{name}:{''.join(f'{ord(letter):02X}' for letter in name)}'"


def read(rest: str, wanted: Sequence[Field]) -> Given:
    """``rest``: what follows the name. Raises :class:`Bad`."""
    values: list[int | str | None] = []
    for field in wanted:
        value, rest = _one(rest, field)
        values.append(value)
    return Given(tuple(values), bool(rest))


def _one(rest: str, field: Field) -> tuple[int | str | None, str]:
    if not rest or (rest == "," and field.kind != "text"):
        if field.required:
            raise Bad(MISSING)
        return None, ""
    if rest[0] != ",":
        if field.required:
            raise Bad(f"!5 Err: Need comma next, found: '{rest[0]}'")
        return None, rest
    rest = rest[1:]
    if field.kind == "char":
        return rest[0], rest[1:]
    if field.kind == "text":
        text = rest.partition(",")[0][:TEXT]
        return text, rest[len(text) :]
    low, high = RANGES[field.kind]
    negative = rest.startswith("-")
    if negative and low == 0:
        raise Bad(INVALID)
    found = DIGITS.match(rest, 1 if negative else 0)
    digits = found[0] if found is not None else "0"
    value = (-1 if negative else 1) * int(digits[:12])
    if not low <= value <= high:
        raise Bad(INVALID)
    return value, rest[found.end() if found is not None else int(negative) :]
