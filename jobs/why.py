"""Why does it wait, and what would free it? One answer for each machine that could, none for those that never can."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from jobs.condition import Condition, gates, unfit
from jobs.fits import Floor, Needs, Offer, Reason, misfits
from jobs.states import BedState, JobState, MachineState

LABEL = Reason("waits for its shipping label", "`ful order label ORDER FILE`, or POST /v1/orders/ORDER/label")
"""Of a job that prints the label of its order, as long as there is none."""


@dataclass(frozen=True)
class Standing:
    """What is on record of a machine at this moment."""

    condition: Condition
    link: str = "offline"
    job: str | None = None
    """The job in hand."""
    fault: str | None = None
    prompt: str | None = None


def why_not_now(
    offer: Offer, standing: Standing, now: float, needs: Needs, volume: float | None = None
) -> Reason | None:
    """What keeps a machine that could make it from taking a job with these needs now: the first that must be mended."""
    name, condition = offer.name, standing.condition
    shut = gates(offer, condition, now)
    if shut and condition.state is not MachineState.IN_SERVICE:
        return shut[0]
    if standing.fault:
        return Reason(f"{name} is in fault: {standing.fault}", f"mend it, then `ful machine connect {name}`")
    if standing.link != "online":
        return Reason(f"{name} is {standing.link}", "switch it on and check its cable; the agent connects by itself")
    if standing.job:
        return Reason(f"{name} makes {standing.job}", "it is free when that job has ended and its bed is cleared")
    wrong = [*shut, *unfit(condition, needs, volume)]
    if wrong:
        return wrong[0]
    if offer.bed and condition.bed is BedState.DIRTY:
        return Reason(f"a piece lies on the bed of {name}", f"take it off, then `ful machine clear {name}`")
    if offer.bed and condition.bed is not BedState.CLEAR:
        return Reason(f"nobody has said whether the bed of {name} is clear", f"look, then `ful machine clear {name}`")
    return None


def _loaded_right(offers: Iterable[Offer], needs: Needs, standings: Mapping[str, Standing]) -> list[Offer]:
    """The machines that hold the material. Where none does, all: then loading one of them is what frees the job."""
    offers = list(offers)
    right = [offer for offer in offers if _holds(standings.get(offer.name), needs)]
    return right or offers


def _holds(standing: Standing | None, needs: Needs) -> bool:
    loaded = standing.condition.loaded if standing else None
    return not needs.material or (loaded is not None and loaded.material == needs.material)


def waits(
    state: str,
    needs: Needs | None,
    missing: Iterable[str],
    unit_state: str,
    floor: Floor,
    standings: Mapping[str, Standing],
    volume: float | None = None,
    said: str = "",
) -> list[Reason]:
    """Every reason why a job is not being made. Empty: it is in hand or at an end.

    ``missing``: names of operations that come before it and are not done. ``volume``: mm3 that it takes of what is
    loaded. ``said``: the last thing that was said of it.
    """
    if state == JobState.RENDERING and said == LABEL.text:
        return [LABEL]
    if state == JobState.RENDERING:
        return [
            Reason("it is being rendered", "this takes seconds; a render that fails holds the unit with its reason")
        ]
    if state == JobState.GATHERING:
        return [
            Reason(
                "it waits for company, to be made in one batch", "the rest of its jig, time, or a person: `ful batch`"
            )
        ]
    if state == JobState.BATCHED:
        return [Reason("it has its place in a batch", "what the batch's own job says")]
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
    judged = [(offer, misfits(offer, needs)) for offer in floor.offers]
    fitting = [offer for offer, wrong in judged if not wrong]
    if not fitting:
        near = [wrong for offer, wrong in judged if needs.process in offer.processes]
        far = Reason(f"no machine of this factory does {needs.process}", "add one to config.yaml")
        return [*found, *(reason for reasons in near for reason in reasons)] if near else [*found, far]
    now = [
        why_not_now(offer, standings.get(offer.name, Standing(Condition(offer.name))), floor.now, needs, volume)
        for offer in _loaded_right(fitting, needs, standings)
    ]
    if any(reason is None for reason in now) and not found:
        return [Reason("a machine is free and about to take it", "nothing to do")]
    return [*found, *(reason for reason in now if reason)]
