"""One good page, and each thing that may be wrong with it: it is found where it is, and nothing else is."""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable
from dataclasses import dataclass, replace

import pikepdf
import pytest
from pikepdf import Array, AttachedFileSpec, Dictionary, Name, Pdf, String

from fulfillment.pdfs import PdfRefused, Report, Rules, preflight
from tests.pdfs.press_page import CMYK, MM, RULES, drawn, finish, mended, saved

Change = Callable[[Pdf], object]


@dataclass(frozen=True)
class Wrong:
    """A mutation: how it is made, and where and in which words it must be found."""

    change: Change
    page: int | None
    object: str
    says: str
    rules: Rules = RULES
    level: str = "error"


def image_of(pdf: Pdf, page: int = 0) -> pikepdf.Object:
    objects = pdf.pages[page].Resources.XObject
    return next(found for found in objects.values() if found.Subtype == Name.Image)


def font_of(pdf: Pdf) -> pikepdf.Object:
    return next(iter(pdf.pages[0].Resources.Font.values()))


def drop_font(pdf: Pdf) -> None:
    del font_of(pdf).FontDescriptor.FontFile2


def annotate(**entries: object) -> Change:
    def change(pdf: Pdf) -> None:
        annotation = Dictionary(Type=Name.Annot, Rect=Array([10, 10, 40, 40]), **entries)
        pdf.pages[1].Annots = Array([pdf.make_indirect(annotation)])

    return change


def action(**entries: object) -> Dictionary:
    return Dictionary(Type=Name.Action, **entries)


def second_page(code: bytes, **resources: Dictionary) -> Change:
    """Other operators behind those of page 2, with resources of their own."""

    def change(pdf: Pdf) -> None:
        page = pdf.pages[1]
        page.contents_add(pdf.make_stream(code))
        own = Dictionary(page.Resources)
        for sort, found in resources.items():
            old = own.get(f"/{sort}")
            own[f"/{sort}"] = Dictionary({**(dict(old.items()) if old is not None else {}), **dict(found.items())})
        page.Resources = own

    return change


def form(pdf: Pdf, code: bytes, **entries: object) -> pikepdf.Stream:
    return pdf.make_stream(code, Type=Name.XObject, Subtype=Name.Form, BBox=Array([0, 0, 100, 100]), **entries)


def nested_font(pdf: Pdf) -> None:
    bare = Dictionary(Type=Name.Font, Subtype=Name.TrueType, BaseFont=Name.Bare, FirstChar=32, LastChar=32)
    inner = form(pdf, b"BT /F9 9 Tf ( ) Tj ET", Resources=Dictionary(Font=Dictionary(F9=pdf.make_indirect(bare))))
    outer = form(pdf, b"/Fm1 Do", Resources=Dictionary(XObject=Dictionary(Fm1=inner)))
    second_page(b"/Fm0 Do", XObject=Dictionary(Fm0=outer))(pdf)


def nested_image(pdf: Pdf) -> None:
    """A picture of 60 pixels an inch, by a matrix of the page, one of each form, and a turn."""
    pixels = pdf.make_stream(
        bytes(60 * 60 * 4),
        Type=Name.XObject,
        Subtype=Name.Image,
        Width=60,
        Height=60,
        BitsPerComponent=8,
        ColorSpace=Name.DeviceCMYK,
    )
    inner = form(pdf, b"q 0 4 -4 0 0 0 cm /Im3 Do Q", Resources=Dictionary(XObject=Dictionary(Im3=pixels)))
    inner.Matrix = Array([3, 0, 0, 3, 0, 0])
    outer = form(pdf, b"q 3 0 0 3 0 0 cm /Fm1 Do Q", Resources=Dictionary(XObject=Dictionary(Fm1=inner)))
    second_page(b"q 2 0 0 2 0 0 cm /Fm0 Do Q", XObject=Dictionary(Fm0=outer))(pdf)


def trim(*mm: float) -> Change:
    def change(pdf: Pdf) -> None:
        pdf.pages[1].TrimBox = Array([one * MM for one in mm])

    return change


def no_bleed(pdf: Pdf) -> None:
    page = pdf.pages[1]
    page.BleedBox = page.TrimBox


