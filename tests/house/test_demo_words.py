"""What `ful demo` says: of every unit something that a person knows it by, and of itself nothing that a run belies."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner

from fulfillment.cli.demo import LONGEST, demo
from fulfillment.cli.demo import _words as words


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"message": "Happy Birthday Ada", "photo": {"data": "x"}}, "Happy Birthday Ada"),
        ({"photo": {"data": "x"}, "initials": "AT"}, "AT"),
        ({"note": "Dear Grace,\nyours"}, "Dear Grace, yours"),
        ({"photo": {"data": "x"}}, "pancake"),
        ({"message": "  "}, "pancake"),
        ({}, "pancake"),
    ],
)
def test_no_unit_is_without_a_name(fields: dict[str, object], says: str) -> None:
    assert words({"product": "pancake", "personalization": {"fields": fields}}) == says
    assert words({"product": "pancake", "personalization": {}}) == "pancake"


def test_a_long_letter_is_cut() -> None:
    told = words({"product": "note-card", "personalization": {"fields": {"note": "word " * 50}}})
    assert told.startswith("word word") and told.endswith("…") and len(told) <= LONGEST


def test_its_help_counts_no_machines_and_no_pieces() -> None:
    text = " ".join(CliRunner().invoke(demo, ["--help"]).output.partition("Options:")[0].split())
    assert "each kind of machine" in text
    assert not re.search(r"\b(two|three|six|eleven|\d+)\b", text), "config.yaml and the orders say how many there are"
