"""What a person reads who has written the wrong address: which machine, what is there instead, and the mend."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from drivers.contract import DriverError, MachineFault, Settings, WireFault
from drivers.plain import refusal
from drivers.registry import build
from fulfillment.daemon import RealClock
from tests.conformance.rigs.common import Simulated

from .hosting import hosted

SERVERS = ("octoprint", "moonraker", "prusalink")
SERIAL: dict[str, dict[str, Any]] = {"marlin": {}, "grbl": {"tool": "laser"}, "ebb": {}}


class Page(BaseHTTPRequestHandler):
    """A server of web pages, which knows nothing of printers."""

    def do_GET(self) -> None:
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>Welcome</html>")

    do_POST = do_GET  # noqa: N815  (the name that the library looks for)

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture(scope="module")
def page() -> Iterator[str]:
    """HOST:PORT of a server of web pages."""
    with hosted(Page) as address:
        yield address.removeprefix("http://")


def refused(driver: str, address: str, **options: Any) -> DriverError:
    made = Settings("desk-7", address, options, None, "key", frozenset({"fdm"}), (200.0, 200.0, 50.0))
    with build(driver, made, RealClock()) as machine, pytest.raises(DriverError) as caught:
        machine.connect()
    return caught.value


@pytest.mark.parametrize("driver", SERVERS)
def test_https_where_http_is_spoken(driver: str, page: str) -> None:
    fault = refused(driver, f"https://{page}")
    assert isinstance(fault, MachineFault) and "desk-7" in str(fault), "nothing can have been sent"
    assert page in str(fault) and "write http://" in str(fault) and "SSL" not in str(fault)


def test_other_failures_are_not_taken_for_it() -> None:
    assert refusal("desk-7", "https://x", OSError("CERTIFICATE_VERIFY_FAILED")) is None
    assert refusal("desk-7", "https://x", OSError("Connection refused")) is None


@pytest.mark.parametrize("driver", SERVERS)
def test_a_server_of_something_else(driver: str, page: str) -> None:
    fault = str(refused(driver, f"http://{page}"))
    assert "desk-7" in fault and "look at the address" in fault


@pytest.mark.parametrize("driver", SERVERS)
def test_nobody_listens(driver: str) -> None:
    fault = str(refused(driver, "http://127.0.0.1:9"))
    assert "desk-7" in fault and ("look at" in fault or "is it switched on" in fault)


@pytest.mark.parametrize("driver", SERIAL)
def test_a_file_a_folder_and_a_device_that_are_no_ports(driver: str, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_text("x")
    for place in (file, tmp_path, Path("/dev/null")):
        fault = refused(driver, str(place), **SERIAL[driver])
        assert isinstance(fault, WireFault) and str(place) in str(fault)
        assert "no serial port" in str(fault) and "ioctl" not in str(fault)


def test_a_plotter_s_driver_on_the_port_of_a_laser(tmp_path: Path) -> None:
    laser = Simulated("grbl", "--link", str(tmp_path / "port"), "--speed", "max")
    try:
        fault = str(refused("ebb", str(laser.link)))
        assert "desk-7" in fault and "another machine" in fault and "look at the address" in fault
    finally:
        laser.close()
