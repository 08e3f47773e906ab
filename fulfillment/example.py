"""The example of a product: an order that can be made, from its own file and the demo's pictures."""

from __future__ import annotations

import shlex
from dataclasses import replace
from pathlib import Path

from fulfillment.catalog import Product
from fulfillment.offline import Order

BY_FILE = frozenset({"photo", "drawing", "model", "pdf"})
"""Types of fields whose value is a file."""
FILES = Path(__file__).parent / "demo" / "files"


def order(product: Product) -> Order:
    """As it would be ordered."""
    said = product.example.fields
    return Order(
        {name: value for name, value in said.items() if not _is_file(product, name)},
        {name: FILES / value for name, value in said.items() if _is_file(product, name)},
        dict(product.example.options),
    )


def jig(product: Product) -> list[Order]:
    """A jig as it would be filled, a piece a pocket: the example, each with its own words in the first field."""
    one, first = order(product), next(iter(product.fields))
    return [replace(one, texts={**one.texts, first: words}) for words in product.example.together]


def command(product: Product) -> str:
    """As a person would type it."""
    words, said = ["ful", "render", product.name], order(product)
    if product.example.together:
        return shlex.join([*words, "--jig", "--out", "DIR"])
    for flag, values in (("--text", said.texts), ("--file", said.files), ("--option", said.options)):
        words += [word for name, value in values.items() for word in (flag, f"{name}={value}")]
    return shlex.join([*words, "--out", "DIR"])


def _is_file(product: Product, name: str) -> bool:
    return name in product.fields and product.fields[name].type in BY_FILE
