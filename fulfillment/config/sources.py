"""Order sources: where orders come from, and how their words map to our products."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal
from urllib.parse import unquote, urlsplit

from pydantic import AfterValidator, Field

from fulfillment.catalog.words import Name, Title
from fulfillment.config.secrets import Secret
from fulfillment.positions import Mend, Unit, Written

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def _prefix(value: str) -> str:
    try:
        parts = urlsplit(value)
        host = parts.hostname
        _ = parts.port
    except ValueError:
        raise Mend("This is not a URL.", "Write one such as https://cdn.shopify.com/.") from None
    if not host or parts.username or parts.query or parts.fragment:
        raise Mend("This is not a URL prefix.", "Write scheme, host and path alone, such as https://cdn.shopify.com/.")
    if parts.scheme != "https" and not (parts.scheme == "http" and host in LOOPBACK):
        raise Mend("Files are fetched by https only (http from this machine itself).", f"Write https://{host}/.")
    if not parts.path.endswith("/"):
        raise Mend(
            "A prefix ends with /, so that it cannot be continued into another host or folder.", f"Write {value}/."
        )
    return value


Prefix = Annotated[str, Field(max_length=500), AfterValidator(_prefix)]


class Downloads(Written):
    """Which files of customers may be fetched by their URL."""

    prefixes: tuple[Prefix, ...] = ()
    """URLs must begin with one of these; none: nothing is fetched."""
    max_size: Annotated[float, Unit("MB"), Field(gt=0, le=200)] = 20
    """Larger files are refused."""
    timeout: Annotated[float, Unit("s"), Field(gt=0, le=300)] = 20
    """A download that takes longer is given up and tried again later."""

    @property
    def max_bytes(self) -> int:
        return int(self.max_size * 1_000_000)

    def allows(self, url: str) -> bool:
        """Whether a customer's URL may be fetched: same scheme, host and port as a prefix, and below its path."""
        try:
            asked = urlsplit(url)
            port, path = asked.port, unquote(asked.path)
        except ValueError:
            return False
        if asked.username is not None or asked.password is not None or "\\" in url or ".." in path.split("/"):
            return False
        for prefix in self.prefixes:
            own = urlsplit(prefix)
            same = (asked.scheme, asked.hostname, port) == (own.scheme, own.hostname, own.port)
            if same and path.startswith(own.path):
                return True
        return False


class Sku(Written):
    """One article of the shop."""

    sku: Title
    """The article's number in the shop."""
    product: Name
    """The product that it is here."""
    options: Mapping[Name, Name] = Field(default_factory=dict)
    """Options that the article settles: option to choice."""
    properties: Mapping[Title, Name] = Field(default_factory=dict)
    """Name of the shop's line item property to the field or option that it feeds."""


class Shopify(Written):
    """Orders by signed webhook (orders/paid)."""

    kind: Literal["shopify"]
    """The order source's kind."""
    name: Name
    """Its name here: part of an order's identity, so never change it."""
    secret: Secret
    """The key that signs the webhooks."""
    skus: tuple[Sku, ...]
    """Which articles are made here; others are left alone."""
    downloads: Downloads = Downloads()
    """Where customers' files may be fetched from."""


Source = Shopify
"""Every kind of order source; a second one makes this a union that ``kind`` tells apart."""
