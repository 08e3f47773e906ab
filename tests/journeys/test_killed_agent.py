"""Thirty times `kill -9` of the agent: at every step of a start, and at any moment of a print.

What the simulator recorded decides, not what we wrote down: no piece is begun on another, nothing moves after a kill
until a person has cleared the bed, and of every unit exactly one whole piece is kept.
"""

from __future__ import annotations

import random
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

pytestmark = pytest.mark.journey

STEPS = ("claimed", "intended", "transferred", "started", "confirmed")
BEFORE_THE_START = STEPS[:3]
KILLS = 30
WORDS = ("Ada", "Bob", "Cleo", "Dan", "Eve", "Finn")
QUIET = 0.25
"""Seconds of watching that nothing starts."""
OPEN = ("claimed", "starting", "running", "paused")


@dataclass(frozen=True)
class Kill:
    """``step`` None: when so many lines were executed. ``passage``: the first start of this agent, or the second."""

    step: str | None
    passage: int = 1
    lines: int = 0


def kills(dice: random.Random) -> list[Kill]:
    planned = [Kill(step, dice.choice((1, 1, 2))) for step in STEPS for _ in range(4)]
    planned += [Kill(None, lines=dice.randrange(1, 90)) for _ in range(KILLS - len(planned))]
    dice.shuffle(planned)
    return planned


@dataclass
class Floor:
    """The person on the floor: keeps what was made, throws away what was not."""

    shop: Any
    tools: Any
    units: list[str]
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    scrap: list[dict[str, Any]] = field(default_factory=list)

    def jobs(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.shop.get("/v1/jobs?most=1000")
        return found

    def open_jobs(self) -> list[dict[str, Any]]:
        return [job for job in self.jobs() if job["state"] in OPEN]

    def clear(self) -> None:
        """Take off what lies there, and say so."""
        lying = self.shop.machine()["on_bed"]
        assert len(lying) <= 1, lying
        piece = self.shop.take()
        made = [attempt for attempt in lying if attempt["state"] == "made"]
        for attempt in made:
            self.kept.setdefault(attempt["unit_id"], []).append(piece)
            self.shop.pack(attempt["unit_id"])
        if not made:
            self.scrap.append(piece)

    def tend(self) -> None:
        """Clear the bed if a piece asks for it."""
        if any(call["kind"] == "bed" for call in self.shop.get("/v1/attention")):
            self.clear()

    def all_packed(self) -> bool:
        return all(job["unit_state"] == "packed" for job in self.jobs())


def start(shop: Any, tools: Any, kill: Kill) -> None:
    if kill.step is None:
        shop.start_agent()
    else:
        program = str(tools.here / "killed_agent.py")
        shop.start("agent", sys.executable, program, str(shop.path), kill.step, str(kill.passage))


def await_death(floor: Floor, kill: Kill) -> None:
    """Be the person on the floor until the agent is dead."""
    shop, end = floor.shop, time.monotonic() + 40
    while shop.running["agent"].poll() is None:
        assert time.monotonic() < end, f"{kill} did not come about: {floor.jobs()[-1]}"
        if kill.step is None and len(floor.tools.executed(shop.piece())) >= kill.lines:
            shop.running["agent"].send_signal(signal.SIGKILL)
        floor.tend()
        time.sleep(0.03)
    assert shop.ended("agent") == -signal.SIGKILL


def settled(floor: Floor, before: list[dict[str, Any]]) -> None:
    """A new agent has come up: what it made of the jobs that the dead one had in hand."""
    shop = floor.shop
    for old in before:
        if not old["tries"]:
            continue  # Nothing had left: it goes back to the queue by itself.
        attempt = floor.tools.until(lambda old=old: ended(shop, old), f"the end of {old['tries'][-1]['id']}")
        assert attempt["state"] in ("failed", "absent"), attempt
        assert attempt["ended_at"] is not None and attempt["why"]
        if attempt["state"] == "failed":
            assert shop.get(f"/v1/jobs/{old['id']}")["state"] == "failed" and attempt["on_bed"]
            assert shop.machine()["bed"]["state"] == "dirty"


def ended(shop: Any, old: dict[str, Any]) -> dict[str, Any] | None:
    """The job's attempt that was in hand, once the record says something else of it than then."""
    tries = shop.get(f"/v1/jobs/{old['id']}")["tries"]
    attempt: dict[str, Any] = next(attempt for attempt in tries if attempt["id"] == old["tries"][-1]["id"])
    return attempt if attempt["state"] not in OPEN else None


def nothing_starts(floor: Floor) -> None:
    """While the bed is not clear, no line of an artifact is executed and no attempt is begun."""
    shop = floor.shop
    if shop.machine()["bed"]["state"] != "dirty":
        return
    seen = (floor.tools.executed(shop.piece()), sum(len(job["tries"]) for job in floor.jobs()))
    time.sleep(QUIET)
    assert (floor.tools.executed(shop.piece()), sum(len(job["tries"]) for job in floor.jobs())) == seen
    assert shop.machine()["bed"]["state"] == "dirty"


def test_thirty_kills(factory: Callable[..., Any], tools: Any) -> None:
    dice = random.Random(20260)
    shop = factory(more={"making": {"attempts": 20, "remakes": 20}})
    shop.end("agent")
    floor = Floor(shop, tools, shop.order(*WORDS))
    tools.until(
        lambda: all(job["state"] == "ready" for job in floor.jobs()) and len(floor.jobs()) == len(WORDS), "jobs"
    )
    before: list[dict[str, Any]] = []
    in_hand = 0
    for number, kill in enumerate(kills(dice)):
        if floor.all_packed():
            floor.units += shop.order(*WORDS, external_id=f"again-{number}")
        start(shop, tools, kill)
        settled(floor, before)
        nothing_starts(floor)
        floor.tend()  # A person clears the bed: only now may it go on.
        await_death(floor, kill)
        before = floor.open_jobs()
        in_hand += bool(before)
        if kill.step in BEFORE_THE_START:
            assert not floor.tools.executed(shop.piece()), f"{kill}: something left before the start"
        if any(job["state"] != "claimed" for job in before):
            shop.post("/v1/machines/frosting-1/bed/clear", status=409)
    assert in_hand >= KILLS - 5, "too many kills met an idle agent"
    start(shop, tools, Kill(None))
    settled(floor, before)

    def everything_is_packed() -> bool:
        floor.tend()
        return floor.all_packed()

    tools.until(everything_is_packed, "everything packed", 90)
    judge(floor)


def judge(floor: Floor) -> None:
    """The record and the machine's own record agree, unit by unit."""
    shop = floor.shop
    assert not shop.rooms["frosting-1"].record()["collisions"]
    for unit in floor.units:
        assert shop.unit(unit)["state"] == "packed"
        jobs = shop.jobs_of(unit)
        attempts = [attempt for job in jobs for attempt in job["tries"]]
        made = [attempt for attempt in attempts if attempt["state"] == "made"]
        assert len(made) == 1, attempts
        assert [job["state"] for job in jobs] == ["failed"] * (len(jobs) - 1) + ["made"]
        assert {attempt["state"] for attempt in attempts} <= {"made", "failed", "absent"}
        assert not any(attempt["on_bed"] for attempt in attempts)
        (piece,) = floor.kept[unit]
        assert floor.tools.executed(piece) == shop.program(jobs[-1])
        assert piece["outcome"]["good"] and len(piece["runs"]) == 1
    for piece in floor.scrap:
        assert len(piece["runs"]) <= 1, "two runs on one bed"
