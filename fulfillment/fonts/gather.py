"""Makes the font files of this folder anew: `python fulfillment/fonts/gather.py`. Needs npm and fontTools.

The files are the foundry's own, byte for byte, as npm packages carry them; two that are much too large for the few
symbols that are wanted of them are cut down by fontTools. A new version is a new number here, and a new line in the
README.
"""

from __future__ import annotations

import subprocess
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

HERE: Final = Path(__file__).parent
SCOPE: Final = "@expo-google-fonts"


@dataclass(frozen=True, slots=True)
class Source:
    """One file: the npm package and its version, the file in it, and the characters that are kept (all where empty)."""

    file: str
    package: str
    version: str
    style: str = "400Regular"
    keep: str = ""

    @property
    def inside(self) -> str:
        family = self.file.partition("-")[0]
        return f"package/{self.style}/{family}_{self.style}.ttf"


SYMBOLS: Final = "U+2190-21FF,U+2200-22FF,U+2460-24FF,U+2500-257F,U+25A0-26FF,U+2B50-2B5A"
DINGBATS: Final = "U+2300-23FF,U+2600-26FF,U+2700-27BF,U+1F650-1F67F"
SOURCES: Final = (
    Source("NotoSans-Regular.ttf", "noto-sans", "0.4.2"),
    Source("NotoSans-Bold.ttf", "noto-sans", "0.4.2", "700Bold"),
    Source("NotoSerif-Regular.ttf", "noto-serif", "0.4.2"),
    Source("NotoSansDevanagari-Regular.ttf", "noto-sans-devanagari", "0.4.1"),
    Source("NotoSerifDevanagari-Regular.ttf", "noto-serif-devanagari", "0.4.1"),
    Source("NotoSansArabic-Regular.ttf", "noto-sans-arabic", "0.4.3"),
    Source("NotoSansArabic-Bold.ttf", "noto-sans-arabic", "0.4.3", "700Bold"),
    Source("NotoNaskhArabic-Regular.ttf", "noto-naskh-arabic", "0.4.5"),
    Source("NotoSansHebrew-Regular.ttf", "noto-sans-hebrew", "0.4.1"),
    Source("NotoSansHebrew-Bold.ttf", "noto-sans-hebrew", "0.4.1", "700Bold"),
    Source("NotoSerifHebrew-Regular.ttf", "noto-serif-hebrew", "0.4.2"),
    Source("NotoSansThai-Regular.ttf", "noto-sans-thai", "0.4.2"),
    Source("NotoSansThai-Bold.ttf", "noto-sans-thai", "0.4.2", "700Bold"),
    Source("NotoEmoji-Regular.ttf", "noto-emoji", "0.4.7"),
    Source("NotoSansMath-Regular.ttf", "noto-sans-math", "0.4.2", keep=SYMBOLS),
    Source("NotoSansSymbols2-Regular.ttf", "noto-sans-symbols-2", "0.4.1", keep=DINGBATS),
    Source("Caveat-Regular.ttf", "caveat", "0.4.2"),
    Source("DancingScript-Regular.ttf", "dancing-script", "0.4.2"),
    Source("GreatVibes-Regular.ttf", "great-vibes", "0.4.1"),
)


def gather(source: Source, scratch: Path) -> None:
    """The font and its licence, put into this folder."""
    name = f"{SCOPE}/{source.package}@{source.version}"
    packed = subprocess.run(["npm", "pack", "--silent", name], cwd=scratch, check=True, capture_output=True, text=True)
    with tarfile.open(scratch / packed.stdout.strip().splitlines()[-1]) as archive:
        archive.extractall(scratch / source.package, filter="data")
    unpacked = scratch / source.package
    font = unpacked / source.inside
    if source.keep:
        cut_down(font, source.keep, HERE / source.file)
    else:
        (HERE / source.file).write_bytes(font.read_bytes())
    licence = (unpacked / "package" / "LICENSE_FONT").read_text().rstrip()
    (HERE / f"OFL-{source.file.partition('-')[0]}.txt").write_text(licence + "\n")


def cut_down(font: Path, keep: str, to: Path) -> None:
    """Fewer characters, and no hints for screens; the outlines stay as they are."""
    options = subset.Options()
    options.hinting = False
    options.drop_tables += ["MATH"]
    options.recalc_timestamp = False
    with TTFont(font, recalcTimestamp=False) as read:
        cutter = subset.Subsetter(options)
        cutter.populate(unicodes=subset.parse_unicodes(keep))
        cutter.subset(read)
        read.save(to)


def main() -> None:
    with tempfile.TemporaryDirectory() as scratch:
        for source in SOURCES:
            gather(source, Path(scratch))
            print(f"{source.file}: {(HERE / source.file).stat().st_size:,} bytes")  # noqa: T201


if __name__ == "__main__":
    main()
