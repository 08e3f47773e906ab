"""What 3D printing needs besides machines: where cadquery is, and folders of the factory's own files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from fulfillment.config.places import FilePath
from fulfillment.positions import Unit, Written


class Cad(Written):
    """The worker that builds bodies of templates, where one is needed that was not built before."""

    packages: FilePath | None = None
    """A folder that cadquery is installed in; none: it is asked for where everything else is."""
    templates: FilePath | None = None
    """A folder of the factory's own templates, which come before the shipped ones."""
    memory: Annotated[int, Unit("MB"), Field(ge=256, le=262_144)] = 1000
    """What one body may take, besides what cadquery takes itself."""
    timeout: Annotated[float, Unit("s"), Field(gt=0, le=3600)] = 30
    """A body that takes longer is given up."""


class ExternalSlicer(Written):
    """A slicer of others that is installed here."""

    program: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    """Its name, or its path where it is not found by that; none: its usual name (prusa-slicer)."""
    timeout: Annotated[float, Unit("s"), Field(gt=0, le=3600)] = 40
    """A model that it takes longer for is refused. It runs within the renderer's own timeout."""
    memory: Annotated[int, Unit("MB"), Field(ge=256, le=262_144)] = 1024
    """What it may take; never more than the renderer may."""
    settings: Mapping[Annotated[str, Field(max_length=100)], Annotated[str, Field(max_length=500)]] = Field(
        default_factory=dict
    )
    """Its own keys that no profile has, such as support_material_style: snug; one that it does not know is refused."""
