"""The codec: round trips, what is malformed, and two strangers' opinions (ippx, ipptool)."""

from __future__ import annotations

import ippx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.ipp.wire import Attribute, Group, Incomplete, Malformed, Message, Tag, Value, decode, encode

INT = st.integers(-(2**31), 2**31 - 1)
WORD = st.text(st.characters(codec="utf-8"), min_size=1, max_size=20)
NAME = st.from_regex(r"[a-z][a-z0-9-]{0,20}", fullmatch=True)
PLAIN = st.one_of(
    st.builds(Value, st.sampled_from([Tag.INTEGER, Tag.ENUM]), INT),
    st.builds(Value, st.just(Tag.BOOLEAN), st.booleans()),
    st.builds(Value, st.sampled_from([Tag.TEXT, Tag.NAME, Tag.KEYWORD, Tag.URI, Tag.CHARSET, Tag.MIME]), WORD),
    st.builds(Value, st.just(Tag.OCTETS), st.binary(max_size=30)),
    st.builds(Value, st.just(Tag.DATE_TIME), st.binary(min_size=11, max_size=11)),
    st.builds(Value, st.just(Tag.RANGE), st.tuples(INT, INT)),
    st.builds(Value, st.just(Tag.RESOLUTION), st.tuples(INT, INT, st.sampled_from([3, 4]))),
    st.builds(Value, st.sampled_from([Tag.TEXT_LANGUAGE, Tag.NAME_LANGUAGE]), st.tuples(NAME, WORD)),
    st.builds(Value, st.sampled_from([Tag.UNSUPPORTED, Tag.UNKNOWN, Tag.NO_VALUE])),
)


def attributes(values: st.SearchStrategy[Value], most: int) -> st.SearchStrategy[tuple[Attribute, ...]]:
    one = st.builds(Attribute, NAME, st.lists(values, min_size=1, max_size=3).map(tuple))
    return st.lists(one, max_size=most, unique_by=lambda attribute: attribute.name).map(tuple)


COLLECTION = st.recursive(
    PLAIN, lambda inner: st.builds(Value, st.just(Tag.COLLECTION), attributes(inner, 3)), max_leaves=6
)
GROUPS = st.lists(
    st.builds(Group, st.sampled_from([Tag.OPERATION, Tag.JOB, Tag.PRINTER]), attributes(COLLECTION, 4)), max_size=3
).map(tuple)
MESSAGES = st.builds(
    Message, st.tuples(st.integers(1, 2), st.integers(0, 2)), st.integers(0, 2**15), st.integers(1, 2**31 - 1), GROUPS
)


@given(MESSAGES, st.binary(max_size=20))
def test_a_message_comes_out_as_it_went_in_and_its_document_stays(message: Message, document: bytes) -> None:
    data = encode(message)
    assert decode(data + document) == (message, len(data))


@given(MESSAGES, st.data())
def test_any_beginning_of_a_message_is_incomplete(message: Message, draw: st.DataObject) -> None:
    data = encode(message)
    with pytest.raises(Incomplete):
        decode(data[: draw.draw(st.integers(0, len(data) - 1))])


@given(st.binary(max_size=200))
def test_noise_is_incomplete_or_malformed_or_a_message(data: bytes) -> None:
    try:
        _, end = decode(data)
    except (Incomplete, Malformed):
        return
    assert 9 <= end <= len(data)


@given(MESSAGES)
def test_another_decoder_reads_what_is_written(message: Message) -> None:
    """ippx reads the same names in the same groups, and the same numbers and words in them."""
    theirs = ippx.decode(encode(message))
    assert (theirs.code, theirs.request_id) == (message.code, message.request)
    names = [(int(tag), [attribute.name for attribute in group]) for tag, group in theirs.groups]
    assert names == [(group.tag, [attribute.name for attribute in group.attributes]) for group in message.groups]
    for (_, found), group in zip(theirs.groups, message.groups, strict=True):
        for read, written in zip(found, group.attributes, strict=True):
            if {value.tag for value in written.values} <= ALIKE:
                assert read.values == [value.data for value in written.values]


ALIKE = {Tag.INTEGER, Tag.ENUM, Tag.BOOLEAN, Tag.KEYWORD, Tag.NAME, Tag.URI, Tag.OCTETS}
"""What both decoders show as the same Python values."""


@given(st.lists(INT, min_size=1, max_size=4), st.lists(WORD, min_size=1, max_size=4))
def test_what_another_encoder_writes_is_read(numbers: list[int], words: list[str]) -> None:
    theirs = ippx.IppMessage((2, 0), 0x000A, 9)
    theirs.groups.append((ippx.Tag(Tag.JOB), [ippx.Attribute("job-ids", ippx.Tag(Tag.INTEGER), list(numbers))]))
    theirs.groups[0][1].append(ippx.Attribute("requested-attributes", ippx.Tag(Tag.KEYWORD), list(words)))
    message, _ = decode(ippx.encode(theirs))
    group = message.group(Tag.JOB)
    assert [[value.data for value in attribute.values] for attribute in group.attributes] == [numbers, words]


@pytest.mark.parametrize(
    ("broken", "word"),
    [
        (b"\x02\x00\x00\x0b\0\0\0\1\x01\x21\0\1a\0\3\0\0\0\x03", "3 bytes instead of 4"),
        (b"\x02\x00\x00\x0b\0\0\0\1\x21\0\1a\0\4\0\0\0\0\x03", "where a group begins"),
        (b"\x02\x00\x00\x0b\0\0\0\1\x01\x21\0\0\0\4\0\0\0\0\x03", "without a name"),
        (b"\x02\x00\x00\x0b\0\0\0\1\x01\x34\0\1a\0\0\x21\0\0\0\4\0\0\0\0\x37\0\0\0\0\x03", "has no name"),
        (b"\x02\x00\x00\x0b\0\0\0\1\x01\x34\0\1a\0\0\x4a\0\0\0\1b\x37\0\0\0\0\x03", "without a value"),
        (
            b"\x02\x00\x00\x0b\0\0\0\1\x01\x34\0\1a\0\0" + b"\x4a\0\0\0\1b\x34\0\0\0\0" * 9 + b"\x37\0\0\0\0" * 10,
            "deep",
        ),
        (b"\x02\x00\x00\x0b\0\0\0\1\x01\x35\0\1a\0\6\0\2en\0\5\x03", "ends too early"),
    ],
)
def test_what_is_malformed_is_named(broken: bytes, word: str) -> None:
    with pytest.raises(Malformed, match=word):
        decode(broken)
