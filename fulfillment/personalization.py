"""What a customer sent, held against a product, before anything is drawn. Problems are sentences for the customer.

Nothing is repaired by guessing: what changes the look is refused; only what cannot be seen (Unicode forms, invisible
characters, spaces at the ends) is put right. Whether every character has a glyph and fits is asked later, of the fonts.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from fulfillment import drawings, meshes
from fulfillment.catalog import (
    CodeField,
    DrawingField,
    ModelField,
    MonogramField,
    Option,
    Parameter,
    PdfField,
    PhotoField,
    Product,
    SerialField,
    TextField,
)
from fulfillment.catalog.parameters import conflicts
from fulfillment.pdfs.limits import LIMITS
from fulfillment.photos import ACCEPTED, PhotoError, inspect, open_photo
from gcode.characters import category, counted

__all__ = ["DrawingFile", "ModelFile", "PdfFile", "Photo", "Problem", "Resolved", "check", "checked_text", "open_photo"]

MAX_RAW_TEXT = 10_000
"""Characters beyond which a text is not even looked at."""
MAX_MARKS = 2
"""Accents on one letter: beyond that they leave their line."""
MAX_SIGNS = 5
"""Marks of any script on one letter: vowels, tones, and what makes a sign an emoji."""

PDF, PDF_WITHIN = b"%PDF-", 1024
"""How a PDF begins, and within how many bytes: readers look no farther."""

V = TypeVar("V")

INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")
DIRECTION = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
NUMBER = re.compile(r"[+-]?[0-9]{1,9}(\.[0-9]{1,9})?")
SCANNED = re.compile(r"(?:^|/)[A-Z]-[0-9A-Z]{6,12}(?:-A[0-9]+)?/?$", re.IGNORECASE)
"""What a factory's scanner takes for a unit, an order or a job (see jobs.store: such as U-7F3K2QXM)."""
ACCENT = "[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20df\u20e4-\u20ff\ufe20-\ufe2f]"
STACKED = re.compile(f"{ACCENT}{{{MAX_MARKS + 1}}}")
NEWLINE = re.compile("\r\n|[\n\r\v\f\u0085\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that the customer is asked to change. ``field`` is a field's or an option's name in the catalog."""

    field: str
    reason: str
    mend: str

    def __str__(self) -> str:
        return f"{self.reason} {self.mend}"

    def body(self) -> dict[str, str]:
        """For the record, and for an answer."""
        return {"field": self.field, "reason": self.reason, "mend": self.mend}


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo that was accepted by its header. Its bytes are kept by their digest."""

    sha256: str
    size: int
    media_type: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class DrawingFile:
    """A drawing that was accepted by its first bytes. Its bytes are kept by their digest."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class ModelFile:
    """A model that was accepted by its first bytes. Its bytes are kept by their digest."""

    sha256: str
    size: int
    media_type: str


@dataclass(frozen=True, slots=True)
class PdfFile:
    """A PDF that was accepted by its first bytes. Its bytes are kept by their digest."""

    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Resolved:
    """A personalization that can be designed: every key is the product's own."""

    texts: Mapping[str, str]
    photos: Mapping[str, Photo]
    options: Mapping[str, str]
    parameters: Mapping[str, float]
    drawings: Mapping[str, DrawingFile] = dataclasses.field(default_factory=dict)
    models: Mapping[str, ModelFile] = dataclasses.field(default_factory=dict)
    pdfs: Mapping[str, PdfFile] = dataclasses.field(default_factory=dict)

    @property
    def files(self) -> dict[str, str]:
        """The digests of all files, by field."""
        sent: dict[str, Photo | DrawingFile | ModelFile | PdfFile] = {**self.photos, **self.drawings}
        return {name: file.sha256 for name, file in (sent | self.looked_at).items()}

    @property
    def looked_at(self) -> dict[str, ModelFile | PdfFile]:
        """Files that are read whole, in a worker, before anything of them is planned."""
        return {**self.models, **self.pdfs}

    def body(self) -> dict[str, Any]:
        """For the record, and for a specification."""
        found = {"texts": self.texts, "photos": self.files, "options": self.options}
        return found | {"parameters": self.parameters} if self.parameters else found


class _Refused(Exception):
    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.mend = mend


def _shown(characters: Iterable[str]) -> str:
    """Characters by code and name, for those that cannot be shown."""
    names = dict.fromkeys(f"U+{ord(c):04X} {unicodedata.name(c, '')}".strip() for c in characters)
    return ", ".join(list(names)[:3])


def checked_text(raw: str, title: str, longest: int, *, breaks: bool = False) -> str:
    """The text in normal form, in one line unless ``breaks``. Raises what :func:`check` turns into a Problem."""
    if len(raw) > MAX_RAW_TEXT:
        raise _Refused(f"{title} has {len(raw)} characters; at most {longest} fit.", "Please shorten it.")
    text = INVISIBLE.sub("", unicodedata.normalize("NFC", raw))
    text = "".join(" " if unicodedata.category(c) == "Zs" else c for c in text).strip()
    if not text:
        raise _Refused(f"{title} is empty.", "Please write something.")
    if breaks:
        text = "\n".join(line.strip() for line in NEWLINE.split(text))
    elif NEWLINE.search(text):
        raise _Refused(f"{title} has more than one line.", "Please write it in one line.")
    if found := DIRECTION.findall(text):
        reason = f"{title} has characters that turn the direction of writing ({_shown(found)})."
        raise _Refused(reason, "Please type it anew without them.")
    kinds = [category(c) if c != "\n" else "Zs" for c in text]
    if bad := [c for c, kind in zip(text, kinds, strict=True) if kind in ("Cc", "Cs", "Co", "Cn")]:
        reason = f"{title} has characters that cannot be written ({_shown(bad)})."
        raise _Refused(reason, "Please type it anew without them.")
    marks = "".join("m" if kind in ("Mn", "Me") else "." for kind in kinds)
    if STACKED.search(text) or "m" * (MAX_SIGNS + 1) in marks:
        raise _Refused(f"{title} has letters with more than {MAX_MARKS} accents.", "Please write it with fewer.")
    count = counted(text)
    if count > longest:
        raise _Refused(
            f"{title} has {count} characters; at most {longest} fit.", f"Please shorten it by {count - longest}."
        )
    return text


def _photo(data: bytes, field: PhotoField) -> Photo:
    header = inspect(data)
    if min(header.width, header.height) < field.min_pixels:
        size = f"{header.width} x {header.height}"
        needed = f"{field.min_pixels} x {field.min_pixels}"
        raise _Refused(f"The photo has {size} pixels; at least {needed} are needed.", "Please send a larger one.")
    return Photo(hashlib.sha256(data).hexdigest(), len(data), header.media_type, header.width, header.height)


def _choice(option: Option, given: str) -> str:
    """A choice by its name or by the title that the shop's page shows, capitals aside."""
    wanted = unicodedata.normalize("NFC", given).strip().casefold()
    for name, choice in option.choices.items():
        if wanted in (name.casefold(), choice.title.casefold()):
            return name
    titles = ", ".join(choice.title for choice in option.choices.values())
    raise _Refused(f"{option.title} {given[:40]!r} is not offered.", f"Please choose one of: {titles}.")


def _chosen(option: Option, given: str | None) -> str:
    if given is not None and given.strip():
        return _choice(option, given)
    if option.default is not None:
        return option.default
    titles = ", ".join(choice.title for choice in option.choices.values())
    raise _Refused(f"{option.title} is missing.", f"Please choose one of: {titles}.")


def _number(parameter: Parameter, given: str | None) -> float:
    """A parameter's value, written with or without its unit."""
    if given is None or not given.strip():
        if parameter.default is not None:
            return parameter.default
        reason = f"{parameter.title} is missing."
        raise _Refused(
            reason, f"Please choose {parameter.said(parameter.minimum)} to {parameter.said(parameter.maximum)}."
        )
    found = NUMBER.fullmatch(given.strip().removesuffix(parameter.unit).strip())
    if found is None:
        example = parameter.said(parameter.minimum)
        raise _Refused(
            f"{parameter.title} {given[:40]!r} is no number that is understood.", f"Write it as {example!r}."
        )
    value = float(found[0])
    if why := parameter.wrong(value):
        raise _Refused(f"{parameter.title} {why}", "Please choose another value.")
    return value


def _unknown(
    product: Product, fields: Mapping[str, str], options: Mapping[str, str], files: Mapping[str, bytes]
) -> Iterator[Problem]:
    for name in sorted(fields.keys() - product.fields.keys()):
        yield Problem(name, f"{product.title} has no field {name[:40]!r}.", _names("Its fields are", product.fields))
    picked = {**product.options, **product.parameters}
    for name in sorted(options.keys() - picked.keys()):
        yield Problem(name, f"{product.title} has no option {name[:40]!r}.", _names("Its options are", picked))
    for name in sorted(files.keys() - product.fields.keys()):
        yield Problem(name, f"{product.title} takes no file {name[:40]!r}.", _names("Its fields are", product.fields))


def _names(words: str, names: Mapping[str, object]) -> str:
    return f"{words}: {', '.join(names) or 'none'}."


def _text(field: TextField, given: str | None, file: bytes | None) -> str | None:
    if file is not None:
        raise _Refused(f"{field.title} is a text, not a file.", "Please write it.")
    if given is None:
        if field.required:
            raise _Refused(f"{field.title} is missing.", "Please write something.")
        return None
    if not given.strip() and not field.required:
        return None
    return checked_text(given, field.title, field.max_characters, breaks=field.line_breaks)


def _monogram(field: MonogramField, given: str | None, file: bytes | None) -> str | None:
    if file is not None:
        raise _Refused(f"{field.title} is a text, not a file.", "Please write it.")
    if given is None or not given.strip():
        if field.required:
            raise _Refused(f"{field.title} is missing.", "Please write two or three letters.")
        return None
    return checked_text(given, field.title, field.max_characters)


def _code(field: CodeField, given: str | None, file: bytes | None) -> str | None:
    """What the customer writes into a code. Whoever scans it is told it, and nobody obeys it."""
    if not field.asks:
        return _nothing(field, given, file)
    if file is not None:
        raise _Refused(f"{field.title} is a text, not a file.", "Please write it.")
    if given is None or not given.strip():
        if field.required:
            raise _Refused(f"{field.title} is missing.", "Please write something.")
        return None
    text = checked_text(given, field.title, field.max_characters)
    if SCANNED.search(text):
        reason = f"{field.title} reads like a number of the factory's own ({text[-20:]}): its scanners would follow it."
        raise _Refused(reason, "Please write something else.")
    return text


def _nothing(field: CodeField | SerialField, given: str | None, file: bytes | None) -> str | None:
    """A field that the factory writes itself."""
    if given or file is not None:
        raise _Refused(f"{field.title} is written by the factory.", "Please leave it out.")
    return None


def _sketch(field: DrawingField, given: str | None, file: bytes | None) -> DrawingFile | None:
    if file is not None:
        return DrawingFile(hashlib.sha256(file).hexdigest(), len(file), drawings.media_type(file))
    if given:
        raise _Refused(f"{field.title} did not arrive as a file.", f"Please upload {drawings.ACCEPTED}.")
    if field.required:
        raise _Refused(f"{field.title} is missing.", f"Please upload {drawings.ACCEPTED}.")
    return None


def _picture(field: PhotoField, given: str | None, file: bytes | None) -> Photo | None:
    if file is not None:
        return _photo(file, field)
    if given:
        raise _Refused(f"{field.title} did not arrive as a file.", f"Please upload {ACCEPTED}.")
    if field.required:
        raise _Refused(f"{field.title} is missing.", f"Please upload {ACCEPTED}.")
    return None


def _solid(field: ModelField, given: str | None, file: bytes | None) -> ModelFile | None:
    """What its first bytes say; all of it is read in a worker (``fulfillment.render.work.look``)."""
    takes = " or ".join(sorted(name.upper() for name in field.formats))
    if file is not None:
        kind = meshes.media_type(file)
        if (name := kind.partition("/")[2]) not in field.formats:
            raise _Refused(f"{field.title} is of the kind {name.upper()}.", f"Please export it as {takes}.")
        return ModelFile(hashlib.sha256(file).hexdigest(), len(file), kind)
    if given:
        raise _Refused(f"{field.title} did not arrive as a file.", f"Please upload {takes}.")
    if field.required:
        raise _Refused(f"{field.title} is missing.", f"Please upload {takes}.")
    return None


def _page(field: PdfField, given: str | None, file: bytes | None) -> PdfFile | None:
    """What its first bytes say; all of it is read in a worker (``fulfillment.render.work.look``)."""
    if file is not None:
        if PDF not in file[:PDF_WITHIN]:
            raise _Refused(f"{field.title} is no PDF.", "Please export it as a PDF of one page.")
        if len(file) > LIMITS.bytes:
            reason = f"{field.title} has {len(file) / 1e6:.0f} MB; at most {LIMITS.bytes // 1_000_000} MB are read."
            raise _Refused(reason, "Please send a smaller one.")
        return PdfFile(hashlib.sha256(file).hexdigest(), len(file))
    if given:
        raise _Refused(f"{field.title} did not arrive as a file.", "Please upload a PDF.")
    if field.required:
        raise _Refused(f"{field.title} is missing.", "Please upload a PDF.")
    return None


TAKES: Mapping[type, tuple[str, Callable[..., Any]]] = {
    TextField: ("texts", _text),
    MonogramField: ("texts", _monogram),
    CodeField: ("texts", _code),
    SerialField: ("texts", _nothing),
    PhotoField: ("photos", _picture),
    DrawingField: ("drawings", _sketch),
    ModelField: ("models", _solid),
    PdfField: ("pdfs", _page),
}
"""How each kind of field is checked, and where in Resolved its value goes."""


def check(
    product: Product, fields: Mapping[str, str], options: Mapping[str, str], files: Mapping[str, bytes]
) -> Resolved | list[Problem]:
    """A personalization that can be designed, or everything that the customer is asked to change.

    ``fields`` holds texts and ``files`` bytes, both by the product's field names; ``options`` holds choices by option,
    and the values of parameters beside them.
    """
    problems: list[Problem] = []
    sent: dict[str, dict[str, Any]] = {"texts": {}, "photos": {}, "drawings": {}, "models": {}, "pdfs": {}}
    chosen: dict[str, str] = {}
    values: dict[str, float] = {}

    def take(name: str, found: dict[str, V], value: Callable[[], V | None]) -> None:
        try:
            taken = value()
        except (_Refused, PhotoError, drawings.DrawingError, meshes.MeshError) as error:
            problems.append(Problem(name, error.reason, error.mend))
            return
        if taken is not None:
            found[name] = taken

    for name, field in product.fields.items():
        where, value = TAKES[type(field)]
        take(name, sent[where], partial(value, field, fields.get(name), files.get(name)))
    for name, option in product.options.items():
        take(name, chosen, partial(_chosen, option, options.get(name)))
    for name, parameter in product.parameters.items():
        take(name, values, partial(_number, parameter, options.get(name)))
    for _, name, reason, mend in conflicts(product.parameters, product.rules, values):
        problems.append(Problem(name, reason, mend))
    problems += _unknown(product, fields, options, files)
    return problems or Resolved(options=chosen, parameters=values, **sent)
