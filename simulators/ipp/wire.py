"""RFC 8010: messages as bytes. ``decode`` says how far it read, so that a document may follow."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any

DEPTH = 8
"""Collections in collections, at most."""


class Tag(IntEnum):
    OPERATION = 0x01
    JOB = 0x02
    END = 0x03
    PRINTER = 0x04
    UNSUPPORTED_GROUP = 0x05
    UNSUPPORTED = 0x10
    UNKNOWN = 0x12
    NO_VALUE = 0x13
    INTEGER = 0x21
    BOOLEAN = 0x22
    ENUM = 0x23
    OCTETS = 0x30
    DATE_TIME = 0x31
    RESOLUTION = 0x32
    RANGE = 0x33
    COLLECTION = 0x34
    TEXT_LANGUAGE = 0x35
    NAME_LANGUAGE = 0x36
    END_COLLECTION = 0x37
    TEXT = 0x41
    NAME = 0x42
    KEYWORD = 0x44
    URI = 0x45
    URI_SCHEME = 0x46
    CHARSET = 0x47
    LANGUAGE = 0x48
    MIME = 0x49
    MEMBER = 0x4A


class Malformed(ValueError):
    """No message, whatever may follow."""


class Incomplete(ValueError):
    """The beginning of a message."""


@dataclass(frozen=True, slots=True)
class Value:
    """``data``: int, bool, str, bytes, (low, high), (x, y, units), (language, text), members, or None out of band."""

    tag: int
    data: Any = None


@dataclass(frozen=True, slots=True)
class Attribute:
    name: str
    values: tuple[Value, ...]


Members = tuple[Attribute, ...]
"""What a collection holds."""


@dataclass(frozen=True, slots=True)
class Group:
    tag: int
    attributes: tuple[Attribute, ...] = ()

    def get(self, name: str) -> Attribute | None:
        return next((attribute for attribute in self.attributes if attribute.name == name), None)

    def first(self, name: str) -> Any:
        """The data of its first value; None where it is missing or has none."""
        found = self.get(name)
        return found.values[0].data if found is not None else None


@dataclass(frozen=True, slots=True)
class Message:
    version: tuple[int, int]
    code: int
    """The operation of a request, the status of an answer."""
    request: int
    groups: tuple[Group, ...] = field(default=())

    def group(self, tag: int) -> Group:
        """The first of this kind; an empty one where there is none."""
        return next((group for group in self.groups if group.tag == tag), Group(tag))


# --- from bytes -----------------------------------------------------------------------------------------------------


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        if self.at + size > len(self._data):
            raise Incomplete(f"the message goes on after {len(self._data)} bytes")
        self.at += size
        return self._data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def sized(self) -> bytes:
        """What stands behind its length."""
        return self.take(self.number(2))


def decode(data: bytes) -> tuple[Message, int]:
    """The message at the beginning of ``data``, and where it ends. Raises Incomplete and Malformed."""
    reader = _Reader(data)
    version = reader.number(1), reader.number(1)
    code, request = reader.number(2), reader.number(4)
    groups: list[Group] = []
    tag = reader.number(1)
    while tag != Tag.END:
        if not 0 < tag < 0x10:
            raise Malformed(f"tag {tag:#04x} stands at byte {reader.at - 1}, where a group begins")
        attributes, after = _attributes(reader)
        groups.append(Group(tag, attributes))
        tag = after
    return Message(version, code, request, tuple(groups)), reader.at


def _attributes(reader: _Reader) -> tuple[Members, int]:
    """The attributes of a group, and the tag that ended it."""
    found: list[tuple[str, list[Value]]] = []
    while (tag := reader.number(1)) >= 0x10:
        name, data = _string(reader.sized()), reader.sized()
        value = Value(tag, _collection(reader, 1)) if tag == Tag.COLLECTION else _value(tag, data)
        if name:
            found.append((name, [value]))
        elif found:
            found[-1][1].append(value)
        else:
            raise Malformed(f"a value without a name ends at byte {reader.at}, before any attribute")
    return tuple(Attribute(name, tuple(values)) for name, values in found), tag


def _collection(reader: _Reader, depth: int) -> Members:
    if depth > DEPTH:
        raise Malformed(f"collections are nested more than {DEPTH} deep at byte {reader.at}")
    found: list[tuple[str, list[Value]]] = []
    while (tag := reader.number(1)) != Tag.END_COLLECTION:
        name, data = reader.sized(), reader.sized()
        if name or tag < 0x10:
            raise Malformed(f"a collection holds what is no member at byte {reader.at}")
        if tag == Tag.MEMBER:
            found.append((_string(data), []))
        elif not found:
            raise Malformed(f"a collection's value has no name at byte {reader.at}")
        else:
            inner = tag == Tag.COLLECTION
            found[-1][1].append(Value(tag, _collection(reader, depth + 1)) if inner else _value(tag, data))
    reader.sized()
    reader.sized()
    if any(not values for _, values in found):
        raise Malformed(f"a member without a value stands before byte {reader.at}")
    return tuple(Attribute(name, tuple(values)) for name, values in found)


def _value(tag: int, data: bytes) -> Value:
    if tag < 0x20:
        return Value(tag)
    size = _SIZES.get(tag)
    if size is not None and len(data) != size:
        raise Malformed(f"a value of tag {tag:#04x} has {len(data)} bytes instead of {size}")
    if tag in (Tag.INTEGER, Tag.ENUM):
        return Value(tag, int.from_bytes(data, "big", signed=True))
    if tag == Tag.BOOLEAN:
        return Value(tag, data != b"\0")
    if tag == Tag.RESOLUTION:
        return Value(tag, struct.unpack(">iib", data))
    if tag == Tag.RANGE:
        return Value(tag, struct.unpack(">ii", data))
    if tag in (Tag.TEXT_LANGUAGE, Tag.NAME_LANGUAGE):
        return Value(tag, _with_language(data))
    return Value(tag, _string(data) if 0x40 <= tag < 0x60 else data)


_SIZES: dict[int, int] = {
    Tag.INTEGER: 4,
    Tag.BOOLEAN: 1,
    Tag.ENUM: 4,
    Tag.DATE_TIME: 11,
    Tag.RESOLUTION: 9,
    Tag.RANGE: 8,
}


def _with_language(data: bytes) -> tuple[str, str]:
    inner = _Reader(data)
    try:
        language, text = inner.sized(), inner.sized()
    except Incomplete:
        raise Malformed("a text with its language ends too early") from None
    if inner.at != len(data):
        raise Malformed("a text with its language goes on behind its end")
    return _string(language), _string(text)


def _string(data: bytes) -> str:
    """Bytes that are no UTF-8 come out of :func:`encode` as they went in."""
    return data.decode("utf-8", "surrogateescape")


# --- to bytes -------------------------------------------------------------------------------------------------------


def encode(message: Message) -> bytes:
    parts = [bytes(message.version), struct.pack(">HI", message.code, message.request)]
    for group in message.groups:
        parts.append(bytes([group.tag]))
        for attribute in group.attributes:
            parts += _encoded(attribute.name, attribute.values)
    return b"".join(parts) + bytes([Tag.END])


def _encoded(name: str, values: tuple[Value, ...]) -> Iterator[bytes]:
    for index, value in enumerate(values):
        yield _field(value.tag, name if index == 0 else "", _data(value))
        if value.tag == Tag.COLLECTION:
            yield from _members(value.data)


def _members(members: Members) -> Iterator[bytes]:
    for member in members:
        yield _field(Tag.MEMBER, "", _bytes(member.name))
        yield from _encoded("", member.values)
    yield _field(Tag.END_COLLECTION, "", b"")


def _field(tag: int, name: str, data: bytes) -> bytes:
    raw = _bytes(name)
    return struct.pack(">BH", tag, len(raw)) + raw + struct.pack(">H", len(data)) + data


def _data(value: Value) -> bytes:
    tag, data = value.tag, value.data
    if tag < 0x20 or tag == Tag.COLLECTION:
        return b""
    if tag in (Tag.INTEGER, Tag.ENUM):
        return struct.pack(">i", data)
    if tag == Tag.BOOLEAN:
        return b"\1" if data else b"\0"
    if tag == Tag.RESOLUTION:
        return struct.pack(">iib", *data)
    if tag == Tag.RANGE:
        return struct.pack(">ii", *data)
    if tag in (Tag.TEXT_LANGUAGE, Tag.NAME_LANGUAGE):
        language, text = (_bytes(part) for part in data)
        return struct.pack(">H", len(language)) + language + struct.pack(">H", len(text)) + text
    return _bytes(data) if isinstance(data, str) else bytes(data)


def _bytes(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
