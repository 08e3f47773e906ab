"""docs/machines.md: how mature each driver is, from what its tests found (docs/drivers.json)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from drivers.registry import DRIVERS

PROGRAMS: Mapping[str, tuple[str, str]] = {
    "cncjs": ("grbl", "CNCjs drives its simulator"),
    "ippeveprinter": ("ipp", "CUPS' ippeveprinter"),
    "moonraker": ("moonraker", "Moonraker and Klipper"),
    "octoprint": ("octoprint", "OctoPrint"),
    "printcore": ("marlin", "printrun's printcore drives its simulator"),
    "prusalink": ("prusalink", "PrusaLink"),
}
"""A folder of tests/vendors: the driver that its program speaks for, and what it is."""

HEAD = """# Machines

Printed by `make docs` from what the drivers' tests found when they last ran (`make drivers` runs them and writes it
down). A driver is trusted as far as this table says, and no further.

- **simulated**: a simulator of the machine is here (`python -m simulators KIND --help`), written from the firmware's or
  server's documents.
- **conformant**: how many tests of the drivers' contract it passes (`tests/conformance/test_contract.py`), and how many
  faults of its machine end as they must (below).
- **other people's programs**: how many tests run the vendor's own server with it, or have a host program that many use
  drive the machine's simulator, so that the simulator is not judged by our driver alone.
- **seen on hardware**: by whom, in `docs/hardware.yaml`. An empty cell means that nobody has told us yet.

"""
FAULTS = """
## Faults

Each fault strikes an attempt on the simulated machine, through the real wire. *May end* is what the evidence of the
machine is allowed to be in the end; *ended* is what it was. None may end in a second start: after each of them the
attempt is started once more, and the machine's own record must show that nothing moved.

- `made`: it ran to its end. `failed`: it began and its piece is scrap. `absent`: it never began, and is fenced.
- `unknown`: the machine cannot say, and a person is asked.
"""

PAPER = """
## Printers of paper

`driver: ipp` prints on whatever speaks IPP Everywhere, which nearly every office printer of the last ten years does:
`ful machine discover` lists those that announce themselves. The address is `ipp://HOST/ipp/print`, or `ipps://` with
TLS and the option `ca` where the printer's certificate is nobody's. A printer that needs a driver is made a queue of a
CUPS server, and its address is `ipp://SERVER/printers/QUEUE`.

- What a document asks for is compared with what the printer says of itself before a job is made: paper by its size in
  mm, copies, sides, colour, format. Pages are never scaled.
- `tray` (or `trays`, by the paper's name) says where paper is taken from, `kinds` of what kind it is, `quality` and
  `borderless` how it is printed, in the printer's own words (`media-source-supported`, `media-type-supported`).
- Printed is what the printer calls completed with every side counted. A count that differs is asked about; a printer
  that never counts needs `counts: false`.
- An empty tray, a jam, an open cover, an empty cartridge: the machine's card says what to do, and the job goes on.
- A document whose arrival the printer did not confirm is asked about and never sent again, but on printers and queues
  that can hold jobs, where it is taken back. Everything else is settled with the printer: see `docs/adr/0040-ipp.md`
  for how, and for 2,000 documents over a wire that was cut.
- A job without a document blocks some printers: those of ours are cancelled as soon as they are seen to be nobody's.
- `user` is the name in which jobs are made; with a secret it is who is let in (Basic and Digest).
"""


def markdown(docs: Path) -> str:
    """The page. ``docs``: the folder with drivers.json and hardware.yaml."""
    results = json.loads((docs / "drivers.json").read_text(encoding="utf-8"))
    hardware = yaml.safe_load((docs / "hardware.yaml").read_text(encoding="utf-8")) or {}
    return (
        "\n".join([HEAD + "\n".join(_table(results, hardware)), FAULTS, *_faults(results["faults"]), PAPER.rstrip()])
        + "\n"
    )


def _table(results: Mapping[str, Any], hardware: Mapping[str, Any]) -> Iterator[str]:
    yield "| driver | simulated | conformant | other people's programs | seen on hardware |"
    yield "| --- | --- | --- | --- | --- |"
    for kind in DRIVERS:
        contract, faults = results["contract"].get(kind, 0), len(results["faults"].get(kind, {}))
        conformant = f"{contract} tests, {faults} faults" if contract else "not yet"
        simulated = "a folder and its consumer" if kind == "hot-folder" else "yes" if contract else "not yet"
        others = "; ".join(_others(kind, results["vendors"]))
        yield f"| `{kind}` | {simulated} | {conformant} | {others} | {'; '.join(hardware.get(kind, ()))} |"


def _others(kind: str, tests: Mapping[str, int]) -> Iterator[str]:
    for program, number in tests.items():
        driver, what = PROGRAMS[program]
        if driver == kind:
            yield f"{number} tests: {what}"


def _faults(faults: Mapping[str, Any]) -> Iterator[str]:
    for kind in DRIVERS:
        if kind not in faults:
            continue
        yield f"\n### {kind}\n\n| fault | strikes | may end | ended |\n| --- | --- | --- | --- |"
        for name, told in faults[kind].items():
            yield f"| {name} | {told['when']} | {', '.join(told['may'])} | {told['seen']} |"
