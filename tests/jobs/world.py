"""A small model of machines in the world. It outlives the agent, and remembers every physical start.

The world knows pieces, beds and machines; a driver knows only what its machine tells. What goes wrong is drawn from a
seed: crashes of the agent, replies that are lost after or before their effect, commands that arrive late, links that
drop, refusals, pieces that fail. A violated promise raises :class:`Violation`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from types import TracebackType
from typing import Self

from drivers import contract as c


class Crash(BaseException):
    """The agent's process dies here. Nothing of ours may catch it."""


class Violation(AssertionError):
    """The world saw what must never happen."""


@dataclass
class Fate:
    """What goes wrong, from a seed. ``calm``: nothing more."""

    random: Random
    crash: float = 0.012
    trouble: float = 0.08
    calm: bool = False
    mortal: bool = False
    """The agent is at work: it may die. People and the world do not crash."""
    doom: str = ""
    """The first time that the agent comes here, it surely dies."""
    crashes: list[str] = field(default_factory=list)

    def may_die(self, where: str) -> None:
        if not self.mortal or self.calm:
            return
        doomed = where == self.doom and where not in self.crashes
        if self.random.random() < self.crash or doomed:
            self.crashes.append(where)
            raise Crash(where)

    def trouble_now(self, share: float = 1.0) -> bool:
        return not self.calm and self.random.random() < self.trouble * share


@dataclass
class Piece:
    """Something physical, named after the attempt that it began as."""

    attempt: str
    done: float = 0.0
    state: str = "growing"
    """growing, good, scrap"""


@dataclass
class Kitchen:
    """What truly is in a machine, on it and used up. ``allowed`` and ``leaves``: of an attempt's piece, by its order.

    It knows nothing of the record: people clean and load by their hands, and only then say so.
    """

    allowed: Callable[[str], frozenset[str]]
    leaves: Callable[[str], frozenset[str]]
    takes: float
    """mm3 that every piece takes."""
    holds: frozenset[str] = frozenset()
    """Allergens of what is loaded."""
    left: float = 0.0
    residue: set[str] = field(default_factory=set)
    since_maintained: int = 0
    most: int = 1_000
    """Pieces that may begin before somebody maintains it."""

    def begin(self, machine: str, attempt: str) -> None:
        foreign = (self.residue | self.holds) - self.allowed(attempt)
        if foreign:
            raise Violation(f"{machine}: {attempt} began, and may not contain {', '.join(sorted(foreign))}")
        self.since_maintained += 1
        if self.since_maintained > self.most:
            raise Violation(f"{machine}: {attempt} is the {self.since_maintained}th piece without upkeep")
        self.residue |= self.holds | self.leaves(attempt)

    def press(self, machine: str, share: float) -> None:
        self.left -= self.takes * share
        if self.left < -1e-6:
            raise Violation(f"{machine}: its cartridge ran out in the middle of a piece")

    def load(self, allergens: frozenset[str], volume: float) -> None:
        self.holds, self.left = allergens, volume
        self.residue |= allergens

    def clean(self) -> None:
        self.residue.clear()


