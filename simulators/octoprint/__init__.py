"""OctoPrint 1.11 as its clients see it, misleading answers included.

Sources: its REST and push documentation, and OctoPrint 1.11.8 itself, asked the same questions. Worth knowing, and
modelled:

- An upload with ``print`` that cannot start answers 201, with ``effectivePrint`` false.
- ``Operational`` at 100 % is the idle state, too; the file printed last stays selected until it is deleted.
- While it is offline a start is refused as "already printing".
- The history of a file names the end while the state still says Printing.
- Cancelled is failed in the history. Resuming while it is still pausing answers 204 and does nothing.
- M112 closes the port; so does a firmware that halts. It does not connect again by itself.
- Restarted in the middle of a print it comes back Offline: no job, no history of it, and the heaters as they were.

One word in a file is the simulator's own: ``@HOLD`` keeps the printer at that line until its button is pressed, as a
long line would. (OctoPrint itself has such words, and sends none of them on.)

- ``answers``  what it says, as JSON
- ``server``   the routes
"""
