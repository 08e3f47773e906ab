"""CUPS' own tests of printers against the simulated one, written down in docs/ipptool.json and docs/ipp.md.

The tests are the ones that Debian's cups-ipp-utils installs. Their sample documents are not part of it: documents are
drawn here, and Ghostscript makes PWG raster of them, in the resolutions and colours that the printer says it takes.
"""

from __future__ import annotations

import io
import json
import plistlib
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

ROOT = Path(__file__).parents[1]
RESULTS, PAGE = ROOT / "docs" / "ipptool.json", ROOT / "docs" / "ipp.md"
TESTS = Path("/usr/share/cups/ipptool")
MM = 72 / 25.4
PAPERS = {"a4": (210 * MM, 297 * MM), "letter": (612.0, 792.0), "4x6": (288.0, 432.0)}
SPACES = {"black-1": (3, 1), "sgray-8": (18, 8), "srgb-8": (19, 8), "cmyk-8": (6, 8)}
TAKEN = (300, 600)
SAMPLE = re.compile(r"pwg-raster-samples-(\d+)dpi/([a-z]+-\d+)/(.+)-\2-\1dpi\.pwg")
KINDS = {"application/pdf": "document-a4.pdf", "image/jpeg": "color.jpg", "image/pwg-raster": "onepage.pwg"}
RUNS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("ipp-1.1.test", tuple(KINDS)),
    ("ipp-2.0.test", ("application/pdf",)),
    ("ipp-everywhere.test", ("application/pdf",)),
    *(
        (f"{name}.test", ("application/pdf",))
        for name in (
            "get-printer-attributes-suite",
            "get-printer-attributes",
            "get-printer-description-attributes",
            "get-job-template-attributes",
            "validate-job",
            "print-job",
            "print-job-and-wait",
            "print-job-deflate",
            "print-job-gzip",
            "print-job-letter",
            "print-job-media-col",
            "create-job",
            "create-job-timeout",
            "get-jobs",
            "get-completed-jobs",
            "identify-printer",
            "identify-printer-display",
            "identify-printer-multiple",
        )
    ),
    *((f"{name}.test", ("application/pdf",)) for name in ("ipp-2.1", "ipp-2.2")),
)
"""Test files, and the documents that they are run with. Each includes the one of the version before."""
OWED: Mapping[tuple[str, str], str] = {
    ("get-printer-attributes-suite.test", "Get-Printer-Attributes (requested-attributes='media-col-database')"): (
        "the file asks for `all` here and expects `media-col-database` alone; its second test asks the same and "
        "expects the opposite, so that no printer passes both"
    ),
    ("create-job-timeout.test", "Print test page using create-job"): (
        "it asks for job-sheets, the banner pages of CUPS' queues, which this printer has not: it takes the job and "
        "says so with `successful-ok-ignored-or-substituted-attributes`"
    ),
    **{
        (f"ipp-2.{minor}.test", "PWG 5100.12 section 6.3 - Required Printer Description Attributes"): (
            "IPP 2.1 asks for holding and priorities; the printer says 1.1 and 2.0, which IPP Everywhere asks for"
        )
        for minor in (1, 2)
    },
    ("ipp-2.2.test", "PWG 5100.12 section 6.4 - Required Printer Description Attributes"): (
        "IPP 2.2 asks for twenty operations more (proofs, schedules, documents of a job by themselves); the printer "
        "says 1.1 and 2.0"
    ),
}
"""Why a test fails that is no fault of the printer: by its file and its name."""


@dataclass(frozen=True)
class Printer:
    uri: str
    side: str
    process: subprocess.Popen[str]

    def printed(self) -> dict[str, int]:
        """What became of the documents, once nothing is printed any more."""
        while not json.loads(self._get("/state"))["idle"]:
            time.sleep(0.2)
        record = json.loads(self._get("/record.json"))
        states = Counter(document["state"] for document in record["documents"])
        return {**dict(sorted(states.items())), "pages": len(record["pages"])}

    def _get(self, path: str) -> bytes:
        with urllib.request.urlopen(self.side + path, timeout=60) as answer:
            data: bytes = answer.read()
        return data


