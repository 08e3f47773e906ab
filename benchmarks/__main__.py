"""`make bench`, or `python -m benchmarks NAME ...` for some of them. Each prints figures with their baselines."""

from __future__ import annotations

import argparse
import importlib
import platform
import sys

NAMES = (
    "marlin_stream",
    "grbl_stream",
    "cncjs_stream",
    "fifty_machines",
    "emergency_stop",
    "ipp_cuts",
    "path_order",
    "photo",
    "frosting_fidelity",
    "photo_engraving",
    "name",
    "cad",
    "slicing",
    "checking",
    "nesting",
    "pictures",
    "estimates",
    "job_cost",
    "paper",
    "pdf_preflight",
    "press",
    "ipptool",
    "clean_clone",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=list(NAMES), help="which; none: all")
    names = parser.parse_args().names
    print(
        f"Python {platform.python_version()} on {platform.system()} {platform.machine()}. Ratios travel, times don't."
    )
    for name in names:
        print(f"\n== {name}", flush=True)
        sys.argv = [name]  # each is a command of its own too, with options
        importlib.import_module(f"benchmarks.{name}").main()


if __name__ == "__main__":
    main()
