"""Values, attributes and messages of IPP as they are before encoding and after decoding (RFC 8010)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum


class Group(IntEnum):
    """Delimiter tags (RFC 8010, 3.5.1; RFC 3995; PWG 5100.5, 5100.22)."""

    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED = 0x05
    SUBSCRIPTION = 0x06
    NOTIFICATION = 0x07
    RESOURCE = 0x08
    DOCUMENT = 0x09
    SYSTEM = 0x0A


class Tag(IntEnum):
    """Value tags (RFC 8010, 3.5.2; the out-of-band ones also of RFC 3380)."""

    UNSUPPORTED = 0x10
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    NOT_SETTABLE = 0x15
    DELETE = 0x16
    ADMIN_DEFINE = 0x17
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    DATE = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    COLLECTION = 0x34
    TEXT_IN = 0x35
    """textWithLanguage"""
    NAME_IN = 0x36
    """nameWithLanguage"""
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    SCHEME = 0x46
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A
    EXTENSION = 0x7F


OUT_OF_BAND = range(0x10, 0x20)
"""Tags that stand for the lack of a value."""


@dataclass(frozen=True, slots=True)
class Range:
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Resolution:
    across: int
    along: int
    units: int
    """3: dots an inch, 4: dots a centimetre."""


@dataclass(frozen=True, slots=True)
class Moment:
    """A dateTime (RFC 2579, DateAndTime), kept as sent: a printer's clock may say anything."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    tenth: int
    sign: str
    """+ or -: which way of UTC."""
    zone_hours: int
    zone_minutes: int


@dataclass(frozen=True, slots=True)
class Localized:
    """Text with the language that it is in."""

    language: str
    text: str


@dataclass(frozen=True, slots=True)
class Collection:
    members: tuple[Attribute, ...]

    def __getitem__(self, name: str) -> Attribute | None:
        return next((each for each in self.members if each.name == name), None)


Data = int | bool | str | bytes | Range | Resolution | Moment | Localized | Collection | None


@dataclass(frozen=True, slots=True)
class Value:
    """``tag``: of :class:`Tag`, or a number that nobody here knows, whose ``data`` then is bytes."""

    tag: int
    data: Data


@dataclass(frozen=True, slots=True)
class Attribute:
    """One or more values, a 1setOf; their tags may differ from each other."""

    name: str
    values: tuple[Value, ...]

    @property
    def integers(self) -> tuple[int, ...]:
        """Its integers and enums."""
        return tuple(
            each.data for each in self.values if each.tag in (Tag.INTEGER, Tag.ENUM) and isinstance(each.data, int)
        )

    @property
    def texts(self) -> tuple[str, ...]:
        """Its texts, names, keywords and the like, without their languages."""
        told = (each.data.text if isinstance(each.data, Localized) else each.data for each in self.values)
        return tuple(each for each in told if isinstance(each, str))

    @property
    def flags(self) -> tuple[bool, ...]:
        return tuple(each.data for each in self.values if isinstance(each.data, bool))

    @property
    def collections(self) -> tuple[Collection, ...]:
        return tuple(each.data for each in self.values if isinstance(each.data, Collection))


@dataclass(frozen=True, slots=True)
class Section:
    """A group of attributes. A message may have several of a kind: one for each job of an answer."""

    kind: int
    attributes: tuple[Attribute, ...] = ()

    def __getitem__(self, name: str) -> Attribute | None:
        return next((each for each in self.attributes if each.name == name), None)

    def integer(self, name: str) -> int | None:
        """The first integer of an attribute; None where there is none."""
        found = self[name]
        return next(iter(found.integers), None) if found else None

    def text(self, name: str) -> str:
        found = self[name]
        return next(iter(found.texts), "") if found else ""

    def texts(self, name: str) -> tuple[str, ...]:
        found = self[name]
        return found.texts if found else ()

    def flag(self, name: str) -> bool | None:
        found = self[name]
        return next(iter(found.flags), None) if found else None


@dataclass(frozen=True, slots=True)
class Message:
    """A request or an answer. ``code``: the operation of a request, the status of an answer."""

    code: int
    number: int
    """The request's, which its answer repeats."""
    sections: tuple[Section, ...] = ()
    version: tuple[int, int] = (2, 0)
    data: bytes = b""
    """What follows the attributes."""

    def of(self, kind: Group) -> Iterator[Section]:
        return (each for each in self.sections if each.kind == kind)

    def first(self, kind: Group) -> Section:
        """The first group of a kind, empty where there is none."""
        return next(self.of(kind), Section(kind))


def integer(name: str, *values: int) -> Attribute:
    return Attribute(name, tuple(Value(Tag.INTEGER, each) for each in values))


def enum(name: str, *values: int) -> Attribute:
    return Attribute(name, tuple(Value(Tag.ENUM, each) for each in values))


def flag(name: str, value: bool) -> Attribute:
    return Attribute(name, (Value(Tag.BOOLEAN, value),))


def keyword(name: str, *values: str) -> Attribute:
    return Attribute(name, tuple(Value(Tag.KEYWORD, each) for each in values))


def worded(tag: Tag, name: str, value: str) -> Attribute:
    return Attribute(name, (Value(tag, value),))


def collected(name: str, *members: Attribute) -> Attribute:
    return Attribute(name, (Value(Tag.COLLECTION, Collection(members)),))
