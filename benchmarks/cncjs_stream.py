"""Lines a second that CNCjs streams to a machine that does nothing but acknowledge, over a pty.

A peer figure for our own streams: CNCjs counts characters, as its controllers do, against a responder that answers
each line with ``ok``, ``?`` with a report and ``$$`` with settings. What CNCjs itself says it took is what counts. It
needs ``.vendors/cncjs``, which ``make vendors`` installs.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import tty
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).parents[1]
HOME = ROOT / ".vendors/cncjs"
NODE = HOME / "venv/bin/node"
LINES = 20_000
ROUNDS = 3
START = 60.0


def respond(master: int) -> None:
    """The machine: it greets once it is spoken to, and acknowledges."""
    listing = b"".join(b"$%d=1.000\r\n" % number for number in (0, 10, 110, 132))
    answers = {b"$$": listing + b"ok\r\n", b"$I": b"[VER:1.1h:]\r\n[OPT:V,15,128]\r\nok\r\n"}
    os.write(master, b"\r\nGrbl 1.1h ['$' for help]\r\n")
    rest = b""
    while True:
        try:
            data = os.read(master, 65536)
        except OSError:
            return
        for _ in range(data.count(b"?")):
            os.write(master, b"<Idle|MPos:0.000,0.000,0.000|FS:0,0>\r\n")
        *lines, rest = (rest + data.translate(None, b"?~!\x18")).split(b"\n")
        said = b"".join(answers.get(line.strip(), b"ok\r\n") for line in lines)
        if said:
            os.write(master, said)


def measured(lines: int) -> float:
    """Lines a second of one run, CNCjs begun anew."""
    master, slave = os.openpty()
    tty.setraw(slave)
    command = [sys.executable, "-m", "benchmarks.cncjs_stream", "--respond", str(master)]
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder, "program.nc")
        program.write_text("".join(f"G1 X{i % 97 * 1.1:.3f} Y{i % 89 * 1.3:.3f} S{i % 1000}\n" for i in range(lines)))
        settings = Path(folder, "cncrc")
        settings.write_text(json.dumps({"checkForUpdates": False, "secret": "of a benchmark"}))
        server = subprocess.Popen(
            [str(NODE), str(HOME / "package/bin/cncjs"), "-H", "127.0.0.1", "-p", str(port), "-c", str(settings)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # The wheel's node is a child of what is started here.
        )
        responder = subprocess.Popen(command, pass_fds=(master,), cwd=ROOT)
        try:
            return _driven(port, os.ttyname(slave), program, lines)
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            responder.terminate()
            for process in (server, responder):
                process.wait()
            os.close(master)
            os.close(slave)


def _driven(port: int, device: str, program: Path, lines: int) -> float:
    end = time.monotonic() + START
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        if time.monotonic() > end:
            raise RuntimeError("CNCjs did not come up")
        time.sleep(0.1)
    drive = ROOT / "tests/vendors/cncjs/drive.js"
    done = subprocess.run(
        [str(NODE), str(drive), f"http://127.0.0.1:{port}", device, str(program)],
        capture_output=True,
        text=True,
        env={**os.environ, "CNCJS": str(HOME)},
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"CNCjs did not finish: {done.stderr}")
    return lines / (json.loads(done.stdout)["elapsed"] / 1000)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=LINES)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--respond", type=int, metavar="DESCRIPTOR", help=argparse.SUPPRESS)
    options = parser.parse_args(arguments)
    if options.respond is not None:
        respond(options.respond)
        return 0
    if not NODE.exists():
        print("  CNCjs: not installed; `make vendors` installs it")
        return 0
    rates = [measured(options.lines) for _ in range(options.rounds)]
    each = ", ".join(f"{rate:,.0f}" for rate in rates)
    print(f"CNCjs 1.11.5, counting characters, pty, {options.lines} lines, {options.rounds} rounds")
    print(f"  {statistics.median(rates):10,.0f} lines/s (each round: {each})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
