"""The tables. Times are seconds since the epoch (UTC), from the clock that the store was given; texts are UTF-8."""

from __future__ import annotations

from typing import Any

from sqlalchemy import JSON, Column, Index, Table, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from jobs.states import BedState, JobState, MachineState, OperationState, OrderState, UnitState

Json = dict[str, Any]


def _json() -> Any:
    return Field(default_factory=dict, sa_column=Column(JSON, nullable=False, default=dict))


class Order(SQLModel, table=True):
    """A confirmed order. (source, external_id) is its identity in the world: delivered again, it makes nothing new."""

    __tablename__ = "orders"
    __table_args__ = (UniqueConstraint("source", "external_id"),)
    id: str = Field(primary_key=True)
    source: str
    external_id: str
    digest: str
    """SHA-256 of what was ordered: tells a repeated delivery from a changed order."""
    state: str = OrderState.OPEN
    received_at: float
    due: float | None = None
    ship_to: Json = _json()
    customer: str = Field(default="", index=True)
    """Who ordered, by the source's own name for them; empty: it did not say."""
    note: str = ""
    """The personal note as a person wrote it; empty: it is written by rule."""
    label: Json | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    """Its shipping label: digest and kind of the carrier's file, how many labels it has, and for which units."""
    forgotten_at: float | None = None
    """When the customer's words, pictures and name were erased."""


class LineItem(SQLModel, table=True):
    __tablename__ = "line_items"
    __table_args__ = (
        Index(
            "ix_line_items_note",
            "order_id",
            unique=True,
            sqlite_where=text("is_note"),
            postgresql_where=text("is_note"),
        ),
    )
    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="orders.id", index=True)
    position: int
    sku: str
    product: str | None
    """Catalog name; None where the line is not ours to make."""
    quantity: int
    personalization: Json = _json()
    is_note: bool = False
    """The order's personal note, written on a card of its own: an order has one at most."""


class Unit(SQLModel, table=True):
    """One physical piece with an identity. ``id`` is its short code, on its traveler as a QR."""

    __tablename__ = "units"
    __table_args__ = (
        UniqueConstraint("line_item_id", "number"),
        Index("ix_units_new", "created_at", sqlite_where=text("state = 'new'"), postgresql_where=text("state = 'new'")),
    )
    id: str = Field(primary_key=True)
    order_id: str = Field(foreign_key="orders.id", index=True)
    line_item_id: str = Field(foreign_key="line_items.id")
    number: int
    """1..quantity within the line item."""
    product: str
    personalization: Json = _json()
    resolved: Json = _json()
    """The personalization after its checks, as rendering takes it: texts, digests of files, options."""
    state: str = UnitState.NEW
    problems: list[Json] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """Why it is held: field, reason, mend."""
    created_at: float


class Operation(SQLModel, table=True):
    __tablename__ = "operations"
    __table_args__ = (UniqueConstraint("unit_id", "name"),)
    id: str = Field(primary_key=True)
    unit_id: str = Field(foreign_key="units.id", index=True)
    name: str
    process: str | None
    """None: done by a person."""
    after: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    state: str = OperationState.WAITING
    done_by: str | None = None


class Artifact(SQLModel, table=True):
    """Immutable bytes in the artifact store, with their manifest. Content-addressed."""

    __tablename__ = "artifacts"
    sha256: str = Field(primary_key=True)
    media_type: str
    size: int
    process: str
    needs_id: str = Field(foreign_key="needs.id")
    proof: str | None
    """SHA-256 of the picture drawn from the bytes."""
    manifest: Json = _json()
    created_at: float


class Needs(SQLModel, table=True):
    """A distinct set of needs, by digest: a machine decides once per set, not once per job."""

    __tablename__ = "needs"
    id: str = Field(primary_key=True)
    body: Json = _json()


class Job(SQLModel, table=True):
    __tablename__ = "jobs"
    __table_args__ = (
        Index(
            "ix_jobs_ready",
            "needs_id",
            "due",
            "seq",
            sqlite_where=text("state = 'ready'"),
            postgresql_where=text("state = 'ready'"),
        ),
        Index(
            "ix_jobs_to_plan",
            "seq",
            sqlite_where=text("state IN ('rendering', 'gathering')"),
            postgresql_where=text("state IN ('rendering', 'gathering')"),
        ),
        Index(
            "ix_jobs_in_hand",
            "machine",
            sqlite_where=text("state IN ('claimed', 'starting', 'running', 'paused', 'unknown')"),
            postgresql_where=text("state IN ('claimed', 'starting', 'running', 'paused', 'unknown')"),
        ),
    )
    id: str = Field(primary_key=True)
    seq: int = Field(index=True)
    """Order of arrival."""
    operation_id: str | None = Field(default=None, foreign_key="operations.id", index=True)
    """None: it is a batch's; its pieces are the jobs that name it."""
    unit_id: str | None = Field(default=None, foreign_key="units.id", index=True)
    """None where operation_id is."""
    batch: str | None = Field(default=None, foreign_key="jobs.id", index=True)
    """The job that this one is made in, with others on one bed; None: it is made by itself, or waits for company."""
    place: Json | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    """Where on that bed: which pocket of the jig."""
    state: str = JobState.RENDERING
    artifact: str | None = Field(default=None, foreign_key="artifacts.sha256")
    needs_id: str | None = Field(default=None, foreign_key="needs.id")
    machine: str | None = None
    attempts: int = 0
    due: float
    """When it is due; the time of arrival where the order names none."""
    why: str = ""
    """The last thing that was said of it."""
    seconds: float | None = None
    """How long its artifact takes, as estimated; None: nobody has said."""
    volume: float | None = None
    """mm3 of the loaded material that its artifact takes; None: it takes none that is counted."""
    remake_of: str | None = None
    created_at: float


