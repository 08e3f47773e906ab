"""The factory as typed values: one tree, frozen. Each field's docstring is its line in the docs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, model_validator

from fulfillment.catalog import FOLDER, Allergen
from fulfillment.catalog.recipes import Feeder
from fulfillment.catalog.words import ON_PAPER, Celsius, Colour, Name, PositiveMm, Process, Title
from fulfillment.config.lasers import Laser
from fulfillment.config.limits import Limits
from fulfillment.config.notes import Notes
from fulfillment.config.paper import Press
from fulfillment.config.places import Address, DatabaseUrl, FilePath
from fulfillment.config.printing import Cad, ExternalSlicer
from fulfillment.config.probes import Probe
from fulfillment.config.secrets import Secret
from fulfillment.config.sources import LOOPBACK, Source
from fulfillment.config.upkeep import METRES, Cleaning, Maintenance
from fulfillment.papers import languages
from fulfillment.positions import Mend, Unit, Written, closest
from gcode.screens import MOST, ScreenError, Size


def _timezone(value: str) -> str:
    known = available_timezones()
    if value not in known:
        raise Mend(
            f"{value[:60]!r} is no time zone.",
            closest(value, known) if len(value) < 60 else "Write one such as Europe/Berlin.",
        )
    return value


def _language(value: str) -> str:
    if value not in languages():
        raise Mend(f"Papers do not speak {value[:20]!r} yet.", closest(value[:20], languages(), "Languages are"))
    return value


class Site(Written):
    name: Title
    """The factory's name, on screens and packing slips."""
    timezone: Annotated[str, AfterValidator(_timezone)] = "UTC"
    """Zone of the clock times that people see, such as America/New_York."""
    paper: Literal["a6", "half-letter", "a5", "a4", "letter", "4x6"] = "a6"
    """Paper of the packing slips and travelers."""
    language: Annotated[str, AfterValidator(_language)] = "en"
    """Language of the papers that stay in the factory, and of slips where the order says none that is known."""
    logo: FilePath | None = None
    """A picture (PNG or JPEG) that templates of papers may show as `logo`."""
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] | None = None
    """Of all prices, such as EUR; none: costs are shown as bare numbers."""

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)


class Window(Written):
    """A range of temperatures."""

    low: Celsius
    """The lowest."""
    high: Celsius
    """The highest."""

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if self.low > self.high:
            raise Mend(f"The lowest, {self.low:g}, is above the highest, {self.high:g}.", "Swap them.", ("low",))
        return self


class Material(Written):
    name: Name
    """What machines and products call it."""
    kind: Name
    """Which recipe of a product is used for it."""
    title: Title | None = None
    """What screens and slips call it; none: its name."""
    colour: Colour
    """Its colour on proofs, as '#rrggbb'."""
    allergens: frozenset[Allergen] = frozenset()
    """What it contains."""
    density: Annotated[float, Unit("g/cm3"), Field(gt=0, le=25)] | None = None
    """What a cm3 of it weighs; none: it is not known, and nothing is said of g and cost. PLA: 1.24."""
    price: Annotated[float, Field(ge=0, le=1_000_000)] | None = None
    """Of a kg, in the site's currency; none: nothing is said of cost."""
    nozzle_temperature: Window | None = None
    """Between which it may be laid; none: whatever its machine's nozzle takes."""


class Envelope(Written):
    """The space that a machine may work in, from its origin."""

    x: PositiveMm
    """Extent in x."""
    y: PositiveMm
    """Extent in y."""
    z: PositiveMm
    """Extent in z."""


def _thumbnail(value: str) -> str:
    try:
        return str(Size.read(value))
    except ScreenError as error:
        raise Mend(f"{value[:40]!r} is no size of a picture.", f"Write one such as 400x300: {error}.") from None


Thumbnail = Annotated[str, AfterValidator(_thumbnail)]


class Simulator(Written):
    """What the demo starts in the machine's place; a real factory leaves this out."""

    kind: Name
    """Which simulator."""
    args: tuple[Annotated[str, Field(max_length=200)], ...] = ()
    """Its arguments; where it listens is added by the program that starts it."""


class Bit(Written):
    """What stands in a spindle's collet."""

    angle: Annotated[float, Field(ge=0, lt=170)]
    """Between the flanks of a V-bit, in degrees; 0: an end mill."""
    diameter: PositiveMm
    """Where it is widest."""

    @property
    def trait(self) -> str:
        return f"{self.angle:g} deg, {self.diameter:g} mm"


