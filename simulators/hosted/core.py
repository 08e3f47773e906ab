"""A server's inside: files and a printer in the machine's thread, behind its gate."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping

from simulators import faults as firmware_faults
from simulators.hosted.faults import KINDS, Fault, Place, known, parse
from simulators.hosted.gate import Gate
from simulators.hosted.gate import Vendor as Vendor
from simulators.hosted.printer import File, Printer


class Core(Gate):
    """Files, printer, faults and pushes of one server."""

    def __init__(self, printer: Printer) -> None:
        super().__init__()
        self.printer = printer
        self.files: dict[str, File] = {}

    @property
    def now(self) -> float:
        """Simulated seconds."""
        return self.printer.firmware.now

    def unplug(self, seconds: float) -> None:
        assert self._vendor is not None and self._service is not None  # noqa: S101
        vendor, service = self._vendor, self._service
        vendor.unplugged()
        if seconds > 0:
            later = threading.Timer(seconds, lambda: service.call(vendor.plugged))
            later.daemon = True
            later.start()

    def arm(self, spec: str) -> None:
        """A fault of the table, or of the printer's firmware. Raises ValueError. In the machine's thread."""
        if not known(spec):
            self.printer.firmware.faults.arm(firmware_faults.parse(spec), self.printer.firmware.lines)
            return
        fault = parse(spec)
        if KINDS[fault.kind].place is Place.ROOM:
            _HAPPENINGS[fault.kind](self, fault)
        else:
            self.faults.arm(fault)


_HAPPENINGS: Mapping[str, Callable[[Core, Fault], None]] = {
    "printer-offline": lambda core, fault: core.unplug(fault.argument),
    "cancel-at-printer": lambda core, _: core.printer.cancel(),
    "pause-at-printer": lambda core, _: core.printer.pause(),
    "resume-at-printer": lambda core, _: core.printer.resume(),
    "restart-now": lambda core, fault: core.restart(fault.argument),
}
