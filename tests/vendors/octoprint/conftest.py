"""OctoPrint itself, as it is installed from PyPI, with its Virtual Printer or in front of a simulated Marlin."""

from __future__ import annotations

import json
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from http.client import HTTPException
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import Event, Machine, Payload, Settings
from drivers.registry import build
from tests.conformance.rigs.common import ROOT, RealClock, ended, payload

PROGRAM = ROOT / ".vendors/octoprint/venv/bin/octoprint"
PATIENCE = 60.0
"""Seconds: OctoPrint takes 3 to start on a machine that does nothing else."""
KEY = "a-key-of-the-tests"
CONFIG = {
    "server": {"firstRun": False, "onlineCheck": {"enabled": False}, "pluginBlacklist": {"enabled": False}},
    "api": {"key": KEY},
    "accessControl": {"salt": "salt"},
    "plugins": {
        "_disabled": [
            *("tracking", "softwareupdate", "announcements", "discovery", "errortracking", "corewizard"),
            *("achievements", "file_check", "firmware_check", "health_check", "pi_support"),
        ],
        "virtual_printer": {"_config_version": 1, "enabled": True, "throttle": 0.0},
    },
}
QUICK = {"poll": 0.1, "idle_poll": 0.1, "start_wait": 20.0, "settle": 3.0, "timeout": 20.0}
names = count(1)


class OctoPrint:
    """The program, with its data in one folder: it can be killed and begun anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        self._run("user", "add", "op", "--password", "op", "--admin")
        serial = {"autoconnect": False, "port": "VIRTUAL", "baudrate": 115200, "additionalPorts": [f"{folder}/port*"]}
        # JSON is YAML.
        (folder / "config.yaml").write_text(json.dumps({**CONFIG, "serial": serial}))
        self.start()

    def _run(self, *arguments: str) -> None:
        subprocess.run([str(PROGRAM), "--basedir", str(self.folder), *arguments], check=True, capture_output=True)

    def start(self) -> None:
        log = (self.folder / "out").open("ab")
        serve = ["serve", "--iknowwhatimdoing", "--host", "127.0.0.1", "--port", str(self.port)]
        self._process = subprocess.Popen([str(PROGRAM), "--basedir", str(self.folder), *serve], stdout=log, stderr=log)
        log.close()
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                self.get("version")
            except (OSError, ValueError, HTTPException):  # It is not there yet, or what bridges its start is.
                time.sleep(0.1)
            else:
                return
        self.kill()
        raise AssertionError((self.folder / "out").read_text()[-2000:])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def close(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)

    def get(self, what: str) -> Any:
        return json.loads(self._ask("GET", what) or b"null")

    def post(self, what: str, body: object) -> None:
        self._ask("POST", what, body)

    def _ask(self, method: str, what: str, body: object = None) -> bytes:
        headers = {"X-Api-Key": KEY, "Content-Type": "application/json"}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}/api/{what}", data=data, headers=headers, method=method)
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            said: bytes = answer.read()
            return said

    def debug(self, command: str) -> None:
        """A fault of its Virtual Printer."""
        self.post("printer/command", {"command": f"!!DEBUG:{command}"})

    def state(self) -> str:
        return str(self.get("job")["state"])

    def disconnect(self) -> None:
        self.post("connection", {"command": "disconnect"})
        self.wait(lambda: self.state() == "Offline")

    def has(self, file: str) -> bool:
        try:
            return bool(self.get(f"files/local/{file}"))
        except urllib.error.HTTPError:
            return False

    def wait(self, until: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE
        while not until():
            assert time.monotonic() < end, self.get("job")
            time.sleep(0.05)


class Work:
    """A machine of ours at an OctoPrint, and the attempts of one test."""

    def __init__(self, machine: Machine, folder: Path) -> None:
        self.machine, self._folder = machine, folder

    def payload(self, lines: list[bytes]) -> Payload:
        return payload(self._folder, b"\n".join(lines) + b"\n")

    def transferred(self, lines: list[bytes]) -> str:
        attempt = f"j{next(names)}-a1"
        self.machine.transfer(attempt, self.payload(lines))
        return attempt

    def end(self) -> Event:
        """The next end of an attempt."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            event = self.machine.next_event(0.2)
            if event is not None and ended(event):
                return event
        raise AssertionError(f"no end came; the status is {self.machine.status()}")


@pytest.fixture(scope="session")
def octoprint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OctoPrint]:
    assert PROGRAM.exists(), "OctoPrint is not installed: run `make vendors`"
    made = OctoPrint(tmp_path_factory.mktemp("octoprint"))
    yield made
    made.close()


Connect = Callable[..., Machine]


@pytest.fixture
def connect(octoprint: OctoPrint) -> Iterator[Connect]:
    """Machines of ours, connected."""
    made: list[Machine] = []

    def connected(**options: object) -> Machine:
        settings = Settings("printer", octoprint.url, QUICK | options, secret=KEY)
        made.append(build("octoprint", settings, RealClock()))
        made[-1].connect()
        return made[-1]

    yield connected
    for each in made:
        each.close()


@pytest.fixture
def work(connect: Connect, tmp_path: Path) -> Work:
    return Work(connect(), tmp_path)


@pytest.fixture
def another() -> Callable[[Machine, Path], Work]:
    return Work
