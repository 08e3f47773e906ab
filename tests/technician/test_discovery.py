"""What is found: firmwares by what they say, ports by the names that stay, servers that announce themselves."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import tty
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zeroconf import ServiceInfo, Zeroconf

from drivers.discovery import network
from drivers.discovery.conversation import Conversation, Timing
from drivers.discovery.network import Server, read, servers
from drivers.discovery.ports import serial_ports
from drivers.discovery.probing import BAUDS, probe, probe_all
from drivers.discovery.recognisers import EBB, GRBL, MARLIN, RECOGNISERS
from drivers.loopback import Loopback
from tests.conformance.rigs.common import RealClock, Simulated

QUICK = Timing(listen=0.6, settle=0.05, answer=0.5)
LOOPBACK = ["127.0.0.1"]

# --- recognisers and the conversation, without I/O --------------------------------------------------------------------

SAYS = {
    "FIRMWARE_NAME:Marlin 2.1.2.5 (Nov 20 2024) SOURCE_CODE_URL:x PROTOCOL_VERSION:1.0": (MARLIN, "identity"),
    "FIRMWARE_NAME:Prusa-Firmware 3.13 based on Marlin FIRMWARE_URL:y": (MARLIN, "identity"),
    "start": (MARLIN, "trace"),
    'echo:Unknown command: "$I"': (MARLIN, "trace"),
    "Grbl 1.1h ['$' for help]": (GRBL, "identity"),
    "GrblHAL 1.1f ['$' or '$HELP' for help]": (GRBL, "identity"),
    "[VER:1.1h.20190830:]": (GRBL, "identity"),
    "error:20": (GRBL, "trace"),
    "ALARM:1": (GRBL, "trace"),
    "EBBv13_and_above EB Firmware Version 2.7.0": (EBB, "identity"),
    "V,EBBv13_and_above EB Firmware Version 3.0.2": (EBB, "identity"),
    "!8 Err: Unknown command 'M1:4D31'": (EBB, "trace"),
    "ok": (None, ""),
    "$GPGGA,123519,4807.038,N,01131.000,E,1,08": (None, ""),
}


@pytest.mark.parametrize("text", SAYS)
def test_each_line_is_taken_for_its_own_firmware_alone(text: str) -> None:
    wanted, how = SAYS[text]
    told = {(each, name) for each in RECOGNISERS for name in ("identity", "trace") if getattr(each, name)(text)}
    assert told == ({(wanted, how)} if wanted else set())


def test_nobody_s_question_moves_or_heats_anything() -> None:
    """What stands in them is all that is ever sent; whoever adds one argues for it here."""
    assert [each.question.strip() for each in RECOGNISERS] == [b"M115", b"$I", b"V"]


@given(st.lists(st.one_of(st.binary(max_size=60), st.sampled_from([f"{text}\r\n".encode() for text in SAYS]))))
def test_whatever_is_heard_only_questions_are_sent_each_once_and_it_ends(heard: list[bytes]) -> None:
    for baud in BAUDS:
        conversation, now, sent = Conversation(baud, QUICK), 0.0, b""
        conversation.opened(now)
        for data in heard:
            sent += conversation.receive(data, now)
            now += 0.01
        while not conversation.over:
            assert conversation.wake < float("inf") and now < 60
            now = max(now, conversation.wake)
            sent += conversation.tick(now)
        for each in RECOGNISERS:
            assert sent.count(each.question) <= 1
            sent = sent.replace(each.question, b"", 1)
        assert sent == b""


@given(st.integers(1, 9), st.data())
def test_a_banner_in_pieces_is_a_banner(size: int, data: Any) -> None:
    text = data.draw(st.sampled_from([text for text, (_, how) in SAYS.items() if how == "identity"]))
    said = b"\xff\x00noise\r\n" + text.encode() + b"\r\n"
    conversation = Conversation(115200, QUICK)
    conversation.opened(0.0)
    for at in range(0, len(said), size):
        conversation.receive(said[at : at + size], 0.0)
    assert conversation.over and conversation.found is not None and conversation.found.proved


def test_what_sounds_like_one_is_asked_first_and_named_as_a_guess() -> None:
    conversation = Conversation(115200, QUICK)
    conversation.opened(0.0)
    assert conversation.receive(b"!8 Err: Unknown command 'OK:4F4B'\r\n", 0.1) == b""
    assert conversation.tick(conversation.wake) == EBB.question
    while not conversation.over:
        conversation.tick(conversation.wake)
    assert conversation.found is not None
    assert (conversation.found.driver, conversation.found.proved) == ("ebb", False)


def test_another_baud_rate_is_an_option_of_the_driver() -> None:
    conversation = Conversation(250000, QUICK)
    conversation.opened(0.0)
    conversation.receive(b"FIRMWARE_NAME:Marlin 1.1.9 SOURCE_CODE_URL:x\n", 0.1)
    assert conversation.found is not None and conversation.found.options == {"baud": 250000}
    assert Conversation(9600, QUICK).over, "nobody speaks at this rate"


# --- ports ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["marlin"], ["grbl"], ["ebb"], ["marlin", "--no-reset-on-open"]], ids=" ".join)
def test_a_simulator_on_a_pty_is_recognised_and_given_back(
    simulated: Callable[..., Simulated], arguments: list[str]
) -> None:
    machine = simulated(*arguments)
    for _ in range(2):
        probed = probe(str(machine.link), RealClock(), QUICK)
        assert probed.found is not None, probed.why
        assert (probed.found.driver, probed.found.proved, probed.found.options) == (arguments[0], True, {})
    assert not machine.moves()


def test_many_ports_are_asked_at_the_same_time(simulated: Callable[..., Simulated]) -> None:
    machines = [simulated(kind) for kind in ("marlin", "grbl", "ebb")]
    probed = probe_all([str(each.link) for each in machines], RealClock(), QUICK)
    assert [each.found.driver for each in probed if each.found] == ["marlin", "grbl", "ebb"]
    assert probe_all([], RealClock()) == []


def test_a_port_at_another_rate_is_found_there() -> None:
    def opener(_path: str, baud: int) -> Loopback:
        def answer(written: bytes) -> bytes:
            if baud != 250000:
                return b"\xfe\x00\xf8"
            return b"FIRMWARE_NAME:Marlin 2.0 SOURCE_CODE_URL:x\nok\n" if b"M115" in written else b""

        return Loopback(answer)

    probed = probe("loopback", RealClock(), Timing(0.05, 0.01, 0.1), opener)
    assert probed.found is not None and probed.found.options == {"baud": 250000}


def test_a_silent_port_is_named_as_one_and_a_missing_one_too(tmp_path: Path) -> None:
    silent = probe("loopback", RealClock(), Timing(0.01, 0.01, 0.01), lambda _p, _b: Loopback(lambda _: b""))
    assert silent.found is None and "115200 and 250000" in silent.why
    assert "no such port" in probe(str(tmp_path / "none"), RealClock(), QUICK).why


def test_a_port_that_is_pulled_meanwhile_is_said() -> None:
    def opener(_path: str, _baud: int) -> Loopback:
        wire = Loopback(lambda _: b"")
        wire.hang_up()
        return wire

    assert "closed by the other end" in probe("loopback", RealClock(), QUICK, opener).why


HOLDER = "import os, sys, time; port = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY); print('held'); time.sleep(60)"


def test_a_port_that_another_program_has_open_is_left_alone() -> None:
    """Even where that program takes no lock: a probe would reset its machine in the middle of whatever it does."""
    master, slave = os.openpty()
    tty.setraw(slave)
    name = os.ttyname(slave)
    os.close(slave)
    with subprocess.Popen([sys.executable, "-u", "-c", HOLDER, name], stdout=subprocess.PIPE) as holder:
        try:
            assert holder.stdout is not None and holder.stdout.readline()
            why = probe(name, RealClock(), QUICK).why
            assert f"process {holder.pid}" in why and "left alone" in why
        finally:
            holder.kill()
    os.close(master)


def board(device: Path, **facts: Any) -> SimpleNamespace:
    defaults = {"manufacturer": None, "product": None, "description": "n/a", "serial_number": None, "vid": 0x1A86}
    return SimpleNamespace(device=str(device), **(defaults | facts))


def test_ports_have_the_names_that_stay(tmp_path: Path) -> None:
    for name in ("ttyUSB0", "ttyUSB1", "ttyACM0", "ttyACM1", "ttyS0", "ttyX"):
        (tmp_path / name).touch()
    links = {
        "by-id/usb-Prusa_MK3_CZPX123-if00": "ttyACM0",
        "by-id/usb-1a86_USB_Serial-if00-port0": "ttyUSB1",
        "by-path/pci-0:1-port0": "ttyUSB0",
        "by-path/pci-0:2-port0": "ttyUSB1",
        "by-path/pci-0:3": "ttyACM0",
        "by-id/usb-In_A_Container": "ttyX",
    }
    for link, target in links.items():
        (tmp_path / "serial" / link).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "serial" / link).symlink_to(tmp_path / target)
    listed = [
        board(tmp_path / "ttyACM0", manufacturer="Prusa", product="MK3", serial_number="CZPX123"),
        board(tmp_path / "ttyUSB0", product="USB Serial"),
        board(tmp_path / "ttyUSB1", product="USB Serial"),
        board(tmp_path / "ttyACM1", description="a board without links"),
        board(tmp_path / "ttyS0", vid=None),
    ]
    found = serial_ports([str(tmp_path / "ttyACM0"), str(tmp_path / "pty")], tmp_path / "serial", lambda: listed)
    named = {Path(port.device).name: port for port in found}
    assert len(found) == 7, "a port is listed once, however many names it has"
    assert named["ttyACM0"].path.endswith("by-id/usb-Prusa_MK3_CZPX123-if00") and named["ttyACM0"].what == "Prusa MK3"
    assert named["ttyUSB0"].path.endswith("by-path/pci-0:1-port0")
    assert named["ttyUSB1"].path.endswith("by-path/pci-0:2-port0"), "two boards without a number share one by-id name"
    assert "socket" in named["ttyUSB1"].note and "may change" in named["ttyACM1"].note
    assert named["ttyS0"].built_in and not named["ttyUSB0"].built_in
    assert named["ttyX"].path.endswith("by-id/usb-In_A_Container")
    assert named["pty"].path == str(tmp_path / "pty")


def test_this_computer_s_own_ports_can_be_listed(tmp_path: Path) -> None:
    assert all(port.path.startswith("/dev/") for port in serial_ports())


# --- the network ------------------------------------------------------------------------------------------------


@contextmanager
def announcing(*services: ServiceInfo) -> Iterator[None]:
    """Services of this very test, on loopback alone."""
    with Zeroconf(interfaces=LOOPBACK, use_asyncio=False) as zeroconf:
        for service in services:
            zeroconf.register_service(service, cooperating_responders=True)  # no probing: quicker
        yield


def service(kind: str, name: str, port: int, texts: dict[str, str] | None = None, known: bool = True) -> ServiceInfo:
    addresses = [socket.inet_aton("127.0.0.1")] if known else []
    return ServiceInfo(
        kind, f"{name}.{kind}", port=port, addresses=addresses, properties=texts or {}, server="localhost."
    )


def test_servers_that_announce_themselves_are_found_on_loopback() -> None:
    mark = f"bench {os.getpid()}"
    announced = [
        service("_octoprint._tcp.local.", f"OctoPrint {mark}", 5000, {"path": "/octo/", "version": "1.11.2"}),
        service("_moonraker._tcp.local.", f"Moonraker {mark}", 7125),
        service("_prusalink._tcp.local.", f"PrusaLink {mark}", 8017, {"path": "/"}),
        service("_octoprint._tcp.local.", f"PrusaLink {mark}", 8017, {"path": "/"}),
        service("_http._tcp.local.", f"PrusaLink {mark}", 8017, {"path": "/"}),
        service("_http._tcp.local.", f"Coffee {mark}", 8018),
        service("_ipp._tcp.local.", f"Office {mark}", 8020, {"rp": "ipp/print", "ty": "Acme 7"}),
    ]
    with announcing(*announced):
        found = [server for server in servers(2.5, LOOPBACK) if mark in server.name]
    assert [(one.driver, one.address, one.version) for one in found] == [
        ("ipp", "ipp://127.0.0.1:8020/ipp/print", "Acme 7"),
        ("moonraker", "http://127.0.0.1:7125", ""),
        ("octoprint", "http://127.0.0.1:5000/octo", "1.11.2"),
        ("prusalink", "http://127.0.0.1:8017", ""),
    ]


def test_servers_are_found_from_a_thread_that_runs_a_loop() -> None:
    async def ask() -> list[Server]:
        return servers(1.5, LOOPBACK)

    def ran() -> list[Server]:
        return asyncio.run(ask())

    mark = f"loop {os.getpid()}"
    one = service("_octoprint._tcp.local.", f"OctoPrint {mark}", 5001)
    with announcing(one), ThreadPoolExecutor(1) as other:  # In this one a browser's tests may have left a loop.
        assert any(mark in server.name for server in other.submit(ran).result())


def test_a_server_that_announces_no_address_is_found_by_its_name() -> None:
    """PrusaLink registers itself without one."""
    mark = f"bare {os.getpid()}"
    with announcing(service("_prusalink._tcp.local.", f"PrusaLink {mark}", 8019, known=False)):
        (found,) = (server for server in servers(2.5, LOOPBACK) if mark in server.name)
    assert found.address == "http://127.0.0.1:8019"


@pytest.mark.parametrize(
    ("kind", "name", "port", "address", "texts", "wanted"),
    [
        ("_octoprint._tcp.local.", "O", 80, "10.0.0.4", {}, ("octoprint", "http://10.0.0.4")),
        ("_octoprint._tcp.local.", "O", 80, "fe80::1", {}, ("octoprint", "http://[fe80::1]")),
        ("_octoprint._tcp.local.", "O", 5000, "10.0.0.4", {"path": None}, ("octoprint", "http://10.0.0.4:5000")),
        ("_octoprint._tcp.local.", "PrusaLink at x", 80, "10.0.0.4", {}, ("prusalink", "http://10.0.0.4")),
        ("_http._tcp.local.", "web", 80, "10.0.0.4", {"model": "PrusaLink MK4"}, ("prusalink", "http://10.0.0.4")),
        ("_http._tcp.local.", "web", 80, "10.0.0.4", {}, None),
        ("_ipp._tcp.local.", "paper", 631, "10.0.0.4", {"rp": "ipp/print"}, ("ipp", "ipp://10.0.0.4/ipp/print")),
        ("_ipps._tcp.local.", "paper", 8631, "10.0.0.4", {}, ("ipp", "ipps://10.0.0.4:8631")),
        ("_ipp._tcp.local.", "paper", 631, "10.0.0.4", {"rp": "ipp print"}, None),
        ("_octoprint._tcp.local.", "O", 80, "10.0.0.4", {"path": "/;reboot"}, None),
        ("_octoprint._tcp.local.", "O", 80, "10.0.0.4", {"path": "$(reboot)"}, None),
    ],
)
def test_an_announcement_is_read(
    kind: str, name: str, port: int, address: str, texts: Any, wanted: tuple[str, str] | None
) -> None:
    server = read(kind, f"{name}.{kind}", "host.local.", port, address, texts)
    assert (server and (server.driver, server.address)) == wanted


def test_what_strangers_announce_is_shown_as_plain_text() -> None:
    name = "\x1b[2J" + "x" * 300 + "._octoprint._tcp.local."
    server = read("_octoprint._tcp.local.", name, "host.local.", 80, "10.0.0.4", {"version": "1\r\n2"})
    assert server is not None and server.name.isprintable() and len(server.name) <= 120 and server.version == "12"
    assert read("_octoprint._tcp.local.", "O", "host; reboot", 80, "10.0.0.4", {}) is None


def test_one_server_is_one_row() -> None:
    twice = [Server(driver, driver, "http://a", "a") for driver in ("octoprint", "prusalink")]
    assert [server.driver for server in network.distinct(twice)] == ["prusalink"]
    printer = [Server("ipp", "Office", f"{scheme}://a/ipp/print", "a") for scheme in ("ipps", "ipp")]
    assert [server.address for server in network.distinct(printer)] == ["ipp://a/ipp/print"]
    assert [server.address for server in network.distinct(printer[:1])] == ["ipps://a/ipp/print"]
