"""A factory under a simulated clock: the real record, agent and dispatchers, machines of the world, honest people.

People clear a bed only by really taking the piece off, decide what nobody knows by looking at the world, and make sure
by hand that what they call "not started" never will be.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Any

from sqlalchemy import select

from drivers.contract import Machine
from jobs import attempts, attention, batches, floor, intake, leaving, upkeep
from jobs import models as m
from jobs.agent import Agent, Worker
from jobs.artifacts import ArtifactStore
from jobs.dispatch import Dispatcher, Surroundings
from jobs.fits import Floor, Load, Measure, Needs, Offer, Task
from jobs.route import cancel_unit, done_by_person, hold, release_unit
from jobs.store import ENTITIES, Policy, Refused, Store, Tx
from jobs.wake import Wake

from .shop import FROST, FROSTED, SECONDS, VOLUME, Clock, Shop, create, frosting, numbered, replay, rows
from .world import WORLDS, Crash, FakeDriver, Fate, Kitchen, MachineWorld, Violation

ROUNDS, CALM_ROUNDS = 50, 200
ENDS = ("packed", "cancelled")
STEPS = ("claimed", "intended", "transferred", "started", "confirmed", "after start", "before commit", "after commit")
"""Where the agent dies at least once, in turn from seed to seed."""


WHITE = Load("frosting-white", "frosting", frozenset({"milk"}), 4 * VOLUME)
NUTTY = Load("frosting-nut", "frosting", frozenset({"milk", "nuts"}), 4 * VOLUME)
LOADS = {load.material: load for load in (WHITE, NUTTY)}
PLAIN = replace(FROST, contains=("milk",), leaves=("milk",))
ON_WHEAT = replace(FROST, contains=("milk", "wheat"), leaves=("milk", "wheat"))
WITH_NUTS = replace(FROST, material=NUTTY.material, contains=("milk", "nuts"), leaves=("milk", "nuts"))
MENU = (PLAIN, ON_WHEAT, WITH_NUTS)
"""What is ordered: after the second and the third, the first needs a clean machine."""
EVERY = 3
UPKEEP = (Task("clean nozzle", EVERY, Measure.JOBS, f"{EVERY} jobs", blocks=True),)


class MortalStore(Store):
    """A store whose agent may die before a transaction's commit, and after it."""

    fate: Fate

    @contextmanager
    def write(self, who: str) -> Iterator[Tx]:
        with super().write(who) as tx:
            yield tx
            self.fate.may_die("before commit")
        self.fate.may_die("after commit")


@dataclass(frozen=True)
class Plant:
    """A fault planted in the system under test: what stands in for the dispatcher, the driver, the offer."""

    dispatcher: type[Dispatcher] = Dispatcher
    driver: Callable[[MachineWorld], FakeDriver] | None = None
    bed: bool = True
    """False: the record is told that the machine has no bed."""


SOUND = Plant()


