"""Tables: a row for each item of a list, with texts, codes for scanners and boxes to tick. Points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fulfillment.papers import models
from fulfillment.papers.codes import squares
from fulfillment.papers.ground import Ground, Room, across, beside, said
from fulfillment.papers.items import Laid, Panel, Part, Rule


def table(block: models.TableBlock, ground: Ground, room: Room) -> Laid:
    items = ground.words.items(block.list)
    if not items:
        return Laid(())
    places = list(across([column.width for column in block.columns], room.width, ground.pt(block.gap), ground.rtl))
    head = None
    if any(column.title for column in block.columns):
        cells = [
            (x, _cell(ground, ground.words.fill(column.title), block.head_style, wide, column.align))
            for column, (x, wide) in zip(block.columns, places, strict=True)
        ]
        head = _line(block, ground, cells, room.width)
    return Laid(tuple(_row(block, ground, item, places, room.width) for item in items), head)


def _row(
    block: models.TableBlock,
    ground: Ground,
    item: Mapping[str, str],
    places: Sequence[tuple[float, float]],
    width: float,
) -> Part:
    words = ground.words.of(item)
    cells = []
    for column, (x, wide) in zip(block.columns, places, strict=True):
        if column.check:
            side = min(ground.pt(4.0), wide)
            at = beside(wide - side, ground.side(column.align if column.align != "text" else "start"))
            cell = Part(side, (Panel(at, 0.0, side, side, None, "ink", 0.9, ground.pt(0.6)),))
        elif column.qr:
            side = min(ground.pt(block.side), wide)
            text = words.fill(column.qr).strip()
            at = beside(wide - side, ground.side(column.align if column.align != "text" else "start"))
            cell = Part(side, (squares(text, side, said(column.qr)).at(at, 0.0),)) if text else Part(0.0)
        else:
            cell = _cell(ground, words.fill(column.text), column.style, wide, column.align, said(column.text))
        cells.append((x, cell))
    return _line(block, ground, cells, width)


def _cell(ground: Ground, text: str, style: str, width: float, align: str, what: str = "A title") -> Part:
    if not text.strip():
        return Part(0.0)
    found = ground.set(text, style, width, what)
    return Part(found.height, (ground.text(found, style, width, align),))


def _line(block: models.TableBlock, ground: Ground, cells: Sequence[tuple[float, Part]], width: float) -> Part:
    """Cells beside each other, in the middle of their row's height."""
    pad = ground.pt(block.padding)
    height = max(cell.height for _, cell in cells)
    items = [item for x, cell in cells for item in cell.at(x, pad + (height - cell.height) / 2)]
    if block.lines:
        items.append(Rule(0.0, height + 2 * pad, width, block.lines))
    return Part(height + 2 * pad, tuple(items))
