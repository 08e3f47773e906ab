"""A simulated printer at the end of a wire, in this process: no socket, no time that passes by itself."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Payload, Settings, WireFault
from drivers.machines.zpl import Zpl
from simulators.zpl.firmware import Firmware
from tests.conformance.rigs.common import payload

QUICK: Mapping[str, Any] = {"poll": 0.005, "idle_poll": 60.0, "answer_wait": 0.01, "settle": 0.0, "patience": 0.03}
LABEL = b"^XA^FO40,40^A0N,60,60^FDGreta^FS^FO40,140^GFA,24,24,3,FFFFFF800001800001BFFFFDBFFFFDFFFFFF^FS^XZ\n"


class Clock:
    """Passes only while somebody sleeps, or waits for bytes."""

    def __init__(self) -> None:
        self._slept = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self._slept

    def sleep(self, seconds: float) -> None:
        self._slept += seconds


class FirmwareWire:
    """A wire whose other end is a firmware. ``eager``: a host notices at once that its bytes reach nobody."""

    def __init__(self, firmware: Firmware, eager: bool) -> None:
        self._firmware, self._eager = firmware, eager
        self._near, self._far = socket.socketpair()
        self._near.setblocking(False)
        self._up = True

    def fileno(self) -> int:
        return self._near.fileno()

    def read(self) -> bytes:
        try:
            data = self._near.recv(4096)
        except BlockingIOError:
            return b""
        if not data:
            raise WireFault("the printer was closed by the other end")
        return data

    def write(self, data: bytes) -> None:
        if self._up:
            self._firmware.receive(data)
            self._far.sendall(bytes(self._firmware.out))
            self._firmware.out.clear()
            if not self._firmware.hang_up:
                return
            self._part()
        if self._eager:
            raise WireFault("the printer is gone")

    def last_word(self, data: bytes) -> bool:
        self.write(data)
        return True

    def _part(self) -> None:
        if self._up:
            self._up = False
            self._firmware.disconnected()
            self._far.close()

    def close(self) -> None:
        self._part()
        self._near.close()


@pytest.fixture
def driver() -> Callable[..., Zpl]:
    """A driver for a firmware."""

    def make(firmware: Firmware, *, eager: bool = True, notes: Path | None = None, **options: Any) -> Zpl:
        def opener(_address: str, _baud: int) -> FirmwareWire:
            return FirmwareWire(firmware, eager)

        settings = Settings("labels", "tcp:printer:9100", {**QUICK, **options}, notes=notes)
        return Zpl(settings, Clock(), opener)

    return make


@pytest.fixture
def a_label(tmp_path: Path) -> Payload:
    return replace(payload(tmp_path, LABEL), media_type="application/zpl")
