"""A call in a process of its own, which the kernel ends when it takes too long or too much.

A handler of signals would wait until the libraries' C code returns, and that code ends the process where it finds no
memory: only the loss of a whole process bounds both, and costs nobody else anything.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn, TypeVar

R = TypeVar("R")
NO_MEMORY = "std::bad_alloc"
"""What libraries of C++ that found none have to say, in exceptions of their own (GEOS, as shapely tells of it)."""


class Over(Exception):
    """A call met a bound; the text says which, such as "2 s"."""


def apart(call: Callable[[bytes], R], data: bytes, memory: int, seconds: int) -> R:
    """What the call returns. Raises what it raised, or Over.

    ``memory``: bytes of address space on top of what the process has; ``seconds``: of processor time.

    It forks, as a worker or a command does that has nothing else going on; what the call needs is best imported before.
    """
    ours, theirs = os.pipe()
    with warnings.catch_warnings():
        # Python 3.12 warns of threads; those of a worker wait in system calls, and hold nothing that this child needs.
        warnings.simplefilter("ignore", DeprecationWarning)
        child = os.fork()
    if child == 0:
        os.close(ours)
        _answer(theirs, call, data, memory, seconds)
    os.close(theirs)
    with os.fdopen(ours, "rb") as pipe:
        said = pipe.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status) or not said:
        raise _ended(os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0, memory, seconds)
    good, result = pickle.loads(said)  # noqa: S301  (our own child wrote it)
    if not good:
        raise result
    found: R = result
    return found


def _answer(pipe: int, call: Callable[[bytes], Any], data: bytes, memory: int, seconds: int) -> NoReturn:
    """In the child: make the call under its bounds, hand over what came of it, and end without cleaning up."""
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        _bound_memory(memory)
        # C++ libraries say why they end; that is for nobody, as the parent tells it in a sentence.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        with os.fdopen(pipe, "wb") as out:
            out.write(pickle.dumps(_outcome(call, data, memory)))
    finally:
        os._exit(0)


def _outcome(call: Callable[[bytes], Any], data: bytes, memory: int) -> tuple[bool, Any]:
    try:
        return True, call(data)
    except MemoryError:
        return False, _ended(0, memory, 0)
    except Exception as error:  # noqa: BLE001  (the child's outermost edge: whatever it is, its caller is to have it)
        return False, _ended(0, memory, 0) if NO_MEMORY in str(error) else error


def _bound_memory(memory: int) -> None:
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    _, most = resource.getrlimit(resource.RLIMIT_AS)
    wanted = pages * resource.getpagesize() + memory
    bound = wanted if most == resource.RLIM_INFINITY else min(wanted, most)
    resource.setrlimit(resource.RLIMIT_AS, (bound, bound))


def _ended(by: int, memory: int, seconds: int) -> Over:
    return Over(f"{seconds} s" if by in (signal.SIGXCPU, signal.SIGKILL) else f"{memory // 1_000_000} MB")
