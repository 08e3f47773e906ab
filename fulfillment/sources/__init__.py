"""Where orders come from. A new source is one file here and one line in SOURCES.

A source is a module with a pure function ``read(settings, secret, headers, body, catalog) -> Reading``: it proves who
sent the bytes and understands them. Writing the order down is the caller's, in one transaction.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Protocol, cast

from fulfillment.catalog import Catalog, Product
from jobs.intake import Delivery, NewOrder, Step

SOURCES: dict[str, str] = {"shopify": "fulfillment.sources.shopify"}


class BadSignature(Exception):
    """The sender could not be proved. Nothing of the body was looked at."""


class BadPayload(Exception):
    """Signed rightly, but not what was expected; the text says where."""


@dataclass(frozen=True)
class Reading:
    """What a delivery means. ``order`` None: there is nothing to make, and ``notice`` says what is asked of us instead.

    ``forget``: their numbers of orders whose customer is to be erased.
    """

    delivery: Delivery
    order: NewOrder | None = None
    notice: str = ""
    forget: tuple[str, ...] = ()


class Source(Protocol):
    def read(
        self, settings: Any, secret: bytes, headers: Mapping[str, str], body: bytes, catalog: Catalog
    ) -> Reading: ...


def source(kind: str) -> Source:
    """The source of that kind, imported when it is first asked for."""
    return cast(Source, import_module(SOURCES[kind]))


def route_of(product: Product) -> tuple[Step, ...]:
    """A product's operations, as the record keeps them for each unit."""
    return tuple(
        Step(name, product.route[name].process, tuple(sorted(product.route[name].after))) for name in product.order()
    )