def delete(key: str) -> Change:
    def change(pdf: Pdf) -> None:
        del pdf.pages[1].obj[key]

    return change


def attach(pdf: Pdf) -> None:
    pdf.attachments["secret.txt"] = AttachedFileSpec(pdf, b"text", filename="secret.txt")


def gs(**entries: object) -> Change:
    return second_page(b"/GX gs", ExtGState=Dictionary(GX=Dictionary(Type=Name.ExtGState, **entries)))


def soft_mask(pdf: Pdf) -> None:
    image = image_of(pdf, 1)
    own = pdf.make_stream(bytes(354 * 236), Type=Name.XObject, Subtype=Name.Image, Width=354, Height=236)
    own.ColorSpace, own.BitsPerComponent = Name.DeviceGray, 8
    copied = pdf.make_stream(image.read_raw_bytes())
    for key, value in image.items():
        if key != "/Length":
            copied[key] = value
    copied.SMask = own
    resources = Dictionary(pdf.pages[1].Resources)
    resources.XObject = Dictionary(dict.fromkeys(resources.XObject.keys(), copied))
    pdf.pages[1].Resources = resources


def layers(hidden: bool) -> Change:
    def change(pdf: Pdf) -> None:
        group = pdf.make_indirect(Dictionary(Type=Name.OCG, Name=String("Proof")))
        default = Dictionary(OFF=Array([group])) if hidden else Dictionary()
        pdf.Root.OCProperties = Dictionary(OCGs=Array([group]), D=default)

    return change


def external(pdf: Pdf) -> None:
    stream = form(pdf, b"")
    stream.F = String("/etc/passwd")
    second_page(b"/FmX Do", XObject=Dictionary(FmX=stream))(pdf)


def reference(pdf: Pdf) -> None:
    stream = form(pdf, b"", Ref=Dictionary(F=String("other.pdf"), Page=0))
    second_page(b"/FmX Do", XObject=Dictionary(FmX=stream))(pdf)


def postscript(pdf: Pdf) -> None:
    stream = pdf.make_stream(b"showpage", Type=Name.XObject, Subtype=Name.PS)
    second_page(b"/PS1 Do", XObject=Dictionary(PS1=stream))(pdf)


def xfa(pdf: Pdf) -> None:
    pdf.Root.AcroForm = Dictionary(Fields=Array([]), XFA=pdf.make_stream(b"<xdp/>"))


def profile_of_rgb(pdf: Pdf) -> None:
    pdf.Root.OutputIntents[0].DestOutputProfile.N = 3


def no_profile(pdf: Pdf) -> None:
    pdf.Root.OutputIntents[0].DestOutputProfile.write(CMYK.read_bytes()[:4000])


def glyph_of_rgb(pdf: Pdf) -> None:
    glyph = pdf.make_stream(b"1000 0 0 0 750 750 d1 1 0 0 rg 0 0 750 750 re f")
    font = Dictionary(
        Type=Name.Font,
        Subtype=Name.Type3,
        FontBBox=Array([0, 0, 750, 750]),
        FontMatrix=Array([0.001, 0, 0, 0.001, 0, 0]),
        CharProcs=Dictionary(square=glyph),
        Encoding=Dictionary(Type=Name.Encoding, Differences=Array([97, Name.square])),
        FirstChar=97,
        LastChar=97,
        Widths=Array([1000]),
        Resources=Dictionary(),
    )
    second_page(b"BT /T3 12 Tf (a) Tj ET", Font=Dictionary(T3=pdf.make_indirect(font)))(pdf)


def pattern_of_rgb(pdf: Pdf) -> None:
    tile = pdf.make_stream(
        b"0 1 0 rg 0 0 5 5 re f",
        Type=Name.Pattern,
        PatternType=1,
        PaintType=1,
        TilingType=1,
        BBox=Array([0, 0, 10, 10]),
        XStep=10,
        YStep=10,
        Resources=Dictionary(),
    )
    second_page(b"/Pattern cs /P1 scn 0 0 50 50 re f", Pattern=Dictionary(P1=tile))(pdf)


