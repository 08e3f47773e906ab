"""The codec against itself, against another's decoder and encoder, and against bytes that are no message."""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import replace
from typing import Any

import ippx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from ippx._codec import Attribute as TheirAttribute
from ippx._codec import IppMessage
from ippx._codec import Tag as TheirTag
from ippx._codec import decode as their_decode
from ippx._codec import encode as their_encode

from drivers.contract import OurFault
from drivers.protocols.ipp import codec
from drivers.protocols.ipp.codec import Malformed, decode, encode
from drivers.protocols.ipp.values import (
    Attribute,
    Collection,
    Group,
    Localized,
    Message,
    Moment,
    Range,
    Resolution,
    Section,
    Tag,
    Value,
    collected,
    integer,
    keyword,
)

NUMBER = st.integers(-(2**31), 2**31 - 1)
WORDS = st.text(st.characters(exclude_categories=("Cs",)), max_size=60)
BYTE = st.integers(0, 255)
MOMENT = st.builds(
    Moment, *(st.integers(0, 65535), *[BYTE] * 6), sign=st.sampled_from("+-"), zone_hours=BYTE, zone_minutes=BYTE
)
PLAIN = st.one_of(
    st.builds(Value, st.sampled_from((Tag.INTEGER, Tag.ENUM)), NUMBER),
    st.builds(Value, st.just(Tag.BOOLEAN), st.booleans()),
    st.builds(Value, st.just(Tag.OCTETS), st.binary(max_size=200)),
    st.builds(Value, st.just(Tag.DATE), MOMENT),
    st.builds(Value, st.just(Tag.RESOLUTION), st.builds(Resolution, NUMBER, NUMBER, st.integers(-128, 127))),
    st.builds(Value, st.just(Tag.RANGE), st.builds(Range, NUMBER, NUMBER)),
    st.builds(Value, st.sampled_from((Tag.TEXT_IN, Tag.NAME_IN)), st.builds(Localized, WORDS, WORDS)),
    st.builds(
        Value,
        st.sampled_from((Tag.TEXT, Tag.NAME, Tag.KEYWORD, Tag.URI, Tag.MIME)),
        WORDS.filter(lambda text: len(text.encode()) <= 255),
    ),
    st.builds(Value, st.sampled_from((Tag.UNSUPPORTED, Tag.UNKNOWN, Tag.NO_VALUE)), st.none()),
)
NAMES = st.text(st.characters(codec="ascii", categories=("Ll", "Nd")), min_size=1, max_size=30)


def attributes(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Attribute]:
    return st.builds(Attribute, NAMES, st.lists(values, min_size=1, max_size=4).map(tuple))


def collections(inner: st.SearchStrategy[Value]) -> st.SearchStrategy[Value]:
    members = st.lists(attributes(inner), max_size=4, unique_by=lambda each: each.name).map(tuple)
    return st.builds(Value, st.just(Tag.COLLECTION), st.builds(Collection, members))


VALUES = st.recursive(PLAIN, collections, max_leaves=12)


def messages(values: st.SearchStrategy[Value]) -> st.SearchStrategy[Message]:
    sections = st.builds(
        Section,
        st.sampled_from((Group.OPERATION, Group.JOB, Group.PRINTER, Group.UNSUPPORTED)),
        st.lists(attributes(values), max_size=5).map(tuple),
    )
    return st.builds(
        Message,
        st.integers(0, 0xFFFF),
        st.integers(1, 2**31 - 1),
        st.lists(sections, max_size=4).map(tuple),
        st.sampled_from(((1, 1), (2, 0))),
        st.binary(max_size=40),
    )


@given(messages(VALUES))
def test_what_is_written_is_read_back(message: Message) -> None:
    assert decode(encode(message)) == message


