"""Configuration: numbers that a customer sets freely, under rules between them, and what of the piece follows them."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Self

from pydantic import Field, model_validator

from fulfillment.catalog.words import Mm, Name, PositiveMm, Title
from fulfillment.positions import Mend, Written, closest

Values = Mapping[str, float]
"""Parameters' values by name."""
SLACK = 1e-9
"""Two values that differ by less are equal: sums of decimals are seldom exact."""


class Parameter(Written):
    """A number that the customer sets."""

    title: Title
    """What the shop's page calls it."""
    unit: Annotated[str, Field(max_length=12)] = ""
    """What it is counted in, for people; lengths are in mm."""
    minimum: float
    """The smallest that can be made."""
    maximum: float
    """The largest that can be made."""
    step: Annotated[float, Field(gt=0)] | None = None
    """Only whole steps from the minimum on can be made; none: any value."""
    default: float | None = None
    """What is taken where the order says nothing; none: the order must say it."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        if not self.minimum < self.maximum:
            raise Mend("The minimum is not below the maximum.", "Swap them, or make it an option.")
        if self.default is not None and (why := self.wrong(self.default)):
            raise Mend(f"The default {why}", "Choose another default.", ("default",))
        return self

    def said(self, value: float) -> str:
        return f"{value:g} {self.unit}".strip()

    def wrong(self, value: float) -> str | None:
        """Why this value cannot be made, as the end of a sentence; None where it can."""
        if not self.minimum - SLACK <= value <= self.maximum + SLACK:
            return f"is {self.said(value)}; {self.said(self.minimum)} to {self.said(self.maximum)} can be made."
        if self.step is not None:
            steps = (value - self.minimum) / self.step
            if abs(steps - round(steps)) > 1e-6:
                low = self.minimum + math.floor(steps) * self.step
                near = f"{self.said(low)} and {self.said(low + self.step)}"
                return f"is {self.said(value)}; it goes in steps of {self.said(self.step)}, such as {near}."
        return None


class Bound(Written):
    """A value that follows from a parameter: ``times`` it, ``plus`` something."""

    of: Name | None = None
    """The parameter; none: the bound is ``plus`` alone."""
    times: float = 1.0
    """Its factor."""
    plus: float = 0.0
    """What is added; may be negative."""

    def at(self, values: Values) -> float:
        return self.plus + (self.times * values[self.of] if self.of is not None else 0.0)


class Rule(Written):
    """What one parameter must be with regard to another."""

    value: Name
    """The parameter."""
    at_least: Bound | None = None
    """Its lower bound."""
    at_most: Bound | None = None
    """Its upper bound."""
    because: Title
    """What would be wrong otherwise, as a sentence for the customer."""

    @model_validator(mode="after")
    def _one_bound(self) -> Self:
        if (self.at_least is None) == (self.at_most is None):
            raise Mend("A rule has one bound.", "Write at_least or at_most, one of the two.")
        return self

    @property
    def bound(self) -> Bound:
        found = self.at_least or self.at_most
        assert found is not None  # noqa: S101  (checked above)
        return found

    def broken(self, parameters: Mapping[str, Parameter], values: Values) -> tuple[str, str] | None:
        """Reason and mend, as sentences that name what conflicts; None where the values agree."""
        value, bound = values[self.value], self.bound.at(values)
        low = self.at_least is not None
        if value >= bound - SLACK if low else value <= bound + SLACK:
            return None
        one = parameters[self.value]
        how, other = "least" if low else "most", self.bound.of
        if other is None:
            reason = f"{one.title} is {one.said(value)}, and must be at {how} {one.said(bound)}. {self.because}"
            return reason, f"Please choose {one.said(bound)}."
        second = parameters[other]
        reason = (
            f"{one.title} of {one.said(value)} and {second.title} of {second.said(values[other])} conflict: "
            f"{one.title} must then be at {how} {one.said(bound)}. {self.because}"
        )
        return reason, f"Please change {one.title} or {second.title}."


class Opening(Written):
    """A rectangle of the piece where there is no surface: nothing can be made there. It may move with a parameter."""

    title: Title
    """What it is, for a sentence."""
    x: Mm | Bound
    """Left edge."""
    y: Mm | Bound
    """Lower edge."""
    width: PositiveMm
    """Extent in x."""
    height: PositiveMm
    """Extent in y."""

    def box(self, values: Values) -> tuple[float, float, float, float]:
        """x0, y0, x1, y1 for these values, mm."""
        x = self.x.at(values) if isinstance(self.x, Bound) else self.x
        y = self.y.at(values) if isinstance(self.y, Bound) else self.y
        return x, y, x + self.width, y + self.height

    def names(self) -> Iterator[tuple[str, str]]:
        """(key, parameter) wherever it follows one."""
        for key, value in (("x", self.x), ("y", self.y)):
            if isinstance(value, Bound) and value.of is not None:
                yield key, value.of


def unknown(
    parameters: Mapping[str, Parameter], rules: tuple[Rule, ...], openings: Mapping[str, Opening]
) -> Iterator[Mend]:
    """Names of parameters that there are none of, and defaults that contradict the rules."""

    def named(name: str | None, *at: str | int) -> Iterator[Mend]:
        if name is not None and name not in parameters:
            yield Mend(f"No parameter is called {name!r}.", closest(name, parameters, "Parameters are"), at)

    for number, rule in enumerate(rules):
        yield from named(rule.value, "rules", number, "value")
        yield from named(rule.bound.of, "rules", number)
    for name, opening in openings.items():
        for key, parameter in opening.names():
            yield from named(parameter, "openings", name, key)
    defaults = {name: one.default for name, one in parameters.items() if one.default is not None}
    for number, _, reason, _ in conflicts(parameters, rules, defaults):
        yield Mend(f"The defaults break this rule: {reason}", "Change a default.", ("rules", number))


def conflicts(
    parameters: Mapping[str, Parameter], rules: Sequence[Rule], values: Values
) -> Iterator[tuple[int, str, str, str]]:
    """Broken rules: its number, the parameter, reason and mend. A rule about a value that is not there says nothing."""
    for number, rule in enumerate(rules):
        about = {rule.value} | ({rule.bound.of} if rule.bound.of else set())
        if about <= values.keys() & parameters.keys() and (wrong := rule.broken(parameters, values)):
            yield number, rule.value, *wrong