def shading_of_rgb(pdf: Pdf) -> None:
    function = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([0, 0, 0]), C1=Array([1, 1, 1]), N=1)
    shading = Dictionary(ShadingType=2, ColorSpace=Name.DeviceRGB, Coords=Array([0, 0, 9, 9]), Function=function)
    second_page(b"/Sh1 sh", Shading=Dictionary(Sh1=shading))(pdf)


def spot(name: str) -> Change:
    tint = Dictionary(FunctionType=2, Domain=Array([0, 1]), C0=Array([0, 0, 0, 0]), C1=Array([0, 0, 0, 1]), N=1)
    space = Array([Name.Separation, Name(f"/{name}"), Name.DeviceCMYK, tint])
    return second_page(b"/S9 cs 1 scn 0 0 9 9 re f", ColorSpace=Dictionary(S9=space))


def appearance(pdf: Pdf) -> None:
    shown = form(pdf, b"0 0 1 rg 0 0 9 9 re f", Resources=Dictionary())
    annotate(Subtype=Name.TrapNet, AP=Dictionary(N=shown))(pdf)


def damaged_stream(pdf: Pdf) -> None:
    packed = zlib.compress(b"0 0 0 1 k 0 0 9 9 re f " * 200)
    stream = pdf.make_stream(b"")
    stream.write(packed[:-30], filter=Name.FlateDecode)
    second_page(b"")(pdf)
    pdf.pages[1].contents_add(stream)


INLINE = b"q 20 0 0 20 0 0 cm BI /W 4 /H 4 /BPC 8 /CS /CMYK ID " + bytes(range(64)) + b" EI Q"

