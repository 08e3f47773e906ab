"""PrusaLink itself, as it is installed from PyPI, in front of a simulated Marlin that answers as a Prusa MK3 does."""

from __future__ import annotations

import hashlib
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from drivers.contract import Machine, Settings
from drivers.registry import build
from tests.conformance.rigs.common import ROOT, RealClock, Simulated
from tests.vendors.prusalink.mk3 import Mk3

PYTHON = ROOT / ".vendors/prusalink/venv/bin/python"
PATIENCE = 60.0
"""Seconds: PrusaLink takes 6 to know its printer on a machine that does nothing else."""
PASSWORD, KEY = "a-Password-1", "a-key-of-the-tests"
QUICK = {"poll": 0.1, "idle_poll": 0.1, "start_wait": 20.0, "settle": 2.0}
INI = """
[daemon]
data_dir = {folder}
[http]
address = 127.0.0.1
port = {port}
[printer]
port = {folder}/mk3
settings = {folder}/settings.ini
directory = {folder}/gcodes
[cameras]
auto_detect = False
"""
SETTINGS = """
[printer]
type = MK3S
[service::local]
enable = 1
username = maker
digest = {digest}
api_key = {key}
"""


class PrusaLink:
    """The program, with its data in one folder: it can be killed and begun anew."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{port}"
        (folder / "prusalink.ini").write_text(INI.format(folder=folder, port=port))
        digest = hashlib.md5(f"maker:Administrator:{PASSWORD}".encode(), usedforsecurity=False).hexdigest()
        (folder / "settings.ini").write_text(SETTINGS.format(digest=digest, key=KEY))
        self.simulated = Simulated(
            *("marlin", "--port", "0", "--no-reset-on-open", "--no-advanced-ok", "--speed", "10", "--min-temp", "0")
        )
        self.mk3 = Mk3(folder / "mk3", self.simulated.link)
        self._client = httpx.Client(base_url=self.url, headers={"X-Api-Key": KEY}, timeout=PATIENCE)
        self.start()

    def start(self) -> None:
        run = [str(PYTHON), str(Path(__file__).with_name("run.py")), "-f", "-c", f"{self.folder}/prusalink.ini"]
        with (self.folder / "out").open("ab") as log:
            self._process = subprocess.Popen(run, cwd=self.folder, stdout=log, stderr=log)
        self.until("IDLE")

    def until(self, *states: str) -> None:
        """Wait for a state with a printer that PrusaLink finds nothing wrong with, or for ERROR."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                state = self.ask("GET", "/api/v1/status").json()["printer"]["state"]
                known = self.ask("GET", "/api/v1/info").json().get("serial")
            except (httpx.HTTPError, ValueError, KeyError):  # It is not there yet, or says so, or hung up meanwhile.
                state, known = None, None
            if state in states and (known or "ERROR" in states):
                return
            time.sleep(0.05)
        raise AssertionError((self.folder / "out").read_text()[-3000:])

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self._client.request(method, path, **more)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(PATIENCE)

    def close(self) -> None:
        self.kill()
        self._client.close()
        self.mk3.close()
        self.simulated.close()


@pytest.fixture
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrusaLink]:
    """A program for each test: what one leaves behind in PrusaLink's threads is not the next one's."""
    assert PYTHON.exists(), "PrusaLink is not installed: run `make vendors`"
    made = PrusaLink(tmp_path_factory.mktemp("prusalink"))
    yield made
    made.close()


@pytest.fixture
def prusalink(program: PrusaLink) -> PrusaLink:
    """At rest: the print before is no longer shown as FINISHED."""
    program.until("IDLE")
    return program


@pytest.fixture
def new_machine(prusalink: PrusaLink) -> Callable[..., Machine]:
    def make(secret: str = PASSWORD, **options: Any) -> Machine:
        return build("prusalink", Settings("mk3", prusalink.url, {**QUICK, **options}, secret=secret), RealClock())

    return make


@pytest.fixture
def machine(new_machine: Callable[..., Machine]) -> Iterator[Machine]:
    with new_machine() as made:
        made.connect()
        yield made


_numbers = count(1)


@pytest.fixture
def attempt() -> str:
    """One that this PrusaLink has never seen."""
    return f"real{next(_numbers)}-a1"
