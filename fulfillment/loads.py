"""What a person says that they put into a machine, held against config.yaml: for API and command line."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta

from fulfillment.config import Machine
from fulfillment.machines import load_of
from fulfillment.positions import closest
from fulfillment.shop import Shop
from jobs import floor
from jobs.fits import Load, Offer
from jobs.store import NotFound, Refused

MOST_VOLUME = 1e8
"""mm3 (100 l): more is a slip."""
MOST_LOT = 60


@dataclass(frozen=True)
class Said:
    """``volume`` in mm3, None: not counted. ``expires``: the last day on which it may be used."""

    material: str
    volume: float | None = None
    lot: str | None = None
    expires: date | None = None


def offer_at(shop: Shop, name: str, who: str) -> Offer:
    """The machine's offer; the machine is on record from then on. Raises NotFound for one that config.yaml lacks."""
    for offer in shop.offers:
        if offer.name == name:
            floor.register(shop.store, offer, who)
            return offer
    names = [machine.name for machine in shop.factory.config.machines]
    raise NotFound(f"no machine is called {name!r}. {closest(name, names, 'There are')}")


def machine_at(shop: Shop, name: str) -> Machine:
    """Raises NotFound."""
    try:
        return shop.factory.config.machine(name)
    except KeyError:
        names = [machine.name for machine in shop.factory.config.machines]
        raise NotFound(f"no machine is called {name!r}. {closest(name, names, 'There are')}") from None


def load_from(shop: Shop, said: Said) -> Load:
    """What was said as the record keeps it. Raises NotFound for a material that config.yaml lacks, Refused."""
    materials = {material.name: material for material in shop.factory.config.materials}
    if said.material not in materials:
        raise NotFound(f"no material is called {said.material!r}. {closest(said.material, materials, 'There are')}")
    if said.volume is not None and not 0 < said.volume <= MOST_VOLUME:
        raise Refused(f"{said.volume / 1000:g} ml is no volume of a cartridge: 0.001 to {MOST_VOLUME / 1000:g} ml are")
    lot = " ".join((said.lot or "").split())
    if len(lot) > MOST_LOT or not lot.isprintable():
        raise Refused(f"a lot is one line of at most {MOST_LOT} letters and digits")
    load = replace(load_of(materials[said.material]), volume=said.volume, lot=lot or None)
    if said.expires is None:
        return load
    zone = shop.factory.config.site.zone
    ends = datetime.combine(said.expires + timedelta(days=1), time(), zone).timestamp()
    if ends <= shop.store.now():
        raise Refused(f"it expired on {said.expires:%Y-%m-%d}: load another, or mend the date")
    return replace(load, expires=f"{said.expires:%Y-%m-%d}", expires_at=ends)
