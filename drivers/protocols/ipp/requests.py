"""What is asked of a printer, as messages (RFC 8011, 4). ``number`` is the request's, which its answer repeats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from drivers.protocols.ipp import seen
from drivers.protocols.ipp.values import Attribute, Group, Message, Section, Tag, flag, integer, keyword, worded
from drivers.protocols.ipp.words import VERSION, Operation

MOST_ENDED = 200
"""Ended jobs that are looked through by name, newest first."""
MOST_OPEN = 500


@dataclass(frozen=True, slots=True)
class Requests:
    """Requests to one printer in the name of one user."""

    uri: str
    user: str
    version: tuple[int, int] = VERSION

    def at(self, version: tuple[int, int]) -> Requests:
        return replace(self, version=version)

    def printer(self, number: int, names: Sequence[str] = ("all",)) -> Message:
        """Get-Printer-Attributes. ``all`` leaves out media-col-database, which may be long and is not needed."""
        return self._message(Operation.GET_PRINTER_ATTRIBUTES, number, keyword("requested-attributes", *names))

    def validate(self, number: int, name: str, format_: str, template: Sequence[Attribute]) -> Message:
        about = (worded(Tag.NAME, "job-name", name), worded(Tag.MIME, "document-format", format_))
        return self._message(Operation.VALIDATE_JOB, number, *about, template=template)

    def create(self, number: int, name: str, template: Sequence[Attribute]) -> Message:
        return self._message(Operation.CREATE_JOB, number, worded(Tag.NAME, "job-name", name), template=template)

    def send(self, number: int, job: int, name: str, format_: str) -> Message:
        """Send-Document; the document's bytes follow the message."""
        about = (worded(Tag.NAME, "document-name", name), worded(Tag.MIME, "document-format", format_))
        return self._of_job(Operation.SEND_DOCUMENT, number, job, *about, flag("last-document", True))

    def job(self, number: int, job: int) -> Message:
        return self._of_job(Operation.GET_JOB_ATTRIBUTES, number, job, keyword("requested-attributes", *seen.JOB))

    def jobs(self, number: int, ended: bool) -> Message:
        """Get-Jobs: what waits or runs, or what has ended."""
        which = keyword("which-jobs", "completed" if ended else "not-completed")
        most = integer("limit", MOST_ENDED if ended else MOST_OPEN)
        return self._message(Operation.GET_JOBS, number, most, keyword("requested-attributes", *seen.JOB), which)

    def cancel(self, number: int, job: int) -> Message:
        return self._of_job(Operation.CANCEL_JOB, number, job)

    def hold(self, number: int, job: int) -> Message:
        return self._of_job(Operation.HOLD_JOB, number, job)

    def release(self, number: int, job: int) -> Message:
        return self._of_job(Operation.RELEASE_JOB, number, job)

    def identify(self, number: int) -> Message:
        return self._message(Operation.IDENTIFY_PRINTER, number)

    def _of_job(self, operation: Operation, number: int, job: int, *about: Attribute) -> Message:
        return self._message(operation, number, *about, job=job)

    def _message(
        self,
        operation: Operation,
        number: int,
        *about: Attribute,
        job: int | None = None,
        template: Sequence[Attribute] = (),
    ) -> Message:
        """Charset, language and the target come first, in this order (RFC 8011, 4.1.4 and 4.1.5)."""
        target = (worded(Tag.URI, "printer-uri", self.uri),) + (() if job is None else (integer("job-id", job),))
        head = (
            worded(Tag.CHARSET, "attributes-charset", "utf-8"),
            worded(Tag.LANGUAGE, "attributes-natural-language", "en"),
            *target,
            worded(Tag.NAME, "requesting-user-name", self.user),
        )
        sections = [Section(Group.OPERATION, head + about)]
        if template:
            sections.append(Section(Group.JOB, tuple(template)))
        return Message(operation, number, tuple(sections), self.version)