def as_theirs(value: Value) -> Any:
    """A value as the other decoder has it: without its language, collections as dictionaries."""
    match value.data:
        case Collection(members=members):
            told = {each.name: [as_theirs(one) for one in each.values] for each in members}
            return {name: one[0] if len(one) == 1 else one for name, one in told.items()}
        case Range(low=low, high=high):
            return (low, high)
        case Resolution(across=x, along=y, units=units):
            return ippx.Resolution(x, y, units) if hasattr(ippx, "Resolution") else (x, y, units)
        case Localized(text=text):
            return text
        case _:
            return value.data


COMPARED = st.recursive(
    PLAIN.filter(lambda value: value.tag not in (Tag.DATE, Tag.RESOLUTION)), collections, max_leaves=12
)


@given(messages(COMPARED))
def test_another_decoder_reads_what_is_written(message: Message) -> None:
    theirs = their_decode(encode(message))
    assert (theirs.version, theirs.code, theirs.request_id) == (message.version, message.code, message.number)
    assert theirs.data == message.data
    assert [int(tag) for tag, _ in theirs.groups] == [section.kind for section in message.sections]
    for (_, told), section in zip(theirs.groups, message.sections, strict=True):
        assert [each.name for each in told] == [each.name for each in section.attributes]
        for each, ours in zip(told, section.attributes, strict=True):
            assert int(each.tag) == ours.values[0].tag
            assert each.values == [as_theirs(value) for value in ours.values]


THEIRS = st.one_of(
    st.tuples(st.sampled_from((Tag.INTEGER, Tag.ENUM)), st.lists(NUMBER, min_size=1, max_size=3)),
    st.tuples(st.sampled_from((Tag.KEYWORD, Tag.TEXT, Tag.URI)), st.lists(WORDS, min_size=1, max_size=3)),
    st.tuples(st.just(Tag.BOOLEAN), st.lists(st.booleans(), min_size=1, max_size=3)),
    st.tuples(st.just(Tag.NO_VALUE), st.just([None])),
)


@given(st.lists(st.tuples(NAMES, THEIRS), max_size=6), st.integers(0, 0xFFFF))
def test_what_another_encoder_writes_is_read(told: list[tuple[str, tuple[Tag, list[Any]]]], code: int) -> None:
    group = [TheirAttribute(name, TheirTag(int(tag)), values) for name, (tag, values) in told]
    ours = decode(their_encode(IppMessage((2, 0), code, 7, [(TheirTag.PRINTER_ATTRS, group)])))
    assert ours.code == code
    assert [(each.name, [value.data for value in each.values]) for each in ours.sections[0].attributes] == [
        (name, values) for name, (_, values) in told
    ]


@given(st.binary(max_size=400))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    try:
        decode(data)
    except Malformed as malformed:
        assert "IPP" in str(malformed)


@given(messages(VALUES), st.data())
def test_spoilt_bytes_are_read_or_refused(message: Message, data: st.DataObject) -> None:
    good = bytearray(encode(message))
    good[data.draw(st.integers(0, len(good) - 1))] = data.draw(BYTE)
    with suppress(Malformed):  # Nothing else.
        decode(bytes(good))


@given(messages(VALUES), st.data())
def test_half_a_message_is_refused(message: Message, data: st.DataObject) -> None:
    good = encode(replace(message, data=b""))
    with pytest.raises(Malformed):
        decode(good[: data.draw(st.integers(0, len(good) - 1))])


def field(tag: int, name: bytes, value: bytes) -> bytes:
    return struct.pack(">BH", tag, len(name)) + name + struct.pack(">H", len(value)) + value


HEAD = struct.pack(">BBHI", 2, 0, 0, 1) + b"\x04"
BEGIN, END = field(0x34, b"", b""), field(0x37, b"", b"")


