"""A model's keys as a table for the docs, so that the docs cannot drift from the code."""

from __future__ import annotations

import enum
import types
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel, JsonValue
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from fulfillment.positions.units import Unit
from fulfillment.positions.validation import bare, describe, is_model


@dataclass(frozen=True, slots=True)
class Row:
    """One key: where it stands (``machines[].limits.speed.x``), what it takes, and what it means."""

    key: str
    kind: str
    unit: str
    default: str
    meaning: str


def _unit(info: FieldInfo) -> str:
    inner = get_args(info.annotation)
    marks = [*info.metadata, *(mark for kind in inner for mark in getattr(kind, "__metadata__", ()))]
    return next((mark.name for mark in marks if isinstance(mark, Unit)), "")


NAMES: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    Path: "path",
    Any: "any",
    object: "any",
    JsonValue: "anything",
}


def _kind(annotation: Any) -> str:
    kind = bare(annotation)
    origin, args = get_origin(kind), get_args(kind)
    if origin is Literal:
        return " or ".join(f"`{word}`" for word in args)
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return f"{kind.__name__.lower()} (a fixed word)"
    if is_model(kind):
        return "keys"
    if origin in (Union, types.UnionType):
        return " or ".join(dict.fromkeys(_kind(one) for one in args))
    if args:
        inner = _kind(args[-1] if len(args) > 1 and args[-1] is not Ellipsis else args[0])
        return f"{'mapping to' if _is_mapping(origin) else 'list of'} {inner}"
    return NAMES.get(kind, getattr(kind, "__name__", str(kind)))


def _is_mapping(origin: Any) -> bool:
    return isinstance(origin, type) and hasattr(origin, "keys")


def _default(info: FieldInfo) -> str:
    if info.is_required():
        return "**required**"
    value = info.get_default(call_default_factory=True, validated_data={})
    if isinstance(value, Path) and value.is_absolute():
        return ""  # differs from one installation to the next
    if value is None or value is PydanticUndefined or isinstance(value, BaseModel) or value in ((), {}, frozenset()):
        return ""
    if isinstance(value, frozenset | tuple):
        return ", ".join(sorted(f"`{one}`" for one in value))
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _inner(annotation: Any) -> Iterator[tuple[str, type[BaseModel]]]:
    """Models below a field, with what is put behind its key: ``[]`` for a list, ``.<name>`` for a mapping."""
    kind = bare(annotation)
    origin, args = get_origin(kind), get_args(kind)
    if is_model(kind):
        yield "", kind
    elif origin in (Union, types.UnionType):
        for one in args:
            yield from _inner(one)
    elif args:
        mark = ".<name>" if _is_mapping(origin) else "[]"
        for inner_mark, model in _inner(args[-1] if _is_mapping(origin) else args[0]):
            yield mark + inner_mark, model


def rows(model: type[BaseModel], under: str = "") -> Iterator[Row]:
    """Every key of a model and of what it holds, in the order of the code."""
    for name, info in model.model_fields.items():
        key = f"{under}.{name}" if under else name
        yield Row(key, _kind(info.annotation), _unit(info), _default(info), describe(info))
        for mark, inner in _inner(info.annotation):
            yield from rows(inner, key + mark)


def table(model: type[BaseModel]) -> str:
    """The rows as a markdown table."""
    head = "| key | takes | unit | default | meaning |\n|---|---|---|---|---|\n"
    cells = ((f"`{r.key}`", r.kind, r.unit, r.default, r.meaning) for r in dict.fromkeys(rows(model)))
    return head + "".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |\n" for row in cells)
