"""Moonraker's words read into values, and a driver that believes none of them too soon."""

from __future__ import annotations

import json
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drivers.contract import Activity, Link, MachineFault, OurFault, Settings, Temperature, WireFault
from drivers.machines.moonraker import Moonraker, MoonrakerServer, Options
from drivers.options import checked
from drivers.protocols import moonraker as words
from drivers.servers import Outcome
from drivers.service import KnowsQuestions, Serviced
from tests.conformance.rigs.common import RealClock, payload

from .hosting import Answer, served

KEY = "not-to-be-seen"
FILE = "j1-a1.gcode"
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


def status(state: str = "ready", stats: str = "standby", file: str = "", **more: Any) -> dict[str, Any]:
    """What a query answers."""
    return {
        "webhooks": {"state": state, "state_message": "Heater extruder not heating.\nOnce the issue is corrected\n"},
        "print_stats": {"state": stats, "filename": file},
        "virtual_sdcard": {"progress": 0.25, "is_active": stats == "printing"},
        "idle_timeout": {"state": "Printing" if stats == "printing" else "Ready"},
        "heaters": {"available_heaters": []},
        **more,
    }


# --- words ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("said", "link", "activity", "file"),
    [
        (status("startup"), Link.CONNECTING, Activity.IDLE, None),
        (status(), Link.ONLINE, Activity.IDLE, None),
        (status(stats="standby", file=FILE), Link.ONLINE, Activity.IDLE, None),
        (status(stats="printing", file=FILE), Link.ONLINE, Activity.BUSY, FILE),
        (status(stats="paused", file=FILE), Link.ONLINE, Activity.PAUSED, FILE),
        (status(stats="complete", file=FILE), Link.ONLINE, Activity.IDLE, None),
        (status(stats="error", file=FILE), Link.ONLINE, Activity.IDLE, None),
        (status("shutdown", "paused", FILE), Link.ONLINE, Activity.FAULT, None),
        (status("shutdown", "printing", FILE), Link.ONLINE, Activity.FAULT, None),
        (status("error"), Link.ONLINE, Activity.FAULT, None),
    ],
)
def test_states(said: object, link: Link, activity: Activity, file: str | None) -> None:
    sight = words.sight(words.printer(said), coming_to_rest=False)
    assert (sight.link, sight.activity, sight.file) == (link, activity, file)
    assert (sight.fault is not None) == (activity is Activity.FAULT)
    assert sight.progress == (0.25 if file else None)


def test_a_file_is_on_the_printer_from_the_moment_that_it_is_read_until_all_is_at_rest() -> None:
    taken = status(file=FILE, virtual_sdcard={"progress": 0.0, "is_active": True})
    assert words.sight(words.printer(taken), False).file == FILE
    ended = words.printer(status(stats="complete", file=FILE))
    assert words.sight(ended, True).activity is Activity.BUSY
    assert words.sight(ended, True).file == FILE


def test_a_fault_has_the_first_line_of_klippers_words_and_a_mend() -> None:
    fault = words.sight(words.printer(status("shutdown")), False).fault or ""
    assert "Heater extruder not heating." in fault
    assert "Once" not in fault
    assert "connecting again restarts" in fault


@pytest.mark.parametrize(
    ("said", "why"),
    [
        (status(stats="error", file=FILE), "Must home axis first"),
        (status("shutdown", "printing", FILE), "Heater extruder not heating."),
        (status("shutdown", "complete", FILE), ""),
        (status(stats="cancelled", file=FILE), ""),
        (status(), ""),
    ],
)
def test_why_a_print_failed_is_told_by_klipper(said: dict[str, Any], why: str) -> None:
    said["print_stats"]["message"] = "Must home axis first\nand more"
    assert words.why(words.printer(said)) == why


