"""The render pool: calls end rightly whatever their workers come to."""

from __future__ import annotations

import importlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError, Future, wait
from concurrent.futures import TimeoutError as NotYet
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fulfillment.render.pool import Deadly, RenderPool

from .bakery import until

HERE = Path(__file__).parent
MEMORY = 1024


@pytest.fixture(scope="module")
def calls() -> Iterator[Any]:
    """Functions that a worker can import as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(HERE))
        yield importlib.import_module("pool_calls")


@contextmanager
def pool(workers: int = 2, seconds: float = 60.0, memory: int = MEMORY) -> Iterator[RenderPool]:
    made = RenderPool(workers, memory, seconds)
    try:
        yield made
    finally:
        made.close()


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def begun(folder: Path, names: list[str]) -> list[int]:
    """Workers' ids of the calls that have left their mark, once all of these have."""
    until(lambda: all((folder / name).exists() and (folder / name).read_text() for name in names), f"{names} run")
    return [int((folder / name).read_text()) for name in names]


def test_results_and_errors_come_back_as_they_are(calls: Any) -> None:
    with pool() as workers:
        good = [workers.submit(calls.double, number) for number in range(50)]
        bad = workers.submit(calls.fail, "the cat is not square")
        assert [future.result(60) for future in good] == [2 * number for number in range(50)]
        with pytest.raises(ValueError, match="the cat is not square"):
            bad.result(60)
        assert workers.submit(calls.whose).result(60) != os.getpid()


def test_a_result_that_cannot_travel_is_that_calls_error_alone(calls: Any) -> None:
    with pool() as workers:
        untold = workers.submit(calls.unspeakable)
        unsent = workers.submit(lambda: 1)
        assert workers.submit(calls.double, 4).result(60) == 8
        for future in (untold, unsent):
            assert future.exception(60) is not None
            assert not isinstance(future.exception(), Deadly)


def test_a_killed_worker_costs_no_call(calls: Any, tmp_path: Path) -> None:
    """Twenty calls in flight or waiting, one of the two workers is killed: all twenty end with their results."""
    hold = tmp_path / "hold"
    hold.touch()
    names = [f"call-{n}" for n in range(20)]
    with pool(workers=2) as workers:
        futures = [workers.submit(calls.begin, str(tmp_path), name, str(hold)) for name in names]
        victim, other = begun(tmp_path, names[:2])
        assert victim != other
        os.kill(victim, signal.SIGKILL)
        hold.unlink()
        assert [future.result(60) for future in futures] == names


def test_a_call_whose_worker_dies_once_is_given_another(calls: Any, tmp_path: Path) -> None:
    with pool(workers=1) as workers:
        assert workers.submit(calls.die_once, str(tmp_path / "mark")).result(60) == "second"


def test_a_deadly_call_is_set_aside_and_all_others_finish(calls: Any) -> None:
    with pool(workers=2) as workers:
        before = [workers.submit(calls.slowly, number, 0.01) for number in range(8)]
        deadly = workers.submit(calls.die)
        after = [workers.submit(calls.slowly, number, 0.01) for number in range(8)]
        with pytest.raises(Deadly, match="ended 2 workers"):
            deadly.result(60)
        assert [future.result(60) for future in before + after] == [2 * n for n in range(8)] * 2


def test_workers_that_die_while_nothing_runs_are_held_against_no_call(calls: Any) -> None:
    with pool(workers=1) as workers:
        for number in range(4):
            worker = workers.submit(calls.whose).result(60)
            os.kill(worker, signal.SIGKILL)
            until(lambda pid=worker: not alive(pid), "the worker is gone")
            assert workers.submit(calls.double, number).result(60) == 2 * number


def test_memory_beyond_the_limit_is_an_error_of_that_call(calls: Any) -> None:
    with pool(workers=1, memory=512) as workers:
        large = workers.submit(calls.swallow, 2048)
        after = workers.submit(calls.swallow, 16)
        with pytest.raises((MemoryError, Deadly)):
            large.result(60)
        assert after.result(60) == 16 * 1024 * 1024


def test_a_call_that_takes_too_long_is_ended_inside_c_code_too(calls: Any) -> None:
    """The regular expression would take longer than this test may, and holds the interpreter all the while."""
    with pool(workers=1, seconds=0.4) as workers:
        long, after = workers.submit(calls.ponder), workers.submit(calls.double, 21)
        with pytest.raises(Deadly, match=r"0\.4 s"):
            long.result(60)
        assert after.result(60) == 42


