"""Reasons, states and statuses: what a person is told."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.protocols.ipp import reasons
from drivers.protocols.ipp.reasons import MENDS, SOON, Reason, Severity, mends, read, stand
from drivers.protocols.ipp.seen import State, state
from drivers.protocols.ipp.values import Group, Section, enum, flag, keyword
from drivers.protocols.ipp.words import said


@pytest.mark.parametrize(
    ("keyword_", "reason"),
    [
        ("media-empty-error", Reason("media-empty", Severity.ERROR)),
        ("media-empty-warning", Reason("media-empty", Severity.WARNING)),
        ("media-empty-report", Reason("media-empty", Severity.REPORT)),
        ("media-empty", Reason("media-empty", Severity.ERROR)),
        ("toner-low", Reason("toner-low", Severity.WARNING)),
        ("toner-low-error", Reason("toner-low", Severity.ERROR)),
        ("acme-lamp-worn", Reason("acme-lamp-worn", Severity.ERROR)),
    ],
)
def test_an_ending_says_how_bad_it_is(keyword_: str, reason: Reason) -> None:
    assert read([keyword_]) == (reason,)


@given(st.sampled_from(sorted(MENDS)), st.sampled_from(["", "-error", "-warning", "-report"]))
def test_every_reason_is_known_with_every_ending(word: str, ending: str) -> None:
    (found,) = read([word + ending])
    assert found.keyword == word and found.mend == MENDS[word]


def test_every_sentence_names_what_is_the_matter_and_what_to_do() -> None:
    assert set(MENDS) >= SOON
    for word, sentence in MENDS.items():
        assert sentence.startswith(("it ", "its ", "paper ", "no ", "the ", "a ", "an ", "something ")), word
        assert not sentence.endswith("."), word
        assert ": " in sentence or word == "identify-printer-requested", word


def test_the_worst_comes_first_and_once() -> None:
    found = read(["none", "toner-low-warning", "media-jam-report", "", "media-jam-error"])
    assert found == (Reason("media-jam", Severity.ERROR), Reason("toner-low", Severity.WARNING))
    assert mends(found) == MENDS["media-jam"] and stand(found)


def test_a_warning_of_what_should_stop_is_told_and_stops_nothing() -> None:
    found = read(["media-empty-warning", "toner-low-warning"])
    assert mends(found) == MENDS["media-empty"] and not stand(found)
    assert mends(read(["toner-low-warning", "acme-lamp-warning"])) == ""


def test_what_nobody_knows_is_told_in_the_printers_word() -> None:
    assert mends(read(["acme-lamp-worn"])) == "it says 'acme-lamp-worn': look at its screen"


def test_of_many_reasons_a_few_are_shown() -> None:
    assert mends(read([f"acme-{n}" for n in range(50)])).count(";") == reasons.MOST - 1


def told(number: int, *words: str, accepting: bool = True) -> State:
    attributes = (enum("printer-state", number), keyword("printer-state-reasons", *words or ("none",)))
    return state(Section(Group.PRINTER, (*attributes, flag("printer-is-accepting-jobs", accepting))))


@pytest.mark.parametrize(
    ("seen", "stands", "prompt"),
    [
        (told(3), False, None),
        (told(4, "toner-low-warning"), False, None),
        (told(4, "media-empty-warning"), False, MENDS["media-empty"]),
        (told(4, "cover-open"), True, MENDS["cover-open"]),
        (told(5, "paused"), True, MENDS["paused"]),
        (told(5, "toner-low-warning"), True, MENDS["toner-low"]),
        (told(5), True, "it has stopped (it does not say why): look at its screen"),
        (told(3, accepting=False), True, "it takes no jobs: switch that on at the printer or at its queue"),
        (state(Section(Group.PRINTER)), True, "it has stopped (it does not say why): look at its screen"),
    ],
)
def test_whether_it_stands_and_what_a_person_must_do(seen: State, stands: bool, prompt: str | None) -> None:
    assert (seen.stands, seen.prompt) == (stands, prompt)


def test_a_status_is_told_in_words() -> None:
    assert said(0x0507) == "busy (0x0507)"
    assert said(0x05FF) == "a status that nobody here knows (0x05ff)"
