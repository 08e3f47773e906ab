"""The same questions to OctoPrint and to its simulator: the answers are compared word by word."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import requests

from tests.conformance.rigs.common import Simulated
from tests.vendors.octoprint.conftest import KEY, PATIENCE

WORK = b"G28\n" + b"G4 P100\n" * 200
SHORT = b"G28\nG4 P10\n"
LOCAL = "/api/files/local"
DIFFER = frozenset(
    {"date", "display", "refs", "hash", "user", "userdata", "gcodeAnalysis", "statistics", "averagePrintTime"}
)
"""Keys of an answer about a file that nobody here reads."""

Told = list[tuple[str, object]]


class Asker:
    """Writes down what was asked, and what came."""

    def __init__(self, url: str, key: str) -> None:
        self._url, self._key, self.told = url, key, Told()
        self._session = requests.Session()

    def close(self) -> None:
        self._session.close()

    def ask(self, method: str, path: str, key: str | None = None, **what: Any) -> Any:
        headers = {"X-Api-Key": self._key if key is None else key}
        answer = self._session.request(method, self._url + path, headers=headers, timeout=PATIENCE, **what)
        body = answer.json() if answer.content and "json" in answer.headers.get("Content-Type", "") else None
        said = body.get("error") if isinstance(body, dict) and answer.status_code >= 400 else None
        self.told.append((f"{method} {path} {what.get('json', '')}", (answer.status_code, said)))
        return body

    def note(self, what: str, value: object) -> None:
        self.told.append((what, value))

    def quietly(self, method: str, path: str, **what: Any) -> Any:
        body, self.told = self.ask(method, path, **what), self.told[:-1]
        return body

    def job(self) -> Any:
        return self.quietly("GET", "/api/job")

    def wait(self, *states: str) -> None:
        """Until it is in one of these states, which is noted."""
        end = time.monotonic() + PATIENCE
        while (state := self.job()["state"]) not in states:
            assert time.monotonic() < end, (state, states)
            time.sleep(0.02)
        self.note("state", state)

    def selected(self) -> None:
        job = self.job()
        self.note("selected", (job["job"]["file"]["path"], job["job"]["file"]["origin"], job.get("error")))

    def info(self, file: str) -> None:
        body = self.quietly("GET", f"{LOCAL}/{file}")
        kept = {key: value for key, value in body.items() if key not in DIFFER}
        if "prints" in kept:
            prints = kept["prints"]
            kept["prints"] = (prints["success"], prints["failure"], prints["last"]["success"])
        self.note(f"info {file}", kept)

    def upload(self, name: str, data: bytes, **fields: str) -> None:
        body = self.ask("POST", LOCAL, files={"file": (name, data)}, data=fields)
        if body is not None and "effectivePrint" in body:
            self.note("effective", (body["effectiveSelect"], body["effectivePrint"], body["done"]))

    def recorded(self, file: str) -> None:
        end = time.monotonic() + PATIENCE
        while "prints" not in self.quietly("GET", f"{LOCAL}/{file}"):
            assert time.monotonic() < end
            time.sleep(0.02)
        self.info(file)


def offline(asker: Asker) -> None:
    for key in ("", "wrong"):
        asker.ask("GET", "/api/version", key=key)
        asker.ask("POST", "/api/job", key=key, json={"command": "cancel"})
    asker.note("version", sorted(asker.ask("GET", "/api/version")))
    asker.wait("Offline")
    asker.note("connection", asker.ask("GET", "/api/connection")["current"])
    asker.ask("GET", "/api/printer")
    asker.ask("POST", "/api/printer/command", json={"command": "M105"})
    asker.ask("POST", "/api/job", json={"command": "cancel"})
    asker.upload("a.gcode", WORK, print="true", noOverwrite="true")
    asker.upload("a.gcode", WORK, noOverwrite="true")
    asker.info("a.gcode")
    asker.ask("POST", f"{LOCAL}/a.gcode", json={"command": "select", "print": True})
    asker.ask("POST", f"{LOCAL}/nothing.gcode", json={"command": "select", "print": True})
    asker.ask("GET", f"{LOCAL}/nothing.gcode")
    asker.ask("DELETE", f"{LOCAL}/nothing.gcode")
    asker.ask("POST", "/api/connection", json={"command": "connect", "port": "/dev/nothing"})


def printing(asker: Asker) -> None:
    asker.ask("POST", "/api/connection", json={"command": "connect"})
    asker.wait("Operational")
    asker.ask("POST", "/api/job", json={"command": "pause", "action": "pause"})
    asker.ask("POST", f"{LOCAL}/a.gcode", json={"command": "select", "print": True})
    asker.wait("Printing")
    asker.upload("b.gcode", SHORT, print="true")
    asker.upload("a.gcode", WORK)
    asker.ask("POST", f"{LOCAL}/b.gcode", json={"command": "select", "print": True})
    asker.ask("DELETE", f"{LOCAL}/a.gcode")
    asker.selected()
    asker.ask("POST", "/api/job", json={"command": "pause", "action": "pause"})
    asker.wait("Paused")
    asker.ask("POST", f"{LOCAL}/b.gcode", json={"command": "select", "print": True})
    asker.ask("POST", "/api/job", json={"command": "pause", "action": "resume"})
    asker.wait("Printing")
    asker.ask("POST", "/api/job", json={"command": "cancel"})
    asker.wait("Operational")
    asker.recorded("a.gcode")
    asker.selected()
    asker.ask("DELETE", f"{LOCAL}/a.gcode")
    asker.selected()


def ended(asker: Asker) -> None:
    asker.upload("c.gcode", SHORT, print="true")
    asker.recorded("c.gcode")
    asker.wait("Operational")
    asker.note("completion", asker.job()["progress"]["completion"])
    asker.selected()


def stopped(asker: Asker) -> None:
    asker.upload("d.gcode", WORK, print="true")
    asker.wait("Printing")
    asker.ask("POST", "/api/printer/command", json={"command": "M112"})
    asker.wait("Offline after error")
    asker.recorded("d.gcode")
    asker.selected()
    asker.note("connection", asker.ask("GET", "/api/connection")["current"]["state"])
    asker.ask("POST", "/api/printer/command", json={"command": "M112"})
    asker.ask("POST", "/api/connection", json={"command": "connect"})
    asker.wait("Operational")


def disconnected(asker: Asker) -> None:
    asker.ask("POST", "/api/connection", json={"command": "disconnect"})
    asker.wait("Offline")
    asker.selected()


QUESTIONS: tuple[Callable[[Asker], None], ...] = (offline, printing, ended, stopped, disconnected)


def asked(url: str, key: str) -> Told:
    asker = Asker(url, key)
    try:
        for questions in QUESTIONS:
            questions(asker)
    finally:
        asker.close()
    return asker.told


def test_the_simulator_answers_as_octoprint_does(octoprint: Any) -> None:
    simulated = Simulated("octoprint", "--port", "0", "--speed", "4", "--min-temp", "0", "--offline")
    try:
        if octoprint.state() != "Offline":
            octoprint.disconnect()
        pairs = list(zip(asked(simulated.link, "simulated"), asked(octoprint.url, KEY), strict=True))
        assert len(pairs) > 60
        assert not (wrong := [pair for pair in pairs if pair[0] != pair[1]]), "\n".join(map(str, wrong))
    finally:
        simulated.close()