class Attempt(SQLModel, table=True):
    """One physical try. ``id`` (job-aN) is also its unique name on the machine."""

    __tablename__ = "attempts"
    id: str = Field(primary_key=True)
    job_id: str = Field(foreign_key="jobs.id", index=True)
    machine: str = Field(index=True)
    bed_epoch: int
    state: str
    """starting, running, paused, made, failed, cancelled, absent, unknown; judged: a person said of one of its pieces
    something else than its machine did of all"""
    on_bed: bool = True
    """Something of it may lie on the bed: from the intent until the bed is cleared or it surely never started."""
    why: str = ""
    done: float | None = None
    """0..1: how far it got, once it has ended; one that may have gone further counts as whole."""
    loaded: Json = _json()
    """Material and lot that the machine was loaded with."""
    evidence: str | None = None
    """SHA-256 of the camera's picture at its end."""
    intended_at: float
    started_at: float | None = None
    ended_at: float | None = None


class MachineRow(SQLModel, table=True):
    """What was last known of a machine: its link, its state, what is in it, and how much it has done.

    Configuration stays in config.yaml. :class:`jobs.condition.Condition` is this row as a value.
    """

    __tablename__ = "machines"
    name: str = Field(primary_key=True)
    link: str
    activity: str
    prompt: str | None = None
    fault: str | None = None
    firmware: str | None = None
    seen_at: float
    state: str = MachineState.IN_SERVICE
    state_why: str = ""
    state_by: str = ""
    state_at: float | None = None
    epoch: int = 0
    """Counts every change of what follows, and of the state: a claim that was decided before it is refused."""
    loaded: Json = _json()
    """Material, its allergens, lot, expiry, and who said so; empty: nobody has said what is in it."""
    volume_left: float | None = None
    """mm3 in the cartridge, counted down by attempts; None: it is not counted."""
    traces: Json = _json()
    """What touched it since its last cleaning, and who cleaned it then, when and how."""
    jobs_done: int = 0
    seconds_run: float = 0.0
    volume_used: float = 0.0
    """mm3"""
    upkeep: Json = _json()
    """Of each task: who did it last, when, and what the counters said then."""
    undo: Json = _json()
    """What the last thing that a person said of it has changed, to take it back."""


class Bed(SQLModel, table=True):
    __tablename__ = "beds"
    machine: str = Field(primary_key=True)
    state: str = BedState.UNKNOWN
    epoch: int = 0
    """Counts every clearing: a start that was meant for an earlier bed is refused."""
    said_by: str
    how: str
    at: float


class Command(SQLModel, table=True):
    """What a person asks of a machine: written by any program, carried out by the agent that owns the machine."""

    __tablename__ = "commands"
    __table_args__ = (
        Index("ix_commands_open", "id", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")),
    )
    id: int | None = Field(default=None, primary_key=True)
    machine: str
    verb: str
    attempt: str | None = None
    argument: str | None = None
    """What the verb needs to know, such as a console's line."""
    who: str
    at: float
    done_at: float | None = None
    answer: str = ""
    """For people: what became of it."""
    result: Json | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    """For programs: what the machine told. None: it was not carried out, and the answer says why."""


class InboxEvent(SQLModel, table=True):
    """A delivery from an order system, by its own id: the second one does nothing."""

    __tablename__ = "inbox"
    __table_args__ = (UniqueConstraint("source", "event_id"),)
    id: int | None = Field(default=None, primary_key=True)
    source: str
    event_id: str
    topic: str
    order_id: str | None = None
    at: float


class ApiKey(SQLModel, table=True):
    """``digest`` is the SHA-256 of a 256-bit random key: nothing that a database thief could use."""

    __tablename__ = "api_keys"
    name: str = Field(primary_key=True)
    digest: str = Field(unique=True)
    may: list[str] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))
    """read, order, operate."""
    created_at: float
    revoked_at: float | None = None


class EventRow(SQLModel, table=True):
    """What happened, in the transaction in which it happened."""

    __tablename__ = "events"
    __table_args__ = (Index("ix_events_entity", "entity", "entity_id"),)
    id: int | None = Field(default=None, primary_key=True)
    at: float
    entity: str
    entity_id: str
    event: str
    state: str | None = None
    """The state that followed."""
    who: str
    detail: Json = _json()


def _table(model: type[SQLModel]) -> Table:
    return SQLModel.metadata.tables[str(model.__tablename__)]


# The same tables for statements: the hot transactions are Core, which costs a half to a third of the ORM.
orders, line_items, units, operations = _table(Order), _table(LineItem), _table(Unit), _table(Operation)
artifacts, needs, jobs, attempts = _table(Artifact), _table(Needs), _table(Job), _table(Attempt)
machines, beds, commands = _table(MachineRow), _table(Bed), _table(Command)
inbox, api_keys, events = _table(InboxEvent), _table(ApiKey), _table(EventRow)
