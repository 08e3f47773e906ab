"""A machine whose driver cannot be built: its key is missing, say. It is offline and says why; the others run."""

from __future__ import annotations

import logging
from collections.abc import Callable
from types import TracebackType
from typing import Self

from drivers.contract import (
    Event,
    Evidence,
    Link,
    Machine,
    MachineFault,
    OurFault,
    Payload,
    Seen,
    Start,
    StartAnswer,
    Status,
)
from fulfillment.config import SecretMissing

log = logging.getLogger(__name__)

Make = Callable[[], Machine]
CANNOT = (SecretMissing, OurFault, ImportError, OSError)
"""What building a driver may raise: no key, options that it refuses, a package that is not there, no folder."""


def built(name: str, make: Make, sleep: Callable[[float], None]) -> Machine:
    """The machine's driver, or one that is offline with the reason and tries again when it is asked to connect."""
    try:
        return make()
    except CANNOT as error:
        log.error("%s stays offline: %s", name, error)
        return Late(name, make, str(error), sleep)


class Late:
    """The contract, as long as there is no driver: offline with its fault. Once it could be built, that driver."""

    def __init__(self, name: str, make: Make, why: str, sleep: Callable[[float], None]) -> None:
        self._name, self._make, self._sleep = name, make, sleep
        self._machine: Machine | None = None
        self._why = why

    @property
    def fault(self) -> str:
        return f"{self._why.rstrip('.')}; then `ful machine connect {self._name}`"

    def connect(self) -> Status:
        """Build the driver, and connect it."""
        if self._machine is None:
            try:
                self._machine = self._make()
            except CANNOT as error:
                self._why = str(error)
                raise MachineFault(self.fault) from error
        return self._machine.connect()

    def _there(self) -> Machine:
        if self._machine is None:
            raise MachineFault(self.fault)
        return self._machine

    def transfer(self, attempt: str, payload: Payload) -> None:
        self._there().transfer(attempt, payload)

    def start(self, attempt: str) -> StartAnswer:
        if self._machine is None:
            return StartAnswer(Start.REFUSED, self.fault)
        return self._machine.start(attempt)

    def pause(self, attempt: str) -> None:
        self._there().pause(attempt)

    def resume(self, attempt: str) -> None:
        self._there().resume(attempt)

    def cancel(self, attempt: str) -> None:
        self._there().cancel(attempt)

    def stop(self) -> None:
        if self._machine is not None:
            self._machine.stop()

    def reconcile(self, attempt: str) -> Evidence:
        """Without a driver nobody can ask what became of it."""
        if self._machine is None:
            return Evidence(Seen.UNKNOWN, self.fault)
        return self._machine.reconcile(attempt)

    def status(self) -> Status:
        return Status(Link.OFFLINE, fault=self.fault) if self._machine is None else self._machine.status()

    def next_event(self, timeout: float) -> Event | None:
        if self._machine is None:
            self._sleep(timeout)
            return None
        return self._machine.next_event(timeout)

    def close(self) -> None:
        if self._machine is not None:
            self._machine.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
