"""The page docs/press.md: printing in words, and every key of a print profile from its own type."""

from __future__ import annotations

from typing import Final

from fulfillment.positions import table
from fulfillment.press.loading import load
from fulfillment.press.profiles import PrintProfile

HEAD: Final = """# Printing pieces that are paper themselves

Printed from its own types by `make docs`. Photo cards, posters, stickers and edible sheets are made by the process
`press`: the artifact is a PDF that a print shop's press, a digital press or a printer takes as it is. `ful render
photo-card --example --out DIR` makes one; `ful config check` names every mistake in profiles and ICC files.

## What stands where
| what | where |
| --- | --- |
| what the customer may send, and where it goes | the product's `fields` and `zones` (`side: back`) |
| paper in the tray, print profile, white, the cutter's line | the product's recipe (`type: press`, docs/config.md) |
| where pieces lie on the sheet, how many, how long they wait | the product's `jig`, as for every process |
| colour, bleed, marks, spots, resolution, black | the print profile |
| what a press looks like | its ICC file |

A photo whose zone ends at the trim goes on over the bleed. Several orders on one sheet are `pockets` of the jig: each
keeps its trim marks, and its unit's code (with a QR code where there is room) below it, outside of the trim. A sheet
with two sides is turned over its long edge; on a landscape sheet the backs are therefore printed upside down.

## Print profiles
Shipped: {names}.

**Your own** stand in a folder that config.yaml names (`press: {{ profiles: my-profiles }}`). A file of yours takes the
place of the shipped one of the same name. It may inherit from any other, also from the one whose place it takes, and
then says only what is different:

```yaml
# my-profiles/coated.yaml: our press, as its maker measured it in March.
inherits: coated
title: Press 2, coated 150 g
colour: {{ icc: press-2-coated.icc, condition: Press 2 coated }}
ink_limit: 280
```

## Your press's ICC file
`fogra39-coated.icc` is shipped so that everything works: offset on coated paper, FOGRA39, 300 % of ink. For good
colours use the file that the maker of your press or paper gives you, or that somebody measured. Put it into a folder
and name the folder in config.yaml (`press: {{ icc: my-icc }}`), then name the file in a profile. It must be of the
class *output* (prtr) and for CMYK; whatever else it is, `ful config check` says so. It is also what the finished page
tells the press it was made for (output intent). Photos come in their own colours (sRGB, Display P3, Adobe RGB, as the
file says) and are converted once, by LittleCMS, with black point compensation.

## Black, white, spots
- **Text black.** Black letters and lines are black ink alone and print over what lies under them. What is thicker than
  `black.rich_from` is rich black, so that a large letter does not look grey.
- **Ink.** No place of a photo has more ink than `ink_limit`; the manifest says how much the heaviest has.
- **Spots** have plates of their own, by the name that your cutter or press knows: `CutContour` is drawn as a thin line,
  `White` lies under all of a sticker as far as its cut less `choke`, and everything else is printed over it without
  taking it away (overprint). If your cutter wants another name, give the profile another name and the recipe the same.
- In an `rgb` profile there are no plates: the printer mixes its inks, and black letters are grey values of 0, which
  printers make of black alone.

## What is refused
- Photos below `resolution.least` on their paper hold the order, with the pixels that there are; up to
  `resolution.good` they are made, and it is noted. What is no whole JPEG, PNG or WebP within 20 MB and 40 megapixels
  is refused by name, before anything of it is decoded.
- Characters that no font has, letters and lines that would be too fine: as everywhere.
- Each finished file is looked at twice. Preflight reads it as a print shop would: boxes, colours, spots, ink,
  resolution, output intent, nothing but a page. And it is drawn by another reader (PDFium) and held against the design:
  photos by structural similarity, letters by their surface. What fails is not queued.
- No text is set: letters are outlines. There is no font to be missing, and no word of a customer in the file.

## Limits
Nobody has seen these pages on a press yet: they were held against Ghostscript's plates, qpdf and PDFium. Emoji are of
one colour. Zones with photos are not turned. A photo is cropped around its middle. Varnish is named in the profile
`vinyl`, and no recipe prints it yet. The file follows PDF/X-4, and no validator of that standard was at hand.

## Every key of a print profile
"""


def markdown() -> str:
    profiles, problems = load()
    if problems:
        raise ValueError(f"a shipped print profile is wrong: {problems[0]}")
    names = ", ".join(f"`{name}` ({one.title})" for name, one in sorted(profiles.named.items()))
    return f"{HEAD.format(names=names)}\n{table(PrintProfile).rstrip()}\n"
