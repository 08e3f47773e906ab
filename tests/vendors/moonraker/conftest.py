"""Moonraker itself, as it is installed from PyPI, in front of a simulated Klipper on its API socket."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Machine, Settings
from drivers.machines.moonraker import MoonrakerServer, Options
from drivers.registry import build
from tests.conformance.rigs.common import PATIENCE, ROOT, RealClock, Simulated
from tests.conformance.rigs.moonraker import QUICK

PATIENT = {**QUICK, "timeout": 10.0, "act_timeout": 10.0, "upload_timeout": 60.0, "restart_wait": 60.0}
"""It reads an uploaded file through, in a process of its own, before it answers."""
START = 60.0
"""Seconds that Moonraker may take to come up."""
PROGRAM = ROOT / ".vendors/moonraker/venv/bin/moonraker"
CONFIG = """
[server]
host: 127.0.0.1
port: {port}
klippy_uds_address: {folder}/klippy.sock
[authorization]
[machine]
provider: none
validate_service: false
validate_config: false
[file_manager]
check_klipper_config_path: false
"""


class Moonraker:
    """The program, with its data in one folder: it can be killed and begun anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        (folder / "config").mkdir()
        (folder / "config/moonraker.conf").write_text(CONFIG.format(port=self.port, folder=folder))
        self.start()
        self.key = str(self.inside("access.get_api_key"))

    def start(self) -> None:
        log = (self.folder / "out").open("ab")
        self._process = subprocess.Popen([str(PROGRAM), "-d", str(self.folder)], stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + START
        while time.monotonic() < end:
            try:
                with urllib.request.urlopen(self.url, timeout=PATIENCE):
                    return
            except urllib.error.HTTPError:
                return  # It answers, and asks for a key.
            except OSError:
                time.sleep(0.05)
        raise AssertionError((self.folder / "out").read_text()[-2000:])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)

    def inside(self, method: str, **params: object) -> Any:
        """A call by its own unix socket, which asks for no key."""
        with socket.socket(socket.AF_UNIX) as end:
            end.settimeout(PATIENCE)
            end.connect(str(self.folder / "comms/moonraker.sock"))
            end.sendall(json.dumps({"jsonrpc": "2.0", "method": method, "params": params, "id": 7}).encode() + b"\x03")
            data = b""
            while True:
                *whole, data = (data + end.recv(65536)).split(b"\x03")
                for each in map(json.loads, whole):
                    if each.get("id") == 7:
                        assert "error" not in each, each["error"]["message"]
                        return each["result"]

    def status(self, jobs_of: str) -> list[str]:
        """What its history says of a file, the newest first."""
        jobs = self.inside("server.history.list", limit=100)["jobs"]
        return [job["status"] for job in jobs if job["filename"] == jobs_of]


@pytest.fixture(scope="module")
def moonraker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Moonraker]:
    assert PROGRAM.exists(), "Moonraker is not installed: run `make vendors`"
    made = Moonraker(tmp_path_factory.mktemp("moonraker"))
    yield made
    made.close()


@pytest.fixture
def klipper(moonraker: Moonraker) -> Iterator[Simulated]:
    made = Simulated(
        *("klipper", "--socket", str(moonraker.folder / "klippy.sock"), "--gcodes", str(moonraker.folder / "gcodes")),
        *("--speed", "max", "--min-temp", "0"),
    )
    met(moonraker)
    yield made
    made.close()


def met(moonraker: Moonraker) -> None:
    """Wait until Moonraker has found Klipper ready."""
    end = time.monotonic() + START
    while moonraker.inside("server.info")["klippy_state"] != "ready":
        assert time.monotonic() < end, "Moonraker has not found Klipper"
        time.sleep(0.05)


def settings(moonraker: Moonraker, **changes: Any) -> Settings:
    values: dict[str, Any] = {"secret": moonraker.key, "envelope": (220.0, 220.0, 200.0), "options": PATIENT, **changes}
    return Settings("printer", moonraker.url, **values)


@pytest.fixture
def new_machine(moonraker: Moonraker) -> Callable[..., Machine]:
    return lambda **changes: build("moonraker", settings(moonraker, **changes), RealClock())


@pytest.fixture
def machine(klipper: Simulated, new_machine: Callable[..., Machine]) -> Iterator[Machine]:
    with new_machine() as made:
        made.connect()
        yield made


@pytest.fixture
def server(moonraker: Moonraker, klipper: Simulated) -> Iterator[MoonrakerServer]:
    """The vendor's side of the driver alone."""
    made = MoonrakerServer(settings(moonraker), RealClock(), Options(**PATIENT))
    made.open(lambda: None)
    yield made
    made.close()


_numbers = count(1)


@pytest.fixture
def attempt() -> str:
    """One that this Moonraker has never seen."""
    return f"real{next(_numbers)}-a1"
