"""Pieces that are paper themselves: print profiles, colour, marks, imposition, and the file that a press takes.

Profiles and their files are values that a configuration loads; everything that draws is imported by render workers
alone (:mod:`fulfillment.processes.press`).
"""

from fulfillment.press.icc import BadIcc, Icc, header
from fulfillment.press.loading import FOLDER, NoProfile, Profiles, load
from fulfillment.press.profiles import PrintProfile

__all__ = ["FOLDER", "BadIcc", "Icc", "NoProfile", "PrintProfile", "Profiles", "header", "load"]