class Factory:
    """Two machines of one kind, one agent, some orders."""

    def __init__(self, seed: int, kind: str, folder: Path, plant: Plant = SOUND) -> None:
        self.plant, self.fate, self.clock = plant, Fate(Random(seed), doom=STEPS[seed % len(STEPS)]), Clock()
        self.store = MortalStore("sqlite://", self.clock.now, numbered(), Policy(starts=4, remakes=2))
        self.store.fate = self.fate
        create(self.store)
        self.shop = Shop(self.store, ArtifactStore(folder / "artifacts"), self.clock)
        self.has_bed = kind != "folder"
        self.together = seed % 3 == 1
        """Whether pieces are made several at a time."""
        self.spoilt = Random(seed + 1_000_000)
        """Which of them somebody wants left out, and when: apart, so that all else is drawn as without it."""
        self.worlds = [WORLDS[kind](f"{kind}-{n}", self.fate, self.has_bed) for n in (1, 2)]
        initial = replace(WHITE, volume=None)  # as config.yaml says it: nobody has said how much there is
        more: dict[str, Any] = {"load": initial, "tasks": UPKEEP}
        self.offers: list[Offer] = [frosting(w.name, bed=self.has_bed and plant.bed, **more) for w in self.worlds]
        for world in self.worlds:
            most = EVERY if self.has_bed else 1_000  # without a bed, pieces of which nobody knows do not hold it up
            world.kitchen = Kitchen(self._allowed, self._leaves, VOLUME, WHITE.allergens, 1e9, most=most)
            world.kitchen.residue |= WHITE.allergens
        self.agent: Agent | None = None
        self.restarts = 0

    def _needs(self, attempt: str) -> Needs:
        with self.store.read() as connection:
            body = connection.execute(
                select(m.needs.c.body)
                .join(m.jobs, m.jobs.c.needs_id == m.needs.c.id)
                .where(m.jobs.c.id == attempt.rsplit("-a", 1)[0])
            ).scalar_one()
        return Needs.of(body)

    def _allowed(self, attempt: str) -> frozenset[str]:
        return frozenset(self._needs(attempt).contains or ())

    def _leaves(self, attempt: str) -> frozenset[str]:
        return frozenset(self._needs(attempt).leaves)

    # --- the agent's lives ----------------------------------------------------------------------------------

    def _begin_agent(self) -> Agent:
        around = Surroundings(lambda *_: [], step=lambda step, _attempt: self.fate.may_die(step))
        workers = []
        for world, offer in zip(self.worlds, self.offers, strict=True):
            machine: Machine = (self.plant.driver or type(world).driver)(world)
            workers.append(
                Worker(self.plant.dispatcher(self.store, self.shop.artifacts, offer, machine, around), self.clock)
            )
        agent = Agent(self.store, workers, Wake(self.store))
        for worker in workers:
            worker.start()
        return agent

    def agent_round(self) -> None:
        """One round of the agent; where it dies, the next round starts another."""
        self.fate.mortal = True
        try:
            self.agent = self.agent or self._begin_agent()
            self.agent.look()
            self._meddle_with_machines()  # what people say between a look and a claim
            for worker in self.agent.workers:
                worker.step(0.0)
        except Crash:
            self.agent = None
            self.restarts += 1
            for world in self.worlds:
                world.agent_died()
        finally:
            self.fate.mortal = False

    # --- people ---------------------------------------------------------------------------------------------

    def people(self) -> None:
        """Some of what needs a person is seen to; when all is calm, everything is."""
        busy = self.fate.random.random
        for chore in (self._beds, self._unknown, self._held, self._pack, self._machines, self._meddle):
            if self.fate.calm or busy() < 0.5:
                chore()
        self._leave_out()

    def _beds(self) -> None:
        for world, offer in zip(self.worlds, self.offers, strict=True):
            if world.current is not None or not world.has_bed:
                continue
            states = [bed["state"] for bed in rows(self.store, m.beds) if bed["machine"] == offer.name]
            if any(state in ("dirty", "unknown") for state in states):
                world.bed.clear()
                with refused():
                    floor.clear_bed(self.store, offer.name, "looked", "operator:ann")

    def _unknown(self) -> None:
        for job in rows(self.store, m.jobs):
            if job["state"] != "unknown":
                continue
            attempt = f"{job['id']}-a{job['attempts']}"
            world = next(world for world in self.worlds if world.name == job["machine"])
            piece = world.pieces.get(attempt)
            if piece is None:
                world.fence_by_hand(attempt)
            elif piece.state == "growing":
                continue
            verdict = "not-started" if piece is None else {"good": "made", "scrap": "failed"}[piece.state]
            attempts.decide(self.store, job["id"], verdict, "operator:ann")

    def _held(self) -> None:
        for unit in rows(self.store, m.units):
            if unit["state"] == "held":
                with refused(), self.store.write("operator:ben") as tx:
                    give_up = self.fate.random.random() < 0.1
                    cancel_unit(tx, unit["id"]) if give_up else release_unit(tx, unit["id"])

    def _pack(self) -> None:
        for operation in rows(self.store, m.operations):
            if operation["process"] is None and operation["state"] == "open":
                with refused(), self.store.write("station:pack") as tx:
                    done_by_person(tx, operation["unit_id"], operation["name"])

    def _meddle(self) -> None:
        """What people do at any time: pause, cancel, hold, take a clearing back."""
        draw = self.fate.random
        if self.fate.calm:
            for world in self.worlds:
                world.paused = False
            return
        if draw.random() > 0.3:
            return
        running = [job for job in rows(self.store, m.jobs) if job["state"] in ("running", "paused")]
        units = [unit for unit in rows(self.store, m.units) if unit["state"] not in ENDS]
        what = draw.choice(("pause", "resume", "cancel", "hold", "drop"))
        if what in ("pause", "resume", "cancel") and running:
            job = draw.choice(running)
            floor.ask(self.store, job["machine"], what, f"{job['id']}-a{job['attempts']}", "operator:ann")
        elif what == "hold" and units:
            with self.store.write("operator:ben") as tx:
                hold(tx, draw.choice(units)["id"], "", "the colour looks wrong", "look at it")
        elif what == "drop" and units and draw.random() < 0.2:
            with refused(), self.store.write("operator:ben") as tx:
                cancel_unit(tx, draw.choice(units)["id"])

    def _leave_out(self) -> None:
        """Somebody sees that a piece of what runs is bad."""
        if self.fate.calm or self.spoilt.random() > 0.8:
            return
        for job in rows(self.store, m.jobs):
            if job["unit_id"] is None and job["state"] in ("running", "paused"):
                with refused():
                    leaving.ask(self.store, job["id"], str(self.spoilt.randint(1, 3)), "operator:ann")

    def _machines(self) -> None:
        """What machines ask for. Hands come first, words after; nobody touches a machine that moves."""
        with self.store.read() as connection:
            calls = attention.calls(connection, Floor(self.offers, self.clock.now()))
        for call in calls:
            if call.kind in ("upkeep", "cleaning", "load"):
                self._see_to(call)
        for row in rows(self.store, m.machines):
            if self.fate.calm and row["state"] != "in-service":
                upkeep.put_back(self.store, row["name"], "done", "operator:cem")

    def _see_to(self, call: attention.Call) -> None:
        world = next(world for world in self.worlds if world.name == call.subject)
        offer = next(offer for offer in self.offers if offer.name == call.subject)
        kitchen = world.kitchen
        assert kitchen is not None
        with refused():
            if call.kind == "upkeep":
                upkeep.maintained(self.store, offer, call.target, "", "operator:cem")
                kitchen.since_maintained = 0
            elif call.kind == "cleaning":
                upkeep.cleaned(self.store, offer.name, "hot water", "operator:cem")
                kitchen.clean()
            else:
                self._load(world, LOADS[call.target])

    def _load(self, world: MachineWorld, load: Load) -> None:
        assert world.kitchen is not None and load.volume is not None
        upkeep.load(self.store, world.name, load, "operator:cem")
        world.kitchen.load(load.allergens, load.volume)

    def _meddle_with_machines(self) -> None:
        draw = self.fate.random
        if self.fate.calm or draw.random() > 0.2:
            return
        self.fate.mortal = False
        world = draw.choice(self.worlds)
        with refused():
            match draw.choice(("load", "uncleaned", "drain", "out", "back")):
                case "load":
                    self._load(world, draw.choice((WHITE, NUTTY)))
                case "uncleaned":
                    said = {row["name"]: row["undo"].get("what") for row in rows(self.store, m.machines)}
                    if said.get(world.name) == "cleaned":
                        upkeep.undo(self.store, world.name, "it was not", "operator:cem")
                case "drain":
                    upkeep.drain(self.store, world.name, "new hose", "operator:cem")
                case "out":
                    upkeep.take_out(self.store, world.name, "it leaks", "operator:cem")
                case "back":
                    upkeep.put_back(self.store, world.name, "", "operator:cem")
        self.fate.mortal = True

    def office(self) -> None:
        """Intake and planning go on whatever the floor does."""
        if not self.fate.calm and self.fate.random.random() < 0.2 and len(rows(self.store, m.units)) < 8:
            self.shop.order(quantity=self.fate.random.randint(1, 2), route=FROSTED)
        for unit in intake.units_to_plan(self.store):
            intake.plan(self.store, unit.id, "planner")
        for waiting in intake.to_render(self.store):
            needs = self.fate.random.choice(MENU)
            company = "for company" if self.together else ""
            intake.rendered(self.store, waiting.id, self.shop.artifact(needs), "planner", company)
        self._gather()

    def _gather(self) -> None:
        """Batches of up to three pieces with like needs; those of which a unit went are given up."""
        for batch in batches.broken(self.store):
            batches.give_up(self.store, batch, "a unit of it went", "planner")
        like: dict[str, list[str]] = {}
        for waiting in batches.waiting(self.store):
            like.setdefault(waiting.needs_id, []).append(waiting.job_id)
        for ids in like.values():
            if self.fate.calm or self.fate.random.random() < 0.5:
                batches.form(self.store, {job: {"pocket": n} for n, job in enumerate(ids[:3], 1)}, "planner")
        needs = {needs.id: needs for needs in MENU}
        of_jobs = {job["id"]: job["needs_id"] for job in rows(self.store, m.jobs)}
        for batch, pieces in batches.to_render(self.store).items():
            artifact = self.shop.artifact(needs[of_jobs[pieces[0].id]])
            places = {str(n): {"pocket": n, "object": n - 1} for n in range(1, len(pieces) + 1)}
            artifact = replace(artifact, manifest={**artifact.manifest, "places": places})
            intake.rendered(self.store, batch, artifact, "planner")

    # --- the run --------------------------------------------------------------------------------------------

    def run(self) -> None:
        """A stormy time, then a calm one in which everything must come to an end. Raises Violation."""
        self.shop.order(quantity=3)
        for _ in range(ROUNDS):
            self._round()
        self.fate.calm = True
        for _ in range(CALM_ROUNDS):
            self._round()
            if all(unit["state"] in ENDS for unit in rows(self.store, m.units)):
                break
        self.judge()

    def _round(self) -> None:
        self.office()
        self.agent_round()
        self.clock.sleep(5.0)
        for world in self.worlds:
            world.tick()
        self.people()

    # --- what must hold -------------------------------------------------------------------------------------

    def judge(self) -> None:
        """Nothing twice, nothing lost, nothing made up; and the events tell the same as the states."""
        tries = {row["id"]: row for row in rows(self.store, m.attempts)}
        jobs = {row["id"]: row for row in rows(self.store, m.jobs)}
        self._judge_pieces(tries)
        kept: dict[str, list[str]] = {}
        for world in self.worlds:
            for piece in world.pieces.values():
                if piece.state == "good" and tries[piece.attempt]["state"] in ("made", "judged"):
                    spoilt = world.left_out.get(piece.attempt, set())
                    for operation in self._made_by(jobs[tries[piece.attempt]["job_id"]], jobs, spoilt):
                        kept.setdefault(operation, []).append(piece.attempt)
        for made, pieces in kept.items():
            require(len(pieces) == 1, f"{made} was made {len(pieces)} times: {pieces}")
        for operation in rows(self.store, m.operations):
            if operation["process"] and operation["state"] == "done":
                require(operation["id"] in kept, f"{operation['id']} is called done, and there is no good piece of it")
        for unit in rows(self.store, m.units):
            require(unit["state"] in ENDS, f"{unit['id']} was lost: it is {unit['state']}, and nothing goes on")
        self._judge_counters(tries)
        judge_history(self.store)

    @staticmethod
    def _made_by(job: dict[str, Any], jobs: dict[str, dict[str, Any]], spoilt: Collection[int]) -> list[str]:
        """The operations that a job made: its own, or those of its batch's pieces that were laid to their end, and of
        which nobody doubts that."""
        if job["operation_id"]:
            return [job["operation_id"]]
        of_it = [piece for piece in jobs.values() if piece["batch"] == job["id"]]
        for piece in of_it:
            if piece["place"]["object"] in spoilt:
                require(piece["state"] != "made", f"{piece['id']} was left out, and is called made")
        return [piece["operation_id"] for piece in of_it if "left_out" not in piece["place"]]

    def _judge_counters(self, tries: dict[str, dict[str, Any]]) -> None:
        """Each attempt that ended is counted, once; and what is left on record is no more than what truly is."""
        for row in rows(self.store, m.machines):
            done = [tried["done"] for tried in tries.values() if tried["machine"] == row["name"]]
            ended = [share for share in done if share is not None]
            require(row["jobs_done"] == len(ended), f"{row['name']} has done {row['jobs_done']} of {len(ended)} jobs")
            require(close(row["volume_used"], VOLUME * sum(ended)), f"{row['name']} lost {row['volume_used']} mm3")
            require(close(row["seconds_run"], SECONDS * sum(ended)), f"{row['name']} ran {row['seconds_run']} s")
            kitchen = next(world.kitchen for world in self.worlds if world.name == row["name"])
            left = row["volume_left"]
            require(kitchen is None or left is None or left <= kitchen.left + 1e-6, f"{row['name']} has {left} left")

    def _judge_pieces(self, tries: dict[str, dict[str, Any]]) -> None:
        for world in self.worlds:
            for attempt, piece in world.pieces.items():
                said = tries[attempt]["state"] if attempt in tries else "nothing"
                allowed = {"good": ("made", "judged", "failed", "cancelled"), "scrap": ("failed", "cancelled")}
                require(said in allowed.get(piece.state, ()), f"{attempt} is {piece.state}, the record says {said}")
        made = {attempt for world in self.worlds for attempt in world.pieces}
        for attempt, tried in tries.items():
            require(tried["state"] != "made" or attempt in made, f"{attempt} is called made, and never began")


