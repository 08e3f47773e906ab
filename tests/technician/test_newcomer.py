"""A new machine that tells of itself only in part, and values that are refused before it is asked anything."""

from __future__ import annotations

import io
import os
import pty
from collections.abc import Callable, Iterator
from contextlib import closing, redirect_stderr, redirect_stdout, suppress
from typing import Any, TextIO

import click
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from drivers.service import Facts
from fulfillment.cli import ful
from fulfillment.newcomer import PROCESSES, NotUnderstood, entry, flag_of, told
from tests.conformance.rigs.common import Simulated

PEN, FDM = ["plot"], ["fdm"]


@pytest.mark.parametrize(
    ("speeds", "processes", "whole", "partly"),
    [
        ((150.0, 150.0), PEN, "150,150,10", None),
        ((150.0, 150.0), ["plot", "engrave"], None, "150,150"),
        ((300.0, 300.0, 15.0), ["engrave"], "300,300,15", None),
        ((300.0, 300.0, 15.0), FDM, None, "300,300,15"),
        ((300.0, 300.0, 15.0), ["extrude-food"], None, "300,300,15"),
        ((300.0, 300.0, 15.0, 25.0), FDM, "300,300,15,25", None),
        ((300.0, 300.0, 15.0, 25.0, 25.0), FDM, "300,300,15,25", None),
        (None, FDM, None, None),
    ],
)
def test_speeds_count_only_where_they_are_all_that_is_needed(
    speeds: tuple[float, ...] | None, processes: list[str], whole: str | None, partly: str | None
) -> None:
    said = told(Facts(speeds=speeds), processes)
    assert (said.whole.get("speed"), said.partly.get("speed")) == (whole, partly)


numbers = st.floats(min_value=0.01, max_value=5000, allow_nan=False)


@given(
    st.lists(numbers, min_size=2, max_size=6).map(tuple), st.lists(st.sampled_from(PROCESSES), min_size=1, unique=True)
)
def test_what_counts_as_told_is_never_refused_when_it_is_written(speeds: Any, processes: list[str]) -> None:
    said = told(Facts(speeds=speeds), processes)
    if "speed" in said.whole:
        entry("m", "marlin", "x", processes, said.whole, {})
    else:
        with pytest.raises(NotUnderstood, match="--speed"):
            entry("m", "marlin", "x", [*processes, "plot"], said.partly, {})


def test_each_place_below_a_machine_has_its_flag() -> None:
    assert [
        flag_of(key) for key in ("limits.speed.e", "options.tool", "options.baud", "secret.env", "processes[0]")
    ] == [
        "--speed",
        "--tool",
        "--option baud",
        "--key-env",
        "--process",
    ]
    assert flag_of("limits") == flag_of("") == flag_of("namesake") == ""


# --- at the command line ----------------------------------------------------------------------------------------------


def added(desk: Any) -> dict[str, Any]:
    (machine,) = yaml.safe_load(desk.path.read_text())["machines"]
    return dict(machine)


def test_a_plotter_that_tells_two_speeds_is_added(desk: Any, simulated: Callable[..., Simulated]) -> None:
    board = simulated("ebb")
    flags = ["--driver", "ebb", "--address", str(board.link), "--process", "plot", "--envelope", "300x218x20"]
    desk.said("machine", "add", "plotter-9", *flags, "--no-ask", "--yes")
    assert set(added(desk)["limits"]["speed"]) == {"x", "y", "z"}
    assert "no problem found" in desk.said("config", "check")


@pytest.fixture(scope="module")
def klipper(tools: Any) -> Iterator[Simulated]:
    made = Simulated("moonraker", "--port", "0", "--speed", "max", "--min-temp", "0")
    tools.until(lambda: made.get("state")["connected"], "Klipper")
    yield made
    made.close()


def klipper_flags(address: str) -> list[str]:
    flags = ["--driver", "moonraker", "--address", address, "--process", "fdm"]
    return [*flags, "--nozzle", "0.4", "--e-area", "2.405", "--nozzle-temperature", "250"]


