"""The last hand on a file: page boxes, output intent, XMP, names and dates. The same pages give the same bytes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.sax.saxutils import escape

import pikepdf
from pikepdf import Array, Dictionary, Name, Pdf, Stream, String

from fulfillment.press.colour import Colours
from gcode.geometry import Bounds

MM: Final = 72 / 25.4
DAY: Final = "2000-01-01T00:00:00+00:00"
PDF_DAY: Final = "D:20000101000000+00'00'"
"""The day that every file says it was made on: a day of its own would make equal pages different files."""
PRODUCER: Final = "Fulfillment"
BARE: Final = b"BT /F1 12 Tf 14.4 TL ET"
"""A font that reportlab names at the head of each page, used or not."""
SUBTYPE: Final = {"pdf-x-4": "/GTS_PDFX", "pdf": "/GTS_PDFA1"}
"""Of the output intent. A display's profile is no press's: PDF/X takes none."""

XMP: Final = """<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/"
 xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/"
 xmlns:pdfxid="http://www.npes.org/pdfx/ns/id/">
<dc:format>application/pdf</dc:format>
<dc:title><rdf:Alt><rdf:li xml:lang="x-default">{title}</rdf:li></rdf:Alt></dc:title>
<xmp:CreatorTool>{producer}</xmp:CreatorTool>
<xmp:CreateDate>{day}</xmp:CreateDate>
<xmp:ModifyDate>{day}</xmp:ModifyDate>
<xmp:MetadataDate>{day}</xmp:MetadataDate>
<xmpMM:DocumentID>uuid:{document}</xmpMM:DocumentID>
<xmpMM:VersionID>1</xmpMM:VersionID>
<xmpMM:RenditionClass>default</xmpMM:RenditionClass>
<pdf:Producer>{producer}</pdf:Producer>
<pdf:Trapped>False</pdf:Trapped>
{standard}</rdf:Description>
</rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


@dataclass(frozen=True, slots=True)
class Boxes:
    """Of one page, in mm."""

    trim: Bounds
    bleed: Bounds


def finished(data: bytes, boxes: Sequence[Boxes], colours: Colours, title: str, identity: str) -> bytes:
    """``data``: as reportlab wrote it; ``boxes``: page by page; ``identity``: 32 hexadecimal digits that are the same
    for the same specification."""
    with pikepdf.open(io.BytesIO(data), attempt_recovery=False) as pdf:
        for page, box in zip(pdf.pages, boxes, strict=True):
            _boxed(pdf, page, box)
        _described(pdf, colours, title, identity)
        out = io.BytesIO()
        pdf.save(
            out,
            deterministic_id=True,
            min_version="1.6",
            compress_streams=True,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
        )
    return out.getvalue()


def _points(box: Bounds) -> Array:
    return Array([round(value * MM, 4) for value in (box.x0, box.y0, box.x1, box.y1)])


def _boxed(pdf: Pdf, page: pikepdf.Page, box: Boxes) -> None:
    page.obj.TrimBox = _points(box.trim)
    page.obj.BleedBox = _points(box.bleed)
    for key in ("/CropBox", "/ArtBox", "/Trans", "/Rotate"):
        if key in page.obj:
            del page.obj[key]
    content = page.obj.Contents.read_bytes()
    page.obj.Contents = Stream(pdf, content.replace(BARE, b"", 1))
    if "/Font" in page.obj.Resources:
        del page.obj.Resources["/Font"]


def _described(pdf: Pdf, colours: Colours, title: str, identity: str) -> None:
    standard, colour = colours.profile.standard, colours.profile.colour
    icc = Stream(pdf, colours.intent)
    icc.N = 4 if colours.icc else 3
    intent = Dictionary(
        Type=Name.OutputIntent,
        S=Name(SUBTYPE[standard]),
        OutputConditionIdentifier=String(colour.condition),
        Info=String(colour.condition),
        DestOutputProfile=pdf.make_indirect(icc),
    )
    if standard == "pdf-x-4":
        intent.RegistryName = String("http://www.color.org")
    pdf.Root.OutputIntents = Array([pdf.make_indirect(intent)])
    document = f"{identity[:8]}-{identity[8:12]}-{identity[12:16]}-{identity[16:20]}-{identity[20:32]}"
    said = "<pdfxid:GTS_PDFXVersion>PDF/X-4</pdfxid:GTS_PDFXVersion>\n" if standard == "pdf-x-4" else ""
    xmp = XMP.format(title=escape(title), producer=PRODUCER, day=DAY, document=document, standard=said)
    metadata = Stream(pdf, xmp.encode())
    metadata.Type, metadata.Subtype = Name.Metadata, Name.XML
    pdf.Root.Metadata = pdf.make_indirect(metadata)
    for key in ("/Outlines", "/PageMode", "/Lang"):
        if key in pdf.Root:
            del pdf.Root[key]
    for key in list(pdf.docinfo.keys()):
        del pdf.docinfo[key]
    pdf.docinfo.Title = String(title)
    pdf.docinfo.Creator = pdf.docinfo.Producer = String(PRODUCER)
    pdf.docinfo.CreationDate = pdf.docinfo.ModDate = String(PDF_DAY)
    pdf.docinfo.Trapped = Name("/False")
    if standard == "pdf-x-4":
        pdf.docinfo.GTS_PDFXVersion = String("PDF/X-4")