@dataclass
class MachineWorld:
    """One physical machine. Subclasses say what a wire can do to it, and what it remembers."""

    name: str
    fate: Fate
    has_bed: bool = True
    online: bool = True
    paused: bool = False
    current: Piece | None = None
    bed: list[Piece] = field(default_factory=list)
    pieces: dict[str, Piece] = field(default_factory=dict)
    """Everything that ever began, by attempt."""
    left_out: dict[str, set[int]] = field(default_factory=dict)
    """Objects of an attempt of which nothing more is laid."""
    kitchen: Kitchen | None = None
    """What is in it and on it, where that is watched."""

    def begin(self, attempt: str) -> None:
        if self.current is not None:
            raise Violation(f"{self.name}: {attempt} began while {self.current.attempt} grows")
        if self.has_bed and self.bed:
            raise Violation(f"{self.name}: {attempt} began on a bed where {self.bed[0].attempt} lies")
        if attempt in self.pieces:
            raise Violation(f"{self.name}: {attempt} began twice")
        if self.kitchen is not None:
            self.kitchen.begin(self.name, attempt)
        self.current = self.pieces[attempt] = Piece(attempt)
        self.paused = False
        if self.has_bed:
            self.bed.append(self.current)

    def end(self, state: str) -> None:
        if self.current is not None:
            self.current.state = state
            self.current, self.paused = None, False

    def tick(self) -> None:
        """A little time: growth, failures, links."""
        if self.current is not None and not self.paused:
            self.current.done += 0.25
            if self.kitchen is not None:
                self.kitchen.press(self.name, 0.25)
            if self.fate.trouble_now(0.3):
                self.end("scrap")
            elif self.current.done >= 1.0:
                self.end("good")
        if self.fate.calm or not self.online:
            self.online = self.fate.calm or self.fate.random.random() < 0.4
        elif self.fate.trouble_now(0.3):
            self.online = False

    def agent_died(self) -> None:
        """The agent's process is gone, and what it held with it."""

    def fence_by_hand(self, attempt: str) -> None:
        """A person at the machine makes sure that nothing of this attempt will begin."""

    def driver(self) -> FakeDriver:
        raise NotImplementedError


