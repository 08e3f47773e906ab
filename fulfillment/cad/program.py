"""A CAD worker's process, seen from outside: started in its own group, asked with a deadline, killed as a group."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from fulfillment.cad.errors import CadUnavailable
from fulfillment.cad.wire import LENGTH, Array, WireError, length, unpacked

ROOT: Final = Path(__file__).parents[2]
"""Where the program's own packages lie."""
CHUNK: Final = 1 << 20
ENDING: Final = 5.0
"""s between the end of a pipe and that of its process: memory is given back meanwhile."""


class Ended(Exception):
    """The process ended, or said what is no message; ``why`` is the end of a sentence."""


class Late(Exception):
    """It did not answer in time."""


class Program:
    """One worker. It has a folder of its own for whatever it writes, an environment without the factory's secrets,
    and ends with its input: when this object is ended, and when the process that holds it is gone."""

    def __init__(self, seconds: float, megabytes: int, folders: Sequence[Path], packages: Path | None) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="cad-"))
        self._log = (self._folder / "log").open("wb")
        where = [str(ROOT), *([str(packages)] if packages else [])]
        folder = str(self._folder)
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join(where),
            "HOME": folder,
            "TMPDIR": folder,
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": "0",
            "OMP_NUM_THREADS": "1",
        }
        command = [sys.executable, "-m", "fulfillment.cad.worker", str(seconds), str(megabytes), *map(str, folders)]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._log, cwd=folder, env=environment,
            start_new_session=True, bufsize=0,
        )  # fmt: skip
        if self._process.stdin is None or self._process.stdout is None:
            raise CadUnavailable("The CAD worker has no pipes.")
        self._gone = False
        self._in, self._out = self._process.stdin, self._process.stdout
        os.set_blocking(self._in.fileno(), False)
        os.set_blocking(self._out.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return not self._gone and self._code() is None

    def answer(self, deadline: float) -> tuple[dict[str, Any], list[Array]]:
        """The next message, by a deadline of the monotonic clock. Raises Ended or Late."""
        try:
            return unpacked(self._read(length(self._read(LENGTH, deadline)), deadline))
        except WireError as error:
            raise Ended(f"said what is no answer ({error})") from error

    def ask(self, message: bytes, deadline: float) -> tuple[dict[str, Any], list[Array]]:
        """Send a message and wait for its answer. Raises Ended or Late."""
        rest = memoryview(message)
        while rest:
            _wait(self._in, select.POLLOUT, deadline)
            try:
                rest = rest[os.write(self._in.fileno(), rest[:CHUNK]) :]
            except BlockingIOError:
                continue
            except OSError as error:
                raise Ended(self._why()) from error
        return self.answer(deadline)

    def _read(self, count: int, deadline: float) -> bytes:
        found = bytearray()
        while len(found) < count:
            _wait(self._out, select.POLLIN, deadline)
            more = os.read(self._out.fileno(), min(CHUNK, count - len(found)))
            if not more:
                raise Ended(self._why())
            found += more
        return bytes(found)

    def _code(self) -> int | None:
        """How it ended, as subprocess counts; None while it runs. It is left to be waited for: so nobody else can get
        the number by which its group is killed."""
        try:
            info = os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self._process.returncode
        if info is None:
            return None
        return info.si_status if info.si_code == os.CLD_EXITED else -info.si_status

    def _why(self) -> str:
        """How it ended, and the last thing that it said of it."""
        deadline = time.monotonic() + ENDING
        while (code := self._code()) is None:
            if time.monotonic() > deadline:
                return "closed its pipe"
            time.sleep(0.01)
        how = signal.Signals(-code).name if code < 0 else f"code {code}"
        said = (self._folder / "log").read_bytes()[-2000:].decode(errors="replace").strip().splitlines()
        return f"ended with {how}" + (f": {said[-1][:200]}" if said else "")

    def kill(self) -> None:
        """Kill it and all that it started: who waits for its answer is told that it ended."""
        if not self._gone:
            # What it started may outlive it, so its group is killed whether or not it still runs itself.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def end(self) -> None:
        """Kill it, take its pipes and its folder away. Idempotent."""
        self.kill()
        self._gone = True
        self._process.wait()
        for pipe in (self._in, self._out, self._log):
            pipe.close()
        shutil.rmtree(self._folder, ignore_errors=True)


def _wait(pipe: IO[bytes], event: int, deadline: float) -> None:
    """Until the pipe has, or takes, bytes. Raises Late."""
    poll = select.poll()
    poll.register(pipe, event)
    left = deadline - time.monotonic()
    if left <= 0 or not poll.poll(left * 1000):
        raise Late
