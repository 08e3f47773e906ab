"""Facts held against rules: what is wrong, where, with the numbers and the mend. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Final

from fulfillment.pdfs.report import Box, Facts, Finding, Image, Note, Page, Report, Where
from fulfillment.pdfs.rules import CMYK, RGB, Rules


def judged(facts: Facts, rules: Rules, most: int) -> Report:
    """``most``: findings that are listed; errors come first."""
    found = [finding for judge in JUDGES for finding in judge(facts, rules)]
    found.sort(key=lambda finding: (finding.level != "error", finding.page or 0))
    return Report(facts, tuple(found[:most]), max(0, len(found) - most))


def _error(where: Where, reason: str, mend: str) -> Finding:
    return Finding("error", where.page, where.object, reason, mend)


def _warning(where: Where, reason: str, mend: str) -> Finding:
    return Finding("warning", where.page, where.object, reason, mend)


def _count(facts: Facts, rules: Rules) -> Iterator[Finding]:
    least, most = rules.pages
    if not least <= len(facts.pages) <= most:
        wanted = f"{least}" if least == most else f"{least} to {most}"
        reason = f"It has {len(facts.pages)} pages; {wanted} are wanted."
        yield _error(Where(None, "the file"), reason, "Please send it with as many.")


def _boxes(facts: Facts, rules: Rules) -> Iterator[Finding]:
    for page in facts.pages:
        yield from _nested(page, rules)
        yield from _trim(page, rules)
        yield from _bleed(page, rules)


def _nested(page: Page, rules: Rules) -> Iterator[Finding]:
    """Media around crop and bleed, bleed around trim, trim around art."""
    crop, bleed, trim, art = (
        ("CropBox", page.crop),
        ("BleedBox", page.bleed),
        ("TrimBox", page.trim),
        ("ArtBox", page.art),
    )
    media: tuple[str, Box | None] = ("MediaBox", page.media)
    outer_of_trim = bleed if page.bleed else media
    for outer, inner in ((media, crop), (media, bleed), (outer_of_trim, trim), (trim if page.trim else media, art)):
        if outer[1] is None or inner[1] is None:
            continue
        over = -outer[1].around(inner[1])
        if over > rules.tolerance:
            reason = f"It goes {over:.2f} mm beyond the {outer[0]}."
            yield _error(Where(page.number, inner[0]), reason, f"Please export it with the {outer[0]} around it.")


def _trim(page: Page, rules: Rules) -> Iterator[Finding]:
    if page.trim is None and rules.boxes:
        yield _error(
            Where(page.number, "TrimBox"),
            "It does not say where the page is cut.",
            "Please export it as PDF/X, or with its trim box.",
        )
        return
    if rules.trim is None:
        return
    wide, high = page.seen(page.trim or page.shown)
    if abs(wide - rules.trim[0]) <= rules.tolerance and abs(high - rules.trim[1]) <= rules.tolerance:
        return
    turned = abs(high - rules.trim[0]) <= rules.tolerance and abs(wide - rules.trim[1]) <= rules.tolerance
    reason = f"The page is {wide:.4g} x {high:.4g} mm; {rules.trim[0]:g} x {rules.trim[1]:g} mm are wanted."
    mend = (
        "Please turn it by a quarter." if turned else "Please make it that size, and not by scaling it when printing."
    )
    yield _error(Where(page.number, "TrimBox" if page.trim else "page size"), reason, mend)


def _bleed(page: Page, rules: Rules) -> Iterator[Finding]:
    if rules.bleed <= 0 or (page.trim is None and rules.boxes):
        return
    trim = page.trim or page.shown
    # A box that is not there is as large as the page is shown (ISO 32000-2, 14.11.2).
    there = (page.bleed or page.shown).around(trim)
    if there < rules.bleed - rules.tolerance:
        said = f"the page goes on {max(there, 0):.2f} mm beyond its trim; {rules.bleed:g} mm are wanted."
        reason = f"There is no bleed box: {said}" if page.bleed is None else said[0].upper() + said[1:]
        mend = f"Please let pictures and colours go on {rules.bleed:g} mm beyond the edge, and export with that bleed."
        yield _error(Where(page.number, "BleedBox"), reason, mend)


def _fonts(facts: Facts, rules: Rules) -> Iterator[Finding]:
    if not rules.fonts_embedded:
        return
    for font in facts.fonts:
        if font.embedded or (rules.standard_fonts and font.name in STANDARD):
            continue
        yield _error(
            font.where,
            f"The font {font.name or 'without a name'} ({font.kind}) is not in the file.",
            "Please export it with all fonts embedded, or with its text as outlines.",
        )


STANDARD: Final = frozenset(
    f"{family}{style}"
    for family, styles in {
        "Helvetica": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "Courier": ("", "-Bold", "-Oblique", "-BoldOblique"),
        "Times": ("-Roman", "-Bold", "-Italic", "-BoldItalic"),
        "Symbol": ("",),
        "ZapfDingbats": ("",),
    }.items()
    for style in styles
)


def _resolution(facts: Facts, rules: Rules) -> Iterator[Finding]:
    for image in facts.images:
        # One pixel across is a colour that is stretched, and no picture.
        ppi = min(
            (one for one, pixels in zip(image.ppi, (image.width, image.height), strict=True) if pixels > 1), default=0
        )
        if not ppi or ppi >= rules.ppi_good - 0.5:
            continue
        low = ppi < rules.ppi_least - 0.5
        least = f"at least {rules.ppi_least:g}" if low else f"good are {rules.ppi_good:g}"
        smaller = ppi / (rules.ppi_least if low else rules.ppi_good)
        reason = f"The picture has {_ppi(image)} ppi where it is placed; {least}."
        mend = f"Please take one with more pixels, or place it at {smaller:.0%} of its size or less."
        yield (_error if low else _warning)(image.where, reason, mend)


def _ppi(image: Image) -> str:
    wide, high = image.ppi
    return f"{wide:.0f}" if abs(wide - high) < max(wide, high) / 100 else f"{wide:.0f} x {high:.0f}"


def _spaces(facts: Facts, rules: Rules) -> Iterator[Finding]:
    if rules.spaces is None:
        return
    used = [(one.where, one.space, one.leaves, "It is painted") for one in facts.colours]
    used += [(one.where, one.space, one.leaves, "The picture is") for one in facts.images]
    to = "the press's colours (CMYK)" if rules.spaces & CMYK else "RGB (sRGB)" if rules.spaces & RGB else "grey"
    told: set[tuple[Where, str]] = set()
    for where, space, leaves, said in used:
        if leaves <= rules.spaces or (where, space) in told:
            continue
        told.add((where, space))
        reason = f"{said} in {space}; {_listed(rules.spaces)} are taken."
        yield _error(where, reason, f"Please convert it to {to}, and export it anew.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _spots(facts: Facts, rules: Rules) -> Iterator[Finding]:
    if rules.spots is None:
        return
    for spot in facts.spots:
        if spot.name not in rules.spots:
            taken = f"taken are {_listed(rules.spots)}" if rules.spots else "none is taken"
            reason = f"It has the spot colour {spot.name!r}; {taken}."
            yield _error(spot.where, reason, "Please rename it as agreed with the print shop, or convert it to CMYK.")


def _ink(facts: Facts, rules: Rules) -> Iterator[Finding]:
    for colour in facts.colours:
        if rules.total_ink is not None and colour.inks > rules.total_ink + 0.5:
            reason = f"It has {colour.inks:.0f} % of ink; at most {rules.total_ink:g} % are printed."
            yield _error(colour.where, reason, "Please take a lighter colour, such as a black with less of the others.")


CHARACTERISED: Final[Mapping[str, str]] = {"DeviceCMYK": "CMYK", "DeviceRGB": "RGB"}
"""Colours that mean what the output intent says, and the profile that they need there."""


def _intents(facts: Facts, rules: Rules) -> Iterator[Finding]:
    where = Where(None, "OutputIntents")
    pdfx = [intent for intent in facts.intents if intent.subtype == "GTS_PDFX"]
    if not pdfx and rules.output_intent:
        reason = "It has no output intent: nobody knows for which press its colours are."
        yield _error(where, reason, "Please export it as PDF/X-4 with the print shop's profile.")
    if len(pdfx) > 1:
        yield _error(where, f"It has {len(pdfx)} output intents for presses.", "Please export it with one.")
    for intent in facts.intents:
        if intent.wrong:
            yield _error(intent.where, intent.wrong, "Please export it with the print shop's own profile.")
        elif not intent.space and intent.subtype == "GTS_PDFX":
            said = f"Its profile is not in the file; it names {intent.condition or 'nothing'}."
            yield (_error if rules.output_intent else _warning)(
                intent.where, said, "Please embed the profile of the output intent."
            )
    if len(pdfx) == 1 and pdfx[0].space:
        yield from _consistent(facts, rules, pdfx[0].space)


def _consistent(facts: Facts, rules: Rules, space: str) -> Iterator[Finding]:
    met = [(one.where, one.leaves) for one in facts.colours] + [(one.where, one.leaves) for one in facts.images]
    used = {leaf: where for where, leaves in reversed(met) for leaf in leaves}
    for leaf, needs in CHARACTERISED.items():
        allowed = rules.spaces is None or leaf in rules.spaces
        if leaf in used and needs != space and allowed:
            reason = f"Its {leaf} has no meaning: the output intent's profile is of {space}."
            mend = f"Please convert it to {space}, or take an output intent of {needs}."
            yield (_error if rules.output_intent else _warning)(used[leaf], reason, mend)


def _transparency(facts: Facts, rules: Rules) -> Iterator[Finding]:
    if rules.transparency:
        return
    for note in facts.transparency:
        mend = "Please export it with transparency flattened (such as PDF/X-1a)."
        yield _error(note.where, f"It has {note.said}; nothing transparent is taken.", mend)


def _sentence(note: Note) -> str:
    return note.said


Told = tuple[Callable[[Rules], bool], Callable[[Note], str], str]
NEVER: Final[Callable[[Rules], bool]] = lambda _rules: False  # noqa: E731
PLAIN: Final = "Please print it to a new PDF, which has nothing but its pages."

KINDS: Final[Mapping[str, Told]] = {
    "damaged": (NEVER, _sentence, "Please export the PDF anew, or print it to a new PDF."),
    "encrypted": (NEVER, lambda note: f"It is encrypted: {note.said}.", "Please save it without a password."),
    "script": (NEVER, lambda note: f"It has a script ({note.said}).", PLAIN),
    "action": (NEVER, lambda note: f"It has an action: {note.said}.", PLAIN),
    "event": (NEVER, lambda note: f"It acts by itself: {note.said}.", PLAIN),
    "attachment": (NEVER, lambda note: f"It has files attached: {note.said}.", "Please export it without attachments."),
    "media": (NEVER, lambda note: f"It has something to play ({note.said}).", PLAIN),
    "xfa": (NEVER, lambda note: f"It is made of {note.said}, which each program shows in another way.", PLAIN),
    "external": (NEVER, lambda note: f"A part of it is in another file ({note.said}).", "Please export it whole."),
    "postscript": (NEVER, lambda note: f"It has {note.said} in it.", PLAIN),
    "hidden": (NEVER, lambda note: f"{note.said}.", "Please export it with what is to be printed, and nothing else."),
    "layer": (lambda rules: rules.layers, lambda note: f"It has {note.said}.", "Please export it without layers."),
    "link": (
        lambda rules: rules.links,
        lambda note: f"It has a link ({note.said}).",
        "Please export it without links.",
    ),
    "field": (lambda rules: rules.forms, lambda note: f"It has a form to fill in: {note.said}.", PLAIN),
    "annotation": (NEVER, lambda note: f"It has a comment on it ({note.said}).", "Please export it without comments."),
}
"""By a note's kind: whether rules take it, what is said of it, and its mend."""


def _notes(facts: Facts, rules: Rules) -> Iterator[Finding]:
    for note in facts.notes:
        taken, said, mend = KINDS[note.kind]
        if not taken(rules) and not (note.kind == "annotation" and note.said in rules.annotations):
            yield _error(note.where, said(note), mend)


JUDGES: Final[tuple[Callable[[Facts, Rules], Iterator[Finding]], ...]] = (
    _notes,
    _count,
    _boxes,
    _fonts,
    _resolution,
    _spaces,
    _spots,
    _ink,
    _intents,
    _transparency,
)
"""A new rule is a field of Rules, a function here and its line."""