class FakeDriver:
    """What all fake drivers share: the agent may die before and after each effect, and a link may be down."""

    def __init__(self, world: MachineWorld) -> None:
        self.world, self.fate = world, world.fate
        self.link = c.Link.OFFLINE
        self.attempt: str | None = None
        self.events: deque[c.Event] = deque()

    # --- the contract ---------------------------------------------------------------------------------------

    def connect(self) -> c.Status:
        self.fate.may_die("connect")
        if not self.world.online:
            raise c.WireFault(f"{self.world.name} does not answer; check its cable")
        self.link = c.Link.ONLINE
        return self.status()

    def transfer(self, attempt: str, payload: c.Payload) -> None:
        self.fate.may_die("before transfer")
        self._reach(self.world.online)
        if self.fate.trouble_now():
            self.send_file(attempt, late=self.fate.random.random() < 0.5)
            raise c.WireFault("no reply to the transfer within 30 s")
        self.send_file(attempt, late=False)
        self.fate.may_die("after transfer")

    def start(self, attempt: str) -> c.StartAnswer:
        self.fate.may_die("before start")
        if not self.world.online:
            return c.StartAnswer(c.Start.UNCERTAIN, "the start was sent, and the link was down")
        if self.world.current is not None:
            if self.world.current.attempt != attempt:
                return c.StartAnswer(c.Start.REFUSED, "it is busy")
            self.attempt = attempt
            return c.StartAnswer(c.Start.STARTED, f"it names {attempt} already")
        if self.fate.trouble_now(0.5):
            return self.refuse(attempt)
        lost = self.fate.trouble_now(1.5)
        late = lost and self.fate.random.random() < 0.5
        if not lost or late or self.fate.random.random() < 0.5:
            self.send_start(attempt, late=late)
        self.fate.may_die("after start")
        self.attempt = attempt
        if lost:
            self.world.online = self.fate.random.random() < 0.5
            return c.StartAnswer(c.Start.UNCERTAIN, "no reply to the start within 10 s")
        return self.answer(attempt)

    def pause(self, attempt: str) -> None:
        self._mine(attempt).paused = True

    def resume(self, attempt: str) -> None:
        self._mine(attempt).paused = False

    def leave_out(self, attempt: str, number: int) -> None:
        """Most machines can; an answer may be lost whether it was heard or not."""
        world, heard = self._mine(attempt), not self.fate.trouble_now(0.5)
        if heard or self.fate.random.random() < 0.5:
            world.left_out.setdefault(attempt, set()).add(number)
        self.fate.may_die("after leave out")
        if not heard:
            raise c.WireFault("no answer to it within 60 s")

    def cancel(self, attempt: str) -> None:
        self._mine(attempt).end("scrap")
        self.fate.may_die("after cancel")
        self.attempt = None
        self.events.append(c.Cancelled(attempt, "it was asked to"))

    def stop(self) -> None:
        self.world.end("scrap")

    def reconcile(self, attempt: str) -> c.Evidence:
        self.fate.may_die("before reconcile")
        evidence = self.evidence(attempt)
        if evidence.seen in (c.Seen.RUNNING, c.Seen.PAUSED):
            self.attempt = attempt
        self.fate.may_die("after reconcile")
        return evidence

    def status(self) -> c.Status:
        world, activity = self.world, c.Activity.IDLE
        if world.current is not None:
            activity = c.Activity.PAUSED if world.paused else c.Activity.BUSY
        return c.Status(self.link, activity, self.attempt if world.current else None)

    def next_event(self, timeout: float) -> c.Event | None:
        self.fate.may_die("listening")
        reachable = c.Link.ONLINE if self.world.online else c.Link.OFFLINE
        if self.link is not reachable and (self.link is c.Link.ONLINE or self.attempt is not None):
            self.link = reachable  # with an attempt in hand a driver looks for its machine by itself
            if not self.world.online:
                self.lost()
            self.events.append(c.Changed(self.status()))
        self.look()
        return self.events.popleft() if self.events else None

    def close(self) -> None:
        """Nothing is held."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what a kind of wire fills in -----------------------------------------------------------------------

    def send_file(self, attempt: str, *, late: bool) -> None: ...

    def send_start(self, attempt: str, *, late: bool) -> None: ...

    def refuse(self, attempt: str) -> c.StartAnswer:
        return c.StartAnswer(c.Start.REFUSED, "its door is open")

    def answer(self, attempt: str) -> c.StartAnswer:
        if self.world.current is not None and self.world.current.attempt == attempt:
            return c.StartAnswer(c.Start.STARTED, f"it names {attempt}")
        return c.StartAnswer(c.Start.UNCERTAIN, "it does not name the attempt")

    def evidence(self, attempt: str) -> c.Evidence:
        raise NotImplementedError

    def lost(self) -> None: ...

    def look(self) -> None:
        """See whether the attempt in hand has ended."""
        if self.attempt is None or self.link is not c.Link.ONLINE:
            return
        piece = self.world.pieces.get(self.attempt)
        if piece is None or piece.state == "growing":
            return
        kind = c.Made if piece.state == "good" else c.Failed
        self.events.append(kind(self.attempt, f"it says {piece.state}"))
        self.attempt = None

    def _reach(self, reachable: bool) -> None:
        if not reachable:
            raise c.WireFault(f"{self.world.name} does not answer")

    def _mine(self, attempt: str) -> MachineWorld:
        self._reach(self.world.online)
        if self.world.current is None or self.world.current.attempt != attempt:
            raise c.WrongAttempt(f"{attempt} is not on {self.world.name}")
        return self.world


# --- a print server: files, a start of its own, a memory ---------------------------------------------------------


@dataclass
class ServerWorld(MachineWorld):
    """Files and starts may arrive late; a start of a file that is not there fails."""

    files: set[str] = field(default_factory=set)
    late: list[tuple[str, str]] = field(default_factory=list)
    """Requests under way: (file or start, attempt)."""

    def tick(self) -> None:
        super().tick()
        still = []
        for kind, attempt in self.late:
            if self.fate.random.random() < 0.8:
                still.append((kind, attempt))
            elif kind == "file":
                self.files.add(attempt)
            elif attempt in self.files and self.current is None:
                self.begin(attempt)
        self.late = still

    def fence_by_hand(self, attempt: str) -> None:
        self.files.discard(attempt)
        self.late = [(kind, name) for kind, name in self.late if name != attempt]

    def driver(self) -> FakeDriver:
        return ServerDriver(self)


class ServerDriver(FakeDriver):
    world: ServerWorld

    def send_file(self, attempt: str, *, late: bool) -> None:
        if late:
            self.world.late.append(("file", attempt))
        else:
            self.world.files.add(attempt)

    def send_start(self, attempt: str, *, late: bool) -> None:
        if late:
            self.world.late.append(("start", attempt))
        elif attempt in self.world.files:
            self.world.begin(attempt)

    def evidence(self, attempt: str) -> c.Evidence:
        if not self.world.online:
            return c.Evidence(c.Seen.UNKNOWN, "the server does not answer")
        piece = self.world.pieces.get(attempt)
        if piece is not None:
            seen = {"growing": c.Seen.RUNNING, "good": c.Seen.MADE, "scrap": c.Seen.FAILED}[piece.state]
            if seen is c.Seen.RUNNING and self.world.paused:
                seen = c.Seen.PAUSED
            return c.Evidence(seen, "its history says so")
        return self.fence(attempt)

    def fence(self, attempt: str) -> c.Evidence:
        self.world.files.discard(attempt)
        return c.Evidence(c.Seen.ABSENT, "its file is deleted, and the server said so")


# --- a serial machine: the port is the attempt -------------------------------------------------------------------


@dataclass
class SerialWorld(MachineWorld):
    """No files, no memory: what runs ends when the port closes."""

    def agent_died(self) -> None:
        self.end("scrap")

    def driver(self) -> FakeDriver:
        return SerialDriver(self)


class SerialDriver(FakeDriver):
    def __init__(self, world: MachineWorld) -> None:
        super().__init__(world)
        self.never: set[str] = set()
        """Attempts of this very driver that were surely not sent yet."""

    def send_file(self, attempt: str, *, late: bool) -> None:
        self.never.add(attempt)

    def send_start(self, attempt: str, *, late: bool) -> None:
        self.never.discard(attempt)
        self.world.begin(attempt)

    def lost(self) -> None:
        self.world.end("scrap")
        if self.attempt is not None:
            self.events.append(c.Failed(self.attempt, "the link was lost: a serial piece is never resumed"))
            self.attempt = None

    def evidence(self, attempt: str) -> c.Evidence:
        if self.world.current is not None:
            self.world.end("scrap")
        if attempt in self.never:
            return c.Evidence(c.Seen.ABSENT, "nothing of it was sent, and the port is closed")
        return c.Evidence(c.Seen.FAILED, "the port was closed: whatever ran has ended")


# --- a hot folder: no word back, no bed, at most once ------------------------------------------------------------


@dataclass
class FolderWorld(MachineWorld):
    """Takes a file from its folder when it likes. It tells of ends only, by moving files; of what it took, nothing."""

    folder: list[str] = field(default_factory=list)

    def tick(self) -> None:
        super().tick()
        if self.folder and self.current is None and self.fate.random.random() < 0.7:
            self.begin(self.folder.pop(0))

    def fence_by_hand(self, attempt: str) -> None:
        self.folder = [name for name in self.folder if name != attempt]

    def driver(self) -> FakeDriver:
        return FolderDriver(self)


class FolderDriver(FakeDriver):
    world: FolderWorld

    def send_start(self, attempt: str, *, late: bool) -> None:
        self.world.folder.append(attempt)

    def answer(self, attempt: str) -> c.StartAnswer:
        return c.StartAnswer(c.Start.UNCERTAIN, "a folder answers nothing")

    def evidence(self, attempt: str) -> c.Evidence:
        if not self.world.online:
            return c.Evidence(c.Seen.UNKNOWN, "the share is not mounted")
        piece = self.world.pieces.get(attempt)
        if piece is not None and piece.state != "growing":
            seen = c.Seen.MADE if piece.state == "good" else c.Seen.FAILED
            return c.Evidence(seen, "its file was moved aside")
        if attempt in self.world.folder and self.fate.random.random() < 0.5:
            self.world.folder.remove(attempt)
            return c.Evidence(c.Seen.ABSENT, "its file was still there, and was taken back")
        return c.Evidence(c.Seen.UNKNOWN, "nobody can say whether it was taken")


WORLDS: dict[str, type[MachineWorld]] = {"server": ServerWorld, "serial": SerialWorld, "folder": FolderWorld}
