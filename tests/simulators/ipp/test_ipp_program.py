"""The printer as a program of its own, its words, and its room."""

from __future__ import annotations

import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ippx
import pytest

from simulators.ipp.job import State
from simulators.ipp.program import MODELS, start
from simulators.ipp.settings import SETTINGS

EVERYWHERE = Path("/usr/share/cups/ipptool")


def test_a_program_says_when_it_is_ready_and_ends_when_asked() -> None:
    words = [sys.executable, "-m", "simulators", "ipp", "--port", "0", "--side", "0", "--die-with-parent"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        ready, uri, web, side = process.stdout.readline().split()
        assert ready == "ready" and uri.startswith("ipp://127.0.0.1:") and uri.endswith("/ipp/print")
        assert web == f"http={uri.replace('ipp:', 'http:').removesuffix('/ipp/print')}"
        with urllib.request.urlopen(side.removeprefix("side=") + "/state", timeout=20) as answer:
            assert answer.status == 200
        process.terminate()
        assert process.wait(20) == 0


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["--tray", "a4"], "no paper"),
        (["--forget", "soon"], "setting forget: 'soon' is not a number"),
        (["--answers", "twice"], "none of length"),
        (["--fault", "lightning"], "not known"),
    ],
)
def test_what_it_cannot_be_is_said(arguments: list[str], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        start(arguments)


def test_help_teaches_every_flag_and_fault() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "simulators", "ipp", "--help"], capture_output=True, text=True, check=True
    )
    for name in SETTINGS:
        assert f"--{name} " in told.stdout
    assert "cut-answer" in told.stdout and "power-cut" in told.stdout


@pytest.mark.parametrize("model", MODELS)
def test_models_are_what_they_say(host: Callable[..., Any], model: str) -> None:
    state = host("--model", model).state()
    papers = [f"{tray['media']}:{tray['sheets']}" for tray in state["trays"]]
    assert papers == list(MODELS[model]["trays"])


def test_another_client_prints_and_waits(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host("--auth", "basic", "--password", "sesame")
    uri, auth = printer.running.printer.uri, ippx.BasicAuth("maker", "sesame")
    with ippx.IppClient(uri, auth=auth) as client:
        assert client.get_printer_attributes().state == ippx.PrinterState.IDLE
        job = client.print_job(pdf(2), document_format="application/pdf", job_name="slip")
        assert client.wait_for_job(job.job_id, timeout=20, initial_interval=0.05).state == ippx.JobState.COMPLETED
    assert [page["name"] for page in printer.record()["pages"]] == ["slip", "slip"]


def test_what_is_printed_twice_shows(host: Callable[..., Any], pdf: Callable[..., bytes]) -> None:
    printer = host()
    for name in ("one", "two", "one"):
        printer.until(printer.print(pdf(2), name), State.COMPLETED)
    assert printer.record()["twice"] == ["one"]


def test_the_room_says_what_is_wrong(host: Callable[..., Any]) -> None:
    printer = host()
    for path, body, word in (
        ("/fault", {"spec": "lightning"}, "not known"),
        ("/fault", {}, "the body is"),
        ("/set", {"forget": "soon"}, "not a number"),
        ("/load", {"tray": "tray-9"}, "not there"),
        ("/load", {"sheets": -1}, "no number of sheets"),
        ("/load", {"media": "paper"}, "no paper"),
    ):
        with pytest.raises(urllib.error.HTTPError) as error:
            printer.post(path, **body)
        assert error.value.code == 400
        assert word in error.value.read().decode()
        error.value.close()
    for path in ("/nothing", "/pages/9.png"):
        with pytest.raises(urllib.error.HTTPError) as error:
            printer.get(path)
        assert error.value.code == 404
        error.value.close()


def test_settings_change_while_it_runs(host: Callable[..., Any]) -> None:
    printer = host()
    assert printer.post("/set", forget="5", suffix="none")["forget"] == 5
    assert printer.state()["settings"]["suffix"] == "none"


@pytest.mark.skipif(not EVERYWHERE.is_dir(), reason="cups-ipp-utils is not installed")
@pytest.mark.parametrize("answers", ["length", "chunked"])
def test_ipptool_prints_and_looks(
    host: Callable[..., Any], pdf: Callable[..., bytes], tmp_path: Path, answers: str
) -> None:
    """All of its tests are run by ``python -m benchmarks ipptool``; docs/ipp.md says what they found."""
    printer, document = host("--answers", answers), tmp_path / "slip.pdf"
    document.write_bytes(pdf(2))
    for name in ("print-job", "print-job-gzip", "print-job-deflate", "get-jobs", "identify-printer"):
        words = ["ipptool", "-tI", "-f", str(document), printer.running.printer.uri, str(EVERYWHERE / f"{name}.test")]
        told = subprocess.run(words, capture_output=True, text=True, check=False, timeout=60)
        assert "[PASS]" in told.stdout and "[FAIL]" not in told.stdout, told.stdout
    printer.seen(lambda: len(printer.record()["pages"]) == 6)
    assert len({page["sha256"] for page in printer.record()["pages"]}) == 1
