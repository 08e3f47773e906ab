"""The body of a printed product: a template's shape with this product's numbers, and how the content meets it, or a
solid of the customer's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, PlainValidator, model_validator

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


Slicer = Literal["own", "prusaslicer", "own-then-prusaslicer"]


class Body(Written):
    """The solid that a printer makes, where it makes the piece itself. Pieces of one product differ in its values."""

    template: Name | None = None
    """The template's name, such as tag: a file of fulfillment/cad/templates, or of the factory's own folder."""
    model: Name | None = None
    """The field of the type model that is printed, in the place of a template."""
    slicer: Slicer = "own"
    """What slices the customer's model. `own`: what needs supports is refused. `prusaslicer`: that, with supports where
    they are needed. `own-then-prusaslicer`: that for what needs supports. A slicer of others is one of config.yaml's
    `slicers`."""
    values: Mapping[Name, Value] = Field(default_factory=dict)
    """The template's parameters: numbers, or names of parameters of this product; what is not said is its own."""
    style: Literal["raised", "sunk", "layer", "inlaid"] | None = None
    """How the content meets the body: standing on it, cut into it, or as a part of its own on it or let into it; none:
    the template's usual way."""
    profile: Name = "normal"
    """The quality that it is printed in: a file of fulfillment/profiles/qualities, or of the factory's own folder."""

    @model_validator(mode="after")
    def _is_one_of_two(self) -> Self:
        if (self.template is None) == (self.model is None):
            mend = "Write template: for a shape of ours, or model: for a field that customers send theirs in."
            raise Mend("A body is of a template, or a customer's model.", mend)
        if self.template is not None and self.slicer != "own":
            raise Mend("Templates need no supports, and no other slicer.", "Take it out.", ("slicer",))
        for key in ("values", "style"):
            if self.model is not None and getattr(self, key):
                raise Mend("A customer's model is printed as it is.", "Take it out.", (key,))
        return self

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
