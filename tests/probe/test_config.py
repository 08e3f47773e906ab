"""What the configuration and a product may say of probes and uneven pieces."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from fulfillment.config import check

ROOT = Path(__file__).parents[2]
CONFIG, SLAB = "config.yaml", "fulfillment/catalog/gingerbread.yaml"
PROBE = "    probe: { x: 28 mm, y: 0 mm, drop: 4 mm, columns: 7, rows: 5, clearance: 5 mm, top: 25 mm, seconds: 4 s }\n"
ICING = (
    '  - name: icing-royal\n    title: Royal icing\n    kind: icing\n    colour: "#f6f1e7"\n    allergens: [eggs]\n',
    "    material: icing-royal\n",
)
Check = Callable[..., list[str]]


@pytest.fixture
def said(tmp_path: Path) -> Check:
    """``said((file, old, new), ...)``: the problems of the shipped factory after these changes."""

    def make(*changes: tuple[str, str, str]) -> list[str]:
        shutil.copytree(ROOT / "fulfillment" / "catalog", tmp_path / "fulfillment" / "catalog")
        shutil.copy(ROOT / CONFIG, tmp_path / CONFIG)
        for name, old, new in changes:
            text = (tmp_path / name).read_text()
            assert old in text, f"{old!r} is not in {name}: the test would change nothing"
            (tmp_path / name).write_text(text.replace(old, new, 1))
        return [str(problem) for problem in check(tmp_path / CONFIG)]

    return make


def about_the_slab(problems: list[str]) -> list[str]:
    """Other products may be iced, too."""
    return [problem for problem in problems if "gingerbread.yaml:" in problem]


def test_icing_is_asked_for_where_a_machine_can_measure_the_slab(said: Check) -> None:
    (problem,) = about_the_slab(said(*((CONFIG, text, "") for text in ICING)))
    assert "No material of the factory is called 'icing-royal'." in problem


def test_and_not_where_no_machine_has_a_probe(said: Check) -> None:
    assert about_the_slab(said(*((CONFIG, text, "") for text in (*ICING, PROBE)))) == []


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ((CONFIG, "    driver: octoprint\n", f"    driver: octoprint\n{PROBE}"), "'octoprint' that does"),
        ((CONFIG, "    driver: ebb\n", f"    driver: ebb\n{PROBE}"), "'ebb' that does plot uses no probe"),
        ((CONFIG, "columns: 7", "columns: 1"), "columns"),
        ((CONFIG, "drop: 4 mm", "drop: -4 mm"), "drop"),
        ((SLAB, "unevenness: 2 mm", "unevenness: 12 mm"), "The surface would sink below the bed."),
        ((SLAB, "    settle: 0.1 s\n", "    settle: 0.1 s\n    layers: 2\n"), "Layers on an uneven piece"),
        (("fulfillment/catalog/pancake.yaml", "  colour:", "  unevenness: 1 mm\n  colour:"), "has no surface to be"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_its_place(said: Check, change: tuple[str, str, str], told: str) -> None:
    problems = said(change)
    assert [told in one for one in problems] == [True], problems
    assert Path(change[0]).name in problems[0]
