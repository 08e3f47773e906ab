"""How long something takes, in words."""

from __future__ import annotations

from fulfillment.expected import learned, taking
from jobs.pace import UNKNOWN, Pace


def test_it_says_what_it_stands_on() -> None:
    assert taking(700, UNKNOWN) == "about 11 min, not yet corrected: no runs"
    assert taking(700, Pace(1.05, 0.95, 1.2, 23)) == "about 12 min (11 min to 14 min), from 23 runs"
    assert taking(30, Pace(1.0, 0.99, 1.01, 1)) == "about 30 s, from 1 run"


def test_programs_get_the_numbers() -> None:
    (found,) = learned({"fdm": Pace(1.05, 0.95, 1.2, 23)})
    assert found["text"] == "takes 1.05 of the estimate (0.95 to 1.20), from 23 runs"
    assert (found["process"], found["factor"], found["runs"]) == ("fdm", 1.05, 23)
