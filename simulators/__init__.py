"""Models of the machines, written from their firmwares' documents; they import nothing of the rest.

``python -m simulators marlin --link PATH`` serves a printer on a pseudo-terminal. A simulator is the *independent
oracle* of the tests: it accepts what the firmware accepts, answers what the firmware answers, moves as the machine
moves, and records what it made. So it shares no code with the drivers and generators that it judges.

- ``clock``     how fast simulated time passes
- ``motion``    the planner: trapezoids with look-ahead, held and resumed where the firmware can
- ``beads``     motion as rows of numbers, and samples along it
- ``deposit``   from motion to material: the pump's lag, and beads
- ``burn``      from motion to scorched wood: a laser
- ``groove``    from motion to grooves: a turning bit
- ``ink``       from motion to lines: a pen
- ``picture``   the bed as a camera sees it
- ``record``    what was made: pieces, runs, collisions, and the files that tell
- ``faults``    how a machine can be told to fail
- ``fronts``    the pty and the TCP port (``openings``: who opens it)
- ``side``      the room around the machine: a camera and hands, over HTTP
- ``serve``     the loop that joins a firmware to a front
- ``program``   what the command lines have in common
- ``marlin``    the Marlin firmware; its module text names the sources, as that of each of these does
- ``grbl``      the GRBL firmware: lasers, engravers, plotters
- ``embroidery``  a sewing machine that takes its files from a folder
- ``ipp``       an IPP Everywhere printer, which prints into pictures
- ``ebb``       the EBB firmware: pen plotters without a planner of their own
"""
