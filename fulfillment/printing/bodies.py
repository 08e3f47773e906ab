"""Bare bodies for specifications: found where they were kept, else built beside the render pool, never in it.

A render worker has less memory than cadquery has addresses, and is ended with whatever it started. So what is not there
yet is built in a thread that has a CAD worker of its own, while the planner goes on; most orders find their body kept.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from dataclasses import replace

from fulfillment.cad import CadError, Limits, Workshop
from fulfillment.cad.bodies import Bodies, key_of
from fulfillment.config import Factory
from fulfillment.designs import ChosenBody, body_of, refused_body
from fulfillment.processes import BODY, Spec
from jobs.artifacts import ArtifactStore

FOLDER = "bodies"
"""Of the factory's state."""
IDLE = 300.0
"""Seconds after a body that its worker is kept for the next one."""


def workshop_of(factory: Factory) -> Workshop:
    """The CAD worker of a factory; nothing is started before something is to be built."""
    cad = factory.config.cad
    return Workshop(factory.shelf, Limits(seconds=cad.timeout, megabytes=cad.memory), cad.packages)


def bodies_of(factory: Factory) -> Bodies:
    return Bodies(factory.config.state / FOLDER, factory.shelf)


def bare(spec: Spec) -> tuple[ChosenBody, str] | None:
    """The bare body that a specification needs, and its key; None where it needs none: a blank, or a body that grows
    out of its content. Raises Problems."""
    if spec.process != "fdm" or (body := body_of(spec)) is None or body.template.grow is not None:
        return None
    return body, key_of(spec.shelf, body.name, body.values)


def over(spec: Spec, data: bytes, artifacts: ArtifactStore) -> Spec:
    """The specification with its body among the files."""
    return replace(spec, files={**spec.files, BODY: artifacts.put(data)})


def at_once(spec: Spec, bodies: Bodies, workshop: Workshop, artifacts: ArtifactStore) -> Spec:
    """The specification with its body, built now where it is not kept. Raises Problems."""
    if (needed := bare(spec)) is None:
        return spec
    body, key = needed
    try:
        data = bodies.find(key) or bodies.build(workshop, body.name, body.values)
    except CadError as error:
        raise refused_body(spec.product, error) from None
    return over(spec, data, artifacts)


class BodyStep:
    """For one planner, whose thread asks and never waits. ``finished`` is called when a body that it asked for is
    there, or cannot be."""

    def __init__(self, factory: Factory, artifacts: ArtifactStore, finished: Callable[[], None]) -> None:
        self._bodies, self._workshop = bodies_of(factory), workshop_of(factory)
        self._artifacts, self._finished = artifacts, finished
        self._builder = ThreadPoolExecutor(1, thread_name_prefix="bodies")
        self._building: dict[str, Future[bytes]] = {}
        self._resting: threading.Timer | None = None

    def under(self, spec: Spec | None) -> Spec | None:
        """The specification with the body under its content; None while that is being built. Raises Problems."""
        if spec is None or (needed := bare(spec)) is None:
            return spec
        body, key = needed
        if (data := self._bodies.find(key)) is None:
            if key not in self._building:
                self._building[key] = future = self._builder.submit(self._build, body)
                future.add_done_callback(lambda _: self._finished())
            if not self._building[key].done():
                return None
            try:
                # Asked for again, it is tried again: cadquery may be there by then.
                data = self._building.pop(key).result()
            except CancelledError:
                return None
            except CadError as error:
                raise refused_body(spec.product, error) from None
        self._building.pop(key, None)
        return over(spec, data, self._artifacts)

    def _build(self, body: ChosenBody) -> bytes:
        """In the builder's thread."""
        self._stay_awake()
        try:
            return self._bodies.build(self._workshop, body.name, body.values)
        finally:
            self._resting = threading.Timer(IDLE, self._workshop.rest)
            self._resting.daemon = True
            self._resting.start()

    def _stay_awake(self) -> None:
        if self._resting is not None:
            self._resting.cancel()

    def close(self) -> None:
        """End the worker, even in the middle of a body."""
        self._stay_awake()
        self._builder.shutdown(wait=False, cancel_futures=True)
        self._workshop.close()
