"""The body of a printed product: a template's shape with this product's numbers, and how the content meets it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, PlainValidator

from fulfillment.catalog.parameters import Parameter
from fulfillment.catalog.words import NAME, Name
from fulfillment.positions import Mend, Unit, Written, closest

MM = Unit("mm")


def _value(written: object) -> float | str:
    """A number, a length in mm, or the name of a parameter."""
    if isinstance(written, str) and NAME.fullmatch(written) and written[:1].isalpha():
        return written
    read = MM.read(written)
    if isinstance(read, bool) or not isinstance(read, int | float):
        raise Mend("A number is expected here.", "Write a number, a length in mm, or the name of a parameter.")
    return float(read)


Value = Annotated[float | str, PlainValidator(_value)]
"""Of the template's parameter: a number (lengths in mm), or the name of a parameter of this product."""


class Body(Written):
    """The solid that a printer makes, where it makes the piece itself. Pieces of one product differ in its values."""

    template: Name
    """The template's name, such as tag: a file of fulfillment/cad/templates, or of the factory's own folder."""
    values: Mapping[Name, Value] = Field(default_factory=dict)
    """The template's parameters: numbers, or names of parameters of this product; what is not said is its own."""
    style: Literal["raised", "sunk", "layer", "inlaid"] | None = None
    """How the content meets the body: standing on it, cut into it, or as a part of its own on it or let into it; none:
    the template's usual way."""
    profile: Name = "normal"
    """The quality that it is printed in: a file of fulfillment/profiles/qualities, or of the factory's own folder."""

    def resolved(self, chosen: Mapping[str, float], parameters: Mapping[str, float]) -> dict[str, float]:
        """The values for these parameters of the customer's; ``chosen``: what choices set instead."""
        own = {name: parameters[one] if isinstance(one, str) else one for name, one in self.values.items()}
        return own | dict(chosen)

    def unknown(self, parameters: Mapping[str, Parameter]) -> Iterator[Mend]:
        """Names of parameters that the product does not have."""
        for name, one in self.values.items():
            if isinstance(one, str) and one not in parameters:
                mend = closest(one, parameters, "Parameters are")
                yield Mend(f"No parameter is called {one!r}.", mend, ("body", "values", name))