def test_a_printer_that_says_nothing_of_its_feeder(
    desk: Any, klipper: Simulated, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KLIPPER_KEY", "simulated")
    words = ["machine", "add", "tags-9", *klipper_flags(str(klipper.link)), "--key-env", "KLIPPER_KEY"]
    text = desk.refused(*words, "--no-ask", "--yes")
    assert "--speed: " in text and "The machine tells " in text and ",E" in text and "machines[" not in text
    (line,) = (line for line in text.splitlines() if "--speed" in line)
    told_of = line.partition("tells ")[2].partition(":")[0]
    assert "speed" not in desk.path.read_text()

    asked = desk.said(*words, "--ask", "--yes", typed=f"{told_of},25\n")
    assert f"write {told_of},E" in asked
    assert added(desk)["limits"]["speed"]["e"] == "25 mm/s"


def test_too_few_speeds_of_a_person_are_said_to_be_too_few(desk: Any) -> None:
    text = desk.refused("machine", "add", "tags-9", *klipper_flags("http://127.0.0.1:9"), "--speed", "300,300,15")
    assert "tags-9: --speed '300,300,15': fdm needs E behind it" in text


@pytest.mark.parametrize(
    ("name", "words", "says"),
    [
        ("Frosting 9", [], "Frosting 9 NAME: "),
        ("tags-9", ["--option", "timeuot=3"], "tags-9 --option timeuot: "),
        ("tags-9", ["--e-area", "2.4 cm"], "tags-9 --e-area: "),
        ("tags-9", ["--material", "jam"], "tags-9 --material: No material is called 'jam'"),
        ("tags-9", ["--speed", "1,2,3,fast"], "tags-9 --speed: "),
        ("tags-9", ["--speed", "1,2"], "--speed '1,2': write X,Y,Z"),
    ],
)
def test_what_is_wrong_is_refused_before_the_machine_is_asked(
    name: str, words: list[str], says: str, desk: Any, klipper: Simulated
) -> None:
    text = desk.refused("machine", "add", name, *klipper_flags(str(klipper.link)), "--no-ask", *words)
    assert says in text and "asking" not in text and "machines[" not in text


def test_the_new_machine_is_named_by_its_name_where_there_are_others(desk: Any, tools: Any) -> None:
    flags = ["--driver", "hot-folder", "--process", "document", "--option", "done_when=written", "--offline", "--yes"]
    desk.said("machine", "add", "slips-1", "--address", "s1", *flags)
    text = desk.refused("machine", "add", "slips-2", "--address", "s2", *flags, "--material", "jam")
    assert "slips-2 --material" in text and "[1]" not in text and "slips-1" not in text


def test_a_server_that_wants_a_key_says_how_to_give_one(desk: Any) -> None:
    server = Simulated("octoprint", "--port", "0", "--speed", "max")
    try:
        flags = ["--driver", "octoprint", "--address", str(server.link), *klipper_flags("x")[4:]]
        text = desk.refused("machine", "add", "octopi", *flags, "--no-ask")
        assert "--key-file" in text and "--key-env" in text and "--offline" in text
        assert "--key-file" not in desk.refused("machine", "add", "tags-9", *klipper_flags("http://127.0.0.1:9"))
    finally:
        server.close()


# --- a factory without machines, and waiting --------------------------------------------------------------------------


def test_a_factory_without_machines_is_pointed_to_add(desk: Any) -> None:
    text = desk.refused("config", "check")
    assert "no machine yet" in text and "ful machine add" in text and "length" not in text
    assert "1 problem\n" in desk.refused("doctor")


def run(desk: Any, *words: str, stderr: TextIO) -> str:
    """What it printed, with its standard error going where it is told to."""
    with redirect_stdout(io.StringIO()) as printed, redirect_stderr(stderr), suppress(click.ClickException):
        ful(["--config", str(desk.path), *words], standalone_mode=False)
    return printed.getvalue()


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["machine", "discover", "--seconds", "0.2", "--interface", "127.0.0.1"], "listening for 0.2 s"),
        (["machine", "test", "slips-1"], "connecting to slips-1"),
    ],
)
def test_a_person_is_told_what_goes_on_and_a_script_is_not(words: list[str], says: str, desk: Any) -> None:
    flags = ["--driver", "hot-folder", "--address", "s1", "--process", "document", "--option", "done_when=written"]
    desk.said("machine", "add", "slips-1", *flags, "--offline", "--yes")
    master, slave = pty.openpty()
    with closing(os.fdopen(slave, "w")) as terminal, closing(os.fdopen(master, "rb", buffering=0)) as person:
        printed = run(desk, *words, stderr=terminal)
        assert says in person.read(65536).decode() and says not in printed
    script = io.StringIO()
    run(desk, *words, stderr=script)
    assert script.getvalue() == ""
