"""``python -m simulators KIND ...``: run one simulated machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import cast

KINDS: Mapping[str, str] = {
    "ebb": "simulators.ebb.program:main",
    "embroidery": "simulators.embroidery.program:main",
    "grbl": "simulators.grbl.program:main",
    "ipp": "simulators.ipp.program:main",
    "klipper": "simulators.klipper.program:main",
    "marlin": "simulators.marlin.program:main",
    "moonraker": "simulators.moonraker.program:main",
    "octoprint": "simulators.octoprint.program:main",
    "prusalink": "simulators.prusalink.server:main",
    "zpl": "simulators.zpl.program:main",
}
"""Names to import paths: only the one that is asked for is imported, as a factory's start is made of many of them."""


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in KINDS:
        print(
            f"usage: python -m simulators {{{','.join(KINDS)}}} ... (--help after the kind tells more)", file=sys.stderr
        )
        return 2
    module, _, name = KINDS[arguments[0]].partition(":")
    run = cast(Callable[[Sequence[str]], int], getattr(import_module(module), name))
    return run(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
