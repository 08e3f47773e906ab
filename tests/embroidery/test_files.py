"""Files: what is written is read again, by the library and by a reader that shares nothing with it; what is wrong with
one is found."""

from __future__ import annotations

import json
import math
import subprocess
import sys
from collections.abc import Callable
from itertools import groupby, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fulfillment.embroidery import FORMATS, MEDIA_TYPES, Format, Unreadable, read, unsafe, written
from gcode.design import Drawing
from gcode.geometry import Bounds
from gcode.stitches.check import fidelity, unfit
from gcode.stitches.pattern import Pattern, Seam
from gcode.stitches.plan import stitched, surface
from gcode.stitches.thread import Thread

Letters = Callable[..., Drawing]
ROOT = Path(__file__).parents[2]
DST = FORMATS[".dst"]
HOOP = Bounds(-100, -100, 100, 100)
STROKE = 1.5

tenth = st.integers(-900, 900).map(lambda value: value / 10)
step = st.tuples(st.integers(-60, 60), st.integers(-60, 60)).filter(lambda way: abs(way[0]) + abs(way[1]) > 3)


def _seam(start: tuple[float, float], steps: list[tuple[int, int]]) -> np.ndarray:
    return np.vstack([np.zeros((1, 2)), np.cumsum(np.array(steps) / 10, axis=0)]) + np.array(start)


seams = st.lists(
    st.builds(_seam, st.tuples(tenth, tenth), st.lists(step, min_size=1, max_size=12)), min_size=1, max_size=5
)


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
@given(lines=seams)
@example(lines=[_seam((0.0, 0.0), [(0, 4)]), _seam((0.0, -0.2), [(0, 4)])])
@settings(max_examples=40, deadline=None)
def test_what_is_written_is_read_again(kind: Format, lines: list[np.ndarray]) -> None:
    gaps = [math.dist(one[-1], other[0]) for one, other in pairwise(lines)]
    pattern = Pattern(
        tuple(Seam(line, trimmed=gap > 2.5) for line, gap in zip(lines, [*gaps, 9.0], strict=True) if gap > 0.5)
    )
    data = written(pattern, kind, "towel", "#1f3a6d")
    found = read(data, kind.media_type)
    assert data == written(pattern, kind, "towel", "#1f3a6d")
    # A PES file knows no move without a cut: the library marks each of its jumps as a trim.
    trims = len(pattern.seams) if kind.name == "pes" else pattern.trims
    assert (found.stitches, found.trims) == (pattern.stitches, trims)
    points, wanted = (np.vstack([seam.points for seam in one.seams]) for one in (found, pattern))
    assert np.allclose(points, wanted, atol=0.06)


@given(st.binary(max_size=3000), st.sampled_from(sorted(MEDIA_TYPES)), st.booleans())
@settings(max_examples=150, deadline=None)
def test_any_bytes_are_read_or_refused(data: bytes, media_type: str, header: bool) -> None:
    if header:
        data = MEDIA_TYPES[media_type].begins + data
    try:
        pattern = read(data, media_type)
    except Unreadable:
        return
    assert all(np.isfinite(seam.points).all() for seam in pattern.seams)


# --- what is wrong is found ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def drawing(letters: Letters) -> Drawing:
    return Drawing(outlines=tuple(line - np.array([60.0, 15.0]) for line in letters("HANNA", "serif", 24).outlines))


@pytest.fixture(scope="module")
def pattern(drawing: Drawing, thread: Thread) -> Pattern:
    return read(written(stitched([drawing], thread, STROKE), DST, "t", "#000000"), DST.media_type)


def found(pattern: Pattern, drawing: Drawing, thread: Thread) -> str:
    """Everything that both checks say."""
    return "; ".join(
        [*unfit(pattern, thread, HOOP), *fidelity(pattern, surface([drawing], thread, STROKE), thread).wrong()]
    )


def test_a_good_file_passes(pattern: Pattern, drawing: Drawing, thread: Thread) -> None:
    assert found(pattern, drawing, thread) == ""
    assert unsafe(written(pattern, DST, "t", "#000000"), DST.media_type, 200, 200) == []


def test_a_missing_letter_is_found(pattern: Pattern, drawing: Drawing, thread: Thread) -> None:
    for number in range(len(pattern.seams)):
        if len(pattern.seams[number].points) > 100:
            without = Pattern(pattern.seams[:number] + pattern.seams[number + 1 :])
            assert "bare" in found(without, drawing, thread), number


def test_a_missing_letter_of_a_long_text_is_found(letters: Letters, thread: Thread) -> None:
    """One dot of forty characters is little of the surface, and wide enough to be missed."""
    drawing = letters("I am the little one in the middle. Yes", "sans-bold", 9)
    pattern = stitched([drawing], thread, STROKE)
    dots = [number for number, seam in enumerate(pattern.seams) if np.ptp(seam.points, axis=0).max() < 2.4]
    assert dots
    without = Pattern(tuple(seam for number, seam in enumerate(pattern.seams) if number != dots[0]))
    found = fidelity(without, surface([drawing], thread, STROKE), thread)
    assert found.coverage > 0.97 and found.hole is not None


