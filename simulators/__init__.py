"""Models of the machines, written from their firmwares' documents; they import nothing of the rest.

``python -m simulators marlin --link PATH`` serves a printer on a pseudo-terminal. A simulator is the *independent
oracle* of the tests: it accepts what the firmware accepts, answers what the firmware answers, moves as the machine
moves, and records what it made. So it shares no code with the drivers and generators that it judges.

- ``clock``     how fast simulated time passes
- ``motion``    the planner: trapezoids with look-ahead
- ``deposit``   from motion to material: the pump's lag, and beads
- ``picture``   the bed as a camera sees it
- ``record``    what was made: pieces, runs, collisions, and the files that tell
- ``faults``    how a machine can be told to fail
- ``fronts``    the pty and the TCP port (``openings``: who opens it)
- ``side``      the room around the machine: a camera and hands, over HTTP
- ``serve``     the loop that joins a firmware to a front
- ``marlin``    the Marlin firmware; its module text names the sources
"""
