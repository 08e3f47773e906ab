"""Specifications of printed pieces without a daemon, and verifiers that share no code with what is verified."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pikepdf
import pypdfium2
import pytest
from PIL import Image

from fulfillment import personalization
from fulfillment.catalog import PressRecipe
from fulfillment.config import Factory, load_factory
from fulfillment.example import order
from fulfillment.planning import specification
from fulfillment.processes import Made, Spec, press

SHIPPED = Path(__file__).parents[2] / "config.yaml"
MM = 72 / 25.4
PLATE_DPI = 254
"""Ten pixels a mm."""


@dataclass(frozen=True)
class Shop:
    """The shipped factory, asked for pieces."""

    factory: Factory

    def spec(
        self,
        product: str,
        texts: Mapping[str, str] | None = None,
        *,
        files: Mapping[str, bytes] | None = None,
        options: Mapping[str, str] | None = None,
        unit: str = "U-7F3K2QXM",
        recipe: Mapping[str, Any] | None = None,
        profile: Mapping[str, Any] | None = None,
    ) -> tuple[Spec, dict[str, bytes]]:
        """A piece as ordered: the product's example with other words and files; ``recipe`` and ``profile`` change keys
        of what the product and its print profile say."""
        entry = self.factory.catalog[product]
        said = order(entry)
        data = {name: path.read_bytes() for name, path in said.files.items()} | dict(files or {})
        words = {**said.texts, **(texts or {})}
        found = personalization.check(entry, words, {**said.options, **(options or {})}, data)
        assert not isinstance(found, list), found
        spec = replace(specification(self.factory, product, "print", found.body()), facts={"unit": unit})
        if recipe:
            changed = {
                kind: one.model_copy(update=dict(recipe)) if isinstance(one, PressRecipe) else one
                for kind, one in entry.recipes.items()
            }
            spec = replace(spec, product=entry.model_copy(update={"recipes": changed}))
        if profile:
            (asked,) = [one for one in spec.product.recipes.values() if isinstance(one, PressRecipe)]
            named = dict(spec.press.named)
            named[asked.profile] = named[asked.profile].model_copy(update=dict(profile))
            spec = replace(spec, press=replace(spec.press, named=named))
        return spec, data

    def made(self, product: str, texts: Mapping[str, str] | None = None, **more: Any) -> Made:
        return press.render(*self.spec(product, texts, **more))


@pytest.fixture(scope="session")
def shop() -> Shop:
    return Shop(load_factory(SHIPPED))


@dataclass(frozen=True)
class Plates:
    """What Ghostscript puts on each plate: 0 to 1 of ink, row 0 at the top, ten pixels a mm."""

    inks: Mapping[str, np.ndarray] = field(default_factory=dict)

    def on(self, ink: str, x0: float, y0: float, x1: float, y1: float) -> np.ndarray:
        """A rectangle of a plate, in mm from the sheet's lower left corner."""
        plate, scale = self.inks[ink], PLATE_DPI / 25.4
        high = plate.shape[0]
        rows = slice(round(high - y1 * scale), round(high - y0 * scale))
        return plate[rows, round(x0 * scale) : round(x1 * scale)]


@pytest.fixture(scope="session")
def plates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes, int], Plates]:
    """Of a page (from 1). What was separated once is kept: it takes a second."""
    kept: dict[tuple[bytes, int], Plates] = {}

    def separated(data: bytes, page: int = 1) -> Plates:
        if (data, page) in kept:
            return kept[data, page]
        folder = tmp_path_factory.mktemp("plates")
        (folder / "page.pdf").write_bytes(data)
        subprocess.run(
            ["gs", "-q", "-dNOPAUSE", "-dBATCH", "-dSAFER", "-sDEVICE=tiffsep", f"-r{PLATE_DPI}",
             f"-dFirstPage={page}", f"-dLastPage={page}", "-sOutputFile=plate.tif", "page.pdf"],
            cwd=folder, check=True, capture_output=True, timeout=120,
        )  # fmt: skip
        found = {}
        for file in folder.glob("plate(*.tif"):
            name = file.name.removeprefix("plate(").removesuffix(").tif")
            found[name] = 1 - np.asarray(Image.open(file).convert("L"), dtype=np.float64) / 255
        return kept.setdefault((data, page), Plates(found))

    return separated


@pytest.fixture
def qpdf(tmp_path: Path) -> Callable[[bytes], str]:
    """What qpdf says of a file; fails where it finds anything."""

    def checked(data: bytes) -> str:
        (tmp_path / "checked.pdf").write_bytes(data)
        said = subprocess.run(["qpdf", "--check", "checked.pdf"], cwd=tmp_path, capture_output=True, text=True)
        assert said.returncode == 0, said.stdout + said.stderr
        return said.stdout

    return checked


@pytest.fixture
def rendered() -> Callable[[bytes, int, float], Image.Image]:
    """A page as PDFium shows it."""

    def page(data: bytes, number: int = 0, dpi: float = 254.0) -> Image.Image:
        document = pypdfium2.PdfDocument(data)
        try:
            return document[number].render(scale=dpi / 72).to_pil().convert("RGB")
        finally:
            document.close()

    return page


@pytest.fixture
def boxes() -> Callable[[bytes], list[dict[str, tuple[float, ...]]]]:
    """The boxes of each page in mm."""

    def read(data: bytes) -> list[dict[str, tuple[float, ...]]]:
        with pikepdf.open(io.BytesIO(data)) as pdf:
            return [
                {
                    name: tuple(float(value) / MM for value in page.obj[f"/{name}"])  # type: ignore[union-attr]
                    for name in ("MediaBox", "BleedBox", "TrimBox")
                }
                for page in pdf.pages
            ]

    return read
