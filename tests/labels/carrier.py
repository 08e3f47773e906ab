"""Labels as carriers make them: a PDF of 4 x 6 inches with bar codes, and ZPL."""

from __future__ import annotations

import io

import segno
from reportlab.graphics.barcode import code128
from reportlab.lib.units import inch, mm
from reportlab.pdfgen.canvas import Canvas

TRACKING = "00340434161094042557"
LINK = "https://carrier.example/t/00340434161094042557"


def pdf(pages: int = 1, size: tuple[float, float] = (4 * inch, 6 * inch), turned: bool = False) -> bytes:
    """Pages with a Code 128 of 0.33 mm bars and a QR code; ``turned``: laid across."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(size[1], size[0]) if turned else size, invariant=1)
    for page in range(pages):
        if turned:
            canvas.translate(0, size[0])
            canvas.rotate(-90)
        canvas.setFont("Helvetica-Bold", 20)
        canvas.drawString(8 * mm, size[1] - 15 * mm, "Greta Example")
        canvas.setFont("Helvetica", 11)
        canvas.drawString(8 * mm, size[1] - 22 * mm, f"Parcel {page + 1} of {pages}")
        canvas.rect(4 * mm, 4 * mm, size[0] - 8 * mm, size[1] - 8 * mm)
        code = code128.Code128(f"{TRACKING[:-1]}{page}", barWidth=0.33 * mm, barHeight=25 * mm)
        code.drawOn(canvas, 2 * mm, 80 * mm)
        _qr(canvas, LINK, 30 * mm, 25 * mm, 35 * mm)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _qr(canvas: Canvas, text: str, x: float, y: float, side: float) -> None:
    matrix = segno.make(text, error="m", micro=False).matrix
    module = side / len(matrix)
    for row, cells in enumerate(matrix):
        for column, cell in enumerate(cells):
            if cell:
                canvas.rect(x + column * module, y + side - (row + 1) * module, module, module, 0, 1)


def zpl(labels: int = 1) -> bytes:
    """What carriers send: settings of the media, boxes, a bar code, text with its bytes escaped."""
    one = (
        "^XA^LRN^MNY^MFN,N^LH10,12^MCY^POI^PW812^CI28\n"
        "^FO20,20^GB770,1180,4^FS^FO50,60^A0N,60,60^FDGreta Example^FS\n"
        "^FO50,140^FH^A0N,40,40^FDStra_C3_9Fe 12^FS^FO60,250^BY3^BCN,150,Y,N,N,A^FD{code}^FS\n"
        "^FO60,520^BQN,2,6^FDQA,{link}^FS^FO60,900^GFA,24,24,3,FFFFFF800001800001BFFFFDBFFFFDFFFFFF^FS^PQ1,0,1,N^XZ\n"
    )
    return "".join(one.format(code=TRACKING[:-1] + str(n), link=LINK) for n in range(labels)).encode()
