"""What printing on paper needs besides machines: folders of the factory's own files."""

from __future__ import annotations

from collections.abc import Iterator

from fulfillment.catalog import Catalog, PressRecipe
from fulfillment.config.places import FilePath
from fulfillment.positions import Problem, Written, closest
from fulfillment.press import Profiles


class Press(Written):
    """Pieces that are paper themselves."""

    profiles: FilePath | None = None
    """A folder of the factory's own print profiles (`<name>.yaml`), which come before the shipped ones."""
    icc: FilePath | None = None
    """A folder of ICC files that describe the factory's presses; they come before the shipped one."""


def unknown_profiles(catalog: Catalog, profiles: Profiles) -> Iterator[Problem]:
    """Print profiles, and inks of theirs, that products name and nobody has."""
    for product in catalog.products.values():
        document = catalog.documents[product.name]
        for kind, recipe in product.recipes.items():
            if not isinstance(recipe, PressRecipe):
                continue
            profile = profiles.named.get(recipe.profile)
            if profile is None:
                mend = closest(recipe.profile, profiles.named, "Print profiles are")
                text = f"No print profile is called {recipe.profile!r}."
                yield document.problem(("recipes", kind, "profile"), text, mend)
                continue
            spots = {("white",): recipe.white, ("cut", "spot"): recipe.cut.spot if recipe.cut else None}
            for at, spot in spots.items():
                if spot is not None and spot not in profile.spots:
                    text = f"The print profile {recipe.profile!r} has no spot colour {spot!r}."
                    mend = closest(spot, profile.spots, "It has")
                    yield document.problem(("recipes", kind, *at), text, mend)