def test_two_prints_of_the_same_file_are_told_apart_by_their_seconds() -> None:
    ended = status(stats="complete", file="cube.gcode")
    ended["print_stats"]["total_duration"] = 61.04
    first = words.sight(words.printer(ended), False).last
    assert first == "cube.gcode, complete after 61.0 s"
    ended["print_stats"]["total_duration"] = 61.2
    assert words.sight(words.printer(ended), False).last != first
    for none in (status(), status(stats="printing", file=FILE), status("shutdown", "complete", FILE)):
        assert words.sight(words.printer(none), False).last == ""


def test_a_pause_with_a_message_is_a_prompt() -> None:
    said = status(stats="paused", file=FILE, display_status={"message": "filament\x07 runout"})
    assert words.sight(words.printer(said), False).prompt == "paused at the printer: filament? runout"
    assert words.sight(words.printer(status(stats="paused", file=FILE)), False).prompt is None


def test_heaters_by_the_names_of_people() -> None:
    heaters = ["extruder", "heater_bed", "heater_generic chamber", 7]
    reading = {"temperature": 21.5, "target": 60.0}
    said = status(heaters={"available_heaters": heaters}, extruder=reading, heater_bed=reading)
    said["heater_generic chamber"] = {"temperature": 30.0}
    printer = words.printer(said)
    assert printer.heaters == ("extruder", "heater_bed", "heater_generic chamber")
    assert printer.temperatures == {
        "nozzle": Temperature(21.5, 60.0),
        "bed": Temperature(21.5, 60.0),
        "chamber": Temperature(30.0, 0.0),
    }


@pytest.mark.parametrize(
    ("said", "outcome"),
    [
        (status(stats="printing", file=FILE), Outcome.GOING),
        (status(stats="paused", file=FILE), Outcome.GOING),
        (status(stats="complete", file=FILE), Outcome.DONE),
        (status(stats="cancelled", file=FILE), Outcome.CANCELLED),
        (status(stats="error", file=FILE), Outcome.FAILED),
        (status("shutdown", "paused", FILE), Outcome.FAILED),
        (status("shutdown", "printing", FILE), Outcome.FAILED),
        (status("shutdown", "complete", FILE), Outcome.DONE),
        (status(stats="standby", file=FILE), None),
        (status(stats="complete", file="another.gcode"), None),
    ],
)
def test_what_klipper_says_of_a_file(said: object, outcome: Outcome | None) -> None:
    assert words.of_printer(words.printer(said), FILE) is outcome


@pytest.mark.parametrize(
    ("line", "asked", "outcome"),
    [
        ("completed", True, Outcome.DONE),
        ("cancelled", True, Outcome.CANCELLED),
        ("error", True, Outcome.FAILED),
        ("klippy_shutdown", False, Outcome.FAILED),
        ("klippy_disconnect", True, Outcome.FAILED),
        ("klippy_disconnect", False, Outcome.UNKNOWN),
        ("in_progress", True, Outcome.UNKNOWN),
        ("interrupted", True, Outcome.UNKNOWN),
        ("server_exit", True, Outcome.UNKNOWN),
        ("a word of tomorrow", True, Outcome.UNKNOWN),
    ],
)
def test_what_the_history_says_of_a_file(line: str, asked: bool, outcome: Outcome) -> None:
    assert words.of_history(line, asked) is outcome


GOOD: dict[str, Any] = {
    "virtual_sdcard": {"progress": 0.0},
    "pause_resume": {"is_paused": False},
    "extruder": {"temperature": 20.0},
    "toolhead": {"axis_minimum": [-2, 0, -5, 0], "axis_maximum": [220, 220, 200, 0], "max_velocity": 300.0},
    "configfile": {"settings": {"extruder": {"min_extrude_temp": 0}, "printer": {"kinematics": "corexy"}}},
}
CUBE = (220.0, 220.0, 200.0)


