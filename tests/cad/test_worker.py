"""What goes wrong in a worker costs the wish that did it and nobody else: the next one is always a cube."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from fulfillment.cad import CadDied, CadFailed, CadRefused, CadUnavailable, Conflict, Limits, Shelf, Wish, Workshop

HERE = Path(__file__).parent
HOSTILE = Shelf((HERE / "templates",))


def still_answers(workshop: Workshop) -> None:
    """Without cadquery there is one thing that a worker can say of its own: why a template failed."""
    with pytest.raises(CadFailed, match="a side of 0"):
        workshop.build(Wish("raises"))


def test_one_that_hangs_is_killed_with_what_it_started(hostile: Workshop, group: Callable[[int], set[int]]) -> None:
    seen: list[set[int]] = []
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(hostile.build, Wish("hangs"))
        while not future.done():
            if (pid := hostile.pid) and len(now := group(pid)) > 1:
                seen.append({pid, *now})
            time.sleep(0.02)
        with pytest.raises(CadDied, match="longer than 2 s"):
            future.result()
    assert seen
    assert not any(Path(f"/proc/{pid}/cmdline").exists() and _runs(pid) for pid in seen[-1])
    still_answers(hostile)


def _runs(pid: int) -> bool:
    return (Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]) != "Z"


def test_one_that_takes_all_memory_is_told(hostile: Workshop) -> None:
    with pytest.raises(CadDied, match="more memory"):
        hostile.build(Wish("greedy"))
    still_answers(hostile)


def test_one_that_aborts_ends_two_workers_and_no_more(hostile: Workshop) -> None:
    with pytest.raises(CadDied, match="ended 2 CAD workers; the last one ended with SIGABRT"):
        hostile.build(Wish("aborts"))
    still_answers(hostile)


@pytest.mark.parametrize(
    ("name", "said"), [("raises", "ZeroDivisionError: a side of 0"), ("chats", "built the parts"),
                       ("surprises", "built the parts")]
)  # fmt: skip
def test_a_template_with_a_defect_is_named(hostile: Workshop, name: str, said: str) -> None:
    with pytest.raises(CadFailed, match=f"The template '{name}' failed.*{said}"):
        hostile.build(Wish(name))
    still_answers(hostile)


def test_a_refusal_keeps_its_worker_and_one_that_died_idle_costs_no_wish(hostile: Workshop) -> None:
    def refusal() -> int:
        with pytest.raises(CadRefused) as caught:
            hostile.build(Wish("refuses"))
        assert caught.value.conflicts == (Conflict("width", "It is too narrow.", "Please make it wider."),)
        assert hostile.pid
        return hostile.pid

    first = refusal()
    assert refusal() == first
    os.kill(first, signal.SIGKILL)
    _until(lambda: hostile.pid is None)
    assert refusal() != first


def test_it_sees_nothing_of_the_factory(hostile: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FULFILLMENT_SECRET", "hush")
    with pytest.raises(CadFailed) as caught:
        hostile.build(Wish("peeks"))
    environment, folder, files = str(caught.value).partition("ValueError: ")[2].rstrip(".").split("|")
    assert "FULFILLMENT_SECRET" not in environment
    assert set(environment.split(",")) <= {
        "HOME", "LC_ALL", "LC_CTYPE", "OMP_NUM_THREADS", "PATH", "PYTHONHASHSEED", "PYTHONPATH", "TMPDIR",
    }  # fmt: skip
    assert "cad-" in folder
    assert not Path(folder).exists()
    assert all(file.startswith(("pipe:", "/dev/null", folder)) for file in files.split(","))


def test_close_ends_a_worker_in_the_middle(group: Callable[[int], set[int]]) -> None:
    workshop = Workshop(HOSTILE, Limits(seconds=60), packages=HERE / "empty")
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(workshop.build, Wish("hangs"))
        pid = _until(lambda: workshop.pid)
        _until(lambda: len(group(pid)) > 1)
        workshop.close()
        with pytest.raises(CadUnavailable, match="closed"):
            future.result()
    _until(lambda: not group(pid))
    workshop.close()


def test_a_worker_ends_with_the_program_that_held_it(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from fulfillment.cad import *; here = Path(sys.argv[1])\n"
        "w = Workshop(Shelf((here / 'templates',)), packages=here / 'empty'); w._running(); print(w.pid, flush=True)\n"
        "import os; os.kill(os.getpid(), 9)"
    )
    command = [sys.executable, "-c", script, str(HERE)]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    said = subprocess.run(command, check=False, capture_output=True, text=True, env=environment).stdout
    _until(lambda: not Path(f"/proc/{int(said)}").exists() or not _runs(int(said)))


def test_callers_wait_for_each_other(hostile: Workshop) -> None:
    def told(_: int) -> str:
        with pytest.raises(CadFailed) as caught:
            hostile.build(Wish("raises"))
        return str(caught.value)

    with ThreadPoolExecutor(3) as pool:
        assert set(pool.map(told, range(3))) == {"The template 'raises' failed: ZeroDivisionError: a side of 0."}


def test_where_cadquery_does_not_load_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "cadquery.py").write_text("raise ImportError('libGL.so.1: cannot open shared object file')\n")
    with (
        Workshop(packages=tmp_path) as workshop,
        pytest.raises(CadUnavailable, match=r"libGL\.so\.1.*pip install 'fulfillment\[cad\]'"),
    ):
        workshop.build(Wish("tag"))


def test_a_worker_that_is_never_ready_is_given_up(tmp_path: Path) -> None:
    (tmp_path / "cadquery.py").write_text("import time\ntime.sleep(600)\n")
    with (
        Workshop(limits=Limits(starting=2), packages=tmp_path) as workshop,
        pytest.raises(CadUnavailable, match="not ready within 2 s"),
    ):
        workshop.build(Wish("tag"))


def test_one_that_is_killed_in_the_middle_is_built_by_the_next_worker(cadquery: Path | None) -> None:
    """With cadquery: the body is there although its first worker is not, and the next wish gets its own."""
    with Workshop(Shelf((HERE / "templates", *Shelf().folders)), packages=cadquery) as workshop:
        with ThreadPoolExecutor(1) as pool:
            future = pool.submit(workshop.build, Wish("waits"))
            first = _until(lambda: (pid := workshop.pid) and Path(f"/proc/{pid}/cwd/begun").exists() and pid)
            os.kill(first, signal.SIGKILL)
            built = future.result()
        assert built.volume == pytest.approx(1000)
        second = workshop.pid
        assert second
        assert second != first
        with pytest.raises(CadFailed, match="no body"):
            workshop.build(Wish("opens"))
        assert workshop.build(Wish("tag")).volume > 1000
        assert workshop.pid == second


def _until(look: Callable[[], Any]) -> Any:
    """The first thing that is something; the test's own timeout bounds it."""
    pause = threading.Event()
    while not (found := look()):
        pause.wait(0.02)
    return found
