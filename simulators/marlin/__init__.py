"""The Marlin firmware on a Cartesian printer with one extruder, a heated bed and no display.

Sources: marlinfw.org/docs/gcode (G000-G092, M000-M876), marlinfw.org/docs/configuration, and the firmware's own source
of 2.1.x, read for behaviour: gcode/queue.cpp (numbers, checksums, resends, ADVANCED_OK), gcode/gcode.cpp (keepalive),
feature/e_parser.h, feature/host_actions.cpp, gcode/host/M115.cpp, gcode/lcd/M0_M1.cpp, module/planner.cpp,
module/temperature.cpp, MarlinCore.cpp (banner, kill), core/language.h (texts).

Worth knowing, and modelled:

- The ``ok`` behind a Resend carries no N, P, B, and neither does M105's.
- G90 makes E absolute too, G91 relative.
- Soft endstops act on homed axes only; a move before G28 is accepted.
- Without EMERGENCY_PARSER, M108, M112 and M410 act when their line enters the queue, and only without a line number.
- A halted firmware is silent until it is reset.

- ``receiver``  bytes to lines
- ``firmware``  the queue, time, replies, faults, on top of
- ``board``     the state that commands change
- ``commands``  which command does what: ``moves``, ``heat``, ``people``, ``settings``, all made of ``steps``
- ``reports``   texts: banner, M115, temperatures
- ``heaters``
- ``program``   the command line
"""