@pytest.mark.parametrize(
    ("changes", "process", "envelope", "told"),
    [
        ({}, "fdm", CUBE, None),
        ({}, "extrude-food", None, None),
        ({"extruder": {}}, "plot", CUBE, None),
        ({"toolhead": {}}, "fdm", CUBE, None),
        ({"virtual_sdcard": {}}, "fdm", CUBE, "virtual_sdcard"),
        ({"pause_resume": {}}, "plot", CUBE, "pause_resume"),
        ({"extruder": {}}, "fdm", CUBE, "no [extruder]"),
        ({"extruder": {}}, "extrude-food", CUBE, "no [extruder]"),
        ({"configfile": {"settings": {"extruder": {"min_extrude_temp": 170}}}}, "extrude-food", CUBE, "below 170"),
        ({"configfile": {"settings": {"extruder": {"min_extrude_temp": 170}}}}, "fdm", CUBE, None),
        ({}, "fdm", (221.0, 220.0, 200.0), "X -2 to 220"),
        ({}, "fdm", (220.0, 220.0, 200.5), "Z -5 to 200"),
        ({"toolhead": {"axis_minimum": [0, 3, 0, 0], "axis_maximum": [300, 300, 300]}}, "fdm", CUBE, "Y 3 to 300"),
    ],
)
def test_the_printer_as_configured(
    changes: dict[str, Any], process: str, envelope: tuple[float, float, float] | None, told: str | None
) -> None:
    why = words.unfit({**GOOD, **changes}, frozenset({process}), envelope)
    assert why is None if told is None else told in (why or ""), why


def test_answers_of_a_console_are_those_after_its_line() -> None:
    def row(kind: str, message: str) -> dict[str, str]:
        return {"type": kind, "message": message}

    store = [row("command", "M105"), row("response", "T:1"), row("command", "M105"), row("response", "T:2")]
    assert words.answered({"gcode_store": [*store, row("response", "// more\n// lines")]}, "M105") == ["T:2", "// more"]
    assert words.answered({"gcode_store": store}, "M114") == []


@pytest.mark.parametrize(("line", "asks"), [("M105", True), ("status", True), ("m114 ; where", True), ("G28", False)])
def test_questions(line: str, asks: bool) -> None:
    assert words.asks(line) is asks


@given(anything)
def test_any_answer_is_read_or_refused(said: object) -> None:
    for read in (words.printer, words.jobs):
        try:
            read(said)
        except MachineFault:
            continue
    words.unfit(said, frozenset({"fdm"}), CUBE)
    words.facts(said, said, said)
    words.answered(said, "M105")
    words.queued(said)


@given(anything, st.text(max_size=20), anything)
def test_whatever_is_around_a_state_is_read(around: Any, state: str, inner: Any) -> None:
    mess = {"webhooks": {"state": state or "x", "state_message": inner}, "print_stats": inner, "heaters": around}
    printer = words.printer(mess)
    sight = words.sight(printer, coming_to_rest=False)
    assert (sight.fault is None) == (state not in ("shutdown", "error"))
    assert "\n" not in (sight.fault or "")
    words.of_printer(printer, FILE)


# --- the wire ---------------------------------------------------------------------------------------------------------


