"""Blocks laid out for a width: each kind of block is one function here. Points inside, mm in templates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from reportlab.lib.units import mm

from fulfillment.papers import models
from fulfillment.papers.codes import squares
from fulfillment.papers.ground import UNBOUND, Ground, Room, across, beside, said
from fulfillment.papers.items import Item, Laid, Panel, Part, Photo, Rule, stacked
from fulfillment.papers.models import AnyBlock
from fulfillment.papers.plans import plan
from fulfillment.papers.tables import table
from fulfillment.typeset import balanced, written

KEPT: Final = 4
"""Lines of a text that stay on one page; a longer one may go on on the next."""


def lay(block: AnyBlock, ground: Ground, room: Room) -> Laid:
    """A block; the room's height is what a page has at most. Raises PaperError."""
    if not ground.shown(block):
        return Laid(())
    laid = LAYERS[type(block)](block, ground, room)
    if block.space and laid.parts:
        last = replace(laid.parts[-1], space=laid.parts[-1].space + ground.pt(block.space))
        return replace(laid, parts=(*laid.parts[:-1], last))
    return laid


def _text(block: models.TextBlock, ground: Ground, room: Room) -> Laid:
    text = ground.words.fill(block.text)
    if not text.strip():
        return Laid(())
    what = said(block.text)
    most = ground.pt(block.most) if block.most else room.height if block.fill else UNBOUND
    found = ground.set(text, block.style, room.width, what, most=most)
    if block.balanced and "\n" not in text.strip():
        found = balanced(found, written(text, found.face, what), room.width, rtl=ground.rtl)
    if len(found.lines) <= KEPT or block.most or block.fill:
        return Laid((Part(found.height, (ground.text(found, block.style, room.width, block.align),)),))
    lines = [replace(found, lines=(line,)) for line in found.lines]
    return Laid(tuple(Part(one.height, (ground.text(one, block.style, room.width, block.align),)) for one in lines))


def _rule(block: models.RuleBlock, _ground: Ground, room: Room) -> Laid:
    return Laid((Part(0.6, (Rule(0.0, 0.3, room.width, block.colour),)),))


def _spacer(block: models.SpacerBlock, ground: Ground, _room: Room) -> Laid:
    return Laid((Part(ground.pt(block.height)),))


def _picture(block: models.PictureBlock, ground: Ground, room: Room) -> Laid:
    pixels = ground.pictures.get(block.picture)
    if pixels is None:
        return Laid(())
    scale = min(room.width / pixels[0], min(ground.pt(block.most), room.height) / pixels[1])
    wide, high = pixels[0] * scale, pixels[1] * scale
    x = beside(room.width - wide, ground.side(block.align))
    return Laid((Part(high, (Photo(x, 0.0, wide, high, block.picture, block.frame, ground.pt(block.radius)),)),))


def _qr(block: models.QrBlock, ground: Ground, room: Room) -> Laid:
    text = ground.words.fill(block.text).strip()
    if not text:
        return Laid(())
    side = min(ground.pt(block.side), room.width)
    x = beside(room.width - side, ground.side(block.align))
    items: list[Item] = [squares(text, side, said(block.text)).at(x, 0.0)]
    height = side
    if under := ground.words.fill(block.under).strip():
        words = ground.set(under, block.style, room.width, said(block.under), most=ground.pt(4.5))
        wide = max(side, words.width)
        place = min(max(0.0, x + (side - wide) / 2), room.width - wide)
        items.append(replace(ground.text(words, block.style, wide, "centre"), x=place, y=side + ground.pt(0.5)))
        height += ground.pt(0.5) + words.height
    return Laid((Part(height, tuple(items)),))


