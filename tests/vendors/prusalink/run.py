"""PrusaLink as it is installed, with four changes for tests: it tells nobody on the network that it is there, it may
keep files below /tmp, three of its waits are shorter (the printer's boot, what it leaves a printer after a power cut,
and how long a print stays FINISHED), and its sender outlives a race of its own: where the first line of a print is sent
before the print's job is known, its notes for a power cut cannot be written, and as installed the thread that sends
lines dies of that, while the print counts as printing for ever."""

from __future__ import annotations

import sys
import time
from contextlib import suppress

from prusa.link import __main__ as program
from prusa.link import const, util
from prusa.link.printer_adapter import prusa_link, state_manager
from prusa.link.printer_adapter.file_printer import FilePrinter
from prusa.link.serial import serial_adapter

BOOT = 0.5
REST = 3.0
"""Seconds; 8 and 20, and 11 as it is installed."""


class Silent:
    def __init__(self, port: int) -> None:
        """Tell nobody."""

    def unregister(self) -> None: ...


def noted(self: FilePrinter, *of_the_print: object) -> None:
    """Notes for a power cut; with the next line, where they cannot be written yet."""
    with suppress(ValueError):
        NOTES(self, *of_the_print)


NOTES = FilePrinter.write_file_stats


def main() -> int:
    FilePrinter.write_file_stats = noted
    const.BLACKLISTED_PATHS.clear()
    prusa_link.ServiceDiscovery = Silent
    serial_adapter.sleep = lambda seconds: time.sleep(min(seconds, BOOT))
    util.PP_MOVES_DELAY = BOOT
    state_manager.PRINT_END_TIMEOUT = REST
    return int(program.main() or 0)


if __name__ == "__main__":
    sys.exit(main())
