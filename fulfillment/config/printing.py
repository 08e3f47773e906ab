"""What 3D printing needs besides machines: where cadquery is, and folders of the factory's own files."""

from __future__ import annotations

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
