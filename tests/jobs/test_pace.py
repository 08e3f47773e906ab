"""What a machine's runs took against their estimates: learned from records of runs that nobody disturbed."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers import contract as c
from jobs import attempts, floor
from jobs import models as m
from jobs.pace import ASSUMED, MOST_RUNS, UNKNOWN, WIDE, Pace, learned, pace_of, paces

from .bench import OFFER, Bench
from .shop import SECONDS, Counter, row, rows

RATIOS = st.lists(st.floats(0.2, 5.0), min_size=1, max_size=60)


def begun(bench: Bench) -> str:
    """One job from its order until its machine runs it. Its attempt."""
    bench.shop.ready()
    bench.round()
    (attempt,) = (row["id"] for row in rows(bench.store, m.attempts) if row["state"] == "running")
    return str(attempt)


def cleared(bench: Bench, attempt: str) -> str:
    """What became of the attempt; the bed is clear, and the worker looks anew."""
    bench.world.end("good")
    bench.world.bed.clear()
    floor.clear_bed(bench.store, OFFER.name, "looked", "operator:ann")
    bench.renew()
    return str(row(bench.store, m.attempts, attempt)["state"])


def run(bench: Bench, took: float) -> None:
    """One job from its order to a clear bed, which takes so many seconds."""
    attempt = begun(bench)
    bench.shop.clock.sleep(took)
    while bench.world.current is not None:
        bench.world.tick()
        bench.round()
    assert cleared(bench, attempt) == "made"


def of(bench: Bench) -> Pace:
    with bench.store.read() as connection:
        return pace_of(paces(connection, [OFFER.name]), OFFER.name, "extrude-food")


def test_without_runs_nothing_is_learned(bench: Bench) -> None:
    assert of(bench) == UNKNOWN
    assert learned([]) == UNKNOWN


def test_runs_that_take_longer_make_the_next_expectation_longer(bench: Bench) -> None:
    for _ in range(9):
        run(bench, 1.2 * SECONDS)
    pace = of(bench)
    assert pace.runs == 9
    assert pace.factor == pytest.approx(1.2 ** (9 / 12))
    assert 1.0 < pace.low < pace.factor < pace.high < 1.5


def test_what_was_paused_or_doubted_teaches_nothing(bench: Bench) -> None:
    run(bench, 1.1 * SECONDS)
    before = of(bench)
    attempt = begun(bench)
    attempts.set_paused(bench.store, attempt, True, "the door is open", "operator:ann")
    bench.shop.clock.sleep(3600)
    attempts.set_paused(bench.store, attempt, False, "closed", "operator:ann")
    attempts.ended(bench.store, attempt, "finished", "done", "machine:frost-1")
    assert cleared(bench, attempt) == "made"
    assert of(bench) == before
    attempt = begun(bench)
    bench.shop.clock.sleep(9000)
    bench.driver.evidence_next = c.Evidence(c.Seen.MADE, "it lies there")
    bench.worker.start()
    assert cleared(bench, attempt) == "made"
    assert of(bench) == before


def test_a_failed_run_teaches_nothing(bench: Bench) -> None:
    attempt = begun(bench)
    bench.shop.clock.sleep(5)
    attempts.ended(bench.store, attempt, "failed", "the nozzle is blocked", "machine:frost-1")
    assert of(bench) == UNKNOWN


def test_other_machines_and_processes_are_others(bench: Bench) -> None:
    run(bench, 2 * SECONDS)
    with bench.store.read() as connection:
        known = paces(connection, [OFFER.name, "frost-2"])
    assert known.keys() == {OFFER.name} and known[OFFER.name].keys() == {"extrude-food"}
    assert pace_of(known, "frost-2", "extrude-food") == pace_of(known, None, None) == UNKNOWN


def test_it_is_one_query(bench: Bench) -> None:
    for _ in range(3):
        run(bench, SECONDS)
    with Counter(bench.store) as counter:
        of(bench)
    assert counter.statements == 1


def test_old_runs_are_forgotten(bench: Bench) -> None:
    """After a new nozzle, say."""
    for _ in range(2):
        run(bench, 3 * SECONDS)
    with bench.store.write("test") as tx:
        old = rows(bench.store, m.attempts)[0]
        for number in range(MOST_RUNS):
            late = {"id": f"X-{number}", "started_at": 2e9 + number, "ended_at": 2e9 + number + SECONDS}
            tx.connection.execute(m.attempts.insert().values({**old, **late}))
    assert of(bench).factor == pytest.approx(1.0)


@given(RATIOS)
def test_it_is_between_1_and_what_was_seen(ratios: list[float]) -> None:
    pace = learned(ratios)
    assert min(1.0, *ratios) - 1e-9 <= pace.factor <= max(1.0, *ratios) + 1e-9
    assert pace.low < pace.factor < pace.high


@given(st.floats(0.5, 2.0), st.integers(5, 60), st.floats(0.01, 100))
def test_one_strange_run_changes_little(ratio: float, runs: int, strange: float) -> None:
    even = learned([ratio] * (runs + 1))
    assert learned([ratio] * runs + [strange]).factor == pytest.approx(even.factor)


def test_more_runs_are_believed_more_and_narrow_the_spread() -> None:
    found = [learned([1.3] * runs) for runs in (1, 3, 10, 60)]
    assert [pace.factor for pace in found] == sorted(pace.factor for pace in found)
    widths = [math.log(pace.high / pace.low) for pace in found]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == pytest.approx(2 * WIDE * ASSUMED * math.sqrt(3 / 4))
    assert found[-1].factor == pytest.approx(1.3, rel=0.02)


def test_runs_that_differ_have_a_wide_spread() -> None:
    even, uneven = learned([1.2] * 20), learned([0.8, 1.0, 1.2, 1.4, 1.6] * 4)
    assert uneven.high / uneven.low > even.high / even.low > 1.0
