"""CNCjs itself, as it is installed from npm, and a person at its page."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
HOME = ROOT / ".vendors/cncjs"
NODE = HOME / "venv/bin/node"
START = 60.0
"""Seconds that CNCjs may take to come up."""
PATIENCE = 120.0


class Cncjs:
    """The server, with its configuration in one folder."""

    def __init__(self, folder: Path) -> None:
        assert NODE.exists(), "CNCjs is not installed: run `make vendors`"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.url = f"http://127.0.0.1:{self.port}"
        settings = folder / "cncrc"
        settings.write_text(json.dumps({"checkForUpdates": False, "secret": "of a test"}))
        command = [str(NODE), str(HOME / "package/bin/cncjs"), "-H", "127.0.0.1", "-p", str(self.port)]
        self.log = folder / "out"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [*command, "-c", str(settings)],
                stdout=log,
                stderr=log,
                env={**os.environ, "HOME": str(folder)},
                start_new_session=True,  # The wheel's node is a child of what is started here.
            )
        end = time.monotonic() + START
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            assert self.process.poll() is None and time.monotonic() < end, self.log.read_text()
            time.sleep(0.1)

    def run(self, port: Path, program: Path) -> Any:
        """Open a port, load a program, start it, and wait for its end and for the machine's rest."""
        drive = [str(NODE), str(Path(__file__).with_name("drive.js")), self.url, str(port), str(program)]
        done = subprocess.run(
            drive, capture_output=True, text=True, timeout=PATIENCE, env={**os.environ, "CNCJS": str(HOME)}
        )
        assert done.returncode == 0, done.stderr + self.log.read_text()
        return json.loads(done.stdout)

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(20)


@pytest.fixture(scope="module")
def cncjs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cncjs]:
    server = Cncjs(tmp_path_factory.mktemp("cncjs"))
    yield server
    server.close()
