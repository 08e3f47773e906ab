"""The simulated Moonraker answers as the real one did, the misleading answers included; its Klipper moves."""

from __future__ import annotations

import hashlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.sync.client import connect

from tests.conformance.rigs.common import Simulated
from tests.simulators.served import LIMIT, Served

KEY = "a-key-of-the-tests"
MOVES = b"".join(b"G1 X%d Y20 E0.2 F3000\n" % (20 + number) for number in range(1, 20))
HELD = b"G28\nM83\n" + MOVES + b"WAIT_FOR_BUTTON\n" + MOVES + b"M400\n"


class Scene:
    """One simulated server and a client with its key."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        fixed = ("--port", "0", "--speed", "max", "--min-temp", "0", "--key", KEY)
        self.served = Served(folder, "moonraker", *fixed, *arguments)
        self.client = httpx.Client(base_url=self.served.name, headers={"X-Api-Key": KEY}, timeout=LIMIT)
        self.until(lambda: self.call("server.info")["klippy_state"] == "ready")

    def answer(self, method: str, **params: object) -> Any:
        body = {"jsonrpc": "2.0", "method": method, "params": params, "id": 3}
        return self.client.post("/server/jsonrpc", json=body).json()

    def call(self, method: str, **params: object) -> Any:
        said = self.answer(method, **params)
        assert "error" not in said, said
        return said["result"]

    def error(self, method: str, **params: object) -> tuple[int, str]:
        error = self.answer(method, **params)["error"]
        return error["code"], error["message"]

    def upload(self, name: str, data: bytes = HELD, **fields: str) -> httpx.Response:
        return self.client.post("/server/files/upload", data=fields, files={"file": (name, data)})

    def query(self, name: str) -> Any:
        return self.call("printer.objects.query", objects={name: None})["status"][name]

    def printing(self, name: str) -> None:
        assert self.upload(name).status_code == 201
        assert self.call("printer.print.start", filename=name) == "ok"
        self.until(lambda: self.statuses(name) == ["in_progress"])

    def statuses(self, name: str) -> list[str]:
        return [job["status"] for job in self.call("server.history.list")["jobs"] if job["filename"] == name]

    def until(self, done: Callable[[], bool]) -> None:
        end = time.monotonic() + LIMIT
        while not done():
            assert time.monotonic() < end
            time.sleep(0.02)

    def close(self) -> None:
        self.client.close()
        self.served.__exit__(None, None, None)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    made = Scene(tmp_path)
    yield made
    made.close()


def test_a_whole_print(scene: Scene) -> None:
    answer = scene.upload("one.gcode", checksum=hashlib.sha256(HELD).hexdigest())
    assert (answer.status_code, answer.json()["item"]["size"], answer.json()["print_started"]) == (
        201,
        len(HELD),
        False,
    )
    assert scene.call("printer.print.start", filename="one.gcode") == "ok"
    scene.until(lambda: scene.query("virtual_sdcard")["progress"] > 0.4)
    scene.served.post("press")
    scene.until(lambda: scene.statuses("one.gcode") == ["completed"])
    stats = scene.query("print_stats")
    assert (stats["state"], stats["filename"]) == ("complete", "one.gcode")
    piece = scene.served.json("record.json")
    assert piece["begun"] == ["one.gcode"]
    assert piece["piece"]["outcome"]["good"]
    assert piece["piece"]["volume"] == pytest.approx(38 * 0.2 * 2.405, rel=0.01)


def test_a_start_over_a_paused_print_is_ok_and_abandons_it(scene: Scene) -> None:
    scene.printing("one.gcode")
    assert scene.call("printer.print.pause") == "ok"
    assert scene.query("print_stats")["state"] == "paused"
    assert scene.error("server.nothing") == (-32601, "Method not found")
    scene.upload("two.gcode")
    assert scene.call("printer.print.start", filename="two.gcode") == "ok"
    assert scene.query("print_stats")["filename"] == "two.gcode"
    scene.until(lambda: scene.statuses("one.gcode") == ["cancelled"])


def test_while_it_prints_nothing_else_starts_and_its_file_stays(scene: Scene) -> None:
    scene.printing("one.gcode")
    assert scene.error("printer.print.start", filename="one.gcode") == (400, "SD busy")
    answer = scene.upload("one.gcode")
    assert (answer.status_code, answer.json()["error"]["message"]) == (403, "File is loaded, upload not permitted")
    assert scene.client.delete("/server/files/gcodes/one.gcode").status_code == 403
    answer = scene.upload("two.gcode", print="true")
    assert (answer.status_code, answer.json()["print_started"]) == (201, False), "taken, and not started"


def test_files(scene: Scene) -> None:
    assert scene.upload("one.gcode", checksum="0" * 64).status_code == 422
    assert scene.client.head("/server/files/gcodes/one.gcode").status_code == 404
    scene.upload("one.gcode")
    assert int(scene.client.head("/server/files/gcodes/one.gcode").headers["content-length"]) == len(HELD)
    assert scene.client.get("/server/files/gcodes/one.gcode").content == HELD
    assert scene.client.delete("/server/files/gcodes/one.gcode").status_code == 200
    again = scene.client.delete("/server/files/gcodes/one.gcode")
    assert (again.status_code, again.json()["error"]["message"]) == (400, "Bad Request"), "what is wrong is not said"
    assert scene.error("printer.print.start", filename="one.gcode") == (400, "Unable to open file")


def test_an_emergency_stop_leaves_print_stats_paused(scene: Scene) -> None:
    scene.printing("one.gcode")
    scene.call("printer.emergency_stop")
    assert scene.query("webhooks")["state"] == "shutdown"
    assert scene.query("print_stats")["state"] == "paused"
    scene.until(lambda: scene.statuses("one.gcode") == ["klippy_shutdown"])
    code, message = scene.error("printer.gcode.script", script="G28")
    assert (code, message.splitlines()[0]) == (400, "Shutdown due to webhooks request")
    rest = scene.client.post("/printer/gcode/script", params={"script": "G28"}).json()["error"]["message"]
    assert rest == "Bad Request", "a message of several lines is lost on its way through REST"
    assert scene.call("printer.firmware_restart") == "ok"
    scene.until(lambda: scene.call("server.info")["klippy_state"] == "ready")
    assert scene.query("print_stats")["state"] == "standby"


def test_keys(scene: Scene) -> None:
    body = {"jsonrpc": "2.0", "method": "server.info", "id": 1}
    assert httpx.post(f"{scene.served.name}/server/jsonrpc", json=body).json()["error"] == {
        "code": -32602,
        "message": "Unauthorized",
    }
    wrong = {"X-Api-Key": "wrong"}
    assert httpx.post(f"{scene.served.name}/server/jsonrpc", json=body, headers=wrong).status_code == 401
    assert httpx.get(f"{scene.served.name}/server/info").status_code == 401


def test_a_moonraker_that_begins_anew_calls_what_goes_on_interrupted(scene: Scene) -> None:
    scene.printing("one.gcode")
    scene.served.post("fault", {"spec": "restart-now:0.2"})
    time.sleep(0.3)

    def back() -> bool:
        try:
            return bool(scene.call("server.info")["klippy_state"] == "ready")
        except httpx.TransportError:
            return False

    scene.until(back)
    assert scene.statuses("one.gcode") == ["interrupted"]
    assert scene.query("print_stats")["state"] == "printing"
    scene.served.post("press")
    scene.until(lambda: scene.query("print_stats")["state"] == "complete")
    assert scene.statuses("one.gcode") == ["interrupted"], "nobody sets it right"


def test_klippers_methods_are_there_once_klipper_was(scene: Scene) -> None:
    scene.served.post("fault", {"spec": "printer-offline"})
    assert scene.error("printer.info") == (503, "Klippy Host not connected")
    scene.served.post("fault", {"spec": "restart-now:0.1"})
    time.sleep(0.5)
    scene.until(lambda: scene.error("printer.info") == (-32601, "Method not found"))


def test_what_changes_is_pushed_to_who_has_a_key(scene: Scene) -> None:
    url = "ws" + scene.served.name.removeprefix("http") + "/websocket"
    watch = {"objects": {"print_stats": ["state"]}}
    with connect(url, additional_headers={"X-Api-Key": KEY}) as mine, connect(url) as stranger:
        for end in (mine, stranger):
            end.send(json.dumps({"jsonrpc": "2.0", "method": "printer.objects.subscribe", "params": watch, "id": 1}))
        assert json.loads(stranger.recv(LIMIT))["error"]["message"] == "Unauthorized"
        scene.printing("one.gcode")
        told = []
        while "notify_history_changed" not in told:
            told.append(json.loads(mine.recv(LIMIT)).get("method"))
        assert "notify_status_update" in told
        with pytest.raises(TimeoutError):
            stranger.recv(0.2)


# --- Klipper ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("G1 X10", "Must home axis first: 10.000 0.000 0.000 [0.000]"),
        ("G28\nG1 X500", "Move out of range: 500.000 0.000 0.000 [0.000]"),
        ("G28\nG1 E60", "Extrude only move too long (60.000mm vs 50.000mm)"),
        ("G28\nM83\nG1 X1 E5", "Move exceeds maximum extrusion (12.025mm^2 vs 0.640mm^2)"),
        ("G20", "Machine does not support G20 (inches) command"),
        ("M104 S900", "Requested temperature (900.0) out of range (0.0:275.0)"),
        ("G1 X1 F0", "Invalid speed in 'G1 X1 F0'"),
        ("RESTORE_GCODE_STATE NAME=none", "Unknown g-code state: none"),
    ],
)
def test_what_klipper_refuses(scene: Scene, script: str, told: str) -> None:
    code, message = scene.error("printer.gcode.script", script=script)
    assert (code, message.splitlines()[0]) == (400, told)
    store = scene.call("server.gcode_store")["gcode_store"]
    assert f"!! {told}" in [row["message"] for row in store]


def test_cold_extrusion_is_an_error_that_ends_a_print(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "--min-temp", "170")
    try:
        scene.upload("one.gcode", b"G28\nM104 S100\n" + MOVES)
        scene.call("printer.print.start", filename="one.gcode")
        scene.until(lambda: scene.statuses("one.gcode") == ["error"])
        stats = scene.query("print_stats")
        assert (stats["state"], stats["message"].splitlines()[0]) == ("error", "Extrude below minimum temp")
        assert scene.query("extruder")["target"] == 0.0, "on_error_gcode"
    finally:
        scene.close()


def test_unknown_words_are_no_errors(scene: Scene) -> None:
    for script in ("M302 P1", "M203 X100", "M0", "FOO BAR=1"):
        assert scene.call("printer.gcode.script", script=script) == "ok"
        said = scene.call("server.gcode_store")["gcode_store"][-1]["message"]
        assert said == f'// Unknown command:"{script.split()[0]}"'


def test_a_cancel_leaves_the_heat_on_and_waits_for_the_command_at_work(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "--speed", "20")
    try:
        scene.upload("one.gcode", b"M104 S100\nM140 S50\nG4 P20000\nG4 P60000\nG4 P60000\n")
        scene.call("printer.print.start", filename="one.gcode")
        began = scene.served.json("state")["now"]
        assert scene.call("printer.print.cancel") == "ok"
        assert scene.served.json("state")["now"] - began > 15, "it came back before the dwell was over"
        assert scene.query("print_stats")["state"] == "cancelled"
        assert scene.query("extruder")["target"] == 100.0
    finally:
        scene.close()


def test_a_paused_printer_grows_cold_and_forgets_where_it_is(tmp_path: Path) -> None:
    scene = Scene(tmp_path, "--idle-timeout", "20")
    try:
        scene.upload("one.gcode", b"G28\nM104 S100\n" + MOVES + b"PAUSE\n" + MOVES)
        scene.call("printer.print.start", filename="one.gcode")
        scene.until(lambda: scene.query("print_stats")["state"] == "paused")
        scene.until(lambda: scene.query("extruder")["target"] == 0.0)
        assert scene.query("toolhead")["homed_axes"] == ""
        scene.call("printer.print.resume")
        scene.until(lambda: scene.statuses("one.gcode") == ["error"])
        assert scene.query("print_stats")["message"].startswith("Must home axis first")
    finally:
        scene.close()


def test_the_socket_speaks_klippers_protocol(tmp_path: Path) -> None:
    (tmp_path / "gcodes").mkdir()
    where = ("--socket", str(tmp_path / "klippy.sock"), "--gcodes", str(tmp_path / "gcodes"))
    served = Simulated("klipper", *where, "--speed", "max")
    with closing(served), socket.socket(socket.AF_UNIX) as end:
        end.settimeout(LIMIT)
        end.connect(served.link)
        rest = b""

        def ask(method: str, **params: object) -> Any:
            nonlocal rest
            end.sendall(json.dumps({"id": 5, "method": method, "params": params}).encode() + b"\x03")
            while True:
                *whole, rest = (rest + end.recv(65536)).split(b"\x03")
                for each in map(json.loads, whole):
                    if each.get("id") == 5:
                        return each

        limit = time.monotonic() + LIMIT
        while ask("info")["result"]["state"] != "ready" and time.monotonic() < limit:
            time.sleep(0.02)
        assert ask("gcode/script", script="G28") == {"id": 5, "result": {}}
        error = ask("gcode/script", script="G1 X999")["error"]
        assert error == {"error": "WebRequestError", "message": "Move out of range: 999.000 0.000 0.000 [0.000]"}
        assert "pause_resume/cancel" in ask("list_endpoints")["result"]["endpoints"]
        assert ask("nothing")["error"]["message"] == "webhooks: No registered callback for path 'nothing'"
