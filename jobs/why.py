"""Why does it wait, and what would free it? One answer for each machine that could, none for those that never can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.queue import Needs, Offer, Reason, misfits
from jobs.states import BedState, JobState


@dataclass(frozen=True)
class Standing:
    """What is on record of a machine at this moment."""

    link: str = "offline"
    bed: str | None = None
    """None: it has no bed."""
    job: str | None = None
    """The job in hand."""
    fault: str | None = None
    prompt: str | None = None


def why_not_now(offer: Offer, standing: Standing) -> Reason | None:
    """What keeps a machine that fits from taking a job now."""
    name = offer.name
    if standing.fault:
        return Reason(f"{name} is in fault: {standing.fault}", f"mend it, then `ful machine connect {name}`")
    if standing.link != "online":
        return Reason(f"{name} is {standing.link}", "switch it on and check its cable; the agent connects by itself")
    if standing.job:
        return Reason(f"{name} makes {standing.job}", "it is free when that job has ended and its bed is cleared")
    if standing.bed == BedState.UNKNOWN:
        return Reason(f"nobody has said whether the bed of {name} is clear", f"look, then `ful machine clear {name}`")
    if standing.bed == BedState.DIRTY:
        return Reason(f"a piece lies on the bed of {name}", f"take it off, then `ful machine clear {name}`")
    return None


def waits(
    state: str,
    needs: Needs | None,
    missing: Iterable[str],
    unit_state: str,
    offers: Iterable[Offer],
    standings: Mapping[str, Standing],
) -> list[Reason]:
    """Every reason why a job is not being made. Empty: it is in hand or at an end.

    ``missing``: names of operations that come before it and are not done.
    """
    if state == JobState.RENDERING:
        return [
            Reason("it is being rendered", "this takes seconds; a render that fails holds the unit with its reason")
        ]
    if state == JobState.UNKNOWN:
        return [
            Reason("nobody can say what became of it", "look at the machine, then decide: made, failed, not-started")
        ]
    if state != JobState.READY or needs is None:
        return []
    found = []
    if unit_state == "held":
        found.append(Reason("its unit is held", "mend what the unit says, then release it"))
    missing = list(missing)
    if missing:
        found.append(Reason(f"{' and '.join(missing)} comes first", "it opens by itself when that is done"))
    judged = [(offer, misfits(offer, needs)) for offer in offers]
    fitting = [offer for offer, wrong in judged if not wrong]
    if not fitting:
        near = [wrong for offer, wrong in judged if needs.process in offer.processes]
        far = Reason(f"no machine of this factory does {needs.process}", "add one to config.yaml")
        return [*found, *(reason for reasons in near for reason in reasons)] if near else [*found, far]
    now = [why_not_now(offer, standings.get(offer.name, Standing())) for offer in fitting]
    if any(reason is None for reason in now) and not found:
        return [Reason("a machine is free and about to take it", "nothing to do")]
    return [*found, *(reason for reason in now if reason)]
