"""ZPL II without I/O: what a printer answers (``answers``), what a file of labels says (``formats``), and what both
together mean for a label (``verdict``). Written from Zebra's ZPL II Programming Guide.
"""

from drivers.protocols.zpl.answers import (
    CANCEL_ALL,
    ERRORS,
    LABEL_COUNT,
    PAUSE,
    START,
    STATUS,
    WHO,
    Frames,
    HostStatus,
    Identity,
    errors,
    host_status,
    identity,
    label_count,
)
from drivers.protocols.zpl.formats import Command, Job, ZplError, commands, job
from drivers.protocols.zpl.verdict import Ending, Watched, judged, prompt

__all__ = [
    "CANCEL_ALL",
    "ERRORS",
    "LABEL_COUNT",
    "PAUSE",
    "START",
    "STATUS",
    "WHO",
    "Command",
    "Ending",
    "Frames",
    "HostStatus",
    "Identity",
    "Job",
    "Watched",
    "ZplError",
    "commands",
    "errors",
    "host_status",
    "identity",
    "job",
    "judged",
    "label_count",
    "prompt",
]
