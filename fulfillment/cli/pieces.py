"""Several pieces on the command line: a CSV file with a row each, and numbers of pockets."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path

import click

from fulfillment.catalog import DrawingField, ModelField, PdfField, PhotoField, Product
from fulfillment.catalog.files import by_factory
from fulfillment.offline import Order

MOST_ROWS = 200
"""Of a file of pieces: no jig has more pockets."""


def orders(product: Product, common: Order, path: Path) -> list[Order]:
    """An order a row: what its columns say wins over ``common``, what its empty cells leave open does not.

    Raises ClickException with what is wrong with the file, and where.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            table = csv.DictReader(file, strict=True)
            columns = [name.strip() for name in table.fieldnames or ()]
            table.fieldnames = columns
            _check(product, path, columns)
            rows = [(table.line_num, row) for row in islice(table, MOST_ROWS + 1)]
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{path} is not UTF-8 (byte {error.start}): save it as `CSV UTF-8`") from None
    except csv.Error as error:
        raise click.ClickException(f"{path} is no CSV file: {error}") from None
    if len(rows) > MOST_ROWS:
        raise click.ClickException(f"{path} has more than {MOST_ROWS} rows: no jig has so many pockets")
    if not rows:
        raise click.ClickException(f"{path} has no row below its first: write a row a piece")
    found = []
    for line, row in rows:
        if None in row:
            many = f"{path}, line {line}: it has more cells than the first row names"
            raise click.ClickException(f"{many}; a text with a comma is put in quotes")
        said = {name: value for name, value in row.items() if value}
        texts = {name: value for name, value in said.items() if name in product.fields}
        options = {name: value for name, value in said.items() if name not in product.fields}
        found.append(replace(common, texts={**common.texts, **texts}, options={**common.options, **options}))
    return found


def _check(product: Product, path: Path, columns: Sequence[str]) -> None:
    by_file = PhotoField | DrawingField | ModelField | PdfField
    files = [name for name, field in product.fields.items() if isinstance(field, by_file)]
    fields = [name for name, field in product.fields.items() if name not in files and not by_factory(field)]
    known = [*fields, *product.options, *product.parameters]
    names = f"{product.name} has the columns {', '.join(known)}"
    if not columns:
        raise click.ClickException(f"{path} is empty: its first row names columns, then comes a row a piece; {names}")
    if asked := [name for name in columns if name in files]:
        raise click.ClickException(f"{path}: {asked[0]} is a file; say --file {asked[0]}=PATH, which holds for all")
    if unknown := [name or "(no name)" for name in columns if name not in known]:
        wrong = f"{path}: no column is called {', '.join(map(repr, unknown[:5]))}"
        raise click.ClickException(f"{wrong} (its first row names columns); {names}")
    if twice := [name for name, times in Counter(columns).items() if times > 1]:
        raise click.ClickException(f"{path}: two columns are called {twice[0]!r}: leave one out")


def numbers(text: str) -> list[int]:
    """Numbers of pockets, as a person writes them."""
    try:
        return [int(part) for part in text.replace(",", " ").split()]
    except ValueError:
        raise click.BadParameter(f"{text!r}: write numbers of pockets, such as 7,9", param_hint="--leave-out") from None