def test_time_is_a_calls_own(calls: Any) -> None:
    """Many short calls may take longer together than one is allowed to: the alarm is taken back after each."""
    with pool(workers=1, seconds=0.5) as workers:
        first = workers.submit(calls.whose).result(60)
        assert [workers.submit(calls.slowly, n, 0.1).result(60) for n in range(8)] == [2 * n for n in range(8)]
        assert workers.submit(calls.whose).result(60) == first


def test_an_error_that_cannot_be_brought_back_stops_nobody_else(calls: Any) -> None:
    with pool() as workers:
        odd = workers.submit(calls.odd)
        others = [workers.submit(calls.double, number) for number in range(6)]
        assert isinstance(odd.exception(60), Deadly)
        assert [future.result(60) for future in others] == [2 * n for n in range(6)]


def test_a_cancelled_call_harms_nobody(calls: Any, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    with pool(workers=1) as workers:
        running = workers.submit(calls.begin, str(tmp_path), "running", str(hold))
        waiting = workers.submit(calls.double, 1)
        begun(tmp_path, ["running"])
        assert running.cancel() and waiting.cancel()
        hold.unlink()
        assert workers.submit(calls.double, 2).result(60) == 4


def test_close_cancels_what_waits_and_ends_the_workers_at_once(calls: Any, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    workers = RenderPool(1, MEMORY, 600)
    futures = [workers.submit(calls.begin, str(tmp_path), f"call-{n}", str(hold)) for n in range(3)]
    (worker,) = begun(tmp_path, ["call-0"])
    workers.close()
    for future in futures:
        with pytest.raises(CancelledError):
            future.result(5)
    until(lambda: not alive(worker), "the worker has ended, in the middle of its call")
    with pytest.raises(RuntimeError, match="closed"):
        workers.submit(calls.double, 1)
    workers.close()


def test_callers_that_wait_when_it_closes_are_let_go(calls: Any, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    workers = RenderPool(1, MEMORY, 600)
    future = workers.submit(calls.begin, str(tmp_path), "call", str(hold))
    begun(tmp_path, ["call"])
    done = threading.Event()
    waiter = threading.Thread(target=lambda: (wait([future]), done.set()))
    waiter.start()
    workers.close()
    assert done.wait(30)
    waiter.join()


PARENT = """
import sys
sys.path.insert(0, {here!r})
import pool_calls
from fulfillment.render.pool import RenderPool
if __name__ == "__main__":
    pool = RenderPool(2, 1024, 600)
    for name in ("one", "two"):
        pool.submit(pool_calls.begin, {folder!r}, name, {hold!r})
    sys.stdin.read()
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
def test_workers_end_with_a_killed_parent(how: signal.Signals, tmp_path: Path) -> None:
    hold = tmp_path / "hold"
    hold.touch()
    program = tmp_path / "parent.py"
    program.write_text(PARENT.format(here=str(HERE), folder=str(tmp_path), hold=str(hold)))
    with subprocess.Popen([sys.executable, str(program)], stdin=subprocess.PIPE) as parent:
        workers = begun(tmp_path, ["one", "two"])
        assert all(alive(worker) for worker in workers)
        parent.send_signal(how)
        parent.wait(30)
        until(lambda: not any(alive(worker) for worker in workers), "no worker outlives its parent")


KINDS = st.sampled_from(["good", "good", "good", "failing", "killing", "once", "odd"])


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(kinds=st.lists(KINDS, min_size=1, max_size=10), workers=st.integers(1, 3))
def test_whatever_the_mix_each_call_ends_rightly(
    kinds: list[str], workers: int, calls: Any, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("mix")
    with pool(workers) as made:
        submit = {
            "good": lambda n: made.submit(calls.double, n),
            "failing": lambda n: made.submit(calls.fail, str(n)),
            "killing": lambda n: made.submit(calls.die),
            "once": lambda n: made.submit(calls.die_once, str(folder / str(n))),
            "odd": lambda n: made.submit(calls.odd),
        }
        futures = [submit[kind](number) for number, kind in enumerate(kinds)]
        for number, (kind, future) in enumerate(zip(kinds, futures, strict=True)):
            assert ended(future) == ENDS[kind](number), (number, kind)


ENDS: dict[str, Any] = {
    "good": lambda n: 2 * n,
    "failing": lambda n: f"ValueError: {n}",
    "killing": lambda n: "Deadly",
    "once": lambda n: "second",
    "odd": lambda n: "Deadly",
}


def ended(future: Future[Any]) -> Any:
    try:
        return future.result(60)
    except NotYet:
        raise
    except Deadly:
        return "Deadly"
    except ValueError as error:
        return f"ValueError: {error}"
