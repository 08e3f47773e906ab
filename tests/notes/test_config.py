"""Mistakes in config.yaml's notes are told with their line and their mend."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.config import ConfigError, load

from .desk import write_config

CARD = "notes:\n  by: pen\n  product: thank-you-card\n"


def problems(folder: Path, notes: str) -> list[str]:
    path = write_config(folder, notes)
    with pytest.raises(ConfigError) as refused:
        load(path)
    first = path.read_text().splitlines().index("notes:") + 1
    return [f"+{problem.line - first} {problem.text} {problem.mend}" for problem in refused.value.problems]


@pytest.mark.parametrize(
    ("notes", "told"),
    [
        (
            'notes:\n  rules:\n    - text: "Hi {first name}"',
            "+2 {first name} is not known here. Did you mean 'first_name'?",
        ),
        ('notes:\n  rules:\n    - text: "Hi {first_name.x}"', "+2 {first_name.x} is not known here."),
        ('notes:\n  rules:\n    - text: "Hi {item!r}"', "+2 {item!r} is not known here."),
        ('notes:\n  rules:\n    - text: "Hi {"', "+2 A brace is left open."),
        ('notes:\n  rules:\n    - text: " "', "+2 This note says nothing."),
        (
            'notes:\n  rules:\n    - text: "Hi"\n      nameless: "{first_name}"',
            "+3 {first_name} is what this text does",
        ),
        ("notes:\n  by: pen", "+1 A pen needs a card to write on."),
        ('notes:\n  rules:\n    - text: "Hi"\n      by: pen', "+3 A pen needs a card to write on."),
        ("notes:\n  product: thank-you", "+1 No product is called 'thank-you'. Did you mean 'thank-you-card'?"),
        ("notes:\n  items: { pop-tarts: x }", "+1 No product is called 'pop-tarts'. Did you mean 'pop-tart'?"),
        ('notes:\n  rules:\n    - text: "Hi"\n      products: [pop-tarts]', "+3 No product is called 'pop-tarts'."),
        (CARD + "  options: { inks: blue }", "+3 thank-you-card has no option 'inks'. Did you mean 'ink'?"),
        (CARD + "  options: { ink: green }", "+3 No choice is called 'green'."),
        (CARD + "  field: code", "+3 thank-you-card has no field 'code' that takes a text."),
        ("notes:\n  product: pet-tag", "+1 pet-tag has 2 fields that take a text."),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, notes: str, told: str) -> None:
    found = problems(tmp_path, notes)
    assert any(told in one for one in found), found


def test_what_is_right_is_taken(tmp_path: Path) -> None:
    config = load(write_config(tmp_path, CARD + '  options: { ink: black }\n  rules:\n    - text: "Hi {{you}}"'))
    assert config.notes.options == {"ink": "black"}
