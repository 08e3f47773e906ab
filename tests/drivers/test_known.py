"""When it is sure that an attempt never began: a verdict over values."""

from __future__ import annotations

import pytest

from drivers.contract import Evidence, Seen
from drivers.known import Known
from drivers.servers import Outcome


@pytest.mark.parametrize(
    ("known", "outcome", "last", "never"),
    [
        (Known(), Outcome.UNKNOWN, "", True),
        (Known(seen=True), Outcome.NONE, "", False),
        (Known(asked=True), Outcome.UNKNOWN, "", True),
        (Known(asked=True, before="cube"), Outcome.UNKNOWN, "cube", True),
        (Known(asked=True, before="cube"), Outcome.UNKNOWN, "another", False),
        (Known(asked=True), Outcome.UNKNOWN, "another", False),
        (Known(asked=True), Outcome.NONE, "another", True),
        (Known(asked=True, interrupted=True), Outcome.UNKNOWN, "", False),
        (Known(asked=True, interrupted=True), Outcome.NONE, "", True),
        (Known(asked=True, seen=True), Outcome.NONE, "", False),
    ],
)
def test_what_makes_it_sure(known: Known, outcome: Outcome, last: str, never: bool) -> None:
    assert known.never_began(outcome, last) is never


def test_an_attempt_is_awaited_until_its_start_can_take_effect_no_more() -> None:
    assert Known(asked=True).awaited
    ended = Known(asked=True, end=Evidence(Seen.ABSENT, "it was given up"))
    assert not any(known.awaited for known in (Known(), Known(asked=True, seen=True), ended))
    assert not Known(asked=True, fenced=True).awaited