def _details(block: models.DetailsBlock, ground: Ground, room: Room) -> Laid:
    words = ground.words
    rows = [(words.fill(row.title), words.fill(row.text)) for row in block.rows]
    rows += [(item.get("title", ""), item.get("value", "")) for item in words.items(block.list or "")]
    rows += [(words.fill(row.title), words.fill(row.text)) for row in block.after]
    parts = [_detail(block, ground, room.width, title, text) for title, text in rows if text.strip()]
    if parts:
        parts[-1] = replace(parts[-1], space=0.0)
    return Laid(tuple(parts))


def _detail(block: models.DetailsBlock, ground: Ground, width: float, title: str, text: str) -> Part:
    label = ground.set(title, block.title_style, width, f"The title {title[:40]!r}") if title.strip() else None
    value = ground.set(text, block.style, width, title.strip()[:40] or "A detail")
    top = label.height if label else 0.0
    items: list[Item] = [ground.text(label, block.title_style, width, "start")] if label else []
    items.append(ground.text(value, block.style, width, "start").at(0.0, top))
    return Part(top + value.height, tuple(items), ground.pt(block.between))


def _columns(block: models.ColumnsBlock, ground: Ground, room: Room) -> Laid:
    shown = [column for column in block.columns if any(_there(inner, ground) for inner in column.blocks)]
    places = across([column.width for column in shown], room.width, ground.pt(block.gap), ground.rtl)
    parts = [
        (x, stacked(part for inner in column.blocks for part in lay(inner, ground, Room(wide, room.height)).parts))
        for column, (x, wide) in zip(shown, places, strict=True)
    ]
    height = max((part.height for _, part in parts), default=0.0)
    if height > min(room.height, room.left):
        return Laid(
            tuple(part for column in shown for inner in column.blocks for part in lay(inner, ground, room).parts)
        )
    items: list[Item] = []
    for x, part in parts:
        free = height - part.height
        if block.upright == "stretch" and len(part.items) and isinstance(panel := part.items[0], Panel):
            part = replace(part, items=(replace(panel, height=panel.height + free), *part.items[1:]))
            items += [part.items[0].at(x, 0.0), *(item.at(x, free / 2) for item in part.items[1:])]
        else:
            items += part.at(x, free * {"top": 0.0, "stretch": 0.0, "middle": 0.5, "bottom": 1.0}[block.upright])
    return Laid((Part(height, tuple(items)),) if parts else ())


def _there(block: AnyBlock, ground: Ground) -> bool:
    """Whether a block has something to show."""
    if not ground.shown(block):
        return False
    if isinstance(block, models.TextBlock | models.QrBlock):
        return bool(ground.words.fill(block.text).strip())
    if isinstance(block, models.PictureBlock):
        return block.picture in ground.pictures
    if isinstance(block, models.TableBlock | models.PlanBlock):
        return bool(ground.words.items(block.list))
    inside = [inner for _, inner in block.inside()]
    return not inside or any(_there(inner, ground) for inner in inside)


def _box(block: models.BoxBlock, ground: Ground, room: Room) -> Laid:
    pad = ground.pt(block.padding)
    within = Room(room.width - 2 * pad, room.height - 2 * pad)
    inner = [part for one in block.blocks for part in lay(one, ground, within).parts]
    if not inner:
        return Laid(())
    whole = stacked(inner)
    height = whole.height + 2 * pad
    panel = Panel(0.0, 0.0, room.width, height, block.ground, block.frame, block.line * mm, ground.pt(block.radius))
    return Laid((Part(height, (panel, *whole.at(pad, pad))),))


Layer = Callable[[Any, Ground, Room], Laid]
LAYERS: Final[Mapping[type, Layer]] = {
    models.TextBlock: _text,
    models.RuleBlock: _rule,
    models.SpacerBlock: _spacer,
    models.PictureBlock: _picture,
    models.QrBlock: _qr,
    models.DetailsBlock: _details,
    models.TableBlock: table,
    models.PlanBlock: plan,
    models.ColumnsBlock: _columns,
    models.BoxBlock: _box,
}
"""How each kind of block is laid out."""
