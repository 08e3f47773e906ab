"""The reader of written files: positions, the sober part of YAML, and limits against hostile files."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.positions import Document, Problem, read
from fulfillment.positions.reader import MAX_BYTES, MAX_DEPTH, MAX_NODES


def document(text: str) -> Document:
    found = read(text, "f.yaml")
    assert isinstance(found, Document), found
    return found


def refused(text: str | bytes) -> list[Problem]:
    found = read(text, "f.yaml")
    return list(found.problems) if isinstance(found, Document) else found


def test_keys_and_values_have_their_places() -> None:
    found = document("a: 1\nlist:\n  - x: one\n  -   y: two\n")
    assert found.data == {"a": 1, "list": [{"x": "one"}, {"y": "two"}]}
    assert found.keys["list", 1, "y"] == (4, 7)
    assert found.values["list", 1, "y"] == (4, 10)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"),
        ("off", "off"),
        ("true", True),
        ("2026-01-02", "2026-01-02"),
        ("12:30", "12:30"),
        ("0x1f", "0x1f"),
        ("010", "010"),
        ("1_000", "1_000"),
        ("12", 12),
        ("-1.5", -1.5),
        ("1e3", 1000.0),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("'12'", "12"),
        ("~", None),
        ('"~"', "~"),
    ],
)
def test_scalars_mean_what_they_look_like(text: str, value: object) -> None:
    assert document(f"key: {text}").data == {"key": value}


def test_an_alias_is_read_where_it_is_used() -> None:
    found = document("a: &limits { x: 1 }\nb: *limits\n")
    assert found.data == {"a": {"x": 1}, "b": {"x": 1}}


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("a: 1\na: 2\n", 2, "The key 'a' stands here for the second time. It is already on line 1: keep one of them."),
        ("a:\n\tb: 1\n", 2, "The line is indented with a tab. Indent with spaces."),
        ("a: [1, 2\nb: 3\n", 2, "This is not YAML"),
        ("a: 'open\n", 2, "This is not YAML"),
        ("a: b: c\n", 1, "This is not YAML"),
        ("a: !!python/object/apply:os.system [ls]\n", 1, "tags (such as !!python) are not read"),
        ("a: &x { b: *x }\n", 1, "refer to themselves"),
        ("a: *nowhere\n", 1, "found undefined alias"),
        ("base: &b { x: 1 }\nother:\n  <<: *b\n", 3, "Merge keys (<<) are not read. Write the keys out."),
        ("? [a, b]\n: 1\n", 1, "A key here is not a plain word."),
        ("a: 1\n---\nb: 2\n", 2, "expected a single document"),
        ("", 1, "The file is empty."),
        ("# only a comment\n", 1, "The file is empty."),
        ("a: 1\nb: \x07\n", 2, "A character here is not printable."),
    ],
)
def test_what_cannot_be_read_is_told_with_its_line(text: str, line: int, says: str) -> None:
    (problem,) = refused(text)
    assert problem.line == line
    assert says in f"{problem.text} {problem.mend}"


def test_every_tab_and_every_duplicate_is_told_at_once() -> None:
    assert [p.line for p in refused("a:\n\tb: 1\nc:\n\td: 1\n")] == [2, 4]
    assert [p.line for p in refused("a: 1\na: 2\nb: { x: 1, x: 2 }\n")] == [2, 3]


def test_bytes_that_are_no_text() -> None:
    (problem,) = refused(b"a: 1\nb: \xff\n")
    assert (problem.line, problem.text) == (2, "The line is not UTF-8 text.")


def test_a_byte_order_mark_is_no_part_of_the_first_key() -> None:
    found = read("a: 1\n".encode("utf-8-sig"), "f.yaml")
    assert isinstance(found, Document)
    assert found.data == {"a": 1}


def test_limits_on_size_depth_and_count() -> None:
    assert "bytes" in refused("#" * (MAX_BYTES + 1))[0].text
    assert f"{MAX_DEPTH} levels" in refused("[" * 50_000)[0].text
    assert f"{MAX_DEPTH} levels" in refused("a: " + "{b: " * 5000)[0].text
    assert f"{MAX_NODES} values" in refused("[" + "1," * (MAX_NODES + 1) + "1]")[0].text


def test_a_bomb_of_aliases_is_refused() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    (problem,) = refused("\n".join(lines))
    assert "aliases make the file too large" in problem.text


def test_select_passes_over_what_is_not_there() -> None:
    found = document("machines:\n  - name: a\n  - 3\n  - { name: b }\n")
    assert list(found.select("machines", "*", "name")) == [
        (("machines", 0, "name"), "a"),
        (("machines", 2, "name"), "b"),
    ]
    assert list(found.select("nothing", "*")) == []


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused_with_a_line_of_the_file(text: str) -> None:
    found = read(text, "f.yaml")
    problems = found.problems if isinstance(found, Document) else found
    assert isinstance(found, Document) or problems
    for problem in problems:
        assert 1 <= problem.line <= len(text.splitlines()) + 1
        assert problem.text.endswith(".")
        assert problem.mend


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert isinstance(read(raw, "f.yaml"), Document | list)


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**17), 10**17) | st.text(max_size=20).filter(str.isprintable),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.from_regex(r"[a-z]{1,8}", fullmatch=True), inner, max_size=3)
    ),
    max_leaves=12,
)


@given(PLAIN)
def test_plain_data_survives_writing_and_reading(data: object) -> None:
    assert document(yaml.safe_dump({"k": data})).data == json.loads(json.dumps({"k": data}))
