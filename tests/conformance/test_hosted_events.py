"""Print servers and people who use them, too: what they do at the worst moment, seen through the simulators.

Another controller of ours stands for a person at the server's own page: it uploads and starts what we know nothing of.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Activity, Failed, Foreign, Machine, Made, Seen, Settings, Start, WrongAttempt
from drivers.hosted import Hosted
from drivers.registry import build
from tests.conformance.rigs import RIGS
from tests.conformance.rigs.common import RealClock, Rig, until
from tests.conformance.rigs.moonraker import KEY, QUICK

SERVERS = ["moonraker", "octoprint", "prusalink"]
THEIRS, OURS = "somebody-1", "j1-a1"


@pytest.fixture
def behind(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    made = RIGS[request.param](tmp_path)
    yield made
    made.close()


def start(rig: Rig, machine: Machine, attempt: str) -> None:
    machine.transfer(attempt, rig.payload())
    assert machine.start(attempt).start is Start.STARTED


def amid(machine: Machine, call: str, happens: Callable[[], None]) -> None:
    """Let something happen right before the next call of the server, after all that was looked at before it."""
    assert isinstance(machine, Hosted)
    server: Any = machine._server
    honest = getattr(server, call)

    def interrupted(*arguments: object) -> object:
        setattr(server, call, honest)
        happens()
        return honest(*arguments)

    setattr(server, call, interrupted)


@pytest.mark.parametrize("behind", SERVERS, indirect=True)
def test_somebody_starts_a_print_between_our_look_and_our_start(behind: Rig) -> None:
    with behind.machine() as machine, behind.machine() as somebody:
        machine.connect()
        somebody.connect()
        machine.transfer(OURS, behind.payload())
        amid(machine, "start", lambda: start(behind, somebody, THEIRS))
        assert machine.start(OURS).start is Start.REFUSED
        assert machine.reconcile(OURS).seen is Seen.ABSENT
        assert until(machine, Foreign)[-1] == Foreign(f"{THEIRS}.gcode")
        for verb in (machine.pause, machine.resume):
            with pytest.raises(WrongAttempt):
                verb(OURS)
        machine.cancel(OURS)  # It has ended, so that nothing is done.
        assert (machine.status().attempt, machine.status().activity) == (None, Activity.BUSY)
        behind.finish(THEIRS)
        until(somebody, Made)
    assert behind.begun() == 1, "theirs went on, and ours never began"


@pytest.mark.parametrize("behind", SERVERS, indirect=True)
def test_somebody_starts_our_file_before_we_do(behind: Rig) -> None:
    with behind.machine() as machine, behind.machine() as somebody:
        machine.connect()
        machine.transfer(OURS, behind.payload())
        somebody.connect()
        assert isinstance(somebody, Hosted)
        amid(machine, "start", lambda: somebody._server.start(f"{OURS}.gcode"))
        machine.start(OURS)
        assert machine.reconcile(OURS).seen is Seen.RUNNING
        assert machine.start(OURS).start is Start.STARTED
        behind.finish(OURS)
        until(machine, Made)
    assert behind.begun() == 1


@pytest.mark.parametrize("behind", ["moonraker", "prusalink"], indirect=True)
def test_what_somebody_printed_while_nobody_looked_lies_on_the_bed(behind: Rig) -> None:
    with behind.machine() as machine, behind.machine() as somebody:
        machine.connect()
        assert isinstance(machine, Hosted)
        with machine._turn:  # The watcher waits, as it does while the network is away.
            somebody.connect()
            start(behind, somebody, THEIRS)
            behind.finish(THEIRS)
            until(somebody, Made)
        until(machine, Foreign)
        assert machine.status().activity is Activity.IDLE


@pytest.mark.parametrize(("fault", "said"), [("bad-line", "Move out of range"), ("thermal-runaway", "not heating")])
@pytest.mark.parametrize("behind", ["moonraker"], indirect=True)
def test_klipper_says_in_its_own_words_why_a_print_failed(behind: Any, fault: str, said: str) -> None:
    settings = Settings("printer", behind.simulated.link, QUICK, secret=KEY)
    with build("moonraker", settings, RealClock()) as machine:
        machine.connect()
        start(behind, machine, OURS)
        behind.inject(fault)
        behind.finish(OURS)
        end = until(machine, Failed)[-1]
        assert isinstance(end, Failed) and said in end.why
        assert said in machine.reconcile(OURS).why
