"""Moonraker in front of a simulated Klipper: JSON-RPC over HTTP and WebSocket, REST, files, history, job queue.

Sources: Moonraker's docs/external_api (introduction, authorization, printer, file_manager, history, job_queue,
jsonrpc_notifications), its components klippy_connection, klippy_apis, file_manager, history, job_state and job_queue
read for behaviour, and what Moonraker 0.11 answered when it was asked.

Worth knowing, and modelled:

- ``print/start`` over a paused print answers ok, and the paused one is abandoned.
- Upload with ``print`` answers 201 also where nothing was started: ``print_started`` says it.
- Klipper's methods exist only once Klipper has been there: before, they are *Method not found*, like a missing file.
- REST errors of several lines lose them all: the status line says *Bad Request*.
- Requests to Klipper wait for its answer without a limit; a dead Klipper answers them with 503.
- History lists what Moonraker saw begin. A restart of Moonraker calls a print *interrupted* that goes on and ends well.
- The job queue is lost at a restart.

- ``memory``   what Moonraker remembers: history and queue
- ``server``   methods, routes, the connection to Klippy
- ``program``  the command line
"""
