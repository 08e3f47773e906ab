"""Printing over a wire that is cut at any byte, and with agents killed there: how often is anything printed twice, or
lost, and how often must a person be asked?

    python -m benchmarks.ipp_cuts --runs 500 --printer ippeveprinter

Each run is one document that is wanted once. Its first attempt meets up to three cuts in a row: at any byte of a
request or of its answer, with the network away for a moment afterwards, and in a quarter of the runs the agent is
killed there. What was printed is the printer's own record.
"""

from __future__ import annotations

import argparse
import logging
import tempfile
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

from reportlab.pdfgen.canvas import Canvas

from benchmarks.cuts.ippeveprinter import IppEvePrinter
from benchmarks.cuts.runs import Campaign, Result, document, table
from benchmarks.cuts.simulated import SimulatedPrinter

PRINTERS: dict[str, Callable[[Path, str], IppEvePrinter | SimulatedPrinter]] = {
    "ippeveprinter": IppEvePrinter,
    "simulated": SimulatedPrinter,
}
BATCH = 50
TICKET = {"media": "a4", "width": 210.0, "height": 297.0, "pages": 3, "copies": 1, "sides": "one-sided"}


def pages(count: int = 3, lines: int = 200) -> bytes:
    """A PDF of which every part matters: nothing is compressed."""
    data = BytesIO()
    canvas = Canvas(data, pagesize=(595, 842), pageCompression=0, invariant=1)
    for page in range(count):
        for line in range(lines):
            canvas.drawString(40, 800 - 3.5 * line, f"page {page + 1}, line {line + 1}: thanks for your order")
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def campaign(name: str, runs: int, seed: int, folder: Path, told: Callable[[str], None] = lambda _: None) -> Result:
    """So many runs against one printer that lives through all of them."""
    sheet = document(folder, pages(), "application/pdf", TICKET)
    (folder / "printer").mkdir()
    printer = PRINTERS[name](folder / "printer", sheet.sha256)
    result = Result()
    try:
        wire = Campaign(printer, folder, sheet, "j")
        try:
            for begin in range(0, runs, BATCH):
                result += wire.run(range(begin, min(begin + BATCH, runs)), seed)
                told(f"{result.runs} of {runs} runs")
        finally:
            wire.close()
    finally:
        printer.close()
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=500, help="against each printer (default 500)")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--printer", choices=sorted(PRINTERS), action="append", help="which; none: all")
    options = parser.parse_args()
    logging.basicConfig(level=logging.CRITICAL)
    for name in options.printer or sorted(PRINTERS):
        began = time.monotonic()
        with tempfile.TemporaryDirectory(prefix="cuts-") as folder:
            result = campaign(name, options.runs, options.seed, Path(folder), lambda text: print(text, flush=True))
        print(f"\n{name}, seed {options.seed}, {time.monotonic() - began:.0f} s\n{table(result)}")
        print("\n".join(f"  cut: {what:32s} {count:5d}" for what, count in sorted(result.struck.items())))


if __name__ == "__main__":
    main()
