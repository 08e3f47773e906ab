"""The simulated PrusaLink answers as the two real ones do, the misleading answers included."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.simulators.served import LIMIT, Served

KEY = "a-key-of-the-tests"
GCODE = {"Content-Type": "text/x.gcode"}
LINES = b"G28\n" + b"".join(b"G1 X%d Y20 E%d F3000\n" % (20 + i, i) for i in range(1, 20)) + b"M400\n" + b"M117\n" * 4
HELD = LINES + b"@HOLD\nG1 X10\n"


class Scene:
    """One simulated server and a client with its key."""

    def __init__(self, folder: Path, kind: str, *arguments: str) -> None:
        fixed = ("--port", "0", "--speed", "max", "--min-temp", "0", "--key", KEY, "--kind", kind)
        self.served = Served(folder, "prusalink", *fixed, *arguments)
        self.client = httpx.Client(base_url=self.served.name, headers={"X-Api-Key": KEY}, timeout=LIMIT)
        self.files = f"/api/v1/files/{'local' if kind == 'pi' else 'usb'}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        return self.client.request(method, path, **more)

    def put(self, name: str, data: bytes = HELD, **headers: str) -> int:
        return self.ask("PUT", f"{self.files}/{name}", content=data, headers={**GCODE, **headers}).status_code

    def state(self) -> str:
        return str(self.ask("GET", "/api/v1/status").json()["printer"]["state"])

    def job(self) -> Any:
        answer = self.ask("GET", "/api/v1/job")
        return answer.json() if answer.status_code == 200 else None

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT
        while not done():
            assert time.monotonic() < end, (self.state(), self.job())
            time.sleep(0.01)

    def started(self, name: str = "j1-a1.gcode", data: bytes = HELD) -> int:
        """Id of the job that runs, and holds."""
        assert self.put(name, data) == 201
        self.until(lambda: self.ask("POST", f"{self.files}/{name}").status_code == 204)
        return int(self.job()["id"])

    def finished(self) -> None:
        self.until(lambda: bool(self.served.post("press")["waited"]))
        self.until(lambda: self.job() is None)

    def close(self) -> None:
        self.client.close()
        self.served.__exit__(None, None, None)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Callable[..., Scene]]:
    made: list[Scene] = []

    def make(kind: str, *arguments: str) -> Scene:
        made.append(Scene(tmp_path, kind, *arguments))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.mark.parametrize("kind", ["buddy", "pi"])
def test_a_print_and_what_is_left_of_it(scene: Callable[..., Scene], kind: str) -> None:
    server = scene(kind, "--rest", "1000")
    job = server.started()
    server.until(lambda: server.state() == "PRINTING")
    assert server.ask("DELETE", f"{server.files}/j1-a1.gcode").status_code == 409
    server.finished()
    assert (server.state(), server.job()) == ("FINISHED", None)
    assert [server.ask("PUT", f"/api/v1/job/{each}/pause").status_code for each in (job, job + 1)] == [409, 404]
    again = server.ask("POST", f"{server.files}/j1-a1.gcode").status_code
    assert again == {"buddy": 204, "pi": 409}[kind]
    assert server.served.json("record.json")["jobs"][0]["result"] == "done"


def test_the_names_of_a_file_on_a_drive(scene: Callable[..., Scene]) -> None:
    server = scene("buddy")
    assert [server.put(name) for name in ("number-one.gcode", "number-two.gcode")] == [201, 201]
    assert server.put("NUMBER-ONE.gcode") == 409
    short = server.ask("GET", f"{server.files}/number-two.gcode").json()
    assert (short["name"], short["display_name"]) == ("NUMBER~2.GCO", "number-two.gcode")
    assert server.ask("POST", f"{server.files}/number~2.gco").status_code == 204
    file = server.job()["file"]
    assert (file["name"], file["display_name"], file["path"]) == ("NUMBER~2.GCO", "number-two.gcode", "/usb")
    assert file["refs"]["download"] == short["refs"]["download"] == "/usb/NUMBER~2.GCO"


def test_a_pi_lists_what_it_has_taken_later(scene: Callable[..., Scene]) -> None:
    server = scene("pi", "--listing", "0.5")
    assert server.put("j1-a1.gcode") == 201
    path = f"{server.files}/j1-a1.gcode"
    assert [server.ask(method, path).status_code for method in ("GET", "POST", "DELETE")] == [404, 404, 404]
    server.until(lambda: server.ask("GET", path).status_code == 200)
    assert server.ask("DELETE", path).status_code == 204


def test_what_a_pi_takes(scene: Callable[..., Scene]) -> None:
    server = scene("pi")
    kinds = ("application/octet-stream", "text/x-gcode", "text/x.gcode")
    assert [server.put("j1-a1.gcode", **{"Content-Type": kind}) for kind in kinds] == [500, 415, 201]
    assert server.put("j1-a1.txt") == 415


@pytest.mark.parametrize("kind", ["buddy", "pi"])
def test_somebody_is_asked_for(scene: Callable[..., Scene], kind: str) -> None:
    server = scene(kind)
    job = server.started(data=LINES + b"M0\nG1 X10\n")
    server.until(lambda: server.state() == "ATTENTION")
    assert server.job()["state"] == {"buddy": "PAUSED", "pi": "ATTENTION"}[kind]
    assert server.ask("PUT", f"/api/v1/job/{job}/resume").status_code == 409
    assert server.ask("DELETE", f"/api/v1/job/{job}").status_code == {"buddy": 204, "pi": 409}[kind]


def test_pause_resume_and_stop(scene: Callable[..., Scene]) -> None:
    server = scene("pi", "--rest", "1000")
    job = server.started()
    for verb, state in (("pause", "PAUSED"), ("resume", "PRINTING")):
        server.until(lambda verb=verb: server.ask("PUT", f"/api/v1/job/{job}/{verb}").status_code == 204)
        server.until(lambda state=state: server.state() == state)
    assert server.ask("DELETE", f"/api/v1/job/{job + 1}").status_code == 404
    assert server.ask("DELETE", f"/api/v1/job/{job}").status_code == 204
    server.until(lambda: server.state() == "STOPPED")


def test_an_end_that_is_shown_goes_by_itself_or_with_its_file(scene: Callable[..., Scene]) -> None:
    server = scene("pi", "--rest", "11")
    server.started()
    server.finished()
    server.until(lambda: server.state() == "IDLE")


def test_a_deleted_file_takes_its_end_along(scene: Callable[..., Scene]) -> None:
    server = scene("buddy")
    server.started()
    server.finished()
    assert server.state() == "FINISHED"
    assert server.ask("DELETE", f"{server.files}/j1-a1.gcode").status_code == 204
    assert server.state() == "IDLE"


@pytest.mark.parametrize("kind", ["buddy", "pi"])
def test_a_restart_ends_the_print_and_is_not_told(scene: Callable[..., Scene], kind: str) -> None:
    server = scene(kind)
    server.started()
    server.served.post("fault", {"spec": "restart-now:0.1"})
    time.sleep(0.3)
    server.until(lambda: _there(server))
    assert (server.state(), server.job()) == ("IDLE", None)
    assert server.ask("GET", f"{server.files}/j1-a1.gcode").status_code == 200


def _there(server: Scene) -> bool:
    try:
        return server.ask("GET", "/api/version").status_code == 200
    except httpx.TransportError:
        return False


def test_a_pi_without_a_printer(scene: Callable[..., Scene]) -> None:
    server = scene("pi")
    server.started()
    server.served.post("fault", {"spec": "printer-offline"})
    status = server.ask("GET", "/api/v1/status").json()["printer"]
    assert (status["state"], status["status_printer"]["message"]) == ("ERROR", "Serial device does not exist")


def test_a_printer_without_its_drive(scene: Callable[..., Scene]) -> None:
    server = scene("buddy", "--no-drive")
    assert server.put("j1-a1.gcode") == 507
    assert server.ask("DELETE", f"{server.files}/j1-a1.gcode").status_code == 404
    assert server.ask("GET", "/api/v1/storage").json()["storage_list"][0]["available"] is False


@pytest.mark.parametrize("kind", ["buddy", "pi"])
def test_who_may_come_in(scene: Callable[..., Scene], kind: str) -> None:
    server = scene(kind, "--nonces", "0.3")
    url = server.served.name + "/api/version"
    assert httpx.get(url).status_code == 401
    assert httpx.get(url, headers={"X-Api-Key": "wrong"}).status_code == {"buddy": 401, "pi": 403}[kind]
    assert httpx.get(url, auth=httpx.DigestAuth("maker", "wrong")).status_code == 401
    assert httpx.get(url, auth=httpx.DigestAuth("somebody", KEY)).status_code == 401
    auth = httpx.DigestAuth("maker", KEY)
    assert [httpx.get(url, auth=auth).status_code for _ in range(2)] == [200, 200]
    time.sleep(0.35)
    stale = httpx.get(url, headers={"Authorization": _answered(url, auth)})
    assert stale.status_code == 401 and "stale=true" in stale.headers["WWW-Authenticate"]
    assert httpx.get(url, auth=auth).status_code == 200


def _answered(url: str, auth: httpx.DigestAuth) -> str:
    """What this client would say at first, from a challenge that it has."""
    request = next(auth.auth_flow(httpx.Request("GET", url)))
    return request.headers["Authorization"]
