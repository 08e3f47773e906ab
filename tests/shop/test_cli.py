"""The command line: what it teaches, what it prints in an empty and in a filled shop, and how it says no."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner, Result

from fulfillment.catalog import FOLDER
from fulfillment.cli import COMMANDS, ful
from fulfillment.config import ConfigError
from fulfillment.daemon import Shop
from jobs import floor
from jobs import models as m
from jobs.store import NotFound, Refused

from .bakery import line, order, photo, plan, rows, units

ROOT = Path(__file__).parents[2]


def run(config: Path, *words: str) -> Result:
    result = CliRunner().invoke(ful, ["--config", str(config), *words])
    if result.exception and not isinstance(result.exception, SystemExit | ConfigError | Refused):
        raise result.exception
    return result


def said(config: Path, *words: str) -> str:
    result = run(config, *words)
    assert result.exit_code == 0, result.output
    return result.output


def every_command() -> Iterator[tuple[list[str], click.Command]]:
    context = click.Context(ful)
    waiting: list[tuple[list[str], click.Command]] = []
    for name in COMMANDS:
        command = ful.get_command(context, name)
        assert command is not None
        waiting.append(([name], command))
    while waiting:
        words, command = waiting.pop()
        yield words, command
        if isinstance(command, click.Group):
            waiting += [([*words, name], inner) for name, inner in command.commands.items()]


@pytest.mark.parametrize(
    ("words", "command"), list(every_command()), ids=lambda value: " ".join(value) if isinstance(value, list) else ""
)
def test_every_help_teaches(words: list[str], command: click.Command) -> None:
    """It says what the command does in a sentence, and each of its options has words of its own."""
    result = CliRunner().invoke(ful, [*words, "--help"])
    assert result.exit_code == 0
    assert command.help and command.help.strip()[0].isupper() and len(command.help.split()) >= 3
    options = [parameter for parameter in command.params if isinstance(parameter, click.Option)]
    assert [option.name for option in options if not option.help] == []


def test_the_first_help_names_every_command_and_where_to_begin() -> None:
    text = CliRunner().invoke(ful, ["--help"]).output
    assert all(name in text for name in COMMANDS)
    assert "ful demo" in text and "ful order submit" in text


def test_the_console_script_says_what_is_refused_in_one_text(config: Path, tmp_path: Path) -> None:
    for words, text in (
        (["--config", str(tmp_path / "none.yaml"), "status"], "none.yaml"),
        (["--config", str(config), "order", "show", "O-NONE"], "there is no order O-NONE"),
    ):
        argv = [sys.executable, "-m", "fulfillment.cli", *words]
        done = subprocess.run(argv, capture_output=True, text=True)
        assert done.returncode == 1
        assert text in done.stderr and "Traceback" not in done.stderr and not done.stdout


UNUSABLE = {
    "url_from: { env: NO_SUCH_VARIABLE }": "NO_SUCH_VARIABLE is empty or not set",
    "url: sqlite:///junk.db": "file is not a database",
}
"""Databases, and what is said of them."""


@pytest.mark.parametrize("database", UNUSABLE)
def test_a_database_that_cannot_be_used_is_said_in_a_sentence(database: str, config: Path) -> None:
    (config.parent / "junk.db").write_bytes(b"no database" * 1000)
    config.write_text(f"{config.read_text()}\ndatabase: {{ {database} }}\n")
    argv = [sys.executable, "-m", "fulfillment.cli", "--config", str(config)]
    done = subprocess.run([*argv, "status"], capture_output=True, text=True)
    assert done.returncode == 1 and UNUSABLE[database] in done.stderr and "Traceback" not in done.stderr
    looked = subprocess.run([*argv, "doctor"], capture_output=True, text=True)
    assert looked.returncode == 1 and "Traceback" not in looked.stderr
    assert "the database cannot be opened" in looked.stdout and UNUSABLE[database] in looked.stdout


@pytest.mark.parametrize("words", [["--help"], ["config", "check"], ["--version"]], ids=" ".join)
def test_what_must_start_quickly_imports_no_more_than_it_needs(words: list[str], config: Path) -> None:
    program = (
        "import sys, atexit; sys.argv = ['ful', *sys.argv[1:]]\n"
        "atexit.register(lambda: print('LOADED', *sorted(sys.modules)))\n"
        "from fulfillment.cli import main; main()"
    )
    argv = [sys.executable, "-c", program, "--config", str(config), *words]
    done = subprocess.run(argv, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.rpartition("LOADED")[2].split())
    assert "click" in loaded
    assert not loaded & {
        "fastapi",
        "starlette",
        "httpx",
        "uvicorn",
        "reportlab",
        "rich",
        "PIL",
        "fontTools",
        "cadquery",
    }


# --- configuration ------------------------------------------------------------------------------------------------


def test_a_good_configuration_is_called_good(config: Path) -> None:
    assert "no problem found" in said(config, "config", "check")
    assert "no problem found" in said(ROOT / "config.yaml", "config", "check")


def test_every_problem_is_named_with_its_line_and_its_mend(config: Path) -> None:
    text = config.read_text()
    text = text.replace("timezone: Europe/Zurich", "timezone: Europe/Zurick")
    text = text.replace("driver: marlin", "driver: marln")
    text = text.replace("nozzle: 1.2 mm", "nozzle: 1.2 km")
    text = text.replace("workers: 1", "workers: 0")
    text = text.replace("product: pop-tart", "product: pop-tarte")
    config.write_text(text)
    result = run(config, "config", "check")
    assert result.exit_code == 1
    problems = result.output.strip().splitlines()
    assert problems[-1] == "5 problems"
    lines = text.splitlines()
    for wrong in ("Zurick", "marln", "1.2 km", "workers: 0", "pop-tarte"):
        number = next(n for n, words in enumerate(lines, 1) if wrong in words)
        assert any(f"config.yaml:{number}" in problem for problem in problems), (wrong, problems)
    assert any("Europe/Zurich" in problem for problem in problems), "the nearest right word is the mend"


def test_a_problem_of_the_catalog_is_named_too(config: Path, tmp_path: Path) -> None:
    shutil.copytree(FOLDER, tmp_path / "catalog")
    product = tmp_path / "catalog" / "pop-tart.yaml"
    product.write_text(product.read_text().replace("zone: message", "zone: massage"))
    config.write_text(config.read_text().replace(str(FOLDER), "catalog"))
    result = run(config, "config", "check")
    assert result.exit_code == 1 and "pop-tart.yaml:" in result.output and "massage" in result.output


def test_no_other_command_runs_on_a_bad_configuration(config: Path) -> None:
    config.write_text(config.read_text().replace("workers: 1", "workers: none"))
    result = run(config, "status")
    assert isinstance(result.exception, ConfigError) and "workers" in str(result.exception)


def test_the_reference_explains_every_key(config: Path) -> None:
    text = said(config, "config", "reference")
    assert all(f"`{key}`" in text or key in text for key in ("nozzle", "retention", "keys_required", "prefixes"))


# --- orders -------------------------------------------------------------------------------------------------------


@pytest.fixture
def order_file(tmp_path: Path) -> Path:
    """An order with its photo beside it, somewhere else than the configuration."""
    folder = tmp_path / "orders"
    folder.mkdir()
    (folder / "cat.jpg").write_bytes(photo())
    fields = {"message": "Happy Birthday", "photo": {"path": "cat.jpg"}}
    asked = {"external_id": "A-1", "ship_to": {"name": "Ada"}, "lines": [{"product": "pop-tart", "fields": fields}]}
    path = folder / "order.json"
    path.write_text(json.dumps(asked))
    return path


def test_an_order_is_submitted_once(config: Path, shop: Shop, order_file: Path) -> None:
    first = said(config, "order", "submit", str(order_file))
    assert "taken in" in first and "ful order show O-" in first
    assert "nothing new is made" in said(config, "order", "submit", str(order_file))
    plan(shop)
    (made,) = rows(shop, m.orders)
    (unit,) = units(shop, made["id"])
    assert unit["state"] == "making"
    order_file.write_text(order_file.read_text().replace("Happy", "Merry"))
    result = run(config, "order", "submit", str(order_file))
    assert result.exit_code == 1 and "says something else" in result.output


def test_the_order_that_its_help_shows_is_one(config: Path, tmp_path: Path) -> None:
    text = CliRunner().invoke(ful, ["order", "submit", "--help"]).output
    shown = text[text.index("{") : text.rindex("}") + 1]
    (tmp_path / "cat.jpg").write_bytes(photo())
    (tmp_path / "order.json").write_text(shown)
    assert "taken in" in said(config, "order", "submit", str(tmp_path / "order.json"))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda asked: asked.pop("lines"), "lines"),
        (lambda asked: asked.update(colour="red"), "colour"),
        (lambda asked: asked.pop("external_id"), "external_id"),
        (lambda asked: asked["lines"][0].update(product="mug"), "there are: celebration-cookie, pop-tart"),
        (lambda asked: asked["lines"][0].update(quantity=-1), "lines.0.quantity"),
        (lambda asked: asked["lines"][0]["fields"]["photo"].update(path="dog.jpg"), "dog.jpg cannot be read"),
    ],
    ids=["lines", "colour", "external_id", "product", "quantity", "path"],
)
def test_a_bad_order_is_explained(change: Any, words: str, config: Path, shop: Shop, order_file: Path) -> None:
    asked = json.loads(order_file.read_text())
    change(asked)
    order_file.write_text(json.dumps(asked))
    result = run(config, "order", "submit", str(order_file))
    assert result.exit_code == 1
    assert words in result.output and "Traceback" not in result.output
    assert not rows(shop, m.orders)


@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"1"])
def test_a_file_that_is_no_order_is_explained(raw: bytes, config: Path, tmp_path: Path) -> None:
    path = tmp_path / "order.json"
    path.write_bytes(raw)
    result = run(config, "order", "submit", str(path))
    assert result.exit_code == 1 and result.output.startswith("Error: ")


# --- looking ------------------------------------------------------------------------------------------------------


def test_an_empty_shop_says_what_to_do_next(config: Path) -> None:
    assert "ful up" in said(config, "status") and "Nothing needs you." in said(config, "status")
    assert "No job is open" in said(config, "job", "list")
    assert "ful order submit FILE" in said(config, "order", "list")
    assert "ful key add NAME" in said(config, "key", "list")
    assert "frosting-1" in said(config, "machine", "list")


@pytest.fixture
def filled(shop: Shop) -> str:
    made = order(shop, line(), line("Love \U0001f408"))
    plan(shop)
    for offer in shop.offers:
        floor.register(shop.store, offer, f"machine:{offer.name}")
    return made


def test_a_filled_shop_is_shown(config: Path, shop: Shop, filled: str) -> None:
    text = said(config, "status")
    assert "2 ready" in text and "frosting-1" in text and "unknown" in text
    held = next(unit for unit in units(shop, filled) if unit["state"] == "held")
    assert held["id"] in text and "cannot be made here" in text
    jobs = said(config, "job", "list")
    assert jobs.count("ready") == 2 and "->" in jobs, "each wait has its reason and what would free it"
    assert "held" in said(config, "order", "list")
    shown = said(config, "order", "show", filled)
    assert all(unit["id"] in shown for unit in units(shop, filled)) and "Please write it without them." in shown
    assert "frosting-1" in said(config, "machine", "list")
    job = next(job["id"] for job in rows(shop, m.jobs) if job["state"] == "ready")
    assert "rendered" in said(config, "job", "show", job)


@pytest.mark.parametrize("words", ["status", "job list", "machine list", "order list", "key list"])
def test_json_is_for_programs(words: str, config: Path, filled: str) -> None:
    assert json.loads(said(config, *words.split(), "--json")) is not None


def test_a_bed_is_cleared_and_taken_back(config: Path, filled: str) -> None:
    assert "is clear" in said(config, "machine", "clear", "frosting-1", "--how", "wiped it")
    assert "wiped it" in said(config, "machine", "list")
    assert "is dirty" in said(config, "machine", "dirty", "frosting-1")
    assert "clear (" not in said(config, "machine", "list")


def test_keys_are_shown_once(config: Path) -> None:
    key = said(config, "key", "add", "shop", "--may", "order").strip()
    assert key.startswith("ful_") and len(key) > 40
    listed = said(config, "key", "list")
    assert "shop" in listed and "order" in listed and key not in listed
    assert "opens nothing" in said(config, "key", "revoke", "shop")
    assert isinstance(run(config, "key", "revoke", "shop").exception, NotFound)


@pytest.mark.parametrize(
    "words",
    ["order show O-1", "unit show U-1", "job show J-1", "machine clear none", "unit cancel U-1", "job pause J-1-a1"],
)
def test_what_is_not_there_is_said(words: str, config: Path) -> None:
    result = run(config, *words.split())
    assert isinstance(result.exception, Refused) and words.split()[2] in str(result.exception)


def test_a_product_is_rendered_without_any_daemon(config: Path, tmp_path: Path) -> None:
    (tmp_path / "cat.jpg").write_bytes(photo())
    out = tmp_path / "out"
    out.mkdir()
    words = ["--text", "message=Ada", "--file", f"photo={tmp_path / 'cat.jpg'}", "--out", str(out)]
    text = said(config, "render", "pop-tart", *words)
    assert "min on the machine" in text
    assert json.loads((out / "frost.manifest.json").read_text())["seconds"] > 0
    assert (out / "frost.proof.png").read_bytes().startswith(b"\x89PNG") and (out / "frost.gcode").stat().st_size > 1000
    bad = run(config, "render", "pop-tart", *words[2:])
    assert bad.exit_code == 1 and "Message is missing." in bad.output
    assert "there are: celebration-cookie, pop-tart" in run(config, "render", "mug").output
