"""The factory as written in config.yaml: typed, frozen, and refused with the line and the mend where it is wrong."""

from fulfillment.config.limits import Limits
from fulfillment.config.loading import ConfigError, Factory, check, load, load_factory, reference
from fulfillment.config.models import (
    Bit,
    Config,
    Envelope,
    Machine,
    Material,
    Renderer,
    Simulator,
    Site,
    Web,
)
from fulfillment.config.secrets import Secret, SecretMissing
from fulfillment.config.sources import Downloads, Shopify, Sku

__all__ = [
    "Bit",
    "Config",
    "ConfigError",
    "Downloads",
    "Envelope",
    "Factory",
    "Limits",
    "Machine",
    "Material",
    "Renderer",
    "Secret",
    "SecretMissing",
    "Shopify",
    "Simulator",
    "Site",
    "Sku",
    "Web",
    "check",
    "load",
    "load_factory",
    "reference",
]
