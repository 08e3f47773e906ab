"""What the repository says of itself is so: commands, documents, and nothing of the machine it was written on."""

from __future__ import annotations

import importlib
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from functools import reduce
from importlib.metadata import entry_points
from pathlib import Path

import click
import pytest

from fulfillment.cli import COMMANDS, ful
from fulfillment.config import reference
from fulfillment.docs import pages
from jobs import states

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

MACHINE = re.compile(r"(?<![\w.~$}])/(?:work|root|Users|home/\w+|mnt)/")
REGISTRY = re.compile(r"(?:pypi|pythonhosted|npmjs|yarnpkg|crates|rubygems)\.(?:org|com|io)|index-url\s*[= ]\s*\S*http")


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, f"this is no clone of the repository: {done.stderr}"
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def texts() -> Iterator[tuple[Path, str]]:
    for path in tracked():
        data = path.read_bytes()
        if b"\0" not in data[:8000] and path != Path(__file__):
            yield path, data.decode("utf-8")


@pytest.mark.parametrize(
    ("pattern", "says", "says_not"),
    [
        (MACHINE, ["see /work/shop/x", "'/root/.cache'", "/home/ann/x"], ["https://a.example/work/x", "~/work/x"]),
        (REGISTRY, ["https://pypi.org/simple", "--index-url http://x/"], ["--no-emit-index-url pyproject.toml"]),
    ],
    ids=["a path of a machine", "a registry"],
)
def test_no_tracked_file_names(pattern: re.Pattern[str], says: list[str], says_not: list[str]) -> None:
    assert all(pattern.search(text) for text in says) and not any(pattern.search(text) for text in says_not)
    found = [f"{p.relative_to(ROOT)}: {hit.group()}" for p, text in texts() for hit in pattern.finditer(text)]
    assert found == []


def test_locks_pin_every_package_by_its_sum() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text()
        pinned = re.findall(r"^([A-Za-z0-9._-]+)==", text, re.MULTILINE)
        assert len(pinned) > 20
        assert len(re.findall(r"^[A-Za-z0-9._-]+==[^\n]*\\\n +--hash=sha256:", text, re.MULTILINE)) == len(pinned)
    assert "://" not in text


def test_every_dependency_is_locked() -> None:
    locked = {name.lower() for name in re.findall(r"^([\w.-]+)==", (ROOT / "requirements.lock").read_text(), re.M)}
    for needed in PROJECT["dependencies"]:
        assert re.sub(r"[-_.]+", "-", re.split(r"[<>=\[]", needed)[0]).lower() in locked


def test_the_licence_is_there() -> None:
    assert "Apache License" in (ROOT / "LICENSE").read_text()[:400]
    assert PROJECT["license"] == "Apache-2.0"


def test_every_console_script_exists() -> None:
    for name, target in PROJECT["scripts"].items():
        module, _, function = target.partition(":")
        assert callable(getattr(importlib.import_module(module), function))
        assert any(entry.value == target for entry in entry_points(group="console_scripts", name=name))


# --- documents ----------------------------------------------------------------------------------------------------

DOCUMENTS = [ROOT / "README.md", ROOT / "config.yaml", *sorted((ROOT / "docs").rglob("*.md"))]


def commands(text: str) -> list[list[str]]:
    """What a document tells its reader to type: `ful ...` in backticks, and lines of code that begin with it."""
    quoted = re.findall(r"`(?:\.venv/bin/)?ful ([^`\n]+)`", text)
    # Two spaces begin the words that explain the command.
    return [
        words.partition("  ")[0].split()
        for words in quoted + re.findall(r"^(?:\.venv/bin/)?ful (.+)$", text, re.MULTILINE)
    ]


def unknown(words: list[str]) -> str | None:
    """The first word that is no command where one stands, or an option that its command does not have."""
    command: click.Command = ful
    context = click.Context(ful)
    for word in words:
        if isinstance(command, click.Group) and not word.startswith("-"):
            found = command.get_command(context, word)
            if found is None:
                return None if word.isupper() or not re.fullmatch(r"[a-z-]+", word) else word
            command = found
        elif word.startswith("--"):
            options = {name for parameter in command.params for name in parameter.opts} | {"--help", "--version"}
            options |= {name for parameter in ful.params for name in parameter.opts}
            if word.partition("=")[0].rstrip(",.;") not in options:
                return word
    return None


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_every_command_in_it_exists(path: Path) -> None:
    wrong = [(words, word) for words in commands(path.read_text()) if (word := unknown(words))]
    assert wrong == []


def test_a_command_that_does_not_exist_is_found() -> None:
    assert commands("`ful check` and\nful order send x") == [["check"], ["order", "send", "x"]]
    assert [unknown(words) for words in (["check"], ["order", "send"], ["status", "--all"])] == [
        "check",
        "send",
        "--all",
    ]
    assert unknown(["order", "submit", "order.json"]) is None


def test_every_target_of_make_in_the_readme_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = re.findall(r"^make ([a-z-]+)|`make ([a-z-]+)`", (ROOT / "README.md").read_text(), re.MULTILINE)
    assert named and {first or second for first, second in named} <= targets


@pytest.mark.parametrize("path", [path for path in DOCUMENTS if path.suffix == ".md"], ids=lambda path: path.name)
def test_every_link_of_it_leads_somewhere(path: Path) -> None:
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", path.read_text())
    assert [link for link in links if not (path.parent / link).exists()] == []


NAME = re.compile(r"`((?:fulfillment|jobs|drivers|gcode|simulators)[\w.]*):([\w.]+)`")


def found(module: str, name: str) -> bool:
    try:
        reduce(getattr, name.split("."), importlib.import_module(module))
    except (ImportError, AttributeError):
        return False
    return True


def test_the_flow_names_what_exists() -> None:
    named = NAME.findall((ROOT / "docs" / "flow.md").read_text())
    assert len(named) > 20
    assert [f"{module}:{name}" for module, name in named if not found(module, name)] == []
    assert not found("jobs.states", "Nothing") and not found("jobs.nothing", "JOB")


@pytest.mark.parametrize("name", sorted(pages()))
def test_what_the_code_prints_of_itself_is_current(name: str) -> None:
    """`make docs` writes them anew."""
    assert (ROOT / "docs" / name).read_text() == pages()[name]


def test_the_tables_are_whole() -> None:
    assert states.markdown() == (ROOT / "docs" / "states.md").read_text()
    assert reference().rstrip() in (ROOT / "docs" / "config.md").read_text()
    assert all(f"ful {name}" in (ROOT / "docs" / "cli.md").read_text() for name in COMMANDS)


@pytest.mark.parametrize(("required", "end"), [("1", pytest.ExitCode.TESTS_FAILED), ("0", pytest.ExitCode.OK)])
def test_a_skipped_test_fails_where_everything_must_run(required: str, end: int, tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text((ROOT / "tests" / "conftest.py").read_text())
    (tmp_path / "test_it.py").write_text("import pytest\n\n\ndef test_it():\n    pytest.skip('no browser here')\n")
    environment = {**os.environ, "FULFILLMENT_REQUIRE_ALL": required}
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "--rootdir",
        str(tmp_path),
        str(tmp_path),
    ]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == end, done.stdout
