"""A gang sheet of many pages checked: processor time a page of our preflight, beside `qpdf --check` and `pdfinfo -box`
of the same file in the same run, and the memory that each takes.

They do other things: qpdf unpacks every JPEG too, and runs no operators; pdfinfo
reads boxes and numbers. Each is a process of its own.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

import numpy as np
from PIL import Image
from reportlab import rl_config
from reportlab.lib.colors import CMYKColor
from reportlab.lib.utils import ImageReader
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen import canvas

MM: Final = 72 / 25.4
FONT: Final = Path(__file__).parents[1] / "fulfillment" / "fonts" / "NotoSans-Regular.ttf"
PHOTO: Final = (1748, 1240)
"""Pixels of A6 at 300 ppi; four lie on a page."""
OURS: Final = """
import sys; from pathlib import Path
from fulfillment.pdfs import PAPERS, preflight
report = preflight(Path(sys.argv[1]).read_bytes(), PAPERS)
assert report.ok, report.findings[0]
print(len(report.facts.pages), "pages,", len(report.facts.images), "pictures")
"""
NOTHING: Final = "from fulfillment.pdfs import PAPERS; import fulfillment.pdfs.reading"


def sheet(pages: int) -> bytes:
    """Four photos, forty lines of text and crop marks on each page of SRA4."""
    rl_config.useA85 = 0
    pdfmetrics.registerFont(TTFont("Bench", FONT))
    out, numbers = io.BytesIO(), np.random.default_rng(3)
    page = canvas.Canvas(out, (225 * MM, 320 * MM), initialFontName="Bench", invariant=1)
    for number in range(pages):
        for place in range(4):
            rough = numbers.integers(0, 150, (31, 44, 3), dtype=np.uint8)
            photo = Image.fromarray(rough).resize(PHOTO, Image.Resampling.BICUBIC)
            packed = io.BytesIO()
            photo.save(packed, "JPEG", quality=92)
            at = 5 + 110 * (place % 2), 10 + 155 * (place // 2)
            page.drawImage(ImageReader(packed), at[0] * MM, at[1] * MM, 148 * MM * 0.7, 105 * MM * 0.7)
        page.setFillColor(CMYKColor(0, 0, 0, 1))
        page.setFont("Bench", 8)
        for line in range(40):
            page.drawString(10 * MM, (100 + line * 3) * MM, f"Page {number} line {line}: the quick brown fox")
            page.line(0, line * MM, 5 * MM, line * MM)
        page.showPage()
    page.save()
    return out.getvalue()


def alone(*command: str | Path) -> tuple[float, float]:
    """Seconds of processor time, and MB of memory at most, of one process and its own."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, f"{command[0]} ended with {process.returncode}"
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=100)
    parser.add_argument("--make", type=Path, help="only make the file")
    asked = parser.parse_args()
    pages: int = asked.pages
    if asked.make:
        asked.make.write_bytes(sheet(pages))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "gang.pdf"
        # By a process of its own: the kernel counts what this one has to those that it starts.
        alone(sys.executable, "-m", "benchmarks.pdf_preflight", "--pages", str(pages), "--make", path)
        print(
            f"{pages} pages, {path.stat().st_size / 1e6:.0f} MB, {pages * 4} photos of {PHOTO[0]} x {PHOTO[1]} pixels"
        )
        start, bare = alone(sys.executable, "-c", NOTHING)
        commands: dict[str, tuple[str | Path, ...]] = {
            "ours": (sys.executable, "-c", OURS, path),
            "qpdf --check": ("qpdf", "--check", path),
            "pdfinfo -box": ("pdfinfo", "-box", "-l", str(pages), path),
        }
        took = {name: alone(*command) for name, command in commands.items()}
        ours = took["ours"][0] - start
        for name, (seconds, memory) in took.items():
            own = ours if name == "ours" else seconds
            print(f"{name:14} {own / pages * 1000:6.2f} ms a page, {memory:5.0f} MB; ours takes {ours / own:.2f} times")
        print(f"of ours, Python and its libraries take {start:.2f} s and {bare:.0f} MB, once")


if __name__ == "__main__":
    main()
