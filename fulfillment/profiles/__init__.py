"""Profiles: how things are printed, as files that an operator edits. Nozzle, quality and material, resolved to values.

A product names a quality, config.yaml the kind of a material and the nozzle of a machine; the three files together make
a :class:`gcode.slicing.profile.Profile`. A factory's own folder (``profiles:`` in config.yaml) comes before the shipped
one, file by file.
"""

from fulfillment.profiles.loading import SHIPPED, File, Profiles, load, parse
from fulfillment.profiles.resolving import NoProfile, Resolved, Value, impossible, resolved

__all__ = ["SHIPPED", "File", "NoProfile", "Profiles", "Resolved", "Value", "impossible", "load", "parse", "resolved"]
