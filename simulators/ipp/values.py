"""Attributes in few words: ``keyword("media-default", "iso_a4_210x297mm")``."""

from __future__ import annotations

import struct
import time

from simulators.ipp.wire import Attribute, Tag, Value


def _made(tag: Tag, name: str, data: tuple[object, ...]) -> Attribute:
    return Attribute(name, tuple(Value(tag, each) for each in data))


def integer(name: str, *data: int) -> Attribute:
    return _made(Tag.INTEGER, name, data)


def enum(name: str, *data: int) -> Attribute:
    return _made(Tag.ENUM, name, data)


def boolean(name: str, data: bool) -> Attribute:
    return _made(Tag.BOOLEAN, name, (data,))


def span(name: str, low: int, high: int) -> Attribute:
    return _made(Tag.RANGE, name, ((low, high),))


def resolution(name: str, *dpi: int) -> Attribute:
    """Square pixels, dots an inch."""
    return _made(Tag.RESOLUTION, name, tuple((each, each, 3) for each in dpi))


def keyword(name: str, *data: str) -> Attribute:
    return _made(Tag.KEYWORD, name, data)


def text(name: str, *data: str) -> Attribute:
    return _made(Tag.TEXT, name, data)


def named(name: str, *data: str) -> Attribute:
    return _made(Tag.NAME, name, data)


def uri(name: str, *data: str) -> Attribute:
    return _made(Tag.URI, name, data)


def mime(name: str, *data: str) -> Attribute:
    return _made(Tag.MIME, name, data)


def charset(name: str, *data: str) -> Attribute:
    return _made(Tag.CHARSET, name, data)


def language(name: str, *data: str) -> Attribute:
    return _made(Tag.LANGUAGE, name, data)


def octets(name: str, *data: bytes) -> Attribute:
    return _made(Tag.OCTETS, name, data)


def collection(name: str, *data: tuple[Attribute, ...]) -> Attribute:
    return _made(Tag.COLLECTION, name, data)


def nothing(name: str, tag: Tag = Tag.NO_VALUE) -> Attribute:
    """Out of band: no-value, unknown, unsupported."""
    return Attribute(name, (Value(tag),))


def date(name: str, seconds: float) -> Attribute:
    """``seconds``: since 1970. RFC 2579's DateAndTime, in UTC."""
    at = time.gmtime(seconds)
    tenths = int(seconds % 1 * 10)
    packed = struct.pack(">HBBBBBBcBB", at.tm_year, *at[1:5], min(at.tm_sec, 59), tenths, b"+", 0, 0)
    return _made(Tag.DATE_TIME, name, (packed,))
