"""A machine that is fed from here over a byte stream: the shell around a firmware's :class:`Engine`.

The fence of such a machine is its port. It is opened exclusively, there is one sender, and closing it ends the
attempt: the machine holds no file, so nothing of an attempt can move after its sender is gone but what already stands
in its buffers. What is fed is never resumed after its link was lost.
"""

from __future__ import annotations

import logging
import queue
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import TracebackType
from typing import Any, Generic, Protocol, Self, TypeVar

import drivers.transport as transport
from drivers.contract import (
    Activity,
    Cancelled,
    Clock,
    DriverError,
    Event,
    Evidence,
    Failed,
    Link,
    MachineFault,
    Made,
    OurFault,
    Payload,
    Seen,
    Settings,
    Start,
    StartAnswer,
    Status,
    WireFault,
    WrongAttempt,
    checked_attempt,
)
from drivers.ledger import Ledger
from drivers.payloads import read_payload
from drivers.recording import Recorder
from drivers.transport import Port
from drivers.wires import Wire

_log = logging.getLogger(__name__)

STOP_WAIT = 1.0
"""Seconds that the firmware may take to confirm an emergency stop, and the port's thread to tell an end."""


class Engine(transport.Engine, Protocol):
    """What the port asks of an engine, and the verbs of its attempt. The properties are read from any thread."""

    @property
    def status(self) -> Status: ...

    @property
    def attempt(self) -> str | None:
        """The attempt that it has in hand, from its start until its end or withdrawal is about to be told."""
        ...

    def pause(self, attempt: str, now: float) -> bytes: ...

    def resume(self, attempt: str, now: float) -> bytes: ...

    def cancel(self, attempt: str, now: float) -> bytes: ...


class Answer(Protocol):
    """What an engine tells when a technician's wish is done. ``fault``: why it is not."""

    @property
    def fault(self) -> DriverError | None: ...


E = TypeVar("E", bound=Engine)
P = TypeVar("P")
A = TypeVar("A", bound=Answer)
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Firmware(Generic[E, P]):
    """A firmware in the few words that the shell needs. Times in seconds."""

    engine: Callable[[], E]
    """A new one for each connection."""
    program: Callable[[bytes], P]
    """What the engine is fed, of an artifact's bytes. Raises ArtifactFault."""
    baud: int
    greeting: float
    """Longest time from the opening of the port until it is known who answers."""
    start_wait: float
    """Longest time from the engine's start until the machine has taken what is fed first."""
    mute: str
    """What is said of a machine that was not greeted in time, with the mend."""
    # In what words attempts are told of:
    feeding: str = "its lines are being fed from here"
    taken: str = "the machine has taken its first line"
    first: str = "its first line"
    answered: str = "answered"


