"""Tasks that wait: Klipper's greenlets as generators, in simulated time."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass


class Refused(Exception):
    """A command that cannot be carried out, in Klipper's words."""


@dataclass(frozen=True, slots=True)
class Wait:
    """``event``: when time brings it, if it does. ``flush``: it waits for the end of all motion."""

    met: Callable[[], bool]
    event: float | None = None
    flush: bool = False


Steps = Generator[Wait]
Done = Callable[[Refused | None], None]


@dataclass(slots=True, eq=False)
class Task:
    steps: Steps
    done: Done
    wait: Wait | None = None


class Reactor:
    """``now`` is the simulated time of what happens at this moment."""

    def __init__(self) -> None:
        self.now = 0.0
        self._tasks: list[Task] = []
        self._current: Task | None = None

    def start(self, steps: Steps, done: Done = lambda _: None) -> None:
        self._tasks.append(Task(steps, done))

    def run(self) -> bool:
        """Let every task go on as far as it can at this moment. True where any did."""
        moved, going = False, True
        while going:
            going = False
            for task in list(self._tasks):
                if task in self._tasks and (task.wait is None or task.wait.met()):
                    going = moved = True
                    self._go_on(task)
        return moved

    def _go_on(self, task: Task) -> None:
        error = None
        self._current = task
        try:
            task.wait = next(task.steps)
            return
        except StopIteration:
            pass
        except Refused as refusal:
            error = refusal
        finally:
            self._current = None
        if task in self._tasks:
            self._tasks.remove(task)
        task.done(error)

    def drop(self, error: Refused) -> None:
        """End all tasks where they are. One that asks for this itself comes to its own end, and waits no more."""
        tasks, self._tasks = self._tasks, []
        for task in tasks:
            if task is not self._current:
                task.steps.close()
                task.done(error)

    @property
    def flushing(self) -> bool:
        return any(task.wait is not None and task.wait.flush for task in self._tasks)

    @property
    def waiting(self) -> bool:
        """Somebody waits for time to pass."""
        return any(task.wait is not None and (task.wait.flush or task.wait.event is not None) for task in self._tasks)

    def next_event(self) -> float | None:
        times = (task.wait.event for task in self._tasks if task.wait is not None)
        return min((time for time in times if time is not None), default=None)