@pytest.mark.parametrize(
    ("bytes_", "says"),
    [
        (b"\x02\x00\x00", "at least 9 bytes"),
        (HEAD[:8] + b"\x21", "where a group begins"),
        (HEAD + field(0x21, b"", b"\0\0\0\1") + b"\x03", "there was no first"),
        (HEAD + field(0x21, b"copies", b"\0\0\1") + b"\x03", "at byte 9, 3 bytes are no value of tag 0x21"),
        (HEAD + field(0x22, b"flag", b"\2") + b"\x03", "neither true nor false"),
        (HEAD + b"\x44\x7f\xffabc", "length of its name is 32767"),
        (HEAD + b"\x44\x00\x01a\xff\xff", "length of its value is 65535"),
        (HEAD + field(0x34, b"media-col", b"") + b"\x03", "does not end before its group"),
        (HEAD + field(0x34, b"media-col", b"x") + END + b"\x03", "value of its own"),
        (HEAD + END + b"\x03", "there was no first"),
        (HEAD + field(0x37, b"a", b"") + b"\x03", "outside of a collection"),
        (HEAD + field(0x34, b"a", b"") + field(0x21, b"", b"\0\0\0\1") + END + b"\x03", "no member before it"),
        (HEAD + field(0x34, b"a", b"") + field(0x4A, b"", b"m") + END + b"\x03", "'m' has no value"),
        (HEAD + field(0x34, b"a", b"") + field(0x4A, b"", b"") + END + b"\x03", "has no name"),
        (HEAD + field(0x34, b"a", b"") + field(0x4A, b"x", b"m") + END + b"\x03", "a name of its own"),
        (HEAD + field(0x35, b"a", b"\0\5en") + b"\x03", "no value of tag 0x35"),
    ],
)
def test_what_is_malformed_is_named_with_its_place(bytes_: bytes, says: str) -> None:
    with pytest.raises(Malformed, match=says):
        decode(bytes_)


def test_deep_collections_are_bounded() -> None:
    deep = field(0x34, b"a", b"") + (field(0x4A, b"", b"m") + BEGIN) * 5000
    with pytest.raises(Malformed, match="lie in each other"):
        decode(HEAD + deep + b"\x03")


def test_many_values_and_many_bytes_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    more = field(0x21, b"", b"\0\0\0\1") * (codec.MOST_VALUES + 1)
    with pytest.raises(Malformed, match="more than 50000 values"):
        decode(HEAD + field(0x21, b"a", b"\0\0\0\1") + more + b"\x03")
    big = field(0x30, b"", b"x" * 30_000) * (codec.MOST_BYTES // 30_000 + 2)
    with pytest.raises(Malformed, match="bytes"):
        decode(HEAD + field(0x30, b"a", b"x") + big + b"\x03")


def test_a_tag_that_nobody_knows_is_kept_and_written_as_it_came() -> None:
    data = HEAD + field(0x66, b"novel", b"what is this") + b"\x03"
    read = decode(data)
    assert read.sections[0]["novel"] == Attribute("novel", (Value(0x66, b"what is this"),))
    assert encode(read) == data


@pytest.mark.parametrize(
    ("attribute", "says"),
    [
        (Attribute("a", ()), "has no values"),
        (Attribute("", (Value(Tag.INTEGER, 1),)), "has no name"),
        (integer("a", 2**31), "does not fit"),
        (Attribute("a", (Value(Tag.INTEGER, "1"),)), "no value of tag 0x21"),
        (Attribute("a", (Value(Tag.INTEGER, True),)), "no value of tag 0x21"),
        (keyword("a", "k" * 256), "256 bytes, and 255 may be sent"),
        (Attribute("a", (Value(Tag.NO_VALUE, 1),)), "out-of-band"),
        (Attribute("a", (Value(Tag.END_COLLECTION, b""),)), "by a collection alone"),
        (Attribute("a" * 256, (Value(Tag.INTEGER, 1),)), "shorten it"),
    ],
)
def test_what_cannot_be_said_is_ours(attribute: Attribute, says: str) -> None:
    with pytest.raises(OurFault, match=says):
        encode(Message(1, 1, (Section(Group.JOB, (attribute,)),)))


def test_a_collection_too_deep_to_send_is_ours() -> None:
    deep = integer("x", 1)
    for _ in range(codec.DEEPEST + 1):
        deep = collected("c", deep)
    with pytest.raises(OurFault, match="lie in each other"):
        encode(Message(1, 1, (Section(Group.JOB, (deep,)),)))