class Fed(ABC, Generic[E, P, A]):
    """See :class:`drivers.contract.Machine` for the verbs.

    ``connect`` takes at most the time of the greeting, ``start`` that of ``start_wait``, ``stop`` :data:`STOP_WAIT`,
    others the time of one writing, where a machine says nothing else.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        opener: Callable[[str, int], Wire],
        firmware: Firmware[E, P],
        notes: Mapping[type, Callable[[Any], None]],
    ) -> None:
        """``notes``: what is to be done about each kind of event that the engine tells its shell alone."""
        self._name, self._settings, self._clock = settings.name, settings, clock
        self._opener, self._firmware = opener, firmware
        self._events: queue.SimpleQueue[Event] = queue.SimpleQueue()
        self._told = threading.Condition()
        self._engine = firmware.engine()
        self._port: Port | None = None
        self._ledger = Ledger[P]()
        self._answer: A | None = None
        self._fault: str | None = None
        """What an emergency stop has left."""
        end = self._ledger.end
        self._notes: Mapping[type, Callable[[Any], None]] = {Made: end, Failed: end, Cancelled: end, **notes}

    # --- verbs ----------------------------------------------------------------------------------------------------

    def connect(self) -> Status:
        """Be connected: the port is ours, and the firmware is the one that is expected."""
        if self._port is not None and self._port.open and self._latched() is None:
            return self.status()
        self.close()
        self._fault = None
        wire = self._opener(self._settings.address, self._firmware.baud)
        if self._settings.recording is not None:
            wire = Recorder(wire, self._settings.recording, self._clock)
        self._engine = self._firmware.engine()
        self._port = Port(wire, self._engine, self._clock, self._tell, self._name)
        self._wait(self._firmware.greeting, self._settled)
        return self._greeted()

    def _settled(self) -> bool:
        """An engine that is not opened yet is offline, too: that alone is no lost link."""
        link = self._engine.status.link
        return link is Link.ONLINE or (link is Link.OFFLINE and (self._port is None or not self._port.open))

    def _greeted(self) -> Status:
        status, fault = self._engine.status, self._latched()
        # A machine that has no time to answer, since it is at work for somebody else, is there all the same.
        mute = status.link is Link.CONNECTING and status.activity is Activity.IDLE
        if fault is None and status.link is not Link.OFFLINE and not mute:
            return status
        self.close()
        if fault is not None:
            raise MachineFault(f"{self._name}: {fault}")
        if mute:
            raise MachineFault(f"{self._name} {self._firmware.mute}")
        raise WireFault(f"the link to {self._name} broke while it was greeted; look at cable and power")

    def _latched(self) -> str | None:
        """The fault that only a new connection may end."""
        return self.status().fault

    def transfer(self, attempt: str, payload: Payload) -> None:
        """Check the artifact and hold what will be fed of it here: the machine itself holds nothing."""
        checked_attempt(attempt)
        if not self._ledger.knows(attempt):
            self._hold(attempt, self._firmware.program(read_payload(payload)))

    def _hold(self, attempt: str, program: P) -> None:
        self._ledger.hold(attempt, program)

    def start(self, attempt: str) -> StartAnswer:
        """Have the engine begin, and wait until the machine has taken what is fed first."""
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return StartAnswer(Start.REFUSED, str(fault))
        ledger = self._ledger
        if attempt in ledger.asked or attempt in ledger.ended:
            return self._await_begin(attempt)
        if attempt not in ledger.held:
            return StartAnswer(Start.REFUSED, f"{attempt} was not transferred, or was given up")
        program = ledger.held[attempt]
        try:
            self._port_now().call(lambda now: self._begin(attempt, program, now), bytes)
        except DriverError as error:
            # Nothing of the program goes out before the machine has answered what comes before it.
            return StartAnswer(Start.REFUSED, str(error))
        ledger.ask(attempt)
        return self._await_begin(attempt)

    @abstractmethod
    def _begin(self, attempt: str, program: P, now: float) -> bytes:
        """The engine's own start, on the port's thread."""

    def _await_begin(self, attempt: str) -> StartAnswer:
        self._wait(self._firmware.start_wait, lambda: self._ledger.answer(attempt) is not None)
        return self._ledger.answer(attempt) or self._unanswered(attempt)

    def _unanswered(self, attempt: str) -> StartAnswer:  # noqa: ARG002  Some machines can take the attempt back.
        firmware = self._firmware
        return StartAnswer(Start.UNCERTAIN, f"{firmware.first} was sent and is not {firmware.answered}")

    def pause(self, attempt: str) -> None:
        """Paused when the machine stands still; ``status`` and an event tell."""
        self._attempt_verb(self._engine.pause, attempt)

    def resume(self, attempt: str) -> None:
        """Go on. Where the machine waits for a person, that is the answer to it."""
        self._attempt_verb(self._engine.resume, attempt)

    def cancel(self, attempt: str) -> None:
        """Feed no more and switch off; Cancelled follows when that is done."""
        if checked_attempt(attempt) not in self._ledger.ended:
            self._attempt_verb(self._engine.cancel, attempt)

    def _attempt_verb(self, verb: Callable[[str, float], bytes], attempt: str) -> None:
        checked_attempt(attempt)
        if self._engine.attempt is None and self._port is None:
            raise WrongAttempt(f"{attempt} is not on {self._name}: it is not connected; nothing was done")
        self._port_now().call(lambda now: verb(attempt, now), bytes)

    def stop(self) -> None:
        """By the firmware's shortest way. Where the firmware does not confirm it, the port is closed as well."""
        port = self._port
        if port is None or not port.open:
            self._fault = "stopped while it was not connected: switch it off by hand; connect again when it is safe"
            return
        self._fault, confirmed = self._halt(port)
        if not confirmed:
            port.close(self._fault)

    @abstractmethod
    def _halt(self, port: Port) -> tuple[str, bool]:
        """Stop it, whatever runs: what is to be told, and whether the firmware has confirmed it. Never raises."""

    def _heard(
        self,
        port: Port,
        verb: Callable[[float], T],
        confirmed: Callable[[], bool],
        send: Callable[[T], bytes] | None = None,
    ) -> bool:
        """Have the engine end what runs, and give the firmware time to confirm it. False: the port was in the way."""
        try:
            port.call(verb, send, timeout=STOP_WAIT)
            self._wait(STOP_WAIT, lambda: confirmed() or not port.open)
        except DriverError as error:
            _log.warning("stop of %s: %s", self._name, error)
            return False
        return True

    def reconcile(self, attempt: str) -> Evidence:
        """What is known, and a fence: an attempt that is not running cannot start any more.

        An attempt that this object never saw (an earlier process had it) is told as FAILED once the port is ours: its
        sender is gone, and what is fed is not resumed. Whether it had begun, no such machine can say: a caller whose
        journal shows that no start was ordered may take that as "never started". Without the port: UNKNOWN.
        """
        try:
            checked_attempt(attempt)
        except OurFault as fault:
            return Evidence(Seen.ABSENT, f"it cannot exist: {fault}")
        ledger, firmware = self._ledger, self._firmware
        if attempt in ledger.ended:
            return ledger.ended[attempt]
        if self._engine.attempt == attempt:
            paused = self._engine.status.activity is Activity.PAUSED
            begun = "" if attempt in ledger.began else f"; {firmware.first} is not {firmware.answered} yet"
            return Evidence(Seen.PAUSED if paused else Seen.RUNNING, f"{firmware.feeding}{begun}")
        if attempt in ledger.asked:  # It ends at this moment: the port's thread is about to tell how.
            self._wait(STOP_WAIT, lambda: attempt in ledger.ended or attempt in ledger.given_up)
            if attempt in ledger.ended:
                return ledger.ended[attempt]
        if attempt in ledger.asked:
            return Evidence(Seen.UNKNOWN, "it was fed from here, and its end was not told")
        if attempt in ledger.held:
            return ledger.give_up(attempt, "it was reconciled")
        if attempt in ledger.given_up:
            return ledger.given_up[attempt]
        if self._port is None or not self._port.open:
            return Evidence(Seen.UNKNOWN, "the port is not ours, so its old sender may still be at work; connect first")
        return ledger.disown(attempt)

    def status(self) -> Status:
        status = self._engine.status
        return status if self._fault is None else replace(status, activity=Activity.FAULT, fault=self._fault)

    def next_event(self, timeout: float) -> Event | None:
        try:
            return self._events.get(timeout=max(timeout, 0.0))
        except queue.Empty:
            return None

    def close(self) -> None:
        """Give the port back. What runs has failed by that."""
        port = self._port
        if port is not None:
            why = self._part(port)
            self._port = None
            port.close(why)

    @abstractmethod
    def _part(self, port: Port) -> str:
        """Leave the machine as safe as a last word can; why what runs has failed by that."""

    # --- what a technician asks: see drivers.service ------------------------------------------------------------------

    def _ask(
        self, verb: Callable[[float], bytes], limit: float | None = None, mine: Callable[[A], bool] = lambda _: True
    ) -> A:
        """Have something done and return what was said to it. Raises what kept it from being done.

        ``limit``: seconds, where the engine has none of its own; ``mine``: whether the last answer is to this, not to
        something that was given up at its limit.
        """
        port, self._answer = self._port_now(), None
        port.call(verb, bytes)
        self._wait(limit, lambda: self._answered_to(mine) is not None or not port.open)
        self._wait(STOP_WAIT, lambda: self._answered_to(mine) is not None)  # A port that closes tells it at its end.
        answer = self._answered_to(mine)
        if answer is None:
            prompt = self.status().prompt
            waits = f"it says that it waits: {prompt}" if prompt else "it is still at work"
            after = "" if limit is None else f" after {limit:g} s"
            raise WireFault(f"{self._name} was not done{after}; {waits}")
        if answer.fault is not None:
            raise answer.fault
        return answer

    def _answered_to(self, mine: Callable[[A], bool]) -> A | None:
        answer = self._answer
        return answer if answer is not None and mine(answer) else None

    # --- the port's thread tells --------------------------------------------------------------------------------------

    def _tell(self, event: Any) -> None:
        with self._told:
            note = self._notes.get(type(event))
            if note is not None:
                note(event)
            if isinstance(event, Event):
                self._events.put(event)
            self._told.notify_all()

    def _note_began(self, event: Any) -> None:
        self._ledger.begin(event.attempt, self._firmware.taken)

    def _note_withdrawn(self, event: Any) -> None:
        self._ledger.give_up(event.attempt, event.why)

    def _note_answered(self, event: A) -> None:
        self._answer = event

    def _wait(self, seconds: float | None, until: Callable[[], bool]) -> None:
        with self._told:
            self._told.wait_for(until, seconds)

    def _port_now(self) -> Port:
        if self._port is None:
            raise WireFault(f"{self._name} is not connected; connect first")
        return self._port

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
