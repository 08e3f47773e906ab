"""One file a driver: the real thing behind it, and what that can be told to fail with. A new driver adds one here."""

from __future__ import annotations

from tests.conformance.rigs.common import Rig
from tests.conformance.rigs.ebb import EbbRig
from tests.conformance.rigs.grbl import GrblRig
from tests.conformance.rigs.hot_folder import HotFolderRig
from tests.conformance.rigs.ipp import IppRig
from tests.conformance.rigs.marlin import MarlinRig
from tests.conformance.rigs.moonraker import MoonrakerRig
from tests.conformance.rigs.octoprint import OctoPrintRig
from tests.conformance.rigs.prusalink import PrusaLinkPiRig, PrusaLinkRig
from tests.conformance.rigs.zpl import ZplAloneRig, ZplRig

RIGS: dict[str, type[Rig]] = {
    "ebb": EbbRig,
    "grbl": GrblRig,
    "hot-folder": HotFolderRig,
    "ipp": IppRig,
    "marlin": MarlinRig,
    "moonraker": MoonrakerRig,
    "octoprint": OctoPrintRig,
    "prusalink": PrusaLinkRig,
    "prusalink-pi": PrusaLinkPiRig,
    "zpl": ZplRig,
    "zpl-alone": ZplAloneRig,
}
