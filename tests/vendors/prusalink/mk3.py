"""What a Prusa MK3 answers and a plain Marlin does not, in front of a simulated Marlin: PrusaLink talks to no other.

PrusaLink's own questions (who are you, which nozzle, what stands in your EEPROM) are answered here; the lines of a
file, which are numbered, and the commands that move go on to the simulator, which records what it made of them.
"""

from __future__ import annotations

import os
import pty
import re
import select
import socket
import threading
import time
import tty
from pathlib import Path

NO_PROGRESS = "Percent done: -1; print time remaining in mins: -1; Change in mins: -1"
ANSWERS = {
    "PRUSA Fir": ["3.14.1-8237"],
    "PRUSA SN": ["CZPX4720X004XC34242"],
    "M862.1 Q": ["0.40"],
    "M862.2 Q": ["302"],
    "M220": ["100%"],
    "M221": ["100%"],
    "M27 P": ["Not SD printing"],
    "M420": ["Mesh bed leveling not active."],
    "M601": ["// action:paused"],
    "M602": ["// action:resumed"],
    "M603": ["// action:cancel"],
    "M73": [f"NORMAL MODE: {NO_PROGRESS}", f"SILENT MODE: {NO_PROGRESS}"],
    "M20 LT": ["Begin file list", "End file list"],
    "M21": ["echo:SD init fail"],
}
"""To lines that PrusaLink sends of its own; ``ok`` follows. What is not here gets the ``ok`` alone."""
GOES_ON = re.compile(rb"N\d|M110|M400|M105|G")
EEPROM = re.compile(r"D3 Ax([0-9A-Fa-f]+) (?:C(\d+)|X([0-9A-Fa-f]+))")
TEMPERATURES = "T:25.0 /0.0 B:24.0 /0.0 T0:25.0 /0.0 @:0 B@:0 P:0.0 A:20.0"


class Mk3:
    """``link``: where PrusaLink finds the port; ``simulated``: host:port of the simulator."""

    def __init__(self, link: Path, simulated: str) -> None:
        self._link = link
        host, _, port = simulated.partition(":")
        self._marlin = socket.create_connection((host, int(port)))
        self._eeprom = bytearray(0x1000)
        self._ends: tuple[int, int] | None = None
        self._stop = threading.Event()
        self.plug()
        self._thread = threading.Thread(target=self._run, name="mk3")
        self._thread.start()

    def plug(self) -> None:
        master, slave = pty.openpty()
        tty.setraw(slave)
        self._link.unlink(missing_ok=True)
        self._link.symlink_to(os.ttyname(slave))
        self._ends = (master, slave)

    def unplug(self) -> None:
        """The port is gone, as where somebody pulls the cable."""
        ends, self._ends = self._ends, None
        self._link.unlink(missing_ok=True)
        for end in ends or ():
            os.close(end)

    def close(self) -> None:
        self._stop.set()
        self._thread.join()
        self.unplug()
        self._marlin.close()

    def _run(self) -> None:
        heard, told = b"", 0.0
        while not self._stop.is_set():
            if self._ends is None:
                self._stop.wait(0.05)
                continue
            port = self._ends[0]
            try:
                readable, _, _ = select.select([port, self._marlin], [], [], 0.1)
                if time.monotonic() - told > 1.0:
                    told = time.monotonic()
                    self._say(port, [TEMPERATURES])
                if self._marlin in readable:
                    os.write(port, self._marlin.recv(65536))
                if port in readable:
                    *lines, heard = (heard + os.read(port, 65536)).split(b"\n")
                    for line in lines:
                        self._answer(port, line.strip())
            except (OSError, ValueError):  # The port went while it was used.
                heard = b""

    def _answer(self, port: int, line: bytes) -> None:
        if GOES_ON.match(line):
            self._marlin.sendall(line + b"\n")
        elif line:
            text = line.decode("ascii", "replace")
            found = EEPROM.match(text)
            self._say(port, [*(self._memory(found) if found else ANSWERS.get(text, [])), "ok"])

    def _memory(self, found: re.Match[str]) -> list[str]:
        """D3: bytes of the EEPROM, read or written."""
        at = int(found[1], 16)
        if found[3]:
            data = bytes.fromhex(found[3])
            self._eeprom[at : at + len(data)] = data
            return []
        data = bytes(self._eeprom[at : at + int(found[2])])
        return [f"{at + i:04x}  {data[i : i + 16].hex(' ')}" for i in range(0, len(data), 16)]

    def _say(self, port: int, lines: list[str]) -> None:
        os.write(port, "".join(f"{line}\n" for line in lines).encode("ascii"))
