"""A printer over IPP in the few words that its shell needs: requests out, values back, one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path

from drivers.contract import MachineFault, WireFault
from drivers.posting import Poster, Unsent
from drivers.protocols.ipp import codec, seen
from drivers.protocols.ipp.requests import Requests
from drivers.protocols.ipp.values import Attribute, Group, Message
from drivers.protocols.ipp.words import BUSY, GOOD, NOT_FOUND, OLD_VERSION, UNAUTHORIZED, VERSION_REFUSED, said


class Refused(MachineFault):
    """The printer answered that it will not: nothing was done."""

    def __init__(self, text: str, status: int) -> None:
        super().__init__(text)
        self.status = status

    @property
    def busy(self) -> bool:
        return self.status in BUSY


class Printer:
    """One printer at one place. Raises WireFault (:class:`drivers.posting.Unsent` where nothing left) and Refused.

    ``timeout``: seconds of a call; ``long``: seconds without any progress of a document.
    """

    def __init__(self, name: str, poster: Poster, requests: Requests, timeout: float, long: float) -> None:
        self._name, self._poster, self._requests, self._timeout, self._long = name, poster, requests, timeout, long
        self._numbers = itertools.count(1)

    def about(self) -> seen.Printer:
        """Everything that it says of itself, by the version of IPP that it speaks."""
        try:
            answer = self._read(self._requests.printer(next(self._numbers)))
        except Refused as refused:
            if refused.status != VERSION_REFUSED:
                raise
            self._requests = self._requests.at(OLD_VERSION)
            answer = self._read(self._requests.printer(next(self._numbers)))
        return seen.Printer(answer.first(Group.PRINTER))

    def state(self) -> seen.State:
        answer = self._read(self._requests.printer(next(self._numbers), seen.STATE))
        return seen.state(answer.first(Group.PRINTER))

    def validate(self, name: str, format_: str, template: Sequence[Attribute]) -> tuple[str, ...]:
        """Names of what it would ignore or substitute."""
        return seen.unsupported(self._ask(self._requests.validate(next(self._numbers), name, format_, template)))

    def create(self, name: str, template: Sequence[Attribute]) -> tuple[seen.Job, tuple[str, ...]]:
        """A job without a document, and what of its template is ignored or substituted."""
        answer = self._ask(self._requests.create(next(self._numbers), name, template))
        made = seen.job(answer.first(Group.JOB))
        if made is None:
            raise WireFault(f"{self._name} has made a job, and does not say its id")
        return made, seen.unsupported(answer)

    def send(self, job: int, name: str, format_: str, document: Path) -> None:
        self._ask(self._requests.send(next(self._numbers), job, name, format_), document)

    def job(self, job: int) -> seen.Job | None:
        """None where it says that it has no such job."""
        try:
            answer = self._read(self._requests.job(next(self._numbers), job))
        except Refused as refused:
            if refused.status in NOT_FOUND:
                return None
            raise WireFault(f"{refused}; what became of the job is not known") from refused
        found = seen.job(answer.first(Group.JOB))
        if found is None or found.id != job:
            raise WireFault(f"{self._name} was asked for job {job} and told of another")
        return found

    def open_jobs(self) -> tuple[seen.Job, ...]:
        return self._listed(ended=False)

    def named(self, name: str) -> seen.Job | None:
        """The newest job of that name, running or ended."""
        for ended in (False, True):
            found = [each for each in self._listed(ended) if each.name == name]
            if found:
                return max(found, key=lambda each: each.id)
        return None

    def found(self, name: str, job: int | None, uuid: str) -> seen.Job | None:
        """A job by its id, or by its name where that is not known; None where there is none.

        One that has but the id is another: a printer that begins anew counts anew.
        """
        there = self.named(name) if job is None else self.job(job)
        if there is None or (there.name and there.name != name):
            return None
        return None if uuid and there.uuid and there.uuid != uuid else there

    def _listed(self, ended: bool) -> tuple[seen.Job, ...]:
        try:
            return seen.jobs(self._read(self._requests.jobs(next(self._numbers), ended)))
        except Refused as refused:
            if refused.status in NOT_FOUND:
                return ()
            raise WireFault(f"{refused}; what jobs it has is not known") from refused

    def cancel(self, job: int) -> None:
        self._ask(self._requests.cancel(next(self._numbers), job))

    def hold(self, job: int) -> None:
        self._ask(self._requests.hold(next(self._numbers), job))

    def release(self, job: int) -> None:
        self._ask(self._requests.release(next(self._numbers), job))

    def identify(self) -> None:
        self._ask(self._requests.identify(next(self._numbers)))

    def close(self) -> None:
        self._poster.close()

    def _read(self, message: Message) -> Message:
        """The answer to what changes nothing: asked again where it was lost with a connection that was kept."""
        try:
            return self._ask(message)
        except Unsent:
            raise
        except WireFault:
            return self._ask(message)

    def _ask(self, message: Message, document: Path | None = None) -> Message:
        timeout = self._timeout if document is None else self._long
        data = self._poster.post(codec.encode(message), timeout, document)
        try:
            answer = codec.decode(data)
        except codec.Malformed as malformed:
            raise codec.Malformed(f"{self._name}: {malformed}") from None
        if answer.number != message.number:
            raise WireFault(f"{self._name} answered request {answer.number} where {message.number} was asked")
        if answer.code in GOOD:
            return answer
        told = f"{self._name} refuses: {said(answer.code)} {seen.message(answer)}".rstrip()
        if answer.code in UNAUTHORIZED:
            told += "; look at the option user, and at the secret"
        raise Refused(told, answer.code)
