"""What hangs on a file besides what its pages draw: fonts, and all that a page on paper has no use for.

It is looked for in every object, whatever leads to it: what is not drawn is opened all the same, by somebody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from pikepdf import Array, Dictionary, Stream

from fulfillment.pdfs.collect import Collected
from fulfillment.pdfs.decode import codings
from fulfillment.pdfs.jpegs import wrong_with
from fulfillment.pdfs.pages import Leaf
from fulfillment.pdfs.report import Font, Where
from fulfillment.pdfs.values import Thing, get, integer, items, kind, name, text
from fulfillment.pdfs.walk import Met, walked

LINKS: Final = frozenset({"/URI", "/GoTo", "/Named", "/Thread", "/GoToDp"})
"""Actions that show something else of the same file, or an address."""
ACTIONS: Final = LINKS | {
    "/JavaScript",
    "/Launch",
    "/SubmitForm",
    "/ImportData",
    "/ResetForm",
    "/GoToR",
    "/GoToE",
    "/Hide",
    "/Sound",
    "/Movie",
    "/Rendition",
    "/Trans",
    "/GoTo3DView",
    "/SetOCGState",
    "/RichMediaExecute",
}
"""ISO 32000-2, 12.6.4."""
MEDIA: Final = frozenset({"/RichMedia", "/Screen", "/Movie", "/Sound", "/3D"})
"""Annotations that play something."""


def looked(pages: Sequence[Leaf], nodes: Iterable[Thing], root: Thing, to: Collected) -> None:
    """Note what each object is. Raises PdfRefused."""
    for met in walked(pages, nodes, root, to.limits):
        for look in LOOKS:
            look(met, to)


def _action(met: Met, to: Collected) -> None:
    """Whatever leads to it: what calls itself by an action's name is run as one by somebody."""
    said = name(get(met.thing, "/S"))
    if said in ACTIONS and name(get(met.thing, "/Type")) != "/StructElem":
        kind_ = "script" if said == "/JavaScript" else "link" if said in LINKS else "action"
        target = text(get(met.thing, "/URI")) or text(get(met.thing, "/F")) or text(get(get(met.thing, "/F"), "/F"))
        to.note(met.where, kind_, f"{said[1:]}{f' {target}' if target else ''}")
    elif get(met.thing, "/JS") is not None:
        to.note(met.where, "script", "JavaScript")


def _opening(met: Met, to: Collected) -> None:
    opening, events = get(met.thing, "/OpenAction"), get(met.thing, "/AA")
    # An array only says which page is shown first, and so does a link, which is noted as one.
    if kind(opening) is Dictionary and name(get(opening, "/S")) not in LINKS:
        to.note(Where(met.page, _in("OpenAction", met)), "event", "something is done when it is opened")
    if kind(events) is Dictionary:
        to.note(Where(met.page, _in("AA", met)), "event", "something is done by itself")


def _in(word: str, met: Met) -> str:
    return f"{word} of {met.where.object}" if met.path else word


def _annotation(met: Met, to: Collected) -> None:
    subtype = name(get(met.thing, "/Subtype"))
    if met.among != "/Annots":
        return
    if subtype in MEDIA:
        to.note(met.where, "media", subtype[1:])
    elif subtype == "/FileAttachment":
        to.note(met.where, "attachment", text(get(get(met.thing, "/FS"), "/F")) or "a file")
    elif subtype == "/Link":
        to.note(met.where, "link", f"Link{_target(met.thing)}")
    elif subtype == "/Widget":
        to.note(met.where, "field", text(get(met.thing, "/T")) or "a field")
    elif subtype != "/Popup":
        to.note(met.where, "annotation", subtype[1:] or "of no kind")


def _target(annotation: Thing) -> str:
    said = text(get(get(annotation, "/A"), "/URI"))
    return f" to {said}" if said else ""


def _attachment(met: Met, to: Collected) -> None:
    by_annotation = "/Annots" in met.path and met.last == "/FS"
    if kind(get(met.thing, "/EF")) is Dictionary and not by_annotation:
        to.note(met.where, "attachment", text(get(met.thing, "/UF")) or text(get(met.thing, "/F")) or "a file")
    elif name(get(met.thing, "/Type")) == "/EmbeddedFile" and "/EF" not in met.path:
        to.note(met.where, "attachment", "a file in the file")
    elif met.path == ("/Collection",):
        to.note(met.where, "attachment", "a portfolio of files")


