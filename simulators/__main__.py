"""``python -m simulators KIND ...``: run one simulated machine."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence

from simulators.ebb import program as ebb
from simulators.grbl import program as grbl
from simulators.klipper import program as klipper
from simulators.marlin import program as marlin
from simulators.moonraker import program as moonraker
from simulators.octoprint import program as octoprint
from simulators.prusalink import server as prusalink

KINDS: Mapping[str, Callable[[Sequence[str]], int]] = {
    "ebb": ebb.main,
    "grbl": grbl.main,
    "klipper": klipper.main,
    "marlin": marlin.main,
    "moonraker": moonraker.main,
    "octoprint": octoprint.main,
    "prusalink": prusalink.main,
}


def main(arguments: Sequence[str]) -> int:
    if not arguments or arguments[0] not in KINDS:
        print(
            f"usage: python -m simulators {{{','.join(KINDS)}}} ... (--help after the kind tells more)", file=sys.stderr
        )
        return 2
    return KINDS[arguments[0]](arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
