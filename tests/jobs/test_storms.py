"""Whatever crashes: nothing is made twice, lost, or made on an occupied bed, and the record tells what happened.

Each run is a factory of two machines under a simulated clock, with everything drawn from its seed. The plants prove
that the runs can fail: each leaves out one step of the fenced start, and is caught.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, true, update

from drivers import contract as c
from jobs import attempts, condition, queue
from jobs import models as m
from jobs.attempts import Intent
from jobs.dispatch import Dispatcher
from jobs.store import Tx

from .factory import SOUND, STEPS, Plant, simulate
from .world import FakeDriver, FolderDriver, MachineWorld, SerialDriver, ServerDriver, Violation

SEEDS = 12
"""Runs of each kind of machine."""
ENOUGH = 120
"""Seeds within which a plant must be caught."""


@pytest.fixture(autouse=True)
def quiet() -> Iterator[None]:
    """Storms log each refusal and loss; that is not news here."""
    logging.disable(logging.WARNING)
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.parametrize("kind", ["server", "serial", "folder"])
def test_the_promises_hold_in_every_storm(kind: str, tmp_path: Path) -> None:
    restarts = pieces = left_out = 0
    died: set[str] = set()
    for seed in range(SEEDS):
        factory = simulate(seed, kind, tmp_path)
        restarts += factory.restarts
        pieces += sum(len(world.pieces) for world in factory.worlds)
        left_out += sum(len(world.left_out) for world in factory.worlds)
        died |= set(factory.fate.crashes)
    assert restarts > SEEDS, "too calm: the agent hardly died"
    assert pieces > 3 * SEEDS, "too stormy: hardly anything was made"
    assert left_out > 1 or kind == "folder", "hardly a piece was left out of what ran"
    passed = set(STEPS) - ({"confirmed"} if kind == "folder" else set())  # a folder confirms nothing
    assert passed <= died, f"the agent never died at {passed - died}"


# --- plants: the same storms must catch each of them ---------------------------------------------------------------


class BlindRequeue(Dispatcher):
    """No reply to the start: queue it again without asking the machine."""

    def settle(self, attempt: str, state: str, why: str) -> None:
        if state != "starting":
            return super().settle(attempt, state, why)
        self.attempt = None
        attempts.fenced(self.store, attempt, why, self.who)
        return None


class BlindAdoption(Dispatcher):
    """What was running when the agent died is called made, without asking the machine."""

    def settle(self, attempt: str, state: str, why: str) -> None:
        if state != "running":
            return super().settle(attempt, state, why)
        attempts.ended(self.store, attempt, "seen_made", why, self.who)
        return None


class NoSecondLook(Dispatcher):
    """The bed is not looked at, neither when the job is taken nor before the start."""

    def _still_ours(self, intent: Intent) -> bool:
        return True


class StartsByUpload(ServerDriver):
    """Upload-and-print in one: a transfer that arrives starts."""

    def send_file(self, attempt: str, *, late: bool) -> None:
        super().send_file(attempt, late=late)
        if late:
            self.world.files.add(attempt)
            self.world.late.append(("start", attempt))
            self.world.late.remove(("file", attempt))
        elif self.world.current is None and attempt not in self.world.pieces:
            self.world.begin(attempt)

    def send_start(self, attempt: str, *, late: bool) -> None:
        return None

    def fence(self, attempt: str) -> c.Evidence:
        """It cannot delete what has not arrived."""
        if ("start", attempt) in self.world.late:
            return c.Evidence(c.Seen.ABSENT, "there is no such file")
        return super().fence(attempt)


class NoFence(ServerDriver):
    """Not seen is taken for never: the file stays where it is."""

    def fence(self, attempt: str) -> c.Evidence:
        return c.Evidence(c.Seen.ABSENT, "it is not running")


class OneNameForAll(ServerDriver):
    """The remote name is the job's, not the attempt's."""

    def send_file(self, attempt: str, *, late: bool) -> None:
        super().send_file(attempt, late=late)
        job = attempt.rsplit("-a", 1)[0]
        if not late:
            older = [name for _, name in self.world.late if name.startswith(f"{job}-")]
            self.world.files.update(older)  # a start that is still under way finds a file of its name again


class ForgetfulSerial(SerialDriver):
    """A new driver takes a job that it does not know for one that never began."""

    def evidence(self, attempt: str) -> c.Evidence:
        super().evidence(attempt)
        return c.Evidence(c.Seen.ABSENT, "I know nothing of it")


class HopefulFolder(FolderDriver):
    """A file that is gone from the folder is called never taken."""

    def evidence(self, attempt: str) -> c.Evidence:
        evidence = super().evidence(attempt)
        return c.Evidence(c.Seen.ABSENT, "it is gone") if evidence.seen is c.Seen.UNKNOWN else evidence


def driven_by(driver: type[FakeDriver]) -> Plant:
    def build(world: MachineWorld) -> FakeDriver:
        return driver(world)

    return Plant(driver=build)


PLANTS: dict[str, tuple[str, Plant]] = {
    "blind requeue": ("server", Plant(dispatcher=BlindRequeue)),
    "blind requeue on a serial line": ("serial", Plant(dispatcher=BlindRequeue)),
    "blind adoption": ("server", Plant(dispatcher=BlindAdoption)),
    "upload and print": ("server", driven_by(StartsByUpload)),
    "no fence": ("server", driven_by(NoFence)),
    "one name for all attempts": ("server", driven_by(OneNameForAll)),
    "absence taken for never": ("serial", driven_by(ForgetfulSerial)),
    "hope in a hot folder": ("folder", driven_by(HopefulFolder)),
    "bed not gated": ("server", Plant(dispatcher=NoSecondLook, bed=False)),
}


def caught(kind: str, plant: Plant, folder: Path) -> str:
    for seed in range(ENOUGH):
        try:
            simulate(seed, kind, folder, plant)
        except Violation as violation:
            return str(violation)
    return ""


@pytest.mark.parametrize("name", PLANTS)
def test_a_step_left_out_is_caught(name: str, tmp_path: Path) -> None:
    kind, plant = PLANTS[name]
    violation = caught(kind, plant, tmp_path)
    print(f"{name}: {violation}")
    assert violation, f"{name} went unnoticed in {ENOUGH} storms"


def test_a_bed_that_is_not_dirty_after_a_start_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unused(tx: Tx, machine: str, attempt: str) -> None:
        tx.moved("bed", machine, "unused", attempt=attempt)

    monkeypatch.setattr(attempts, "_soil", unused)
    assert "on a bed where" in caught("server", Plant(), tmp_path)


# --- plants in what machines remember -----------------------------------------------------------------------------


def test_traces_that_nobody_looks_at_are_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(condition, "forbidden_traces", lambda _condition, _needs: [])
    assert "may not contain" in caught("server", SOUND, tmp_path)


def test_a_claim_by_an_old_condition_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was said of a machine between a look and a claim, and between a claim and a start."""
    for module in (queue, attempts):
        monkeypatch.setattr(module, "unchanged", lambda _machine, _condition: true())
    assert caught("server", SOUND, tmp_path)


def test_an_attempt_that_is_not_counted_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def uncounted(tx: Tx, machine: str, _attempt: str, _job: object, _share: float) -> None:
        attempts._activity(tx, machine, "idle")

    monkeypatch.setattr(attempts, "_count", uncounted)
    assert caught("server", SOUND, tmp_path)


def test_a_cartridge_that_is_not_counted_down_is_caught(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = attempts._count

    def full(tx: Tx, machine: str, attempt: str, job: object, share: float) -> None:
        left = tx.connection.execute(select(m.machines.c.volume_left).where(m.machines.c.name == machine)).scalar()
        counted(tx, machine, attempt, job, share)  # type: ignore[arg-type]
        tx.connection.execute(update(m.machines).where(m.machines.c.name == machine).values(volume_left=left))

    monkeypatch.setattr(attempts, "_count", full)
    assert caught("server", SOUND, tmp_path)
