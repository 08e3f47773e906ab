"""Bytes of IPP from messages and back (RFC 8010, 3). What is malformed is refused, with what and where.

Decoding is bounded by :data:`MOST_BYTES`, :data:`MOST_VALUES` and :data:`DEEPEST`, so that a stranger's answer costs a
known amount. A value of a tag that nobody here knows is kept as its bytes and encoded as it came.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from drivers.contract import OurFault, WireFault
from drivers.protocols.ipp.values import (
    OUT_OF_BAND,
    Attribute,
    Collection,
    Data,
    Group,
    Localized,
    Message,
    Moment,
    Range,
    Resolution,
    Section,
    Tag,
    Value,
)

MOST_BYTES = 2 * 1024 * 1024
"""Of the attributes of a message. A printer with 300 sizes of paper tells all it knows in 200 kB."""
MOST_VALUES = 50_000
"""Of a message, members of collections among them."""
DEEPEST = 8
"""Collections in collections; media-col-database of PWG 5100.3 needs 3."""
LONGEST = 0x7FFF
"""Bytes of a name or value: lengths are signed 16-bit numbers (RFC 8010, 3.1.1)."""
FIRST_VALUE_TAG = 0x10

LIMITS: Mapping[int, int] = {
    Tag.TEXT: 1023,
    Tag.NAME: 255,
    Tag.KEYWORD: 255,
    Tag.URI: 1023,
    Tag.SCHEME: 63,
    Tag.CHARSET: 63,
    Tag.LANGUAGE: 63,
    Tag.MIME: 255,
    Tag.MEMBER: 255,
    Tag.OCTETS: 1023,
}
"""The most bytes of a value that may be sent (RFC 8011, 5.1). Longer ones are read all the same."""


class Malformed(WireFault):
    """What came is no message of IPP; so what its sender did is not known."""


@dataclass(frozen=True, slots=True)
class _Form:
    """How the values of one tag are written and read. ``read`` raises struct.error or ValueError."""

    kind: type
    write: Callable[[Data], bytes]
    read: Callable[[bytes], Data]


def _fixed(layout: str, kind: type, take: Callable[..., Data], give: Callable[..., tuple[object, ...]]) -> _Form:
    form = struct.Struct(layout)
    return _Form(kind, lambda data: form.pack(*give(data)), lambda raw: take(*form.unpack(raw)))


def _truth(raw: int) -> bool:
    if raw not in (0, 1):
        raise ValueError(f"{raw} is neither true nor false")
    return bool(raw)


def _moment(year: int, month: int, day: int, *rest: int | bytes) -> Moment:
    hour, minute, second, tenth, sign, zone_hours, zone_minutes = rest
    if sign not in (b"+", b"-"):
        raise ValueError(f"{sign!r} is no direction from UTC")
    way = bytes(sign).decode()
    time = (int(hour), int(minute), int(second), int(tenth))
    return Moment(year, month, day, *time, way, int(zone_hours), int(zone_minutes))


def _localized(raw: bytes) -> Localized:
    (size,) = struct.unpack_from(">H", raw)
    (rest,) = struct.unpack_from(">H", raw, 2 + size)
    if 4 + size + rest != len(raw):
        raise ValueError("its inner lengths do not add up")
    return Localized(_text(raw[2 : 2 + size]), _text(raw[4 + size :]))


def _localize(value: Data) -> bytes:
    assert isinstance(value, Localized)  # noqa: S101  (checked by the caller against the form's kind)
    language, text = value.language.encode(), value.text.encode()
    return struct.pack(">H", len(language)) + language + struct.pack(">H", len(text)) + text


def _text(raw: bytes) -> str:
    """Text as sent. Printers were seen to send Latin-1 where they promise UTF-8: no reason to lose the whole answer."""
    return raw.decode("utf-8", "replace")


_NUMBER = _fixed(">i", int, lambda number: number, lambda number: (number,))
_WORDS = _Form(str, lambda value: str(value).encode(), _text)
_TALKED = _Form(Localized, _localize, _localized)
_BYTES = _Form(bytes, lambda value: bytes(value), lambda raw: raw)  # type: ignore[arg-type]

_FORMS: Mapping[int, _Form] = {
    Tag.INTEGER: _NUMBER,
    Tag.ENUM: _NUMBER,
    Tag.BOOLEAN: _fixed(">B", bool, _truth, lambda value: (int(value),)),
    Tag.OCTETS: _BYTES,
    Tag.DATE: _fixed(
        ">H6BcBB",
        Moment,
        _moment,
        lambda at: (
            *(at.year, at.month, at.day, at.hour, at.minute, at.second, at.tenth),
            *(at.sign.encode(), at.zone_hours, at.zone_minutes),
        ),
    ),
    Tag.RESOLUTION: _fixed(">iib", Resolution, Resolution, lambda each: (each.across, each.along, each.units)),
    Tag.RANGE: _fixed(">ii", Range, Range, lambda each: (each.low, each.high)),
    Tag.TEXT_IN: _TALKED,
    Tag.NAME_IN: _TALKED,
    **dict.fromkeys(
        (Tag.TEXT, Tag.NAME, Tag.KEYWORD, Tag.URI, Tag.SCHEME, Tag.CHARSET, Tag.LANGUAGE, Tag.MIME), _WORDS
    ),
}


# --- writing ------------------------------------------------------------------------------------------------------


def encode(message: Message) -> bytes:
    """Raises OurFault for a value that is none of its tag, or too long for its field."""
    out = [struct.pack(">BBHI", *message.version, message.code, message.number)]
    for section in message.sections:
        out.append(bytes([section.kind]))
        for attribute in section.attributes:
            out += _written(attribute, 0)
    out += [bytes([Group.END]), message.data]
    return b"".join(out)


def _written(attribute: Attribute, depth: int) -> Iterator[bytes]:
    if not attribute.values or not attribute.name:
        raise OurFault(f"attribute {attribute.name!r} has no {'values' if attribute.name else 'name'}; give it one")
    name = attribute.name
    for value in attribute.values:
        yield from _valued(name, value, attribute.name, depth)
        name = ""


def _valued(name: str, value: Value, whose: str, depth: int) -> Iterator[bytes]:
    if isinstance(value.data, Collection):
        if value.tag != Tag.COLLECTION or depth >= DEEPEST:
            raise OurFault(f"{whose}: a collection has its own tag, and at most {DEEPEST} lie in each other")
        yield _field(Tag.COLLECTION, name, b"")
        for member in value.data.members:
            yield _field(Tag.MEMBER, "", member.name.encode())
            for each in member.values:
                yield from _valued("", each, member.name, depth + 1)
        yield _field(Tag.END_COLLECTION, "", b"")
        return
    yield _field(value.tag, name, _packed(value, whose))


def _packed(value: Value, whose: str) -> bytes:
    if value.tag in OUT_OF_BAND:
        if value.data is not None:
            raise OurFault(f"{whose}: an out-of-band value has no data, and this has {value.data!r}")
        return b""
    if value.tag in (Tag.COLLECTION, Tag.END_COLLECTION, Tag.MEMBER):
        raise OurFault(f"{whose}: tag 0x{value.tag:02x} is written by a collection alone")
    form = _FORMS.get(value.tag, _BYTES)
    if not isinstance(value.data, form.kind) or (form.kind is int and isinstance(value.data, bool)):
        raise OurFault(f"{whose}: {value.data!r} is no value of tag 0x{value.tag:02x}")
    try:
        raw = form.write(value.data)
    except struct.error as error:
        raise OurFault(f"{whose}: {value.data!r} does not fit its field ({error})") from None
    if len(raw) > LIMITS.get(value.tag, LONGEST):
        raise OurFault(f"{whose}: {len(raw)} bytes, and {LIMITS.get(value.tag, LONGEST)} may be sent; shorten it")
    return raw


def _field(tag: int, name: str, raw: bytes) -> bytes:
    if not FIRST_VALUE_TAG <= tag <= 0xFF:
        raise OurFault(f"0x{tag:02x} is no tag of a value")
    label = name.encode()
    if len(label) > LIMITS[Tag.KEYWORD]:
        raise OurFault(f"the attribute's name {name[:40]!r}... has {len(label)} bytes; shorten it")
    return struct.pack(">BH", tag, len(label)) + label + struct.pack(">H", len(raw)) + raw


# --- reading ------------------------------------------------------------------------------------------------------


def decode(data: bytes) -> Message:
    """Raises Malformed. What follows the attributes is left as ``data``."""
    return _Reader(data).message()


@dataclass(frozen=True, slots=True)
class _Field:
    tag: int
    name: str
    raw: bytes
    at: int


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data, self._at, self._values = data, 0, 0

    def message(self) -> Message:
        if len(self._data) < 9:
            raise Malformed(f"a message of IPP has at least 9 bytes, and these are {len(self._data)}")
        major, minor, code, number = struct.unpack_from(">BBHI", self._data)
        self._at = 8
        sections: list[Section] = []
        while (kind := self._tag()) != Group.END:
            if kind >= FIRST_VALUE_TAG or kind == 0:
                raise self._wrong(f"tag 0x{kind:02x} stands where a group begins", self._at - 1)
            sections.append(Section(kind, tuple(self._attributes())))
        return Message(code, number, tuple(sections), (major, minor), self._data[self._at :])

    def _attributes(self) -> Iterator[Attribute]:
        """Those of one group: each begins with a field that has a name, further values have none."""
        name, values = "", list[Value]()
        while self._peek() >= FIRST_VALUE_TAG:
            field = self._field()
            if field.name:
                if name:
                    yield Attribute(name, tuple(values))
                name, values = field.name, []
            elif not name:
                raise self._wrong("a further value stands where there was no first", field.at)
            values.append(self._value(field, 0))
        if name:
            yield Attribute(name, tuple(values))

    def _value(self, field: _Field, depth: int) -> Value:
        self._values += 1
        if self._values > MOST_VALUES:
            raise self._wrong(f"there are more than {MOST_VALUES} values", field.at)
        if field.tag == Tag.COLLECTION:
            if field.raw:
                raise self._wrong("a collection begins with a value of its own", field.at)
            return Value(field.tag, self._collection(field, depth + 1))
        if field.tag in (Tag.END_COLLECTION, Tag.MEMBER):
            raise self._wrong(f"tag 0x{field.tag:02x} stands outside of a collection", field.at)
        if field.tag in OUT_OF_BAND:
            return Value(field.tag, None)  # RFC 8010, 3.8: its length should be 0, and does not matter.
        try:
            return Value(field.tag, _FORMS.get(field.tag, _BYTES).read(field.raw))
        except (struct.error, ValueError) as error:
            what = f"{len(field.raw)} bytes are no value of tag 0x{field.tag:02x} ({error})"
            raise self._wrong(what, field.at) from None

    def _collection(self, begin: _Field, depth: int) -> Collection:
        if depth > DEEPEST:
            raise self._wrong(f"more than {DEEPEST} collections lie in each other", begin.at)
        members: list[Attribute] = []
        name, values = "", list[Value]()
        while True:
            if self._peek() < FIRST_VALUE_TAG:
                raise self._wrong("a collection does not end before its group", self._at)
            field = self._field()
            if field.name:
                raise self._wrong(f"{field.name!r} has a name of its own inside of a collection", field.at)
            if field.tag not in (Tag.MEMBER, Tag.END_COLLECTION):
                if not name:
                    raise self._wrong("a value in a collection has no member before it", field.at)
                values.append(self._value(field, depth))
                continue
            if name:
                if not values:
                    raise self._wrong(f"member {name!r} has no value", field.at)
                members.append(Attribute(name, tuple(values)))
            if field.tag == Tag.END_COLLECTION:
                return Collection(tuple(members))
            self._values += 1
            name, values = _text(field.raw), []
            if not name:
                raise self._wrong("a member of a collection has no name", field.at)

    def _peek(self) -> int:
        if self._at >= len(self._data):
            raise self._wrong("it ends before its attributes do", self._at)
        if self._at > MOST_BYTES:
            raise self._wrong(f"its attributes have more than {MOST_BYTES} bytes", self._at)
        return self._data[self._at]

    def _tag(self) -> int:
        tag = self._peek()
        self._at += 1
        return tag

    def _field(self) -> _Field:
        at, tag = self._at, self._tag()
        return _Field(tag, _text(self._sized("name", at)), self._sized("value", at), at)

    def _sized(self, what: str, at: int) -> bytes:
        end = self._at + 2
        (size,) = struct.unpack_from(">H", self._data, self._at) if end <= len(self._data) else (0xFFFF,)
        if size > LONGEST or end + size > len(self._data):
            raise self._wrong(f"the length of its {what} is {size}, and so much does not follow", at)
        self._at = end + size
        return self._data[end : end + size]

    def _wrong(self, what: str, at: int) -> Malformed:
        return Malformed(f"this is no message of IPP: at byte {at}, {what}")