class Script:
    """A Moonraker of a few answers: results by method, or (status, body); errors as Problem. ``files``: their sizes."""

    def __init__(self, **results: object) -> None:
        self.results: dict[str, object] = {
            "server.info": {"klippy_connected": True, "moonraker_version": "v0.11"},
            "server.job_queue.status": {"queued_jobs": []},
            "printer.info": {"state": "ready", "software_version": "v0.13"},
            "printer.objects.query": {"status": {**GOOD, **status()}},
            "server.history.list": {"jobs": []},
            **{name.replace("__", "."): result for name, result in results.items()},
        }
        self.called: list[str] = []
        self.paths: list[str] = []
        self.files: dict[str, int] = {}

    def __call__(self, verb: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        assert headers["X-Api-Key"] == KEY
        self.paths.append(path)
        if not path.endswith("/server/jsonrpc"):
            return self.other(verb, path)
        method = json.loads(body)["method"]
        self.called.append(method)
        result = self.results.get(method, {"error": {"code": -32601, "message": "Method not found"}})
        if isinstance(result, tuple):
            return result
        if isinstance(result, dict) and "error" in result:
            return 200, {"jsonrpc": "2.0", "id": 1, **result}
        return 200, {"jsonrpc": "2.0", "id": 1, "result": result}

    def other(self, verb: str, path: str) -> tuple[int, object]:
        name = path.rpartition("/")[2]
        if verb == "POST":
            return self.results.get("upload", (500, b""))  # type: ignore[return-value]
        if name not in self.files:
            return (404 if verb == "HEAD" else 400), b""
        return 200, b" " * self.files[name]


def problem(code: int, message: str) -> dict[str, object]:
    return {"error": {"code": code, "message": message}}


def settings(address: str, **more: Any) -> Settings:
    options = {"timeout": 2.0, **more.pop("options", {})}
    return Settings("k1", address, options, secret=KEY, **more)


@contextmanager
def opened(address: str, **more: Any) -> Iterator[MoonrakerServer]:
    made = settings(address, **more)
    server = MoonrakerServer(made, RealClock(), checked(Options, made.options, made.name))
    try:
        server.open(lambda: None)
        yield server
    finally:
        server.close()


@contextmanager
def asking(script: Answer, **more: Any) -> Iterator[MoonrakerServer]:
    with served(script) as address, opened(address, **more) as server:
        yield server


def test_addresses_and_what_it_can_do() -> None:
    for address in ("printer.local", "ftp://printer", "/dev/ttyACM0"):
        with pytest.raises(OurFault, match="no URL"):
            Moonraker(settings(address), RealClock())
    machine = Moonraker(settings("http://printer.local:7125"), RealClock())
    assert isinstance(machine, Serviced)
    assert isinstance(machine, KnowsQuestions)


def test_a_base_path_is_kept_and_the_secret_is_in_no_sentence() -> None:
    script = Script(printer__print__start=problem(400, "Unable to open file\nand more"))
    refused = pytest.raises(MachineFault, match="Unable to open file")
    with served(script) as address, opened(f"{address}/printers/one/") as server, refused as fault:
        server.start(FILE)
    assert all(path.startswith("/printers/one/server/") for path in script.paths if "websocket" not in path)
    assert KEY not in str(fault.value)


@pytest.mark.parametrize(
    ("results", "kind", "told"),
    [
        ({"server.info": (200, b"<html>")}, MachineFault, "no JSON"),
        ({"server.info": (404, b"")}, MachineFault, "404"),
        ({"server.info": (301, b"")}, MachineFault, "301"),
        ({"server.info": (401, b"")}, MachineFault, "accept the key"),
        ({"server.info": (502, b"")}, WireFault, "502"),
        ({"server.info": (200, b" " * 9_000_000)}, MachineFault, "over 8 MiB"),
        ({"server.info": problem(-32602, "Unauthorized")}, MachineFault, "accept the key"),
        ({"server.info": {"klippy_connected": False}}, WireFault, "Klipper does not run"),
        ({"printer.info": problem(-32601, "Method not found")}, WireFault, "Klipper does not run"),
        ({"printer.info": problem(503, "Klippy Host not connected")}, WireFault, "Klipper does not run"),
        ({"printer.info": {"state": "startup"}}, WireFault, "about to start"),
        ({"server.job_queue.status": {"queued_jobs": [{}, {}]}}, MachineFault, "2 jobs wait"),
        ({"printer.objects.query": {"status": {}}}, MachineFault, "virtual_sdcard"),
    ],
)
def test_what_is_no_printer_of_ours_is_named(results: dict[str, Any], kind: type[Exception], told: str) -> None:
    script = Script()
    script.results.update(results)
    with pytest.raises(kind, match=told), asking(script, envelope=CUBE):
        pass


def test_a_queue_does_not_hide_what_prints() -> None:
    printing = {"status": {**GOOD, **status(stats="printing", file=FILE)}}
    script = Script(server__job_queue__status={"queued_jobs": [{}]}, printer__objects__query=printing)
    with asking(script, envelope=CUBE) as server:
        assert server.look().file == FILE
        with pytest.raises(MachineFault, match="1 jobs wait"):
            server.start("j2-a1.gcode")
    assert "printer.print.start" not in script.called


@pytest.mark.parametrize("held", [status(stats="paused", file="x.gcode"), status("shutdown")])
def test_nothing_is_started_over_a_paused_print_or_a_fault(held: dict[str, Any]) -> None:
    script = Script()
    with asking(script) as server:
        script.results["printer.objects.query"] = {"status": held}
        with pytest.raises(MachineFault, match=r"paused|shut down"):
            server.start(FILE)
    assert "printer.print.start" not in script.called


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (problem(400, "SD busy"), MachineFault),
        (problem(-32600, "Invalid Request"), MachineFault),
        (problem(503, "Klippy Disconnected"), WireFault),
        (problem(500, "Klippy request timed out"), WireFault),
        ((504, b""), WireFault),
        ((409, b""), MachineFault),
    ],
)
def test_a_refusal_is_told_from_a_doubt(answer: object, kind: type[Exception]) -> None:
    with asking(Script(printer__print__start=answer)) as server, pytest.raises(kind):
        server.start(FILE)


