"""Emergency stop, past every queue: a socket of the agent beside the record.

What people ask of machines goes through the record and waits its turn there: behind a commit, a look of the agent, a
start that is under way. A stop waits for none of them. It comes in by this socket, goes to each machine from a thread
of its own, and is written down afterwards.

The socket is a file in the factory's state folder, for programs of the same host and user. A stop for an agent on
another host goes through the record, and takes as long as that takes. Neither is a safety device: a host that hangs
stops nothing, and only a switch in the machine's supply can be relied on.

The wire: one line of JSON in, ``{"machines": [names] or null for all, "who": "..."}``; one line out for each machine
as soon as its driver is done: ``{"machine": name, "said": "...", "seconds": s}``.
"""

from __future__ import annotations

import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from jobs.store import Store

log = logging.getLogger(__name__)

REQUEST_BYTES = 65_536
REQUEST_SECONDS = 2.0
"""A client that sends no line within this is let go."""
PATIENCE = 10.0
"""Seconds after which a driver that has not answered is reported as such. Its stop goes on."""
SOCKET = "stop.sock"
"""Its name in the state folder."""


@dataclass(frozen=True)
class Answer:
    """What one machine's driver did. ``seconds``: from the request's arrival until its driver was done."""

    machine: str
    said: str
    seconds: float


@contextmanager
def _near(path: Path) -> Iterator[str]:
    """A name of the socket that is short enough for the kernel (108 bytes), however deep its folder lies."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


class Stops:
    """Listens for emergency stops. ``stops``: what stops each machine; ``done`` is told afterwards, to write it down.

    ``stops`` are called from any thread at any time; they return what to tell the person, and do not raise.
    """

    def __init__(self, path: Path, stops: Mapping[str, Callable[[], str]], done: Callable[[Answer, str], None]) -> None:
        self._path, self._stops, self._done = path, stops, done
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._thread = threading.Thread(target=self._listen, name="emergency stop", daemon=True)

    def __enter__(self) -> Self:
        # The agent holds the factory's lock: a socket that lies there is what a killed one left.
        self._path.unlink(missing_ok=True)
        old = os.umask(0o177)
        try:
            with _near(self._path) as near:
                self._socket.bind(near)
        finally:
            os.umask(old)
        self._socket.listen(16)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()
        self._thread.join()
        self._path.unlink(missing_ok=True)

    def _listen(self) -> None:
        while True:
            try:
                client, _ = self._socket.accept()
            except OSError:
                return  # Closed.
            threading.Thread(target=self._serve, args=(client,), name="a stop", daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        came = time.monotonic()
        with client:
            try:
                client.settimeout(REQUEST_SECONDS)
                machines, who = _request(client)
            except (OSError, ValueError, RecursionError) as error:
                log.warning("a request to stop was not understood: %s", error)
                return
            chosen = self._stops if machines is None else {n: self._stops[n] for n in machines if n in self._stops}
            guard, threads = threading.Lock(), []
            for name, stop in chosen.items():
                work = (name, stop, who, came, client, guard)
                threads.append(threading.Thread(target=self._stop, args=work, name=f"stop {name}", daemon=True))
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join(max(0.0, came + PATIENCE - time.monotonic()))

    def _stop(
        self,
        name: str,
        stop: Callable[[], str],
        who: str,
        came: float,
        client: socket.socket,
        guard: threading.Lock,
    ) -> None:
        answer = Answer(name, stop(), time.monotonic() - came)
        line = json.dumps({"machine": name, "said": answer.said, "seconds": round(answer.seconds, 4)}) + "\n"
        with guard, suppress(OSError):  # Who asked may have gone: the machine is stopped all the same.
            client.sendall(line.encode())
        self._done(answer, who)


def _request(client: socket.socket) -> tuple[Sequence[str] | None, str]:
    data = b""
    while not data.endswith(b"\n"):
        chunk = client.recv(4096)
        if not chunk or len(data) > REQUEST_BYTES:
            raise ValueError("it is not one line")
        data += chunk
    body = json.loads(data)
    machines, who = (body.get("machines"), body.get("who")) if isinstance(body, dict) else (None, None)
    named = machines is None or (isinstance(machines, list) and all(isinstance(name, str) for name in machines))
    if not isinstance(who, str) or not named:
        raise ValueError('it is {"machines": [...] or null, "who": "..."}')
    return machines, who[:80]


def stop_now(path: Path, machines: Sequence[str] | None, who: str) -> Iterator[Answer]:
    """Stop these machines (None: all) of the agent that listens at ``path``; yields each answer as it comes.

    Raises OSError where no agent listens. A machine that gives no answer is not among the answers: its stop may be
    under way still.
    """
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(PATIENCE + 1)
        with _near(path) as near:
            client.connect(near)
        client.sendall(json.dumps({"machines": machines, "who": who}).encode() + b"\n")
        with client.makefile("r", encoding="utf-8") as lines:
            for line in lines:
                body = json.loads(line)
                yield Answer(str(body["machine"]), str(body["said"]), float(body["seconds"]))


def wrote_down(store: Store, answer: Answer, who: str) -> None:
    """The stop on record, after the fact. A record that fails is logged: the machine has been stopped."""
    try:
        with store.write(who) as tx:
            tx.log("machine", answer.machine, "stopped", seconds=round(answer.seconds, 3), answer=answer.said)
    except Exception:  # the thread's outermost edge: nobody waits for it
        log.exception("%s was stopped by %s, which could not be written down", answer.machine, who)
