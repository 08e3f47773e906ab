"""A program that hangs, eats, writes without end or makes nothing is ended with all it started, and told."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from fulfillment.slicers import SLICERS, Bounds, SlicerError, cura, prusa, slicer
from fulfillment.slicers.process import run
from fulfillment.slicers.prusa import PrusaSlicer
from gcode.slicing.profile import Profile

from .bodies import BED, block, program


def is_gone(pid: int) -> bool:
    """Whether a process has ended, be it that nobody has asked for its end yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except FileNotFoundError:
        return True


def gone_soon(pid: int) -> bool:
    for _ in range(200):
        if is_gone(pid):
            return True
        time.sleep(0.02)
    return False


@pytest.mark.parametrize("name", SLICERS)
def test_a_slicer_that_hangs_is_killed_with_its_children(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hanging = program(tmp_path, f'sleep 600 & echo $! > "{tmp_path}/child"\nsleep 600')
    (tmp_path / cura.PRINTER).write_text('{"settings": {}}')
    (tmp_path / cura.EXTRUDER).write_text('{"settings": {}}')
    monkeypatch.setenv(cura.PLACES, str(tmp_path))
    with pytest.raises(SlicerError, match=r"took more than 0\.7 s and was ended, with all that it had started"):
        slicer(name, BED, bounds=Bounds(hanging, seconds=0.7)).slice(block(), Profile())
    assert gone_soon(int((tmp_path / "child").read_text()))


def test_what_a_slicer_leaves_running_behind_it_is_killed(tmp_path: Path) -> None:
    leaving = program(tmp_path, f'sleep 600 & echo $! > "{tmp_path}/child"\nexit 0')
    with pytest.raises(SlicerError, match="made no file"):
        PrusaSlicer(BED, {}, Bounds(leaving)).slice(block(), Profile())
    assert gone_soon(int((tmp_path / "child").read_text()))


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("exit 0", r"made no file \(exit 0; it said: nothing\)"),
        ("echo no room >&2; exit 134", r"made no file \(exit 134; it said: no room\)"),
        ("kill -SEGV $$", r"made no file \(exit -11"),
        ("echo '; layer_height = 0.2' > out.gcode", "The slicer took bed_shape as 'nothing'"),
        ("sed 's/^/; /' keys.ini > out.gcode", "The slicer's file lays nothing"),
        ("sed 's/^/; /' keys.ini > out.gcode; echo '<html>' >> out.gcode", "is no G-code that is taken: line"),
        ("sed 's/^/; /; s/layer_height = .*/layer_height = 0.7/' keys.ini > out.gcode", "took layer_height as '0.7'"),
    ],
)
def test_a_success_that_is_none_is_told(does: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(SlicerError, match=said):
        PrusaSlicer(BED, {}, Bounds(program(tmp_path, does))).slice(block(), Profile())


def test_memory_and_files_are_bounded(tmp_path: Path) -> None:
    eats = ["python3", "-c", "import time; time.sleep(0.3); bytearray(1_000_000_000)"]
    assert "MemoryError" in run(eats, tmp_path, seconds=30, memory=500_000_000, written=1_000_000).said
    writes = ["sh", "-c", "sleep 0.3; exec head -c 9000000 /dev/zero > out"]
    assert run(writes, tmp_path, seconds=30, memory=500_000_000, written=1_000_000).status != 0
    assert (tmp_path / "out").stat().st_size == 1_000_000


def test_a_missing_program_and_an_unknown_slicer_are_named(tmp_path: Path) -> None:
    with pytest.raises(SlicerError, match=r"cannot be started \(No such file"):
        PrusaSlicer(BED, {}, Bounds(str(tmp_path / "none"))).slice(block(), Profile())
    with pytest.raises(SlicerError, match=r"No slicer is called 'cura'\. Write one of: prusaslicer, curaengine"):
        slicer("cura", BED)
    assert [type(slicer(name, BED)) for name in SLICERS] == [prusa.PrusaSlicer, cura.CuraEngine]
