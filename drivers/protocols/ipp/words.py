"""Numbers that IPP gives to what is asked, answered and seen (RFC 8011; IANA's registry of IPP)."""

from __future__ import annotations

from enum import IntEnum

VERSION = (2, 0)
OLD_VERSION = (1, 1)
"""For printers that refuse the first."""


class Operation(IntEnum):
    VALIDATE_JOB = 0x04
    CREATE_JOB = 0x05
    SEND_DOCUMENT = 0x06
    CANCEL_JOB = 0x08
    GET_JOB_ATTRIBUTES = 0x09
    GET_JOBS = 0x0A
    GET_PRINTER_ATTRIBUTES = 0x0B
    HOLD_JOB = 0x0C
    RELEASE_JOB = 0x0D
    IDENTIFY_PRINTER = 0x3C


NEEDED = (
    Operation.CREATE_JOB,
    Operation.SEND_DOCUMENT,
    Operation.CANCEL_JOB,
    Operation.GET_JOB_ATTRIBUTES,
    Operation.GET_JOBS,
)
"""Without these nobody can print at most once: the id of a job is known before any byte of it is sent, or never."""


class JobState(IntEnum):
    """RFC 8011, 5.3.7."""

    PENDING = 3
    HELD = 4
    PROCESSING = 5
    STOPPED = 6
    CANCELED = 7
    ABORTED = 8
    COMPLETED = 9


OVER = frozenset({JobState.CANCELED, JobState.ABORTED, JobState.COMPLETED})


class PrinterState(IntEnum):
    """RFC 8011, 5.4.11."""

    IDLE = 3
    PROCESSING = 4
    STOPPED = 5


GOOD = range(0x0100)
"""Statuses of success; some say that something asked for was ignored or substituted."""
NOT_POSSIBLE = 0x0404
NOT_FOUND = frozenset({0x0406, 0x0407})
"""There is no such job (not-found), or there was one (gone)."""
VERSION_REFUSED = 0x0503
BUSY = frozenset({0x0500 + code for code in (0x02, 0x05, 0x07)})
"""Come again: service-unavailable, temporary-error, busy. Of job-creating requests: no job was made."""
UNAUTHORIZED = frozenset({0x0401, 0x0402, 0x0403})

STATUSES: dict[int, str] = {
    0x0400: "bad request",
    0x0401: "forbidden",
    0x0402: "not authenticated",
    0x0403: "not authorized",
    0x0404: "not possible",
    0x0405: "timeout",
    0x0406: "not found",
    0x0407: "gone",
    0x0408: "request entity too large",
    0x0409: "request value too long",
    0x040A: "document format not supported",
    0x040B: "attributes or values not supported",
    0x040C: "URI scheme not supported",
    0x040D: "charset not supported",
    0x040E: "conflicting attributes",
    0x040F: "compression not supported",
    0x0410: "compression error",
    0x0411: "document format error",
    0x0412: "document access error",
    0x0500: "internal error",
    0x0501: "operation not supported",
    0x0502: "service unavailable",
    0x0503: "version not supported",
    0x0504: "device error",
    0x0505: "temporary error",
    0x0506: "not accepting jobs",
    0x0507: "busy",
    0x0508: "job canceled",
    0x0509: "multiple-document jobs not supported",
    0x050A: "printer is deactivated",
}


def said(status: int) -> str:
    """A status in words."""
    return f"{STATUSES.get(status, 'a status that nobody here knows')} (0x{status:04x})"