def test_silence_is_a_doubt() -> None:
    script = Script()

    def late(verb: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        answer = script(verb, path, headers, body)
        if b"print.start" in body:
            time.sleep(1.0)
        return answer

    quick = {"timeout": 5.0, "act_timeout": 0.2}
    with asking(late, options=quick) as server, pytest.raises(WireFault, match=r"no answer to printer\.print\.start"):
        server.start(FILE)
    with served(script) as address:
        pass
    with pytest.raises(WireFault, match="no answer"), opened(address):
        pass


def test_a_stop_needs_no_open_and_tells_where_it_did_not_arrive() -> None:
    script = Script(printer__emergency_stop="ok")
    with served(script) as address:
        made = settings(address)
        server = MoonrakerServer(made, RealClock(), checked(Options, made.options, made.name))
        assert "shut down" in server.stop()
        script.results["printer.emergency_stop"] = problem(503, "Klippy Host not connected")
        with pytest.raises(WireFault):
            server.stop()
    assert script.called == ["printer.emergency_stop"] * 2


def test_a_cancel_is_one_script_that_takes_the_heat_away() -> None:
    script = Script(printer__gcode__script="ok")
    bodies: list[str] = []

    def noted(verb: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        if b"gcode.script" in body:
            bodies.append(json.loads(body)["params"]["script"])
        return script(verb, path, headers, body)

    with asking(noted) as server:
        server.cancel(server.look())
        assert bodies == ["CANCEL_PRINT\nTURN_OFF_HEATERS\nM107"]
        script.results["printer.gcode.script"] = problem(400, "a macro of theirs")
        with pytest.raises(MachineFault, match="a macro of theirs"):
            server.cancel(server.look())
    assert bodies[-1] == "TURN_OFF_HEATERS"


@pytest.mark.parametrize(
    ("answer", "kind", "told"),
    [
        ((201, {"item": {"path": FILE}, "print_started": False}), None, ""),
        ((201, {"item": {"path": "other.gcode"}}), MachineFault, "another name"),
        ((201, {"item": {"path": FILE}, "print_started": True}), WireFault, "although"),
        ((201, {"item": {"path": FILE}, "print_queued": True}), WireFault, "although"),
        ((403, b""), MachineFault, "403"),
        ((422, b""), MachineFault, "422"),
        ((413, b""), MachineFault, "413"),
        ((500, b""), WireFault, "500"),
        ((201, b"{"), MachineFault, "no JSON"),
    ],
)
def test_uploads(answer: tuple[int, object], kind: type[Exception] | None, told: str, tmp_path: Path) -> None:
    bytes_of = payload(tmp_path, b"G28\n")
    with asking(Script(upload=answer)) as server:
        if kind is None:
            server.upload(FILE, bytes_of)
        else:
            with pytest.raises(kind, match=told):
                server.upload(FILE, bytes_of)


def test_files_are_known_by_their_sizes_and_a_deletion_by_their_absence() -> None:
    script = Script()
    script.files = {FILE: 7}
    with asking(script) as server:
        assert server.size(FILE) == 7
        assert server.size("j2-a1.gcode") is None
        server.delete("j2-a1.gcode")  # It is refused, and it is not there.


def test_a_long_history_is_looked_through_and_one_without_end_proves_nothing() -> None:
    rows = [{"filename": f"{number}.gcode", "status": "completed"} for number in range(250)]
    rows.append({"filename": FILE, "status": "error"})

    def paged(verb: str, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        if b"history" in body:
            asked = json.loads(body)["params"]
            return 200, {"result": {"jobs": rows[asked["start"] : asked["start"] + asked["limit"]]}}
        return Script()(verb, path, headers, body)

    with asking(paged) as server:
        assert server.outcome(FILE) is Outcome.FAILED
        assert server.outcome("nobody.gcode") is Outcome.NONE
        rows.extend({"filename": "x", "status": "completed"} for _ in range(1000))
        assert server.outcome("nobody.gcode") is Outcome.UNKNOWN


def test_a_print_that_was_read_to_its_end_is_over_once_it_is_at_rest_or_after_some_patience() -> None:
    script = Script()
    moving = {"idle_timeout": {"state": "Printing"}}
    with asking(script, options={"rest_wait": 0.3}) as server:

        def seen(**said: Any) -> tuple[Activity, Outcome]:
            script.results["printer.objects.query"] = {"status": {**GOOD, **status(file=FILE, **said)}}
            return server.look().activity, server.outcome(FILE)

        assert seen(stats="printing") == (Activity.BUSY, Outcome.GOING)
        assert seen(stats="complete", **moving) == (Activity.BUSY, Outcome.GOING)
        assert seen(stats="complete") == (Activity.IDLE, Outcome.DONE)
        assert seen(stats="complete", **moving) == (Activity.IDLE, Outcome.DONE), "somebody moves it by hand"
        seen(stats="printing")
        assert seen(stats="cancelled", **moving) == (Activity.BUSY, Outcome.GOING)
        time.sleep(0.4)
        assert seen(stats="cancelled", **moving) == (Activity.IDLE, Outcome.CANCELLED)


def test_klipper_that_is_away_is_offline_and_proves_nothing() -> None:
    script = Script()
    with asking(script) as server:
        script.results["printer.objects.query"] = problem(503, "Klippy Host not connected")
        assert server.look().link is Link.OFFLINE
        assert server.outcome(FILE) is Outcome.UNKNOWN
        script.results["server.history.list"] = {"jobs": [{"filename": FILE, "status": "klippy_disconnect"}]}
        assert server.outcome(FILE) is Outcome.UNKNOWN
        script.results["printer.objects.query"] = {"status": status()}
        assert server.outcome(FILE) is Outcome.FAILED
        script.results["printer.objects.query"] = {"status": status(stats="printing", file="benchy.gcode")}
        assert server.outcome(FILE) is Outcome.UNKNOWN, "ours may have ended well before this one began"


def test_klippers_words_outlive_the_restart_of_its_firmware() -> None:
    script = Script()
    with asking(script) as server:
        script.results["printer.objects.query"] = {"status": {**GOOD, **status("shutdown", "printing", FILE)}}
        server.look()
        script.results["printer.objects.query"] = {"status": {**GOOD, **status()}}
        server.look()
        assert server.why(FILE) == "Heater extruder not heating."
        assert server.why("another.gcode") == ""


def test_a_certificate_that_nobody_vouches_for(tmp_path: Path) -> None:
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    make = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=test"
    make += f" -addext subjectAltName=IP:127.0.0.1 -keyout {key} -out {certificate}"
    subprocess.run(make.split(), check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with served(Script(), context) as address:
        with pytest.raises(MachineFault, match="option ca"), opened(address):
            pass
        with pytest.raises(MachineFault, match="no certificates"), opened(address, options={"ca": str(tmp_path / "x")}):
            pass
        with opened(address, options={"ca": str(certificate)}) as server:
            assert server.look().link is Link.ONLINE