def started() -> Printer:
    words = [
        sys.executable,
        "-m",
        "simulators",
        "ipp",
        "--side",
        "0",
        "--speed",
        "max",
        "--queue",
        "200",
        "--forget",
        "600",
    ]
    words += ["--time-out", "5"]
    words += ["--tray", "iso_a4_210x297mm:100000", "--tray", "na_letter_8.5x11in:100000"]
    words += ["--tray", "na_index-4x6_4x6in:100000", "--output", "1000000", "--die-with-parent"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    assert process.stdout is not None
    _, uri, _, side = process.stdout.readline().split()
    return Printer(uri, side.removeprefix("side="), process)


# --- documents ------------------------------------------------------------------------------------------------------


def picture(mode: str) -> bytes:
    """A photo of 4 x 6 in at 150 dpi, of gradients."""
    across, down = Image.linear_gradient("L").rotate(90), Image.linear_gradient("L")
    bands = (across, down, Image.radial_gradient("L"))
    image = Image.merge("RGB", bands).resize((600, 900)).convert(mode)
    data = io.BytesIO()
    image.save(data, format="JPEG", dpi=(150, 150), quality=90)
    return data.getvalue()


def document(paper: str, pages: int, photo: bytes | None = None) -> bytes:
    data = io.BytesIO()
    width, height = PAPERS[paper]
    canvas = Canvas(data, pagesize=PAPERS[paper])
    for number in range(1, pages + 1):
        if photo is not None:
            canvas.drawImage(ImageReader(io.BytesIO(photo)), 0, 0, width, height)
        else:
            canvas.setFont("Helvetica", 24)
            canvas.drawString(60, height - 80, f"Page {number} of {pages}")
            canvas.setFillColorRGB(0.1, 0.4, 0.7)
            canvas.circle(width / 2, height / 2, 100, fill=1)
        canvas.showPage()
    canvas.save()
    return data.getvalue()


def raster(data: bytes, space: str, dpi: int, path: Path) -> None:
    source = path.with_suffix(".pdf")
    source.write_bytes(data)
    kind, bits = SPACES[space]
    words = ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=pwgraster", f"-r{dpi}"]
    words += [f"-dcupsColorSpace={kind}", f"-dcupsBitsPerColor={bits}", f"-sOutputFile={path}", str(source)]
    subprocess.run(words, check=True, capture_output=True)
    source.unlink()


def furnish(folder: Path) -> None:
    """The tests, and what they print. ipptool reads no file in which a sample is missing, even one to be skipped."""
    for test in TESTS.glob("*.test"):
        shutil.copy(test, folder)
    sources = {
        "document-a4": document("a4", 2),
        "document-letter": document("letter", 2),
        "onepage-a4": document("a4", 1),
        "onepage-letter": document("letter", 1),
        "color.jpg-4x6": document("4x6", 1, picture("RGB")),
        "gray.jpg-4x6": document("4x6", 1, picture("L")),
    }
    for name in ("document-a4", "document-letter"):
        (folder / f"{name}.pdf").write_bytes(sources[name])
        (folder / f"{name}.ps").write_text("%!\nshowpage\n", encoding="ascii")
    (folder / "color.jpg").write_bytes(picture("RGB"))
    (folder / "gray.jpg").write_bytes(picture("L"))
    raster(sources["onepage-a4"], "srgb-8", 300, folder / "onepage.pwg")
    wanted = SAMPLE.finditer((folder / "ipp-everywhere.test").read_text(encoding="utf-8"))
    for found in {match[0]: match for match in wanted}.values():
        path = folder / found[0]
        path.parent.mkdir(parents=True, exist_ok=True)
        dpi, space, name = int(found[1]), found[2], found[3]
        if dpi in TAKEN and space in SPACES:
            raster(sources[name], space, dpi, path)
        else:
            path.write_bytes(b"")


# --- results --------------------------------------------------------------------------------------------------------


def run(folder: Path, printer: Printer, test: str, kind: str) -> dict[str, Any]:
    report = folder / "report.plist"
    report.unlink(missing_ok=True)
    version = {"ipp-1.1.test": "1.1"}.get(test, "2.0")
    words = ["ipptool", "-tI", "-V", version, "-P", str(report), "-f", str(folder / KINDS[kind]), printer.uri, test]
    said = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False, timeout=1800)
    tests = [each for part in parts(report) for each in part["Tests"]]
    if not tests:
        sys.exit(f"{test} was not run: {said.stdout[-500:]}{said.stderr[-500:]}")
    failed = [each for each in tests if not each["Successful"]]
    return {
        "test": test,
        "document": kind,
        "tests": len(tests),
        "skipped": sum(bool(each.get("Skipped")) for each in tests),
        "failed": [
            {"name": each["Name"], "errors": [str(error) for error in each.get("Errors", [])][:3]} for each in failed
        ],
    }


