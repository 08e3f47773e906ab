"""Quantities: the house unit is taken, a foreign one is refused with the value to write."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fulfillment.positions import UNITS, Mend, Unit


@pytest.mark.parametrize(
    ("unit", "written", "value"),
    [
        ("mm/s", "16 mm/s", 16),
        ("mm", "220mm", 220),
        ("mm", "1.2 mm", 1.2),
        ("degC", "210 °C", 210),
        ("mm", "7", 7),
        ("s", ".5 s", 0.5),
    ],
)
def test_the_house_unit_is_taken(unit: str, written: str, value: float) -> None:
    assert Unit(unit).read(written) == value


@pytest.mark.parametrize(
    ("unit", "written", "mend"),
    [
        ("mm", "22 cm", "Write '220 mm'."),
        ("mm", "2 in", "Write '50.8 mm'."),
        ("mm/s", "960 mm/min", "Write '16 mm/s'."),
        ("degC", "410 degF", "Write '210 degC'."),
        ("days", "2 weeks", "Write '14 days'."),
        ("MB", "1 GB", "Write '1000 MB'."),
        ("mm2", "3.14 cm2", "Write '314 mm2'."),
        ("mm", "3 kg", "Write it in mm, such as '3 mm'."),
        ("mm", "1 000", "Write a number in mm, such as 12 or '12 mm'."),
        ("mm", "1e999 mm", "Write a number in mm, such as 12 or '12 mm'."),
        ("mm", "wide", "Write a number in mm, such as 12 or '12 mm'."),
    ],
)
def test_a_foreign_unit_is_refused_with_the_value_to_write(unit: str, written: str, mend: str) -> None:
    with pytest.raises(Mend) as refused:
        Unit(unit).read(written)
    assert refused.value.mend == mend


@given(st.sampled_from(sorted(UNITS)), st.floats(-1e6, 1e6, allow_subnormal=False))
def test_a_number_survives_with_and_without_its_unit(unit: str, value: float) -> None:
    assert Unit(unit).read(f"{value!r} {unit}") == pytest.approx(value)
    assert Unit(unit).read(value) == value


@given(st.sampled_from(sorted(UNITS)), st.text(max_size=70))
def test_any_text_is_a_number_or_refused_with_a_mend(unit: str, text: str) -> None:
    try:
        assert isinstance(Unit(unit).read(text), int | float)
    except Mend as refused:
        assert unit in refused.mend
