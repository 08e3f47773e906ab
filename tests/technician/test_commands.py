"""`ful machine discover | add | remove | test | console | home | frame`, as typed at a terminal."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from zeroconf import ServiceInfo, Zeroconf

from fulfillment.daemon import only_one
from fulfillment.shop import open_shop
from jobs import floor
from jobs import models as m
from tests.conformance.rigs.common import Simulated
from tests.jobs.shop import rows


def machines(desk: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(desk.path.read_text())["machines"]
    return found


# --- discover ---------------------------------------------------------------------------------------------------------


def test_nothing_is_opened_without_being_told(desk: Any, printer: Simulated) -> None:
    opens = printer.get("record.json")["counts"]["opens"]
    text = desk.said("machine", "discover", "--no-network", "--port", str(printer.link))
    assert str(printer.link) in text and "--probe" in text and "add it" not in text
    assert printer.get("record.json")["counts"]["opens"] == opens


def test_what_answers_is_named_with_the_command_that_adds_it(desk: Any, printer: Simulated) -> None:
    text = desk.said("machine", "discover", "--no-network", "--probe", "--port", str(printer.link))
    assert "Marlin 2.1" in text
    assert f"ful machine add marlin-1 --driver marlin --address {printer.link}" in text


def test_what_is_configured_is_named_and_left_alone(added: Any, printer: Simulated) -> None:
    before = printer.get("record.json")["counts"]["opens"]
    again = str(Path(str(printer.link)).resolve())  # another name of the same device
    (found,) = (
        one
        for one in json.loads(added.said("machine", "discover", "--no-network", "--probe", "--port", again, "--json"))
        if one["address"] == again
    )
    assert found["machine"] == "frosting-9" and found["add"] is None
    assert printer.get("record.json")["counts"]["opens"] == before


def test_servers_on_the_network_are_listed(desk: Any) -> None:
    name = f"bench {os.getpid()}._octoprint._tcp.local."
    address = socket.inet_aton("127.0.0.1")
    info = ServiceInfo("_octoprint._tcp.local.", name, port=5099, addresses=[address], server="localhost.")
    with Zeroconf(interfaces=["127.0.0.1"], use_asyncio=False) as zeroconf:
        zeroconf.register_service(info, cooperating_responders=True)
        text = desk.said("machine", "discover", "--interface", "127.0.0.1", "--seconds", "2")
    assert "http://127.0.0.1:5099" in text and f"bench {os.getpid()}" in text
    assert "--driver octoprint --address http://127.0.0.1:5099" in text


def test_a_network_that_cannot_be_heard_is_said(desk: Any) -> None:
    assert "--no-network" in desk.refused("machine", "discover", "--interface", "203.0.113.77", "--seconds", "0.2")


def test_it_works_where_there_is_no_configuration_yet(desk: Any, tmp_path: Path) -> None:
    desk.path.unlink()
    assert "DRIVER" in desk.said("machine", "discover", "--no-network", "--port", str(tmp_path / "x"))


# --- add --------------------------------------------------------------------------------------------------------------


def test_what_the_machine_tells_is_written_and_the_file_stays_as_it_was(
    desk: Any, tools: Any, printer: Simulated
) -> None:
    desk.said("machine", "add", "frosting-9", *tools.marlin_flags(str(printer.link)), "--yes")
    (found,) = machines(desk)
    assert found["envelope"] == {"x": "220 mm", "y": "220 mm", "z": "60 mm"}
    assert found["limits"]["speed"] == {"x": "150 mm/s", "y": "140 mm/s", "z": "10 mm/s", "e": "5 mm/s"}
    assert found["limits"]["acceleration"] == "900 mm/s2", "the lower of x and y"
    text = desk.path.read_text()
    assert all(line in text for line in tools.config.splitlines() if not line.startswith("machines"))
    assert "# none yet" in text
    assert desk.path.with_name("config.yaml.before").read_text() == tools.config


def test_adding_and_removing_gives_the_same_bytes(added: Any, tools: Any, simulated: Callable[..., Simulated]) -> None:
    before = added.path.read_bytes()
    other = simulated("marlin", name="other")
    added.said("machine", "add", "frosting-10", *tools.marlin_flags(str(other.link)), "--yes")
    assert added.path.read_bytes() != before
    assert "no longer" in added.said("machine", "remove", "frosting-10", "--yes")
    assert added.path.read_bytes() == before


def test_a_flag_comes_before_the_machine_s_own_word(desk: Any, tools: Any, printer: Simulated) -> None:
    flags = ["--envelope", "200x210x50", "--speed", "100,100,8,4", "--title", "Frosting: nine", "--yes"]
    desk.said("machine", "add", "frosting-9", *tools.marlin_flags(str(printer.link)), *flags)
    (found,) = machines(desk)
    assert found["envelope"]["y"] == "210 mm" and found["limits"]["speed"]["e"] == "4 mm/s"
    assert found["title"] == "Frosting: nine"


def test_a_person_is_asked_for_what_is_missing(desk: Any, printer: Simulated) -> None:
    answers = ["marlin", str(printer.link), "", "extrude-food", "1.2", "314", ""]
    text = desk.said("machine", "add", "--ask", "--yes", typed="\n".join(answers) + "\n")
    assert "Inner diameter" in text and "envelope" not in text.partition("---")[0], "the machine has told that"
    (found,) = machines(desk)
    assert (found["name"], found["nozzle"], found["limits"]["cold_extrusion"]) == ("marlin-1", "1.2 mm", True)


def test_the_change_is_shown_and_nothing_is_written_on_a_no(desk: Any, tools: Any, printer: Simulated) -> None:
    before = desk.path.read_bytes()
    text = desk.refused("machine", "add", "frosting-9", *tools.marlin_flags(str(printer.link)), typed="n\n")
    assert "+  - name: frosting-9" in text and "Aborted" in text
    assert desk.path.read_bytes() == before and not desk.path.with_name("config.yaml.before").exists()


OFFLINE = ["--driver", "marlin", "--address", "/dev/serial/by-id/x", "--process", "plot", "--offline", "--yes"]
SERVER = ["--driver", "octoprint", "--address", "http://127.0.0.1:9", "--process", "fdm"]
LIMITS = ["--envelope", "200x200x50", "--speed", "100,100,5", "--acceleration", "500"]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (OFFLINE, ["--envelope", "--speed", "--acceleration", "neither you nor the machine"]),
        ([*OFFLINE, *LIMITS, "--envelope", "200x200"], ["--envelope", "XxYxZ"]),
        ([*OFFLINE, *LIMITS, "--speed", "fast"], ["--speed"]),
        ([*OFFLINE, *LIMITS, "--acceleration", "5 km"], ["plotter-1 --acceleration", "mm/s2"]),
        ([*OFFLINE, *LIMITS, "--option", "bauds=9600"], ["plotter-1 --option bauds", "there are: baud"]),
        ([*OFFLINE, *LIMITS, "--option", "baud"], ["KEY=VALUE"]),
        ([*OFFLINE, *LIMITS, "--material", "jam"], ["plotter-1 --material", "frosting-chocolate"]),
        ([*OFFLINE, *LIMITS, "--camera", "rtsp://x"], ["plotter-1 --camera"]),
        ([*OFFLINE, *LIMITS, "--key-file", "a", "--key-env", "B"], ["--key-file or --key-env"]),
        (["--address", "x"], ["--driver is missing"]),
        (["--driver", "marlin"], ["--address is missing", "discover"]),
        (["--driver", "grbl", "--address", "x", "--process", "engrave"], ["--tool"]),
        (["--driver", "ebb", "--address", "x", "--process", "plot"], ["--envelope"]),
        ([*SERVER, "--key-env", "NO_SUCH_KEY"], ["NO_SUCH_KEY is empty or not set", "--offline"]),
        ([*SERVER, "--key-file", "none"], ["none cannot be read", "--offline"]),
        ([*OFFLINE, *LIMITS, "--key-env", "not a name"], ["plotter-1 --key-env"]),
    ],
)
def test_what_is_wrong_is_said_with_its_field_and_its_mend(words: list[str], says: list[str], desk: Any) -> None:
    before = desk.path.read_bytes()
    text = desk.refused("machine", "add", "plotter-1", "--no-ask", *words)
    assert all(each in text for each in says), text
    assert "Traceback" not in text and desk.path.read_bytes() == before


def test_a_name_or_an_address_that_is_taken_opens_nothing(added: Any, tools: Any, printer: Simulated) -> None:
    opens = printer.get("record.json")["counts"]["opens"]
    flags = tools.marlin_flags(str(printer.link))
    assert "already" in added.refused("machine", "add", "frosting-9", *flags)
    assert "frosting-9 already" in added.refused("machine", "add", "frosting-10", *flags)
    assert printer.get("record.json")["counts"]["opens"] == opens


def test_another_machine_than_said_is_not_written(desk: Any, tools: Any, simulated: Callable[..., Simulated]) -> None:
    laser = simulated("grbl")
    text = desk.refused("machine", "add", "frosting-9", *tools.marlin_flags(str(laser.link)))
    assert "this is GRBL" in text and "--offline" in text
    assert machines(desk) == []


def test_a_key_is_referred_to_and_never_written(desk: Any, tmp_path: Path) -> None:
    key = tmp_path / "keys" / "octopi"
    key.parent.mkdir()
    key.write_text("a very secret key")
    key.chmod(0o644)
    flags = ["--driver", "octoprint", "--address", "http://127.0.0.1:5099", "--process", "fdm", "--offline", "--yes"]
    flags += [*LIMITS[:2], "--speed", "100,100,5,30", *LIMITS[4:]]
    flags += ["--nozzle", "0.4", "--e-area", "2.405", "--nozzle-temperature", "250", "--key-file", str(key)]
    text = desk.said("machine", "add", "octopi", *flags)
    assert "chmod 600" in text
    assert machines(desk)[0]["secret"] == {"file": "keys/octopi"}
    assert "very secret" not in desk.path.read_text() + text


def test_a_file_with_other_mistakes_is_mended_first(desk: Any) -> None:
    desk.path.write_text(desk.path.read_text() + "wbe: {}\n")
    assert "wbe" in desk.refused("machine", "add", "plotter-1", *OFFLINE, *LIMITS)


# --- remove -----------------------------------------------------------------------------------------------------------


def test_a_machine_with_a_job_on_it_stays(added: Any, tools: Any) -> None:
    before = added.path.read_bytes()
    with closing(open_shop(added.path)) as shop:
        tools.busy(shop.store, "frosting-9", "running")
        assert "J-1 is on frosting-9" in added.refused("machine", "remove", "frosting-9", "--yes")
        tools.busy(shop.store, "frosting-9", "unknown")
        assert "ful job decide J-1" in added.refused("machine", "remove", "frosting-9", "--yes")
    assert "names no machine 'nobody'" in added.refused("machine", "remove", "nobody", "--yes")
    assert added.path.read_bytes() == before


def test_the_last_machine_stays(added: Any) -> None:
    assert "only machine" in added.refused("machine", "remove", "frosting-9", "--yes")


# --- test -------------------------------------------------------------------------------------------------------------


def test_a_machine_that_is_as_configured(added: Any, printer: Simulated) -> None:
    text = added.said("machine", "test", "frosting-9")
    assert "directly, as no agent runs" in text and "Marlin 2.1" in text and "BAD" not in text
    assert "G28" not in printer.executed() and printer.moves() == []
    assert json.loads(added.said("machine", "test", "frosting-9", "--json"))["facts"]["envelope"] == [220, 220, 60]


def test_what_does_not_fit_is_named_with_its_mend(added: Any) -> None:
    added.path.write_text(added.path.read_text().replace("z: 10 mm/s", "z: 12 mm/s"))
    result = added.run("machine", "test", "frosting-9")
    assert result.exit_code == 1
    (line,) = (line for line in result.output.splitlines() if "BAD" in line)
    assert line.split()[:3] == ["limits.speed.z", "12", "10"] and "write limits.speed.z: 10 mm/s" in line


def test_what_the_firmware_was_built_without_is_said(
    desk: Any, tools: Any, simulated: Callable[..., Simulated]
) -> None:
    printer = simulated("marlin", "--no-emergency-parser", "--max-feedrate", "150,140,10,5")
    desk.said("machine", "add", "frosting-9", *tools.marlin_flags(str(printer.link)), "--yes")
    assert "without EMERGENCY_PARSER: an emergency stop waits" in desk.said("machine", "test", "frosting-9")


def test_it_moves_only_once_a_person_has_said_so(added: Any, printer: Simulated) -> None:
    assert "Is the way free?" in added.refused("machine", "test", "frosting-9", "--move", typed="n\n")
    assert printer.moves() == []
    added.said("machine", "test", "frosting-9", "--move", typed="y\n")
    assert printer.moves() == ["G1 Z1 F300", "G1 Z-1 F300"]


def test_a_machine_that_does_not_answer_is_a_sentence(added: Any, tmp_path: Path, printer: Simulated) -> None:
    added.path.write_text(added.path.read_text().replace(str(printer.link), str(tmp_path / "gone")))
    assert "there is no such port" in added.refused("machine", "test", "frosting-9")
    assert "there are frosting-9" in added.refused("machine", "test", "nobody")


# --- console, home, frame ---------------------------------------------------------------------------------------------


def bed(desk: Any) -> str:
    (found,) = json.loads(desk.said("machine", "list", "--json"))
    return str(found["bed"]["state"])


def said_on_record(desk: Any) -> list[tuple[str, str, Any]]:
    with closing(open_shop(desk.path)) as shop:
        events = [row for row in rows(shop.store, m.events) if row["event"] in ("asked", "answered")]
    return [(row["event"], row["who"], row["detail"]) for row in events]


def test_a_question_leaves_the_bed_and_an_action_soils_it(added: Any, printer: Simulated) -> None:
    assert added.said("machine", "console", "frosting-9", "M114").startswith("X:0.00 Y:0.00")
    added.said("machine", "clear", "frosting-9")
    assert "counts as dirty" not in added.said("machine", "console", "frosting-9", "m503")
    assert bed(added) == "clear"
    assert "counts as dirty" in added.said("machine", "console", "frosting-9", "G1", "X10", "F6000")
    assert bed(added) == "dirty" and "console: G1 X10 F6000" in added.said("machine", "list")
    assert printer.moves() == ["G1 X10 F6000"]


def test_every_line_is_on_record_with_who_and_what_was_answered(added: Any) -> None:
    added.said("machine", "console", "frosting-9", "M118 hello")
    added.refused("machine", "console", "frosting-9", "M98765")
    first, second, third, fourth = said_on_record(added)
    assert first[0] == "asked" and "(terminal)" in first[1] and first[2]["argument"] == "M118 hello"
    assert second[0] == "answered" and second[2]["answer"] == "console: hello"
    assert third[2]["argument"] == "M98765" and "M98765" in fourth[2]["answer"]


def test_the_console_reads_lines_until_the_end(added: Any) -> None:
    text = added.said("machine", "console", "frosting-9", typed="M118 one\n\nM112\nM118 two\n")
    assert "one" in text and "two" in text and "not sent from a console" in text
    lines = [detail["argument"] for event, _, detail in said_on_record(added) if event == "asked"]
    assert lines == ["M118 one", "M112", "M118 two"]


def test_home_and_frame_ask_first_and_leave_the_bed(added: Any, printer: Simulated) -> None:
    added.said("machine", "test", "frosting-9")
    assert "Its bed is unknown" in added.refused("machine", "home", "frosting-9", typed="n\n")
    added.said("machine", "clear", "frosting-9")
    assert "Its bed is" not in added.said("machine", "home", "frosting-9", typed="y\n")
    assert printer.get("state")["homed"] == ["X", "Y", "Z"]
    added.said("machine", "frame", "frosting-9", "--box", "10,20,60,40", "--speed", "80", "--yes")
    assert printer.get("state")["position"][:2] == [10, 20]
    assert bed(added) == "clear"
    assert "not inside" in added.refused("machine", "frame", "frosting-9", "--box", "10,20,600,40", "--yes")
    assert "no frame" in added.refused("machine", "frame", "frosting-9", "--box", "here", "--yes")
    assert "--box" in added.refused("machine", "frame", "frosting-9", "--yes")


def test_nothing_is_opened_while_a_job_is_on_it(added: Any, tools: Any, printer: Simulated) -> None:
    opens = printer.get("record.json")["counts"]["opens"]
    for state in ("claimed", "starting", "running", "paused", "unknown"):
        with closing(open_shop(added.path)) as shop:
            tools.busy(shop.store, "frosting-9", state)
        for words in (["console", "frosting-9", "M114"], ["home", "frosting-9", "--yes"], ["test", "frosting-9"]):
            assert "J-1" in added.refused("machine", *words), state
    assert printer.get("record.json")["counts"]["opens"] == opens


def test_only_one_holds_the_port(added: Any, printer: Simulated) -> None:
    """While an agent runs, everything goes through it: nothing here opens the port."""
    opens = printer.get("record.json")["counts"]["opens"]
    with only_one(added.path.parent / ".factory", "agent"), closing(open_shop(added.path)) as shop:
        (offer,) = shop.offers
        floor.register(shop.store, offer, "machine:frosting-9")
        asker = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "fulfillment.cli",
                "--config",
                str(added.path),
                "machine",
                "console",
                "frosting-9",
                "M5",
            ],
            stdout=subprocess.PIPE,
            text=True,
        )
        with asker:
            while not (asked := floor.asked(shop.store)):
                assert asker.poll() is None
            assert (asked[0].verb, asked[0].argument) == ("console", "M5")
            floor.answered(
                shop.store, asked[0], "console: done", "machine:frosting-9", {"lines": ["x"], "soiled": False}
            )
            assert asker.stdout is not None and asker.stdout.read() == "x\n"
    assert printer.get("record.json")["counts"]["opens"] == opens


def test_the_emergency_stop_reaches_a_machine_at_a_technician_s_hand(
    desk: Any, tools: Any, simulated: Callable[..., Simulated]
) -> None:
    printer = simulated("marlin", "--max-feedrate", "150,140,10,5", speed="1")
    desk.said("machine", "add", "frosting-9", *tools.marlin_flags(str(printer.link)), "--yes")
    argv = [sys.executable, "-m", "fulfillment.cli", "--config", str(desk.path), "machine", "console", "frosting-9"]
    with subprocess.Popen([*argv, "G4 S60"], stderr=subprocess.PIPE, text=True) as technician:
        tools.until(lambda: "G4 S60" in printer.executed() or not printer.get("state")["idle"], "the dwell")
        assert "emergency stop" in desk.said("stop", "frosting-9")
        assert technician.stderr is not None and "emergency stop" in technician.stderr.read()
    assert technician.returncode == 1 and printer.get("state")["halted"]
