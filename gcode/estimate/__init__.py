"""How long a machine takes for a program: what its firmware's planner would do, for a whole program at once.

``words`` is what a program says of accelerations and jerks, ``moves`` what a planner takes, ``corners`` the rules of
three firmwares for a corner, ``planner`` the look-ahead, ``whole`` the sum by what it was for. Waiting for heat is not
in it, nor what a firmware does by itself: how long it measures a surface is in ``gcode.probe.seconds``.
"""

from gcode.estimate.whole import Clock, Estimate, duration, estimate, move_times
from gcode.estimate.words import Firmware, firmware_of

__all__ = ["Clock", "Estimate", "Firmware", "duration", "estimate", "firmware_of", "move_times"]
