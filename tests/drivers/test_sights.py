"""What follows from one look after another: no server, no thread, no time."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drivers.contract import Activity, Changed, Foreign, Link, Progressed, Temperature
from drivers.servers import Sight
from drivers.sights import View, attempt_of, ended, file_of, looked

IDLE = Sight(Link.ONLINE)
A = Sight(Link.ONLINE, Activity.BUSY, "a-1.gcode", progress=0.25)

files = st.sampled_from([None, "a-1.gcode", "b-1.gcode", "benchy.gcode", "sdcard:a-1.gcode", "a/b.gcode", ""])
sights = st.builds(
    Sight,
    link=st.sampled_from(Link),
    activity=st.sampled_from([Activity.BUSY, Activity.PAUSED]),
    file=files,
    progress=st.none() | st.floats(0, 1),
) | st.just(IDLE)


@pytest.mark.parametrize("file", [None, "", ".gcode", "a.gco", "a.gcode.gcode", "x/a.gcode", "-a.gcode", "a b.gcode"])
def test_names_that_are_none_of_ours(file: str | None) -> None:
    assert attempt_of(file) is None


@settings(deadline=None)
@given(st.from_regex(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}", fullmatch=True))
def test_a_name_leads_back_to_its_attempt(attempt: str) -> None:
    assert attempt_of(file_of(attempt)) == attempt


def test_ours_is_taken_in_hand_and_told() -> None:
    view, events = looked(View(IDLE), A, {"a-1"}, {"a-1"})
    assert view.attempt == "a-1" and view.status.progress == 0.25
    assert events == [Changed(view.status), Progressed("a-1", 0.25)]
    assert looked(view, A, {"a-1"}, {"a-1"})[1] == []


def test_what_nobody_ordered_is_foreign_once_for_each_time() -> None:
    view, events = looked(View(IDLE), A, set(), set())
    assert Foreign("a-1.gcode") in events and view.attempt is None
    assert looked(view, A, set(), set())[1] == []
    view, events = looked(view, IDLE, set(), set())
    assert view.foreign is None
    assert Foreign("a-1.gcode") in looked(view, A, set(), set())[1]


def test_what_was_told_as_ended_and_runs_is_foreign_unless_it_is_being_stopped() -> None:
    assert Foreign("a-1.gcode") in looked(View(IDLE), A, set(), {"a-1"})[1]
    assert Foreign("a-1.gcode") not in looked(View(IDLE, fault="emergency stop"), A, set(), {"a-1"})[1]
    assert Foreign("benchy.gcode") in looked(View(IDLE, fault="x"), Sight(Link.ONLINE, file="benchy.gcode"), (), ())[1]


def seen(last: str) -> Sight:
    return Sight(Link.ONLINE, last=last)


def told(view: View, sight: Sight, awaited: bool = False) -> bool:
    return any(isinstance(event, Foreign) for event in looked(view, sight, {"a-1"}, {"a-1"}, awaited)[1])


def test_what_ended_out_of_sight_is_foreign_unless_it_may_have_been_ours() -> None:
    first, _ = looked(View(), seen("benchy, complete"), (), ())
    away, _ = looked(first, Sight(Link.OFFLINE), (), ())
    assert not told(View(), seen("benchy, complete")), "nobody knows what was there before the first look"
    assert not told(away, seen("benchy, complete")) and not told(away, seen(""))
    assert told(away, seen("cube, complete"))
    assert not told(away, seen("cube, complete"), awaited=True)
    printing, _ = looked(away, A, {"a-1"}, {"a-1"})
    assert not told(printing, seen("a-1, complete")), "it was in hand: its end is told otherwise"
    after, _ = looked(View(IDLE, last=""), Sight(Link.ONLINE, Activity.BUSY, "cube.gcode"), (), ())
    assert not told(after, seen("cube, complete")), "it was told when it began"


def test_out_of_sight_is_not_gone() -> None:
    view, _ = looked(View(IDLE), A, {"a-1"}, {"a-1"})
    away, events = looked(view, Sight(Link.OFFLINE), {"a-1"}, {"a-1"})
    assert away.attempt == "a-1" and not away.gone
    assert [event.status.link for event in events if isinstance(event, Changed)] == [Link.OFFLINE]
    back, _ = looked(away, IDLE, {"a-1"}, {"a-1"})
    assert back.gone and back.attempt == "a-1"
    assert ended(back)[0].attempt is None


def test_a_fault_of_ours_stays_over_what_the_server_says() -> None:
    view = View(IDLE, fault="stopped")
    assert looked(view, A, {"a-1"}, {"a-1"})[0].status.activity is Activity.FAULT
    broken = Sight(Link.OFFLINE, fault="the server's own")
    assert looked(view, broken, (), ())[0].status.fault == "stopped"
    assert looked(View(IDLE), broken, (), ())[0].status.fault == "the server's own"


def test_temperatures_are_a_change_and_progress_is_none() -> None:
    view, _ = looked(View(IDLE), A, {"a-1"}, {"a-1"})
    warmer = Sight(Link.ONLINE, Activity.BUSY, "a-1.gcode", temperatures={"tool0": Temperature(20, 0)})
    assert [type(event) for event in looked(view, warmer, {"a-1"}, {"a-1"})[1]] == [Changed]


@settings(deadline=None)
@given(st.lists(sights, max_size=20))
def test_whatever_is_seen(seen: list[Sight]) -> None:
    """Only what is open is taken in hand, in hand it stays, and its progress never goes back."""
    view, told = View(), dict[str, float]()
    for sight in seen:
        before = view
        view, events = looked(view, sight, {"a-1"}, {"a-1", "c-1"})
        assert view.sight == sight and view.attempt in (None, "a-1")
        assert before.attempt is None or view.attempt == before.attempt
        assert view.attempt is None or before.attempt or (sight.link, view.named) == (Link.ONLINE, "a-1")
        for event in events:
            match event:
                case Progressed(attempt=attempt, fraction=fraction):
                    assert fraction > told.get(attempt, 0.0)
                    told[attempt] = fraction
                case Foreign(name=name):
                    assert sight.link is Link.ONLINE and name == sight.file != "a-1.gcode" and name != before.foreign
                case Changed(status=status):
                    assert status == view.status
