"""A document against a typed model: pydantic's findings as problems with a line and a mend."""

from __future__ import annotations

import json
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from fulfillment.positions.problems import Mend, Mends, Problem, closest, listed
from fulfillment.positions.reader import Document, Loc


class Written(BaseModel):
    """Base of everything that stands in a written file: frozen, and a key nobody reads is an error."""

    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        strict=True,
        allow_inf_nan=False,
        validate_default=True,
        use_attribute_docstrings=True,
    )


def is_model(kind: object) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def bare(annotation: Any) -> Any:
    """A type without Annotated and without ``| None``."""
    while get_origin(annotation) is Annotated:
        annotation = get_args(annotation)[0]
    if get_origin(annotation) in (Union, types.UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not type(None)]
        return bare(kinds[0]) if len(kinds) == 1 else annotation
    return annotation


def _tagged(union: Any, tag: object) -> Any:
    """The member of a union of models that has ``tag`` as the literal of one of its fields."""
    for member in map(bare, get_args(union)):
        for info in member.model_fields.values() if is_model(member) else ():
            if get_origin(info.annotation) is Literal and tag in get_args(info.annotation):
                return member
    return None


def field_at(model: type[BaseModel], loc: Loc) -> tuple[type[BaseModel] | None, FieldInfo | None, Any]:
    """What a path of pydantic's leads to: (the model that has the field, the field, the type wanted there)."""
    current: Any = model
    owner: type[BaseModel] | None = None
    info: FieldInfo | None = None
    for part in loc:
        current = bare(current)
        origin, args = get_origin(current), get_args(current)
        if is_model(current):
            owner = current
            info = current.model_fields.get(str(part))
            current = info.annotation if info else None
        elif origin in (Union, types.UnionType):
            current = _tagged(current, part)
        elif args:
            current = args[1] if len(args) > 1 and not isinstance(part, int) else args[0]
    return owner, info, bare(current)


def describe(info: FieldInfo | None) -> str:
    """A field's one-line meaning, as a sentence; empty where there is none."""
    text = " ".join(((info.description or "") if info else "").split())
    return text if not text or text.endswith(".") else text + "."


M = TypeVar("M", bound=BaseModel)


@dataclass(frozen=True, slots=True)
class Finding:
    """One error of pydantic's with the model and the field that it is about."""

    error: ErrorDetails
    owner: type[BaseModel] | None
    info: FieldInfo | None
    wanted: Any
    """The type that is expected there."""

    @property
    def name(self) -> str:
        return str(self.error["loc"][-1])

    def context(self, key: str) -> str:
        return str(self.error.get("ctx", {}).get(key, "")).strip("'")


Wording = Callable[[Finding], tuple[str, str]]


def _unknown(finding: Finding) -> tuple[str, str]:
    known = list(finding.owner.model_fields) if finding.owner else []
    return f"Nobody reads a key {finding.name[:60]!r} here.", closest(finding.name[:60], known, "Keys here are")


def _missing(finding: Finding) -> tuple[str, str]:
    return f"The key {finding.name!r} is missing.", f"Add it: {describe(finding.info)}"


def _words(expected: str) -> list[str]:
    return [word.strip("' ") for word in expected.replace(" or ", ", ").split(",")]


def _no_tag(finding: Finding) -> tuple[str, str]:
    return f"The key {finding.context('discriminator')!r} is missing.", "Add it: it says what this is."


def _wrong_tag(finding: Finding) -> tuple[str, str]:
    tag = finding.context("tag")[:60]
    return f"{tag!r} is not known here.", closest(tag, _words(finding.context("expected_tags")), "Known are")


def _choice(finding: Finding) -> tuple[str, str]:
    known, given = _words(finding.context("expected")), finding.error["input"]
    if not isinstance(given, str):
        return "A word is expected here.", f"One of: {listed(known)}."
    return f"{given[:60]!r} is not known here.", closest(given[:60], known, "Known are")


def _bound(words: str, key: str) -> Wording:
    return lambda finding: (f"The value must be {words} {finding.context(key)}.", describe(finding.info))


def _kind(words: str) -> Wording:
    return lambda finding: (f"{words} is expected here.", describe(finding.info))


def _keys(finding: Finding) -> tuple[str, str]:
    text = "A mapping (key: value) is expected here."
    return text, f"Its keys are: {', '.join(finding.wanted.model_fields)}." if is_model(finding.wanted) else ""


WORDINGS: Mapping[str, Wording] = {
    "extra_forbidden": _unknown,
    "missing": _missing,
    "union_tag_invalid": _wrong_tag,
    "union_tag_not_found": _no_tag,
    "literal_error": _choice,
    "enum": _choice,
    "greater_than": _bound("greater than", "gt"),
    "greater_than_equal": _bound("at least", "ge"),
    "less_than": _bound("less than", "lt"),
    "less_than_equal": _bound("at most", "le"),
    "too_short": _bound("a list whose length is at least", "min_length"),
    "too_long": _bound("a list whose length is at most", "max_length"),
    "string_too_short": _bound("a text whose length is at least", "min_length"),
    "string_too_long": _bound("a text whose length is at most", "max_length"),
    "string_type": _kind("A text (in quotes, where it looks like a number)"),
    "string_pattern_mismatch": _kind("Another form of text"),
    "int_type": _kind("A whole number"),
    "int_from_float": _kind("A whole number"),
    "float_type": _kind("A number"),
    "bool_type": _kind("true or false"),
    "list_type": _kind("A list (one - before each item)"),
    "tuple_type": _kind("A list (one - before each item)"),
    "frozen_set_type": _kind("A list (one - before each item)"),
    "dict_type": _kind("A mapping (key: value)"),
    "mapping_type": _kind("A mapping (key: value)"),
    "model_type": _keys,
    "model_attributes_type": _keys,
    "path_type": _kind("A path"),
}
"""Pydantic's error types in our words. What is not here keeps pydantic's own words."""


def _problems(document: Document, model: type[BaseModel], error: ErrorDetails) -> Iterator[Problem]:
    loc: Loc = error["loc"]
    cause = error.get("ctx", {}).get("error")
    if isinstance(cause, Mend | Mends):
        for mend in cause.mends if isinstance(cause, Mends) else (cause,):
            yield document.problem((*loc, *mend.at), mend.text, mend.mend)
        return
    finding = Finding(error, *field_at(model, loc))
    wording = WORDINGS.get(error["type"])
    text, mend_text = wording(finding) if wording else (f"{error['msg']}.", describe(finding.info))
    if error["type"] == "missing":
        yield document.problem(loc[:-1], text, mend_text, key=True)
    else:
        yield document.problem(loc, text, mend_text, key=error["type"] == "extra_forbidden")


def _echo(error: ErrorDetails, errors: list[ErrorDetails]) -> bool:
    """Whether a list is only called too short because pydantic does not count its wrong items."""
    loc = error["loc"]
    return error["type"] == "too_short" and any(one["loc"][: len(loc)] == loc and one is not error for one in errors)


def validate(
    document: Document, model: type[M], context: Mapping[str, object] | None = None
) -> tuple[M | None, list[Problem]]:
    """The typed model, or None with every problem in the order of the file."""
    try:
        # By way of JSON: strict types there still take a list for a tuple and a text for a path or a word.
        valid = model.model_validate_json(json.dumps(document.data), context=dict(context or {}))
    except ValidationError as error:
        errors = error.errors(include_url=False)
        found = {problem for one in errors if not _echo(one, errors) for problem in _problems(document, model, one)}
        return None, sorted(found | set(document.problems))
    return (None if document.problems else valid), sorted(document.problems)
