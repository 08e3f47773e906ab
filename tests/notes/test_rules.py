"""What a note says: the first rule that fits, its words and no others, whatever customers write."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.config.notes import NoteRule, Notes
from fulfillment.notes import About, Said, fits, said

PIECES = (("pop-tart", {"frosting": "chocolate"}), ("mug", {"size": "large"}))


def about(**more: Any) -> About:
    return About(**{"pieces": PIECES, "order": "#7", "first_name": "Ada", **more})


def rules(*written: dict[str, Any], **more: Any) -> Notes:
    return Notes.model_validate({"rules": tuple(NoteRule.model_validate(one) for one in written), **more})


def text(notes: Notes, facts: About, written: str = "") -> str:
    return said(notes, facts, "The Bakery", "your pastry", written).text


def test_words_stand_for_theirs() -> None:
    notes = rules({"text": "Thanks, {first_name}, hope {item} finds a good place. {factory}, {order} {{by hand}}"})
    assert text(notes, about()) == ("Thanks, Ada, hope your pastry finds a good place. The Bakery, #7 {by hand}")


@given(name=st.text(max_size=30), item=st.text(max_size=30), order=st.text(max_size=30))
def test_what_customers_write_is_never_read_for_braces(name: str, item: str, order: str) -> None:
    notes = rules({"text": "a{first_name}b{item}c{order}d", "nameless": "-"})
    found = said(notes, about(first_name=name, order=order), "F", item).text
    assert found == (f"a{name}b{item}c{order}d" if name else "-")


def test_hostile_values_stay_as_they_are() -> None:
    notes = rules({"text": "Dear {first_name}"})
    for name in ("{order}", "{first_name.__class__}", "{0}", "%s", "<img src=x>", "{", "}}"):
        assert text(notes, about(first_name=name)) == f"Dear {name}"


def test_a_person_comes_first_then_the_first_rule_then_the_house() -> None:
    notes = rules({"text": "one", "gift": True}, {"text": "two"}, {"text": "three"})
    assert said(notes, about(), "F", "x", "by hand {item}") == Said("by hand {item}", "slip", 0)
    assert said(notes, about(gift=True), "F", "x").rule == 1
    assert said(notes, about(), "F", "x").rule == 2
    assert text(rules(), about()).startswith("Thank you, Ada!")
    assert text(rules(), about(first_name="")).startswith("Thank you! This one")


def test_without_a_name_a_rule_says_it_otherwise_or_does_not_fit() -> None:
    nameless = about(first_name="")
    assert text(rules({"text": "Hi {first_name}", "nameless": "Hi"}), nameless) == "Hi"
    assert text(rules({"text": "Hi {first_name}"}, {"text": "Hello"}), nameless) == "Hello"


@pytest.mark.parametrize(
    ("rule", "fitting"),
    [
        ({"products": frozenset({"mug"})}, True),
        ({"products": frozenset({"plate"})}, False),
        ({"options": {"frosting": "chocolate"}}, True),
        ({"options": {"frosting": "chocolate", "size": "large"}}, False),
        ({"products": frozenset({"mug"}), "options": {"frosting": "chocolate"}}, False),
        ({"gift": True}, False),
        ({"gift": False}, True),
        ({"first_order": True}, False),
        ({"first_order": False}, False),
    ],
)
def test_rules_fit_by_piece_gift_and_customer(rule: dict[str, Any], fitting: bool) -> None:
    assert fits(NoteRule.model_validate({"text": "x", **rule}), about()) is fitting


def test_a_first_order_is_one_of_a_customer_who_is_known() -> None:
    first, later = NoteRule(text="x", first_order=True), NoteRule(text="x", first_order=False)
    assert [fits(one, about(first=True)) for one in (first, later)] == [True, False]
    assert [fits(one, about(first=False)) for one in (first, later)] == [False, True]


def test_a_rule_says_how_it_is_made_and_notes_say_it_for_all_others() -> None:
    notes = rules({"text": "a", "gift": True, "by": "slip"}, {"text": "b"}, by="pen", product="card")
    assert said(notes, about(gift=True), "F", "x").by == "slip"
    assert said(notes, about(), "F", "x").by == "pen"
    assert said(notes, about(), "F", "x", "mine").by == "pen"
