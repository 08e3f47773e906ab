"""Plates as Ghostscript separates them: which ink lies where, and where none of it may."""

from __future__ import annotations

import numpy as np
import pytest


