"""What the factory itself writes into a field: templates of the catalog, filled in with the unit's identity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fulfillment.catalog import CodeField, SerialField
from fulfillment.catalog.files import IDENTITY, TEXT, named

SAMPLE: Final[Mapping[str, str]] = {"unit": "U-SAMPLE00", "order": "SAMPLE", "number": "1"}
"""Who a piece is that belongs to no order."""


def value_of(field: Any, sent: str | bytes | None, facts: Mapping[str, Any]) -> str | bytes | None:
    """What is laid out in a field; None: nothing. Raises KeyError where a fact that it names is not there."""
    if not isinstance(field, CodeField | SerialField):
        return sent
    wanted = named(field.content)
    if TEXT in wanted and not sent:
        return None
    said = {name: str(facts[name]) for name in wanted if name in IDENTITY}
    return field.content.format_map({**said, TEXT: sent or ""})
