"""From the address of a machine to an open wire: a scheme before the first colon, or the path of a serial port."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from drivers.recording import replayed
from drivers.wires import Wire, open_serial, open_tcp

SCHEMES: Mapping[str, Callable[[str], Wire]] = {
    "tcp": open_tcp,
    "replay": lambda path: replayed(Path(path)),
}


def open_wire(address: str, baud: int) -> Wire:
    """Open ``tcp:HOST:PORT``, ``replay:RECORDING`` or the path of a serial port.

    Raises WireFault, OurFault for a malformed address.
    """
    scheme, colon, rest = address.partition(":")
    opener = SCHEMES.get(scheme) if colon else None
    return opener(rest) if opener else open_serial(address, baud)