def close(one: float, other: float) -> bool:
    return abs(one - other) < 1e-3


def require(true: bool, otherwise: str) -> None:
    if not true:
        raise Violation(otherwise)


@contextmanager
def refused() -> Iterator[None]:
    """People are told no, and go on."""
    try:
        yield
    except Refused:
        return


def judge_history(store: Store) -> None:
    """For each entity on record: its events, walked through its table, end in its state."""
    e = m.events.c
    with store.read() as connection:
        for entity, (stored, key, table) in ENTITIES.items():
            said: dict[str, list[tuple[str, str | None]]] = {}
            for row in connection.execute(
                select(e.entity_id, e.event, e.state).where(e.entity == entity).order_by(e.id)
            ):
                said.setdefault(row[0], []).append((row[1], row[2]))
            for entry in connection.execute(select(stored)).mappings():
                key_name = str(entry[key.name])
                history = said.get(key_name, [])
                end = replay(table, born(entity, entry, history), history)
                require(end == entry["state"], f"{entity} {key_name} is {entry['state']}, its events end in {end}")


def born(entity: str, row: Mapping[Any, Any], said: Sequence[tuple[str, str | None]]) -> str:
    """The state that an entity came to the record in."""
    if entity == "operation" and not row["after"]:
        return "open"
    remade = [state for name, state in said if name == "remade"]
    return remade[0] or "" if remade else str(ENTITIES[entity][2].initial)


def simulate(seed: int, kind: str, folder: Path, plant: Plant = SOUND) -> Factory:
    """One run. Raises Violation, with the seed in its text."""
    factory = Factory(seed, kind, folder, plant)
    try:
        factory.run()
    except Violation as violation:
        raise Violation(f"seed {seed}, {kind}: {violation}") from None
    except Exception as error:
        error.add_note(f"seed {seed}, {kind}")
        raise
    finally:
        factory.store.close()
    return factory
