"""PrusaLink v1, in its two kinds: the server in a printer (``buddy``) and the one on a Raspberry Pi (``pi``).

Sources: Prusa-Link-Web's spec/openapi.yaml for the shape of answers; the behaviour of Prusa-Firmware-Buddy (lib/WUI,
src/state), and of PrusaLink 0.8.1 as it answered in front of a printer.

Worth knowing, and modelled:

- ``/job`` is 204 as soon as a print has ended. FINISHED and STOPPED name no file. The Pi leaves them after 11 s and
  starts nothing before; the printer stays in them until its screen is touched, its file deleted, or another begun.
- The Pi answers 201 to an upload and lists the file only a moment later: until then it cannot be started, and asked
  to delete it, the Pi says that there is no such file.
- The Pi takes ``text/x.gcode`` alone: it refuses ``text/x-gcode``, and breaks on ``application/octet-stream``.
- A printer's files have a short name beside the long one, and answer to both. It says 404 of a deletion that failed
  for whatever reason.
- A printer that waits for a person is in ATTENTION, while its job says PAUSED. No call answers for the person.
- 204 to pause, resume and stop means that it was asked for.
- The Pi's prints end with the Pi; a printer that restarts has lost its print.

One word in a file is the simulator's own: ``@HOLD`` keeps the printer at that line until its button is pressed, as a
long line would.

- ``digest``   who may come in
- ``kinds``    what the two kinds say and allow
- ``server``   the routes
"""