WRONG: dict[str, Wrong] = {
    "font": Wrong(drop_font, 1, "font /F1+0", "NotoSans-Regular (TrueType) is not in the file"),
    "font in forms": Wrong(nested_font, 2, "font /F9 in form /Fm1 in form /Fm0", "Bare (TrueType) is not in"),
    "picture in forms": Wrong(nested_image, 2, "image /Im3 in form /Fm1 in form /Fm0", "has 60 ppi where"),
    "inline picture": Wrong(second_page(INLINE), 2, "inline picture", "has 14 ppi where"),
    "wrong trim": Wrong(trim(3, 3, 98, 63), 2, "TrimBox", "The page is 95 x 60 mm; 100 x 60 mm are wanted"),
    "turned": Wrong(lambda pdf: pdf.pages[1].rotate(90, relative=True), 2, "TrimBox", "The page is 60 x 100 mm"),
    "unit": Wrong(
        lambda pdf: pdf.pages[1].__setitem__("/UserUnit", 2),
        2,
        "TrimBox",
        "The page is 200 x 120 mm",
        replace(RULES, ppi_good=149),
    ),
    "no trim": Wrong(delete("/TrimBox"), 2, "TrimBox", "does not say where the page is cut"),
    "no bleed": Wrong(no_bleed, 2, "BleedBox", "The page goes on 0.00 mm beyond its trim; 3 mm are wanted"),
    "crop": Wrong(
        lambda pdf: pdf.pages[1].__setitem__("/CropBox", Array([-20, 0, 200, 100])), 2, "CropBox", "7.06 mm beyond"
    ),
    "colour": Wrong(second_page(b"1 0 0 rg 0 0 9 9 re f"), 2, "colour set by 'rg'", "painted in DeviceRGB"),
    "ink": Wrong(second_page(b"1 1 1 1 k 0 0 9 9 re f"), 2, "colour set by 'k'", "has 400 % of ink; at most 300 %"),
    "spot": Wrong(spot("Gold"), 2, "colour set by 'scn'", "spot colour 'Gold'; taken are CutContour"),
    "glyph": Wrong(glyph_of_rgb, 2, "colour set by 'rg' in glyph /square in font /T3", "painted in DeviceRGB"),
    "pattern": Wrong(pattern_of_rgb, 2, "colour set by 'rg' in pattern /P1", "painted in DeviceRGB"),
    "shading": Wrong(shading_of_rgb, 2, "shading /Sh1", "painted in DeviceRGB"),
    "appearance": Wrong(
        appearance,
        2,
        "colour set by 'rg' in appearance of annotation 1",
        "painted in DeviceRGB",
        replace(RULES, annotations=frozenset({"TrapNet"})),
    ),
    "no intent": Wrong(lambda pdf: pdf.Root.__delitem__("/OutputIntents"), None, "OutputIntents", "no output intent"),
    "channels": Wrong(profile_of_rgb, None, "output intent 1", "CMYK with 4 channels, and /N says 3"),
    "profile": Wrong(no_profile, None, "output intent 1", "has 4,000 bytes and should have"),
    "script": Wrong(
        lambda pdf: pdf.Root.__setitem__(
            "/Names",
            Dictionary(
                JavaScript=Dictionary(Names=Array([String("a"), action(S=Name.JavaScript, JS=String("app.alert(1)"))]))
            ),
        ),
        None,
        "JavaScript",
        "It has a script",
    ),
    "launch": Wrong(
        annotate(Subtype=Name.TrapNet, A=action(S=Name.Launch, F=String("calc.exe"))),
        2,
        "action in annotation 1",
        "It has an action: Launch calc.exe",
        replace(RULES, annotations=frozenset({"TrapNet"})),
    ),
    "submit": Wrong(
        annotate(Subtype=Name.TrapNet, A=action(S=Name.SubmitForm, F=Dictionary(FS=Name.URL, F=String("https://a")))),
        2,
        "action in annotation 1",
        "SubmitForm https://a",
        replace(RULES, annotations=frozenset({"TrapNet"})),
    ),
    "other file": Wrong(
        annotate(Subtype=Name.TrapNet, A=action(S=Name.GoToR, F=String("b.pdf"))),
        2,
        "action in annotation 1",
        "GoToR b.pdf",
        replace(RULES, annotations=frozenset({"TrapNet"})),
    ),
    "link": Wrong(annotate(Subtype=Name.Link), 2, "annotation 1", "It has a link (Link)"),
    "comment": Wrong(annotate(Subtype=Name.Text, Contents=String("look")), 2, "annotation 1", "comment on it (Text)"),
    "media": Wrong(annotate(Subtype=Name.RichMedia), 2, "annotation 1", "something to play (RichMedia)"),
    "attached there": Wrong(
        annotate(Subtype=Name.FileAttachment, FS=Dictionary(Type=Name.Filespec, F=String("a.exe"))),
        2,
        "annotation 1",
        "files attached: a.exe",
    ),
    "attachment": Wrong(attach, None, "associated file 1", "files attached: secret.txt"),
    "xfa": Wrong(xfa, None, "XFA", "made of an XFA form"),
    "layers": Wrong(layers(False), None, "OCProperties", "It has 1 layers: Proof"),
    "hidden": Wrong(layers(True), None, "OCProperties", "1 of 1 layers are hidden: Proof", replace(RULES, layers=True)),
    "external": Wrong(external, 2, "form /FmX", "in another file (/etc/passwd)"),
    "reference": Wrong(reference, 2, "form /FmX", "in another file (a page of another file)"),
    "postscript": Wrong(postscript, 2, "PostScript object /PS1", "a PostScript program"),
    "opacity": Wrong(gs(ca=0.5), 2, "graphics state /GX", "areas that are 50% opaque"),
    "lines' opacity": Wrong(gs(CA=0.2), 2, "graphics state /GX", "lines that are 20% opaque"),
    "blend": Wrong(gs(BM=Name.Multiply), 2, "graphics state /GX", "mixed with those below (Multiply)"),
    "group": Wrong(
        lambda pdf: pdf.pages[1].__setitem__("/Group", Dictionary(S=Name.Transparency)), 2, "the page", "group"
    ),
    "soft mask": Wrong(soft_mask, 2, "image /", "a picture with a soft mask"),
    "damaged": Wrong(damaged_stream, 2, "contents", "Its data end too early"),
    "missing": Wrong(second_page(b"/Nothing Do"), 2, "contents", "It uses /Nothing, which is not among its XObject"),
    "pages": Wrong(lambda pdf: pdf.pages.append(pdf.pages[0]), None, "the file", "It has 3 pages; 1 to 2 are wanted"),
}


def test_the_good_page_passes(good: bytes) -> None:
    found = preflight(good, RULES)
    assert found.ok and not found.findings


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_what_is_wrong_is_found_where_it_is_and_nothing_else(good: bytes, wrong: Wrong) -> None:
    found = preflight(mended(good, wrong.change), wrong.rules)
    assert len(found.findings) == 1, found.findings
    _is(found, wrong)


