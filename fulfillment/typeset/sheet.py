"""A canvas without the font that reportlab starts with, which no file embeds; equal pages give equal bytes."""

from __future__ import annotations

import io
from typing import Final

from reportlab import rl_config
from reportlab.pdfgen.canvas import Canvas

from fulfillment.refusal import Refusal

rl_config.useA85 = 0  # ASCII85 makes a page with a picture five times larger
PREAMBLE: Final = "1 0 0 1 0 0 cm"


class PaperError(Refusal):
    """Something that cannot be printed as it is."""


class Sheet(Canvas):
    """A canvas of ``width`` x ``height`` points, origin at the lower left, written to memory."""

    def __init__(self, width: float, height: float, *, title: str = "", language: str = "en") -> None:
        self.out = io.BytesIO()
        super().__init__(self.out, pagesize=(width, height), invariant=1, pageCompression=1, lang=language)
        self.setTitle(title)
        self.setCreator("Fulfillment")

    def _make_preamble(self) -> None:
        self._preamble = PREAMBLE

    def finished(self) -> bytes:
        """The whole file. Nothing can be drawn after that."""
        self.save()
        return self.out.getvalue()
