"""The table of hostile models: each is refused in a sentence, within 2 s of processor time and 300 MB."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .hostile import TABLE
from .writers import binary, box, hill

READER = Path(__file__).with_name("reader.py")
MEMORY, SECONDS = 300 * 1024 * 1024, 2


def read_all(folder: Path) -> dict[str, dict[str, Any]]:
    done = subprocess.run([sys.executable, str(READER), str(folder)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: dict[str, dict[str, Any]] = json.loads(done.stdout)
    return answers


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What the reader says of each file of the table."""
    folder = tmp_path_factory.mktemp("hostile")
    for number, case in enumerate(TABLE.values()):
        (folder / f"{number}").write_bytes(case.make())
    said = read_all(folder)
    return {name: said[str(number)] for number, name in enumerate(TABLE)}


@pytest.mark.parametrize("name", TABLE)
def test_it_is_refused_in_a_sentence_and_within_its_bounds(name: str, answers: dict[str, dict[str, Any]]) -> None:
    answer, case = answers[name], TABLE[name]
    assert answer["status"] == 0, answer
    assert case.reason in answer.get("reason", ""), answer
    assert case.mend in answer["mend"], answer
    for sentence in (answer["reason"], answer["mend"]):
        assert sentence.endswith(".") and len(sentence) < 400 and "\n" not in sentence
    assert answer["seconds"] < SECONDS
    assert answer["memory"] < MEMORY


def test_the_same_reader_takes_what_is_harmless(tmp_path: Path) -> None:
    """Also a model of just less than a million triangles, which takes longer than any hostile one may."""
    (tmp_path / "box").write_bytes(binary(box()))
    (tmp_path / "hill").write_bytes(binary(hill(500)))
    (tmp_path / "none").symlink_to(tmp_path / "missing")
    answers = read_all(tmp_path)
    assert answers["box"]["volume"] == pytest.approx(6000.0)
    assert answers["hill"]["taken"] == 999_996
    assert answers["none"]["status"] != 0