@pytest.mark.parametrize("by", [(0.9, 0.0), (0.0, -0.9), (5.0, 0.0)])
def test_a_shifted_pattern_is_found(
    by: tuple[float, float], pattern: Pattern, drawing: Drawing, thread: Thread
) -> None:
    assert found(pattern.moved(*by), drawing, thread)


@pytest.mark.parametrize("by", [(-1.0, 1.0), (1.0, -1.0), (1.04, 1.04), (0.96, 0.96)])
def test_a_mirrored_or_scaled_pattern_is_found(
    by: tuple[float, float], pattern: Pattern, drawing: Drawing, thread: Thread
) -> None:
    """HANNA mirrored left for right is HANNA but for its Ns and the serifs' widths."""
    box = pattern.bounds
    assert box is not None
    middle = np.array([(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2])
    turned = Pattern(tuple(Seam((seam.points - middle) * by + middle, seam.trimmed) for seam in pattern.seams))
    assert "bare" in found(turned, drawing, thread)


def test_a_trim_that_is_dropped_from_the_bytes_is_found(letters: Letters, thread: Thread) -> None:
    drawing = letters("lill", "sans", 14)
    pattern = stitched([drawing], thread, STROKE)
    data = written(pattern, DST, "t", "#000000")
    records = [data[at : at + 3] for at in range(512, len(data), 3)]
    kinds = groupby(enumerate(records), key=lambda pair: pair[1][2] & 0xC0 == 0x80)
    jumps = [[number for number, _ in group] for is_jump, group in kinds if is_jump]
    # A trim is three jumps that add up to nothing; the way to the next seam may take one or two more.
    first = next(run for run in jumps if run[0] > 10 and 3 < len(run) < 6)[:3]
    kept = [record for number, record in enumerate(records) if number not in first]
    broken = read(data[:512] + b"".join(kept), DST.media_type)
    assert broken.stitches == pattern.stitches and broken.trims == pattern.trims - 1
    assert any("must be trimmed" in said for said in unfit(broken, thread, Bounds(-200, -200, 200, 200)))
    assert fidelity(broken, surface([drawing], thread, STROKE), thread).overflow > 0


def test_what_no_machine_sews_is_found(pattern: Pattern, drawing: Drawing, thread: Thread) -> None:
    far = Pattern((*pattern.seams, Seam(np.array([(98.0, 0.0), (101.0, 0.0)]))))
    assert "beyond the hoop" in found(far, drawing, thread)
    long = Pattern((Seam(np.array([(0.0, 0.0), (9.0, 0.0)])),))
    assert "longer than 7 mm" in found(long, drawing, thread)
    short = Pattern((Seam(np.array([(0.0, 0.0), (0.1, 0.0), (3.0, 0.0)])),))
    assert "shorter than" in found(short, drawing, thread)
    loose = Pattern((*pattern.seams[:-1], Seam(pattern.seams[-1].points, trimmed=False)))
    assert "not cut at the end" in found(loose, drawing, thread)
    assert "not one stitch" in found(Pattern(()), drawing, thread)


@pytest.mark.parametrize("kind", FORMATS.values(), ids=FORMATS)
def test_a_file_that_is_cut_off_is_refused(kind: Format, pattern: Pattern) -> None:
    data = written(pattern, kind, "t", "#000000")
    assert unsafe(data, kind.media_type, 200, 200) == []
    for length in range(0, len(data) - 1000, 97):
        assert unsafe(data[:length], kind.media_type, 200, 200), length


def test_a_dst_without_its_end_mark_is_refused(pattern: Pattern) -> None:
    data = written(pattern, DST, "t", "#000000")
    assert unsafe(data[:-3], DST.media_type, 200, 200) == ["it does not end: a part of it is missing"]
    assert "hoop" in unsafe(data, DST.media_type, 60, 60)[0]
    assert unsafe(b"G0 X0", DST.media_type, 200, 200)[0].startswith("it is no DST file")


# --- a reader of its own ------------------------------------------------------------------------------------------


def test_the_simulator_reads_the_same_stitches(pattern: Pattern, tmp_path: Path) -> None:
    """Its reader was written from the format's description, and shares nothing with the library."""
    data, record = tmp_path / "a.dst", tmp_path / "a.json"
    data.write_bytes(written(pattern, DST, "t", "#000000"))
    subprocess.run(
        [sys.executable, "-m", "simulators", "embroidery", "--play", str(data), "--json", str(record)],
        check=True, timeout=60, cwd=ROOT,
    )  # fmt: skip
    made = json.loads(record.read_text())
    assert (made["stitches"], made["trims"], made["loose"]) == (
        pattern.stitches,
        pattern.trims,
        pytest.approx(0, abs=9),
    )
    lines = [np.array(path["points"])[:, :2] - 100 for path in made["paths"]]
    points = np.vstack([seam.points for seam in pattern.seams])
    assert np.allclose(np.vstack(lines).min(axis=0), points.min(axis=0), atol=1e-6)
    assert np.allclose(np.vstack(lines).max(axis=0), points.max(axis=0), atol=1e-6)
    assert made["thread"] - made["loose"] == pytest.approx(pattern.length, rel=1e-3)