class Machine(Written):
    name: Name
    """The machine's name on screens and in reports."""
    title: Title | None = None
    """What it is, for people."""
    driver: Name
    """The driver that speaks to it."""
    address: Address
    """Serial device (by its stable id), URL, or folder."""
    processes: frozenset[Process] = Field(min_length=1)
    """What it can do."""
    envelope: Envelope | None = None
    """The space that it may work in; none for a printer of documents."""
    material: Name | None = None
    """The material that is in it until somebody says what was loaded: `ful machine load` does, and counts from then."""
    nozzle: PositiveMm | None = None
    """Inner diameter of the mounted nozzle."""
    e_area: Annotated[float, Unit("mm2"), Field(gt=0, le=10_000)] | None = None
    """Cross-section of what the feeder pushes: volume = e_area x E. A 20 mm syringe: 314; 1.75 mm filament: 2.405."""
    feeder: Feeder | None = None
    """What presses its material out; none: it is not said, and recipes that ask for one pass it over."""
    bit: Bit | None = None
    """The bit of its spindle; none: it is not said, and it carves nothing."""
    probe: Probe | None = None
    """What it measures uneven pieces with; none: it takes flat ones only."""
    limits: Limits | None = None
    """What its axes and heaters may be asked for."""
    laser: Laser | None = None
    """What is known of its laser, where it has one."""
    maintenance: tuple[Maintenance, ...] = ()
    """What is to be done to it now and then."""
    cleaning: Cleaning | None = None
    """When it must be cleaned, besides for allergens."""
    options: Mapping[str, JsonValue] = Field(default_factory=dict)
    """The driver's own keys."""
    secret: Secret | None = None
    """Where the key or password of a print server is kept."""
    media: frozenset[Name] | None = None
    """Papers in the trays of a printer, such as [a6, a4]; none: it is not said, and the printer itself is asked."""
    camera: Annotated[str, Field(max_length=500, pattern=r"^https?://[^\s]+$")] | None = None
    """URL of one picture of the bed, not of a stream (http or https)."""
    thumbnails: Annotated[tuple[Thumbnail, ...], Field(max_length=MOST)] | None = None
    """Pictures that its printed programs carry for a screen, as pixels such as 400x300; none: what its driver shows."""
    simulator: Simulator | None = None
    """What the demo starts in its place."""

    @model_validator(mode="after")
    def _moving_machines_have_limits(self) -> Self:
        moving = sorted(self.processes - ON_PAPER)
        guided = sorted(self.processes - ON_PAPER - {"embroider"})
        for key, asks in (("envelope", moving), ("limits", guided)):
            if asks and getattr(self, key) is None:
                raise Mend(
                    f"A machine that does {asks[0]} needs the key {key!r}.",
                    "Programs are held against it before they start.",
                )
        if "extrude-food" in self.processes or "fdm" in self.processes:
            for key in ("nozzle", "e_area"):
                if getattr(self, key) is None:
                    raise Mend(f"A machine that extrudes needs the key {key!r}.", "Volumes are computed from it.")
            if self.limits is not None and self.limits.speed.e is None:
                raise Mend("The key 'e' is missing.", "Add it: Speed limit of the feeder.", ("limits", "speed"))
        return self

    @model_validator(mode="after")
    def _probes_are_known(self) -> Self:
        if self.probe is not None and (self.driver != "marlin" or "extrude-food" not in self.processes):
            text = (
                f"A machine of the driver {self.driver!r} that does {', '.join(sorted(self.processes))} uses no probe."
            )
            raise Mend(text, "Take it out: food printers of the driver 'marlin' measure with one.", ("probe",))
        return self

    @model_validator(mode="after")
    def _tasks_can_be_counted(self) -> Self:
        names: set[str] = set()
        for number, task in enumerate(self.maintenance):
            at = ("maintenance", number)
            if task.name in names:
                raise Mend(f"{task.name!r} stands here for the second time.", "Give one another name.", (*at, "name"))
            names.add(task.name)
            if task.every.endswith(f" {METRES}") and self.e_area is None:
                raise Mend(
                    "Metres are counted by e_area, which is missing.", "Add e_area:, or count ml.", (*at, "every")
                )
        return self


