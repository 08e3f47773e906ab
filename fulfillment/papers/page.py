"""The page docs/papers.md: papers in words, and every key, fact and block from their own types."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Final, get_args

from fulfillment.papers.kinds import KINDS, PAGE
from fulfillment.papers.loader import language, languages, shipped
from fulfillment.papers.models import COLOURS, STYLES, AnyBlock, Style, Template
from fulfillment.papers.sizes import SIZES
from fulfillment.positions import Row, rows

HEAD: Final = """# Papers: slips, travelers and lists, and how to restyle them

Printed from its own types by `make docs`. A paper is a *template* (a YAML file) of *blocks* over *facts*. Nobody
touches code for another look; `ful config check` names every mistake with its line and its mend.

![A packing slip and a traveler](pictures/papers.png)

## The papers of a piece
**The packing slip** goes into the box: for whom it is, what was ordered, what it contains, the personal note, the code
that opens the piece's page at a station. It speaks the language of the order (`locale`); where that is not known, the
factory's (`site: {{ language: de }}`). An order may say `price`, `currency` and `total`; the slip prints them, unless
the order is a `gift`: then it says no price, and what the giver says (`gift_message`).

**The traveler** follows the piece through the factory: large code, what was ordered and its picture, allergens white on
black, when it is due, and the route with a box to tick and a code for each step. Each of its codes opens the piece's
page. It is printed as soon as the piece is planned and its program drawn; it does not wait for what is made together
with other pieces. It speaks the factory's language. **To switch it on**, add an operation to a product's route:

```yaml
route:
  traveler:
    title: Print the traveler
    process: document
    paper: traveler
  frost:
    after: [traveler]        # only if nobody may begin without it
```

An operation of process `document` without `paper:` prints the slip. `paper:` is a template's name, so a product may
have a slip of its own.

**Lists of the floor** (what to fetch, what belongs together, what lies where) are templates as well;
[notes.md](notes.md) says what they tell, how they are printed, and whose words the personal note has.

Pages are {sizes}; `site: {{ paper: a5 }}` says which one slips and travelers have. What a paper needs of its printer
(paper, size, pages, sides) goes to the printer as its ticket.

## Texts that are too long
Letters become smaller as far as the style's `sizes` go; then the paper goes on on further pages, as many as `pages`
allows; then it is refused, and the piece is held with the field and the mend. Nothing is cut off, nothing dropped: a
character that no font has is named. **Words of customers are letters and nothing else**: markup, braces, paths in them
are printed as they stand.

## Any script
Latin, Greek, Cyrillic, Arabic, Hebrew, Devanagari, Thai and signs are shaped and set in their own direction, in plain
and bold letters; papers in Arabic are mirrored. Thai is broken at spaces, and inside of a word only where it does not
fit otherwise. Emoji have one colour, or their own where `NotoColorEmoji.ttf` is installed (Debian's
`fonts-noto-color-emoji`). Chinese, Japanese and Korean: `fonts-noto-cjk`. All fonts are embedded.

## Your own templates
Put files into a folder and name it in config.yaml (`papers: my-papers`). A file of yours takes the place of the shipped
one of the same name: begin with a copy of `fulfillment/papers/templates/slip.yaml`.

```yaml
# my-papers/slip.yaml
name: slip
paper: slip
title: Packing slip
sizes: {{ a6: 1, a5: 1.25 }}      # papers, and how much larger all is set on each
colours: {{ ink: "#102030" }}
styles:
  name: {{ font: serif, sizes: [20, 16, 12] }}
words:
  en: {{ hello: "Made for {{ship_to}}" }}
  de: {{ hello: "Gemacht für {{ship_to}}" }}
blocks:
  - {{ type: picture, picture: logo, most: 15 mm }}
  - {{ type: text, text: "{{@hello}}", style: name }}
  - {{ type: text, text: "{{note}}", fill: true, align: text }}
foot:
  - {{ type: qr, text: "{{code}}", side: 20 mm, under: "{{code}}" }}
```

`{{ship_to}}` is a fact, `{{@order}}` a word in the paper's language, `{{item.title}}` what an item of a list says; a
brace itself is written twice. Facts are filled in once: what stands in them is never read as a template. Pictures are
named, never found: `proof`, and `logo` where config.yaml says `site: {{ logo: logo.png }}`. A template can reach no
other file and no network.
"""


def markdown() -> str:
    """The page."""
    parts = [HEAD.format(sizes=_listed(f"`{name}` ({w:g} x {h:g} mm)" for name, (w, h) in SIZES.items()))]
    parts.append("## A template\n" + _table(row for row in rows(Template) if not re.search(r"[\[.]", row.key)))
    colours = _listed(f"`{name}` {colour}" for name, colour in COLOURS.items())
    styles = _listed(f"`{name}`" for name in STYLES)
    parts.append(f"Colours that are known: {colours}. Styles that are known: {styles}.\n")
    parts.append("### A style\n" + _table(rows(Style)))
    parts.append("## Blocks\nEvery block may have `when:` and `unless:` (a fact) and `space:` (mm under it).\n")
    for block in get_args(get_args(AnyBlock)[0]):
        info = block.model_fields["type"]
        shown = (row for row in rows(block) if row.key not in ("type", "when", "unless", "space"))
        parts.append(f"### {get_args(info.annotation)[0]}\n{info.description}\n\n{_table(shown)}")
    parts.append(
        "## Facts\nEvery paper knows " + _listed(f"`{{{name}}}`: {said}" for name, said in PAGE.items()) + ".\n"
    )
    for name, kind in KINDS.items():
        used = _listed(f"`{one.name}`" for one in shipped().templates.values() if one.paper == name)
        parts.append(f"### `paper: {name}`\n{kind.title}; shipped: {used}.\n\n{_names(kind.facts)}")
        parts += [f"Each item of the list `{key}`:\n\n{_names(items, 'item.')}" for key, items in kind.lists.items()]
        if kind.pictures:
            parts.append("Pictures: " + _listed(f"`{key}` ({said})" for key, said in kind.pictures.items()) + ".\n")
    spoken = _listed(f"{language(code).title} (`{code}`)" for code in languages())
    parts.append(f"## Languages\nShipped: {spoken}. Words that a language lacks are English.\n")
    parts.append(_table_of(("word", "English"), [(f"`{{@{w}}}`", t) for w, t in language("en").words.items()]))
    return "\n".join(parts)


def _listed(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _names(names: Mapping[str, str], before: str = "") -> str:
    return _table_of(("name", "what it says"), [(f"`{{{before}{name}}}`", said) for name, said in names.items()])


def _table(found: Iterable[Row]) -> str:
    cells = [(f"`{row.key}`", _kind(row), row.unit, row.default, row.meaning) for row in found]
    return _table_of(("key", "takes", "unit", "default", "meaning"), cells)


def _kind(row: Row) -> str:
    """Blocks in blocks are not written out once more."""
    return "list of blocks" if row.key.rpartition(".")[2] in ("head", "blocks", "foot") else row.kind


def _table_of(head: tuple[str, ...], cells: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(head)} |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in cells]
    return "\n".join(lines) + "\n"