def parts(report: Path) -> list[dict[str, Any]]:
    """ipptool writes one list after the other into its file, and ends none that includes another."""
    text = report.read_text(encoding="utf-8") if report.exists() else ""
    found = []
    for part in text.split("<?xml")[1:]:
        end = "" if part.rstrip().endswith("</plist>") else END
        found.append(plistlib.loads(f"<?xml{part}{end}".encode()))
    return found


END = "</array></dict></plist>"


def explained(run: dict[str, Any], failure: dict[str, Any]) -> str:
    return OWED.get((run["test"], failure["name"])) or "not explained: " + "; ".join(failure["errors"])


def page(results: dict[str, Any]) -> str:
    """docs/ipp.md."""
    rows = [
        f"| `{run['test']}` | {run['document']} | {run['tests'] - run['skipped'] - len(run['failed'])} "
        f"| {len(run['failed'])} | {run['skipped']} |"
        for run in results["runs"]
    ]
    why = [
        f"- `{run['test']}`, *{failure['name']}*: {explained(run, failure)}."
        for run in results["runs"]
        for failure in run["failed"]
    ]
    printed = dict(results["printed"])
    pages = printed.pop("pages")
    states = ", ".join(f"{count} {state}" for state, count in printed.items())
    why.append(f"\nOf the documents that came in all of these runs, {states}; {pages} pages were printed.")
    return "\n".join([*HEAD.format(**results).splitlines(), *rows, "", *AFTER.splitlines(), "", *why, ""])


HEAD = """\
# The simulated IPP printer, judged by ipptool

Printed by `python -m benchmarks ipptool`, which runs the tests that come with {ipptool} against
`python -m simulators ipp` and writes down what they found. The printer is written from RFC 8010, RFC 8011 and the PWG's
standards and shares no code with the driver, so that each is judged by somebody else: the printer by ipptool (here), by
ippx, Ghostscript and poppler (`tests/simulators/ipp`), and the driver by this printer and by `ippeveprinter`.

| test file | printed with | passed | failed | skipped |
| --- | --- | --- | --- | --- |"""
AFTER = """
Each file of a version includes the one of the version before; `ipp-everywhere.test` includes `ipp-2.0.test`, and prints
six documents in every colour and resolution that the printer says it takes, plain and compressed. The samples for that
are made by Ghostscript, as Debian ships none.

The printer says `document-number` among its `overrides-supported` because `ipp-everywhere.test` looks for it; the
registered word, which it says too, is `document-numbers`.

*Skipped* are tests of what a printer may leave out and this one does: Print-URI and Send-URI, PostScript, holding jobs,
job sheets, several pages on a sheet, and PWG raster in other resolutions than 300 and 600 dpi or with 16 bits.

Not tested by these files: TLS, which is there (`--tls`). Not there: the announcement by DNS-SD that IPP Everywhere asks
for, and more than one document a job (`multiple-document-jobs-supported` is false).

What failed, and why:"""


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ful-ipptool-") as place:
        folder = Path(place)
        furnish(folder)
        printer = started()
        try:
            runs = [run(folder, printer, test, kind) for test, kinds in RUNS for kind in kinds]
            printed = printer.printed()
        finally:
            printer.process.terminate()
            printer.process.wait(20)
    version = subprocess.run(["ipptool", "--version"], capture_output=True, text=True, check=False).stdout.strip()
    results = {"ipptool": f"ipptool of {version}", "printed": printed, "runs": runs}
    RESULTS.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")
    PAGE.write_text(page(results), encoding="utf-8")
    for each in runs:
        print(f"{each['test']:45} {each['tests']:4} tests, {len(each['failed'])} failed, {each['skipped']} skipped")
        for failure in each["failed"]:
            print(f"    {failure['name']}: {explained(each, failure)}")
    if any((each["test"], failure["name"]) not in OWED for each in runs for failure in each["failed"]):
        sys.exit("a test fails that is not explained")


if __name__ == "__main__":
    main()
