"""CUPS' own IPP Everywhere printer, as a program for tests.

It wants a system bus of D-Bus to announce itself by. A private one on a socket of its own is enough, and nothing is
announced: no Avahi runs, so that any number of these can be beside each other, and beside whatever the host has.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.cuts.runs import Printed

PATIENCE = 20.0
FORMATS = "application/pdf,image/pwg-raster,image/jpeg"
BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
"""
SCRIPT = """#!/bin/sh
# Prints: a page is a line of the record, and takes its time. What stands in the file "fault" is told once.
folder={folder}
pages=$(cat $folder/pages)
if [ -f $folder/fault ]; then cat $folder/fault >&2; rm $folder/fault; fi
echo "begun $IPP_JOB_NAME" >> $folder/record
while [ -f $folder/hold ]; do sleep 0.02; done
if [ -f $folder/mend ]; then cat $folder/mend >&2; rm $folder/mend; fi
if [ -f $folder/abort ]; then rm $folder/abort; exit 1; fi
page=1
while [ $page -le $pages ]; do
  echo "ATTR: job-impressions-completed=$page" >&2
  sleep {pace}
  page=$((page + 1))
done
echo "printed $IPP_JOB_NAME $(sha256sum < "$1" | cut -c1-64)" >> $folder/record
exit 0
"""


def missing() -> str:
    """What is not installed; empty where everything is."""
    return ", ".join(name for name in ("ippeveprinter", "dbus-daemon") if not _where(name))


def _where(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")


class IppEvePrinter:
    """One printer with its bus; all of it lies in ``folder``. ``pages``: that each document is said to have; ``more``:
    further words on its command line."""

    path = "/ipp/print"

    def __init__(
        self, folder: Path, sha256: str = "", pages: int = 3, pace: float = 0.02, more: Sequence[str] = ()
    ) -> None:
        self.folder, self.sha256 = folder, sha256
        (folder / "spool").mkdir()
        (folder / "record").touch()
        (folder / "pages").write_text(str(pages))
        (folder / "bus.conf").write_text(BUS.format(folder=folder))
        script = folder / "print"
        script.write_text(SCRIPT.format(folder=folder, pace=pace))
        script.chmod(0o755)
        bus, printer = _where("dbus-daemon"), _where("ippeveprinter")
        assert bus is not None and printer is not None, missing()
        self._log = (folder / "log").open("wb")
        self._bus = subprocess.Popen(
            [bus, f"--config-file={folder}/bus.conf", "--nofork"], stdout=self._log, stderr=self._log
        )
        _until(lambda: (folder / "bus").exists(), "the bus is not there")
        self.port = _free_port()
        command = [printer, "-p", str(self.port), "-n", "localhost", "-d", str(folder / "spool"), "-r", "off"]
        command += ["-c", str(script), "-f", FORMATS, *more, "printer"]
        self._printer = subprocess.Popen(
            command,
            env={**os.environ, "DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={folder}/bus"},
            stdout=self._log,
            stderr=self._log,
        )
        _until(self._listens, "the printer does not listen")
        self.address = f"ipp://127.0.0.1:{self.port}{self.path}"

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), 1).close()
        except OSError:
            return False
        return True

    def printed(self) -> list[Printed]:
        lines = [line.split() for line in (self.folder / "record").read_text().splitlines()]
        return [Printed(line[1], line[2] == self.sha256) for line in lines if line[0] == "printed"]

    def begun(self) -> int:
        return (self.folder / "record").read_text().count("begun ")

    def put(self, name: str, text: str = "") -> None:
        """A file that the printing script looks for: hold, fault, mend, abort."""
        part = self.folder / f"{name}.part"
        part.write_text(text)
        part.replace(self.folder / name)

    def take(self, name: str) -> None:
        (self.folder / name).unlink(missing_ok=True)

    def close(self) -> None:
        self.take("hold")
        for process in (self._printer, self._bus):
            process.terminate()
            process.wait(PATIENCE)
        self._log.close()


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until(done: object, otherwise: str) -> None:
    assert callable(done)
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise AssertionError(otherwise)
        time.sleep(0.02)
