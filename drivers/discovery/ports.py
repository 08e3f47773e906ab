"""Serial ports by the names that stay: a bare ``/dev/ttyUSB0`` is another machine after the next boot."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from serial.tools import list_ports


@dataclass(frozen=True, slots=True)
class SerialPort:
    """``path`` is the name to write down; ``note`` says what to mind about it."""

    path: str
    device: str
    what: str = ""
    note: str = ""
    built_in: bool = False
    """A port of the computer itself, often its console: nobody is asked there who was not named."""


def serial_ports(
    extra: Iterable[str] = (), folder: Path = Path("/dev/serial"), listed: Callable[[], Iterable[Any]] | None = None
) -> list[SerialPort]:
    """Every serial port of this computer, and ``extra`` ones, by their stable names.

    ``folder`` holds udev's links (by-id, by-path); ``listed`` gives pyserial's list.
    """
    by_id, by_path = _links(folder / "by-id"), _links(folder / "by-path")
    found = [_named(info, by_id, by_path) for info in (listed or list_ports.comports)()]
    known = {port.device for port in found}
    # A port that pyserial does not list, such as one that was handed into a container.
    more = sorted({*by_id, *by_path} - known)
    found += [SerialPort(by_id.get(device) or by_path[device], device) for device in more]
    known |= set(more)
    found += [SerialPort(path, os.path.realpath(path)) for path in extra if os.path.realpath(path) not in known]
    return sorted(found, key=lambda port: port.path)


def _links(folder: Path) -> Mapping[str, str]:
    """Device to the link that leads to it."""
    try:
        return {os.path.realpath(link): str(link) for link in sorted(folder.iterdir())}
    except OSError:
        return {}


def _named(info: Any, by_id: Mapping[str, str], by_path: Mapping[str, str]) -> SerialPort:
    device = os.path.realpath(info.device)
    words = [info.manufacturer, info.product or info.description]
    what = " ".join(str(word) for word in words if word and word != "n/a")
    if info.vid is None and device not in by_path:
        return SerialPort(device, device, what, "a port of this computer itself", built_in=True)
    if device in by_path and not info.serial_number:
        # Two such boards share one name in by-id, and it leads to whichever came last.
        return SerialPort(by_path[device], device, what, "it has no serial number: named by its socket, keep it there")
    if device in by_id:
        return SerialPort(by_id[device], device, what)
    note = "" if device in by_path else "this name may change at the next boot"
    return SerialPort(by_path.get(device, device), device, what, note)
