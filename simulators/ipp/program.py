"""``python -m simulators ipp --port 0 --side 0``: an IPP Everywhere printer that prints into pictures.

    python -m simulators ipp --model slips --side 0 --record printed
    python -m simulators ipp --model press --speed max --fault jam@page=2 --queue 1
    python -m simulators ipp --tray iso_a4_210x297mm:5 --auth digest --tls printer.pem

It prints ``ready ipp://127.0.0.1:PORT/ipp/print http=http://127.0.0.1:PORT side=http://127.0.0.1:PORT`` once it can be
asked. What :mod:`simulators.ipp.settings` lists are flags of the same names, and can be changed on the side channel
(:mod:`simulators.ipp.side`), as faults can be armed there.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simulators.ipp import faults
from simulators.ipp.engine import Engine
from simulators.ipp.media import tray
from simulators.ipp.operations import NAMES
from simulators.ipp.printer import Build, Printer
from simulators.ipp.settings import SETTINGS, Settings
from simulators.ipp.sheets import Output
from simulators.ipp.side import Side
from simulators.ipp.web import Keys, Web

HEADINGS: Mapping[faults.Place, str] = {
    faults.Place.REQUEST: "of a request; @OPERATION or @OPERATION#N: that one, or the N-th of them from now on",
    faults.Place.NEXT: "of a page; @page=N: as the N-th impression from now on is about to be printed; else the next",
    faults.Place.PAGE: "of the printer and people; @page=N the same, else at once",
}
EXAMPLES = (
    "examples:",
    "  --fault no-answer@Send-Document       the document is taken and printed, and nobody is told",
    "  --fault cut-answer@Create-Job#2:57    of the answer to the second Create-Job, 57 bytes come",
    "  --fault media-empty@page=3            two pages, then no paper until POST /load",
    "  --fault power-cut@page=2:5            the second page is lost with all jobs; back after 5 s",
)
LOOK = 0.5
"""Seconds between two looks for the parent."""
MODELS: Mapping[str, Mapping[str, Any]] = {
    "office": {"trays": ("iso_a4_210x297mm:250", "iso_a6_105x148mm:100"), "page": "3"},
    "slips": {"trays": ("iso_a6_105x148mm:500",), "page": "1", "two_sided": False, "colour": False},
    "press": {"trays": ("iso_sra3_320x450mm:500", "iso_a4_210x297mm:500"), "page": "2"},
}
"""Printers of this demo factory: papers, seconds a page, and what they can."""


@dataclass(frozen=True, slots=True)
class Running:
    """A printer with all its threads, in this process."""

    printer: Printer
    web: Web
    engine: Engine
    side: Side | None
    options: argparse.Namespace

    def close(self) -> None:
        self.web.close()
        self.engine.close()
        if self.side is not None:
            self.side.close()


def start(arguments: Sequence[str]) -> Running:
    """Serve, as the command line says. Raises ValueError that names what is wrong, and OSError."""
    options = _options(arguments)
    printer = _built(options)
    web = Web(printer, options.port, Keys(options.user, options.password), options.tls)
    side = Side(printer, options.side) if options.side is not None else None
    return Running(printer, web, Engine(printer), side, options)


def main(arguments: Sequence[str]) -> int:
    try:
        running = start(arguments)
    except (ValueError, OSError) as error:
        print(f"python -m simulators ipp: {error}", file=sys.stderr)
        return 2
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    words = [f"ready {running.printer.uri}", f"http={running.printer.web}"]
    words += [f"side=http://127.0.0.1:{running.side.port}"] if running.side is not None else []
    print(*words, flush=True)
    parent = os.getppid()
    while not over.wait(LOOK) and not (running.options.die_with_parent and os.getppid() != parent):
        pass
    running.close()
    return 0


def _built(options: argparse.Namespace) -> Printer:
    """Raises ValueError that names what is wrong."""
    model = MODELS[options.model]
    given = {name: said for name in SETTINGS if (said := getattr(options, name.replace("-", "_"))) is not None}
    given.setdefault("page", str(model["page"]))
    papers = tuple(options.tray or model["trays"])
    build = Build(
        options.name or f"Simulated {options.model} printer",
        papers,
        bool(model.get("colour", True)) and not options.monochrome,
        bool(model.get("two_sided", True)) and not options.one_sided,
        options.dpi,
    )
    trays = [tray(number, paper) for number, paper in enumerate(papers, 1)]
    printer = Printer(build, Settings(given), trays, options.speed, output=Output(options.record))
    with printer.door:
        for spec in options.fault:
            printer.arm(faults.parse(spec, NAMES))
    return printer


def _options(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m simulators ipp",
        description="A simulated IPP Everywhere printer: it prints PDF, JPEG and PWG raster into pictures.",
        epilog=_faults(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="serve IPP on this port of 127.0.0.1 (0: choose)")
    parser.add_argument("--side", type=int, metavar="PORT", help="serve the side channel on this port (0: choose)")
    parser.add_argument("--record", type=Path, metavar="DIR", help="write each printed page as PNG into this folder")
    parser.add_argument("--speed", type=_speed, default=1.0, help="pages so many times as fast, or max (default 1)")
    parser.add_argument("--tls", type=Path, metavar="PEM", help="speak ipps: a file with a certificate and its key")
    parser.add_argument("--die-with-parent", action="store_true", help="end when the program that started it does")
    build = parser.add_argument_group("printer")
    build.add_argument("--model", choices=sorted(MODELS), default="office", help="papers and speed (default office)")
    build.add_argument("--name", help="what it is called; its uuid follows from it")
    build.add_argument("--tray", action="append", metavar="MEDIA[:SHEETS]", help="a tray; may be repeated")
    build.add_argument("--monochrome", action="store_true", help="it has no colour")
    build.add_argument("--one-sided", action="store_true", help="it cannot turn a sheet")
    build.add_argument("--dpi", type=int, default=100, help="of the pictures (default 100)")
    build.add_argument("--user", default="maker", help="who may print where --auth asks (default maker)")
    build.add_argument("--password", default="simulated", help="and what they say (default simulated)")
    ways = parser.add_argument_group("ways in which printers differ (also POST /set on the side channel)")
    for name, setting in SETTINGS.items():
        default = "the model's" if name == "page" else setting.default
        ways.add_argument(
            f"--{name}", metavar="|".join(setting.words) or "N", help=f"{setting.text} (default {default})"
        )
    failing = parser.add_argument_group("faults (also POST /fault on the side channel)")
    failing.add_argument(
        "--fault", action="append", default=[], metavar="KIND[@WHEN][:ARGUMENT]", help="see below; may be repeated"
    )
    return parser.parse_args(arguments)


def _faults() -> str:
    """Every fault in a line, and how they are written."""
    lines = ["faults, and what ARGUMENT is without one:"]
    for place, heading in HEADINGS.items():
        lines += ["", f"  {heading}"]
        for name, kind in faults.KINDS.items():
            if kind.place is place:
                lines.append(f"    {name:18}{kind.text}{f' [{kind.argument}]' if 'ARGUMENT' in kind.text else ''}")
    return "\n".join([*lines, "", *EXAMPLES])


def _speed(text: str) -> float | None:
    if text == "max":
        return None
    try:
        factor = float(text)
    except ValueError:
        factor = 0.0
    if not 0 < factor <= 1e6:
        raise argparse.ArgumentTypeError(f"{text!r} is no factor, nor max")
    return factor
