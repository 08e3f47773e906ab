"""The Klipper host software on a Cartesian printer with one extruder and a heated bed.

Sources: Klipper's docs/API_Server.md, G-Codes.md, Status_Reference.md and Config_Reference.md, and its host software
read for behaviour: klippy/webhooks.py, gcode.py, klippy.py, extras/virtual_sdcard.py, print_stats.py, pause_resume.py,
idle_timeout.py, gcode_move.py, heaters.py, kinematics/extruder.py, kinematics/cartesian.py.

Worth knowing, and modelled:

- An unknown command is answered ``// Unknown command`` and is no error. M302, M203, M205 and M0 are unknown.
- A move before homing, beyond an axis or too cold is an error, and an error ends a print.
- PAUSE, CANCEL_PRINT and any script wait for the command at work: a request may take as long as M190 does.
- ``SDCARD_PRINT_FILE`` over a paused print abandons it, also where the new file does not exist.
- A print is ``complete`` when its last line was read; moves may still be queued then.
- After a shutdown ``print_stats`` says ``paused`` of the print that is lost.
- CANCEL_PRINT leaves the heaters on. A paused printer loses heat and home after idle_timeout.

- ``reactor``   tasks that wait, in simulated time
- ``gcode``     scripts, one at a time
- ``toolhead``  coordinates, motion, heat, and the commands for them
- ``prints``    the virtual SD card, its statistics, pause and resume
- ``klippy``    states, objects and endpoints: the API
- ``socket``    the API on its unix socket
- ``program``   the command line
"""
