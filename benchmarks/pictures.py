"""Pictures of prints: processor time of a proof, a view and thumbnails, and how small layers are for the browser.

    python -m benchmarks pictures

Best of three after one to warm up. Sizes are of gzip, as both travel.
"""

from __future__ import annotations

import gzip
import resource
import time
from collections.abc import Callable
from typing import Final

from benchmarks.bodies import CASES
from gcode.dialects import MARLIN_FDM, Setup
from gcode.pictures import Size, print_proof, print_view, tubes, with_thumbnails
from gcode.pictures.layers import layers
from gcode.proof import Piece
from gcode.recipe import Place
from gcode.slicing.plate import Placed, program
from gcode.slicing.slicer import slice_solid

SETUP: Final = Setup(tool_temperature=210.0, bed_temperature=60.0, lift=180.0, park=(0.0, 200.0), travel=10.0)
COLOUR: Final = [(47, 111, 115)]
SIZES: Final = [Size(32, 32), Size(400, 300)]


def best(call: Callable[[], object]) -> float:
    """Seconds of processor time."""
    found = []
    for _ in range(4):
        begun = time.process_time()
        call()
        found.append(time.process_time() - begun)
    return min(found[1:])


def main() -> None:
    head = f"{'':14}{'program kB':>12}{'read s':>8}{'proof s':>9}{'view s':>8}{'thumbs s':>10}{'layers s':>10}"
    print(f"{head}{'layers/program, gzip':>22}")
    for name, case in CASES.items():
        solid, profile = case.order(0)
        data = program([Placed(slice_solid(solid, profile), 60.0, 60.0)], MARLIN_FDM, SETUP)
        laid, area = tubes(data, profile.filament_area), profile.filament_area
        low, high = laid.box()
        piece, place = Piece(*(high - low)[:2].tolist()), Place(*low[:2].tolist())
        form = layers(data, MARLIN_FDM, e_area=area)
        times = (
            best(lambda data=data, area=area: tubes(data, area)),
            best(lambda laid=laid, piece=piece, place=place: print_proof(laid, piece, place, COLOUR)),
            best(lambda laid=laid: print_view(laid, COLOUR)),
            best(lambda data=data, laid=laid: with_thumbnails(data, laid, COLOUR, SIZES)),
            best(lambda data=data, area=area: layers(data, MARLIN_FDM, e_area=area)),
        )
        columns = "".join(f"{value:{width}.2f}" for value, width in zip(times, (8, 9, 8, 10, 10), strict=True))
        small = len(gzip.compress(form, 9)) / len(gzip.compress(data, 6))
        print(f"{name:14}{len(data) / 1000:12.0f}{columns}{small:21.1%}")
    print(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB at most")


if __name__ == "__main__":
    main()
