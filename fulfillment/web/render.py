"""Values into HTML. Everything is escaped by default; what a customer wrote is text and never markup."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from fulfillment.web import words

HERE = Path(__file__).parent
STATIC = HERE / "static"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters |= {
        "told": words.told,
        "ticks": words.ticks,
        "where": words.where,
        "span": words.span,
        "volume": words.volume,
    }
    told = {"look": words.look, "percent": words.percent, "temperatures": words.temperatures, "looks": words.LOOKS}
    environment.globals |= {"count": words.count, **told}
    return environment


def page(template: str, zone: ZoneInfo, now: float, **values: Any) -> str:
    """A template with its values; times are shown in the zone, relative to ``now``."""
    times = {
        "clock": partial(words.clock, now=now, zone=zone),
        "stamp": partial(words.stamp, zone=zone),
        "iso": partial(words.iso, zone=zone),
        "ago": partial(words.ago, now=now),
    }
    return _environment().get_template(template).render(**times, now=now, **values)
