"""The GRBL 1.1 firmware of lasers, engravers and plotters.

Sources: gnea/grbl doc/markdown (commands.md, interface.md, jogging.md, laser_mode.md, settings.md), doc/csv, and the
firmware's own source, read for behaviour: protocol.c, gcode.c, system.c, motion_control.c, planner.c, limits.c,
spindle_control.c, report.c, serial.c, config.h.
"""