def _is(found: Report, wrong: Wrong) -> None:
    finding = found.findings[0]
    assert (finding.level, finding.page) == (wrong.level, wrong.page)
    assert finding.object.startswith(wrong.object)
    assert wrong.says in finding.reason
    assert finding.mend.startswith("Please ")


def test_what_acts_by_itself_is_told_with_what_it_does(good: bytes) -> None:
    script = action(S=Name.JavaScript, JS=String("this.print()"))
    opening = preflight(mended(good, lambda pdf: pdf.Root.__setitem__("/OpenAction", script)), RULES)
    said = {(one.object, one.reason) for one in opening.findings}
    assert said == {
        ("OpenAction", "It acts by itself: something is done when it is opened."),
        ("OpenAction", "It has a script (JavaScript)."),
    }
    closing = preflight(mended(good, lambda pdf: pdf.pages[1].__setitem__("/AA", Dictionary(C=script))), RULES)
    assert {one.page for one in closing.findings} == {2}
    assert {"It has a script (JavaScript)."} < {one.reason for one in closing.findings}


def test_a_file_may_say_which_page_is_shown_first_where_links_are_taken(good: bytes) -> None:
    first = mended(good, lambda pdf: pdf.Root.__setitem__("/OpenAction", action(S=Name.GoTo, D=Array([0, Name.Fit]))))
    assert [(one.object, one.reason) for one in preflight(first, RULES).findings] == [
        ("OpenAction", "It has a link (GoTo).")
    ]
    assert preflight(first, replace(RULES, links=True)).ok


def test_a_coarse_picture_is_warned_and_a_coarser_one_refused() -> None:
    for ppi, level, wanted in ((120, "error", "at least 150"), (200, "warning", "good are 300")):
        found = preflight(mended(drawn(ppi=ppi), finish), RULES)
        assert [(one.level, one.page) for one in found.findings] == [(level, 1), (level, 2)]
        assert all(f"The picture has {ppi} ppi where it is placed; {wanted}." == one.reason for one in found.findings)
        assert all(one.object.startswith("image /FormXob.") for one in found.findings)


def test_a_picture_of_the_wrong_colours_is_one_finding_a_page() -> None:
    found = preflight(mended(drawn(mode="RGB"), finish), RULES)
    assert [one.page for one in found.findings] == [1, 2]
    assert all(
        "The picture is in DeviceRGB; DeviceCMYK" in one.reason.replace("CalGray, ", "") for one in found.findings
    )


def test_a_spot_colour_of_another_name_is_one_finding_a_page() -> None:
    found = preflight(mended(drawn(spot="cutcontour"), finish), RULES)
    assert [(one.page, one.object) for one in found.findings] == [
        (1, "colour set by 'SCN'"),
        (2, "colour set by 'SCN'"),
    ]


def test_a_standard_font_is_not_in_the_file() -> None:
    data = mended(drawn(font="Helvetica"), finish)
    found = preflight(data, RULES)
    assert [one.reason for one in found.findings] == ["The font Helvetica (Type1) is not in the file."]
    assert preflight(data, replace(RULES, standard_fonts=True)).ok


def test_an_encrypted_file_is_refused(good: bytes) -> None:
    for owner, user in (("owner", ""), ("owner", "user")):
        with pikepdf.open(io.BytesIO(good)) as pdf:
            locked = saved(pdf, encryption=pikepdf.Encryption(owner=owner, user=user))
        with pytest.raises(PdfRefused, match="It is encrypted") as refused:
            preflight(locked, RULES)
        assert refused.value.object == "Encrypt"
        assert "without a password" in refused.value.mend


def test_what_is_no_pdf_and_what_is_a_part_of_one_is_refused(good: bytes) -> None:
    for data, says in ((b"", "not a PDF"), (b"hello" * 900, "not a PDF"), (good[:-2000], "Its end is missing")):
        with pytest.raises(PdfRefused, match=says):
            preflight(data, RULES)
    middle = len(good) // 2
    with pytest.raises(PdfRefused, match="damaged"):
        preflight(good[:middle] + good[middle + 5000 :], RULES)