class Renderer(Written):
    """The worker processes that draw and slice."""

    workers: Annotated[int, Field(ge=1, le=256)] = 1
    """How many there are."""
    memory: Annotated[int, Unit("MB"), Field(ge=256, le=262_144)] = 1024
    """A worker that wants more is ended, and its design set aside."""
    timeout: Annotated[float, Unit("s"), Field(gt=0, le=3600)] = 60
    """A design that takes longer is set aside."""


class Web(Written):
    host: Annotated[str, Field(min_length=1, max_length=255)] = "127.0.0.1"
    """Address to listen on; any but this machine's own needs keys_required."""
    port: Annotated[int, Field(ge=0, le=65_535)] = 8137
    """Port to listen on; 0: any free one."""
    keys_required: bool = False
    """Whether API and dashboard ask for a key (`ful key add NAME` makes one); if not, they serve this machine alone."""

    @model_validator(mode="after")
    def _closed_to_the_world(self) -> Self:
        if self.host not in LOOPBACK and not self.keys_required:
            raise Mend(
                f"{self.host!r} can be reached from other machines, and no keys are required.",
                "Add keys_required: true, or listen on 127.0.0.1.",
                ("host",),
            )
        return self


class Database(Written):
    # As a default it is made before there is a file: it is validated again where its path must stand beside the file.
    model_config = ConfigDict(revalidate_instances="always")

    url: DatabaseUrl = "sqlite:///.factory/fulfillment.db"
    """SQLite for one host, PostgreSQL for several; without a password."""
    url_from: Secret | None = None
    """Where the URL is kept, where it holds a password; it then takes the place of url."""


class Making(Written):
    attempts: Annotated[int, Field(ge=1, le=20)] = 3
    """Tries of one job that may fail before they touched a bed, until a person is asked."""
    remakes: Annotated[int, Field(ge=0, le=20)] = 1
    """Failed pieces of one unit that are made anew without asking."""


def _some(machines: tuple[Machine, ...]) -> tuple[Machine, ...]:
    if not machines:
        raise Mend(
            "The factory has no machine yet.",
            "`ful machine add` writes one here; `ful machine discover` shows which are there.",
        )
    return machines


class Config(Written):
    """The factory."""

    site: Site
    """Who and where it is."""
    machines: Annotated[tuple[Machine, ...], AfterValidator(_some)]
    """What it makes things with."""
    materials: tuple[Material, ...] = ()
    """What it makes things of."""
    catalog: FilePath = FOLDER
    """The folder of products; none: the products that are shipped."""
    state: FilePath = Path(".factory")
    """The folder of everything that the factory remembers, outside of the database."""
    artifacts: FilePath = Path(".factory/artifacts")
    """The folder of what was rendered."""
    database: Database = Database()
    """The record of truth."""
    renderer: Renderer = Renderer()
    """The workers that draw and slice."""
    cad: Cad = Cad()
    """The worker that builds bodies of templates."""
    slicers: Mapping[Literal["prusaslicer"], ExternalSlicer] = Field(default_factory=dict)
    """Slicers of others that are installed here, for customers' models that need supports; none: those are refused."""
    profiles: FilePath | None = None
    """A folder of the factory's own profiles (qualities, nozzles, materials), which come before the shipped ones."""
    press: Press = Press()
    """Pieces that are paper themselves."""
    papers: FilePath | None = None
    """A folder of the factory's own templates of papers (`<name>.yaml`), which come before the shipped ones."""
    retention: Annotated[float, Unit("days"), Field(ge=1, le=3650)] = 90
    """How long customers' pictures and words are kept after their order is done."""
    making: Making = Making()
    """When to try again, and when to ask."""
    notes: Notes = Notes()
    """The personal note that goes with an order."""
    web: Web = Web()
    """Dashboard and API."""
    order_sources: tuple[Source, ...] = ()
    """Where orders come from, besides the API."""

    def machine(self, name: str) -> Machine:
        """The machine of that name. Raises KeyError."""
        return {machine.name: machine for machine in self.machines}[name]

    def material(self, name: str) -> Material:
        """The material of that name. Raises KeyError."""
        return {material.name: material for material in self.materials}[name]

    @property
    def allergens(self) -> Mapping[str, frozenset[Allergen]]:
        """What each material contains, by its name."""
        return {material.name: material.allergens for material in self.materials}
