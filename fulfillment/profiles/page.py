"""The page docs/profiles.md: what profiles are in words, and every key from its own type."""

from __future__ import annotations

from typing import Final

from fulfillment.positions import table
from fulfillment.profiles.loading import SHIPPED, load
from fulfillment.profiles.models import FOLDERS, Filament, OfNozzle

HEAD: Final = """# Profiles: how plastic is printed

Printed from its own types by `make docs`. `ful profile list` names every file, `ful profile show pla --quality fine
--nozzle 0.4` every number and the file that says it; `ful config check` names every mistake in them.

A print's numbers come from three files: the **quality** that the product names (`body: {profile: normal}`), the
**nozzle** of the machine, and the **kind of the material** in config.yaml. They are looked at in this order, and what a
later one says counts; of `max_flow` the least counts. What no file says is the slicer's own number. Whatever they say,
a machine's `limits` in config.yaml may lower speeds and flow, and its `e_area` says how thick its filament is.

```
qualities/normal.yaml    nozzles/0.4.yaml    materials/pla.yaml
```

**Your own** stand in a folder of the same shape, which config.yaml names (`profiles: my-profiles`). A file of yours
takes the place of the shipped one of the same name. It may inherit from any file of its folder, also from the one whose
place it takes, and then says only what is different:

```yaml
# my-profiles/materials/pla.yaml: our PLA likes it cooler, and we have measured what it melts.
inherits: pla
temperature: 205 degC
max_flow: 9 mm3/s
```

```yaml
# my-profiles/qualities/sturdy.yaml: for products that say `body: {profile: sturdy}`.
inherits: normal
perimeters: 4
infill: { pattern: gyroid, density: 0.35 }
```

Heights and widths may be shares of the nozzle's diameter (`50 %`), so that one quality serves every nozzle.
Temperatures belong to the material: `window` and `bed_window` are what it may be laid at, whoever wrote the program; a
program that leaves them is refused, and a machine that cannot hold them does not get it. The shipped temperatures are
what makers of filament print on their boxes. They were not tried on hardware by the authors of these files.
"""


def markdown() -> str:
    """The whole page."""
    profiles, _ = load(SHIPPED)
    lists = ((folder, ", ".join(f"`{name}`" for name in profiles.names(folder))) for folder in FOLDERS)
    shipped = "\n".join(f"- `{folder}`: {names}" for folder, names in lists)
    keys = f"## Keys\n\nOf every file; heats and windows are read in `materials` alone.\n\n{_keys()}"
    return f"{HEAD}\n## Shipped\n\n{shipped}\n\n{keys}\n"


def _keys() -> str:
    return table(Filament).rstrip().replace(f"number or {OfNozzle.__name__}", "mm, or a share of the nozzle")
