"""docs/meshes.md says what the code does."""

from __future__ import annotations

from pathlib import Path

import pytest

from fulfillment.meshes import bodies, finish, limits

PAGE = (Path(__file__).parents[2] / "docs" / "meshes.md").read_text()


@pytest.mark.parametrize(
    "said",
    [
        f"| bytes | {limits.MAX_BYTES:,} |",
        f"as often as a 3MF places it | {limits.MAX_TRIANGLES:,} |",
        f"unpacked | {limits.MAX_UNPACKED:,} |",
        f"| files in a 3MF | {limits.MAX_ENTRIES:,} |",
        f"beyond {limits.SMALL // 1_000_000} MB | {limits.MAX_RATIO} times |",
        f"as often as it is placed | {limits.MAX_PLACED:,} |",
        f"| objects inside of each other | {limits.MAX_DEPTH} |",
        f"do not hang together | {limits.MAX_SHELLS} |",
        f"in a process of its own | {limits.SECONDS} s, {limits.MEMORY // 1_000_000} MB |",
        f"at most {limits.MAX_BYTES // 1_000_000} MB",
        f"less than {limits.LEAST_SIZE:g} mm or more than {limits.MAX_SIZE:,g} mm",
        f"less than {limits.LEAST_THICKNESS:g} mm in a direction",
        f"in {bodies.HEIGHTS} heights, up to {limits.MAX_LOOKED_AT:,} triangles",
        f"a {1 / finish.NEAR:,.0f}th of the model's longest side",
    ],
)
def test_its_numbers_are_the_code_s(said: str) -> None:
    assert said in PAGE
