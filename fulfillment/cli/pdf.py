"""`ful pdf`: what is in a finished PDF, whether it may be printed, and what it looks like."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from fulfillment.cli.common import as_json, json_option, table
from fulfillment.pdfs import RULES, Finding, PdfRefused, Report, Rules, look_at, pictures, preflight

_FILE = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group()
def pdf() -> None:
    """Look into a finished PDF: may it be printed, and what does it look like.

    \b
    ful pdf check card.pdf --trim 148x105 --bleed 3     for a press
    ful pdf check slip.pdf --profile papers             for an office printer
    ful pdf show card.pdf --out pages                   pictures, with the boxes drawn

    Nothing is sent anywhere, and nothing in the file is run.
    """


def _size(_ctx: click.Context, _param: click.Parameter, value: str | None) -> tuple[float, float] | None:
    if value is None:
        return None
    try:
        wide, high = (float(part) for part in value.lower().replace("*", "x").split("x"))
    except ValueError:
        raise click.BadParameter(f"{value!r}: write WIDTHxHEIGHT in mm, such as 148x105") from None
    if not all(0 < side <= 5000 for side in (wide, high)):
        raise click.BadParameter(f"{value!r}: each side is above 0 and at most 5000 mm")
    return wide, high


@pdf.command()
@_FILE
@click.option("--profile", type=click.Choice(sorted(RULES)), default="press", show_default=True, help="Whose rules.")
@click.option("--trim", callback=_size, metavar="WxH", help="The finished page in mm, as it is looked at.")
@click.option("--bleed", type=click.FloatRange(0, 100), help="mm that it goes on beyond its trim.")
@click.option("--spot", "spots", multiple=True, metavar="NAME", help="A spot colour that is taken; again for more.")
@click.option("--ppi", type=click.FloatRange(1, 5000), help="Least resolution of pictures.")
@click.option("--ink", type=click.FloatRange(1, 400), help="Most ink of one colour, in percent.")
@click.option("--opaque", is_flag=True, help="Take nothing that is transparent (PDF/X-1a).")
@json_option
def check(
    file: Path,
    profile: str,
    trim: tuple[float, float] | None,
    bleed: float | None,
    spots: tuple[str, ...],
    ppi: float | None,
    ink: float | None,
    opaque: bool,
    raw: bool,
) -> None:
    """Check FILE. Exit status 0: it may be printed; 1: it may not, each reason with its mend."""
    rules = RULES[profile]
    said: dict[str, Any] = {"trim": trim, "bleed": bleed, "total_ink": ink, "ppi_least": ppi}
    rules = replace(rules, **{key: value for key, value in said.items() if value is not None})
    if spots:
        rules = replace(rules, spots=(rules.spots or frozenset()) | set(spots))
    if opaque:
        rules = replace(rules, transparency=False)
    findings, report = _checked(file.read_bytes(), rules)
    if raw:
        facts = _facts(report) if report else None
        as_json({"ok": bool(report and report.ok), "findings": [one.body() for one in findings], "facts": facts})
    else:
        _shown(file, findings, report)
    sys.exit(0 if report and report.ok else 1)


def _checked(data: bytes, rules: Rules) -> tuple[tuple[Finding, ...], Report | None]:
    try:
        report = preflight(data, rules)
    except PdfRefused as refused:
        return (refused.finding,), None
    return report.findings, report


def _facts(report: Report) -> dict[str, Any]:
    return {key: [_plain(one) for one in value] for key, value in asdict(report.facts).items() if key != "version"}


def _plain(fact: dict[str, Any]) -> dict[str, Any]:
    return {key: sorted(value) if isinstance(value, frozenset) else value for key, value in fact.items()}


def _shown(file: Path, findings: tuple[Finding, ...], report: Report | None) -> None:
    if report is not None:
        click.echo(f"{file.name}: {_summary(report)}")
    rows: list[tuple[object, ...]] = []
    for one in findings:
        # The mend stands below its reason: side by side, no terminal is wide enough.
        rows += [(one.level, one.page or "", one.object, one.reason), ("", "", "", one.mend)]
    table(["LEVEL", "PAGE", "OBJECT", "REASON AND MEND"], rows, "It may be printed: nothing is wrong with it.")
    if report is not None and report.more:
        click.echo(f"and {report.more} more")


def _summary(report: Report) -> str:
    facts = report.facts
    sizes = {"{:.4g} x {:.4g}".format(*page.seen(page.trim or page.shown)) for page in facts.pages}
    spots = f", spot colours {', '.join(report.spots)}" if report.spots else ""
    size = sizes.pop() if len(sizes) == 1 else "several sizes in"
    return f"{len(facts.pages)} pages of {size} mm, {len(facts.fonts)} fonts, {len(facts.images)} pictures{spots}"


@pdf.command()
@_FILE
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="A folder.")
@click.option("--dpi", type=click.FloatRange(10, 600), default=100.0, show_default=True, help="Pixels an inch.")
@click.option("--pages", "last", type=click.IntRange(1, 200), default=10, show_default=True, help="At most so many.")
def show(file: Path, out: Path, dpi: float, last: int) -> None:
    """Draw the pages of FILE as PNG into --out, with their boxes: trim red, bleed blue, crop violet, media grey."""
    from fulfillment.pdfs.frames import framed  # loads Pillow, which no other command needs

    data = file.read_bytes()
    with _said():
        pages = look_at(data).pages[:last]
        drawn = pictures(data, dpi, [page.number for page in pages])
    out.mkdir(parents=True, exist_ok=True)
    for page, png in zip(pages, drawn, strict=True):
        path = out / f"page-{page.number}.png"
        path.write_bytes(framed(png, page))
        click.echo(str(path))


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except PdfRefused as refused:
        raise click.ClickException(str(refused.finding)) from None