def _form(met: Met, to: Collected) -> None:
    if met.path != ("/AcroForm",):
        return
    if get(met.thing, "/XFA") is not None:
        to.note(Where(None, "XFA"), "xfa", "an XFA form")
    if items(get(met.thing, "/Fields")):
        to.note(met.where, "field", f"{len(items(get(met.thing, '/Fields')))} fields")


def _layers(met: Met, to: Collected) -> None:
    if met.path != ("/OCProperties",):
        return
    default = get(met.thing, "/D")
    groups, hidden = items(get(met.thing, "/OCGs")), items(get(default, "/OFF"))
    if name(get(default, "/BaseState")) == "/OFF":
        hidden = hidden or groups
    if hidden:
        named = ", ".join(text(get(one, "/Name")) or "without a name" for one in hidden[:10])
        to.note(met.where, "hidden", f"{len(hidden)} of {len(groups)} layers are hidden: {named}")
    elif groups:
        named = ", ".join(text(get(one, "/Name")) or "without a name" for one in groups[:10])
        to.note(met.where, "layer", f"{len(groups)} layers: {named}")


def _external(met: Met, to: Collected) -> None:
    if kind(met.thing) is Stream:
        if get(met.thing, "/F") is not None:
            found = get(met.thing, "/F")
            to.note(met.where, "external", text(found) or text(get(found, "/F")) or "another file")
        if get(met.thing, "/Ref") is not None:
            to.note(met.where, "external", "a page of another file")
        if get(met.thing, "/OPI") is not None:
            to.note(met.where, "external", "a picture that is put in later (OPI)")


def _postscript(met: Met, to: Collected) -> None:
    if kind(met.thing) is not Stream:
        return
    subtypes = name(get(met.thing, "/Subtype")), name(get(met.thing, "/Subtype2"))
    if (met.among == "/XObject" or name(get(met.thing, "/Type")) == "/XObject") and "/PS" in subtypes:
        to.note(met.where, "postscript", "a PostScript program")


def _font(met: Met, to: Collected) -> None:
    subtype = name(get(met.thing, "/Subtype"))
    one_of = met.among == "/Font" or name(get(met.thing, "/Type")) == "/Font"
    if kind(met.thing) is Dictionary and one_of and subtype in FONTS:
        to.add(to.fonts, font_of(met.thing, subtype, met.where), (met.page, met.path))


FONTS: Final = frozenset({"/Type0", "/Type1", "/TrueType", "/Type3", "/MMType1"})
"""Those that a page can use; CIDFonts are below Type0."""
PROGRAMS: Final = ("/FontFile", "/FontFile2", "/FontFile3")


def font_of(font: Thing, subtype: str, where: Where) -> Font:
    said = name(get(font, "/BaseFont"))[1:] or name(get(font, "/Name"))[1:]
    kind_, holds = subtype[1:], font
    if subtype == "/Type0":
        below = items(get(font, "/DescendantFonts"))
        holds = below[0] if below else None
        kind_ += name(get(holds, "/Subtype"))
    descriptor = get(holds, "/FontDescriptor")
    subset = len(said) > 7 and said[6] == "+" and said[:6].isalpha() and said[:6].isupper()
    embedded = subtype == "/Type3" or any(_program(get(descriptor, entry)) for entry in PROGRAMS)
    return Font(where, said[7:] if subset else said, kind_, embedded, subset)


def _program(stream: Thing) -> bool:
    """Whether a font's program is there: an empty one is none."""
    return kind(stream) is Stream and (integer(get(stream, "/Length")) or 0) > 0


def _stream(met: Met, to: Collected) -> None:
    if kind(met.thing) is Stream:
        to.checked(met.thing, met.where)
        if "/Crypt" in codings(met.thing):
            to.note(met.where, "encrypted", "its data are encrypted by themselves")


def _jpeg(met: Met, to: Collected) -> None:
    """Packed once more, its bytes are what a decoder makes of them, and are not looked at."""
    if kind(met.thing) is Stream and codings(met.thing)[:1] in (["/DCTDecode"], ["/DCT"]) and not get(met.thing, "/F"):
        size = integer(get(met.thing, "/Width")), integer(get(met.thing, "/Height"))
        if wrong := wrong_with(met.thing.read_raw_bytes(), *size):
            to.note(met.where, "damaged", wrong)


def _nothing_in_arrays(look: Callable[[Met, Collected], None]) -> Callable[[Met, Collected], None]:
    return lambda met, to: None if kind(met.thing) is Array else look(met, to)


LOOKS: Final = tuple(
    map(
        _nothing_in_arrays,
        (_stream, _jpeg, _font, _action, _opening, _annotation, _attachment, _form, _layers, _external, _postscript),
    )
)
"""A new thing to look for is a function here."""
