"""The GRBL 1.1 firmware of lasers, engravers and plotters, and grblHAL as far as a host notices (``--flavour``).

Sources: gnea/grbl doc/markdown (commands.md, interface.md, jogging.md, laser_mode.md, settings.md), doc/csv, and the
firmware's own source of 1.1h, read for behaviour: protocol.c, gcode.c, system.c, motion_control.c, planner.c, jog.c,
limits.c, spindle_control.c, report.c, serial.c, eeprom.c, config.h. Where a document and the source differ, the source
is modelled: an S alone stops the motion in M4, too, and ``$J`` without ``=`` is error 3.

Worth knowing, and modelled:

- CR LF is two line ends, and gets two answers.
- Behind an error what stands in the buffer is executed. A reset answers the line that it cut off with ``ok``.
- ``~`` during Hold:1 is lost. In a hold nothing is parsed: the buffer fills, and ``ok`` of M0 comes once it is over.
- While the EEPROM is written (``$x=``, G10, G28.1) bytes are lost, also real-time ones.
- After ALARM:1 and 2 nothing but a reset is heard, not even ``?``; neither is ``?`` answered while it homes.
- A reset in motion loses steps: the machine stands elsewhere than it says, until it homes. So does the frame.
- On a board whose port resets it, opening the port makes the tool's place the machine's zero.
- A laser in M3 burns while it stands still; in M4 its power follows the speed, to nothing at rest; in G0 it is dark,
  unless ``$32=0``. When the host goes, or the processor hangs, it stays as it was.

Left out: the time that bytes take on the wire, and the processor to parse (but see ``--line-time``); parking; dual
axes; single-axis homing; grblHAL's own settings and its extended reports.

- ``receiver``  bytes to lines
- ``words``     a line into words; ``meaning``: into what it means, or the error that refuses it
- ``execute``   what a block does, made of ``lines`` and ``steps``; ``system``: what ``$`` lines do; ``homing``
- ``realtime``  bytes that act at once, and what follows from a hold
- ``board``     the machine under it: planner, place, spindle; ``store``: its EEPROM; ``settings``
- ``reports``, ``status``  texts
- ``firmware``  the main loop, time, replies, faults (``kinds``)
- ``program``   the command line
"""
