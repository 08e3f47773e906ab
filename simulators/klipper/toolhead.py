"""Coordinates, motion and heat of a Cartesian printer, and the commands for them. What Klipper refuses is refused."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, replace

from simulators.klipper.gcode import Command, Handler
from simulators.klipper.reactor import Reactor, Refused, Steps, Wait
from simulators.marlin.heaters import Heater, bed, hotend
from simulators.motion import Limits, Planner
from simulators.record import Recorder

BLOCKS = 64
"""Blocks of the look-ahead; Klipper plans two seconds."""
HOMING = (50.0, 50.0, 5.0)
"""homing_speed of each axis, mm/s."""
READY_AFTER = 0.5
"""READY_TIMEOUT: seconds of rest after which the printer is called ready."""
AXES = "XYZE"


@dataclass(frozen=True, slots=True)
class Config:
    """printer.cfg. Lengths in mm, mm/s, mm/s2, mm2, degrees C, s."""

    envelope: tuple[float, float, float] = (220.0, 220.0, 200.0)
    max_velocity: float = 300.0
    max_accel: float = 3000.0
    max_z_velocity: float = 10.0
    extruder: bool = True
    bed: bool = True
    fan: bool = True
    min_extrude_temp: float = 170.0
    max_extrude_only_distance: float = 50.0
    filament_area: float = 2.405
    max_extrude_cross_section: float = 0.64
    """4 x nozzle_diameter^2."""
    idle_timeout: float = 600.0
    bed_max: float = 120.0
    """max_temp of the bed."""


class Toolhead:
    def __init__(self, config: Config, recorder: Recorder, reactor: Reactor, respond: Callable[[str], None]) -> None:
        self.config, self.recorder, self._reactor, self._respond = config, recorder, reactor, respond
        self.planner = Planner(self._limits(config.max_accel), BLOCKS)
        self.physical = (0.0, 0.0, 0.0)
        """Where the tool truly stands when nothing moves."""
        self.heaters: dict[str, Heater] = {}
        if config.extruder:
            self.heaters["extruder"] = hotend()
        if config.bed:
            self.heaters["heater_bed"] = bed(config.bed_max)
        self.reset()

    def reset(self) -> None:
        """As after a restart: nothing homed, nothing heated."""
        self.abort()
        self.off()
        self.homed: set[int] = set()
        self.offset = self.physical
        """True minus commanded; zero once homed."""
        self.last = [0.0, 0.0, 0.0, 0.0]
        self.base = [0.0, 0.0, 0.0, 0.0]
        self.absolute = self.absolute_extrude = True
        self.speed, self.speed_factor, self.extrude_factor = 25.0, 1.0, 1.0
        self.max_velocity, self.max_accel = self.config.max_velocity, self.config.max_accel
        self.planner.limits = self._limits(self.max_accel)
        self.fan = 0.0
        self.saved: dict[str, tuple[list[float], list[float], bool, bool, float, float, float]] = {}
        self.idle = "Idle"
        self._rest = self._reactor.now

    def _limits(self, accel: float) -> Limits:
        v, z = self.config.max_velocity, self.config.max_z_velocity
        return replace(
            Limits(),
            feedrate=(v, v, z, v),
            acceleration=(accel, accel, 100.0, accel),
            printing=accel,
            retracting=accel,
            travel=accel,
        )

    # --- time -----------------------------------------------------------------------------------------------------

    def advance(self, flush: bool) -> None:
        """Let motion go on to now."""
        now = self._reactor.now
        self.planner.advance(now, flush)
        self._settle()
        if len(self.planner):
            self.stir()
        elif self.idle == "Printing" and now >= self._rest + READY_AFTER:  # the very sum that is the event's time
            self.idle = "Ready"

    def stir(self) -> None:
        """The toolhead is at work."""
        self.idle, self._rest = "Printing", self._reactor.now

    def rests(self) -> float | None:
        """When it will be called ready."""
        return self._rest + READY_AFTER if self.idle == "Printing" and not len(self.planner) else None

    @property
    def rested(self) -> float:
        """Seconds since it was called ready; 0 where it is not."""
        return self._reactor.now - self._rest if self.idle == "Ready" else 0.0

    def abort(self) -> None:
        """Drop all motion at once, in the middle of a block if need be."""
        self.planner.advance(self._reactor.now)
        if len(self.planner):
            self.recorder.count("aborts")
        place = self.planner.abort(self._reactor.now)
        self._settle()
        self.physical = place or self.physical

    def _settle(self) -> None:
        for block in self.planner.done:
            self.recorder.moved(block)
            self.physical = block.target
        self.planner.done.clear()

    def heat(self) -> None:
        for heater in self.heaters.values():
            heater.update(self._reactor.now)

    def off(self) -> None:
        self.heat()
        for heater in self.heaters.values():
            heater.set(0)

    def drained(self) -> Wait:
        return Wait(lambda: not len(self.planner), flush=True)

    # --- moves ----------------------------------------------------------------------------------------------------

    def move(self, command: Command) -> Generator[Wait]:
        before = list(self.last)
        for axis, letter in enumerate(AXES):
            value = command.number(letter)
            if value is None:
                continue
            absolute = self.absolute and (axis < 3 or self.absolute_extrude)
            value *= self.extrude_factor if axis == 3 else 1.0
            self.last[axis] = value + (self.base[axis] if absolute else self.last[axis])
        feed = command.number("F")
        if feed is not None and feed <= 0:
            self.last = before
            raise Refused(f"Invalid speed in '{command.line}'")
        if feed is not None:
            self.speed = feed / 60
        target = list(self.last)
        try:
            self._check(before, target)
        except Refused:
            self.last = before
            raise
        yield Wait(lambda: self.planner.free > 0)
        self._append(before, target, self.speed * self.speed_factor)

    def _append(self, before: list[float], target: list[float], speed: float) -> None:
        dx, dy, dz = self.offset
        self.planner.append(
            self._reactor.now,
            (before[0] + dx, before[1] + dy, before[2] + dz),
            (target[0] + dx, target[1] + dy, target[2] + dz),
            target[3] - before[3],
            min(speed, self.max_velocity),
        )
        self.stir()

    def _check(self, before: list[float], target: list[float]) -> None:
        where = "{:.3f} {:.3f} {:.3f} [{:.3f}]".format(*target)
        for axis in range(3):
            if abs(target[axis] - before[axis]) < 1e-9:
                continue
            if axis not in self.homed:
                raise Refused(f"Must home axis first: {where}")
            if not -1e-9 <= target[axis] <= self.config.envelope[axis] + 1e-9:
                raise Refused(f"Move out of range: {where}")
        e = target[3] - before[3]
        if abs(e) > 1e-9:
            self._check_extrusion(e, sum((t - b) ** 2 for t, b in zip(target[:3], before[:3], strict=True)) ** 0.5)

    def _check_extrusion(self, e: float, way: float) -> None:
        config = self.config
        if not config.extruder:
            raise Refused("Extrude when no extruder present")
        if not self.can_extrude:
            raise Refused("Extrude below minimum temp\nSee the 'min_extrude_temp' config option for details")
        if way < 1e-9 or e < 0:
            if abs(e) > config.max_extrude_only_distance:
                raise Refused(
                    f"Extrude only move too long ({e:.3f}mm vs {config.max_extrude_only_distance:.3f}mm)\n"
                    "See the 'max_extrude_only_distance' config option for details"
                )
            return
        area = e / way * config.filament_area
        if area > config.max_extrude_cross_section and e * config.filament_area > config.max_extrude_cross_section:
            raise Refused(
                f"Move exceeds maximum extrusion ({area:.3f}mm^2 vs {config.max_extrude_cross_section:.3f}mm^2)\n"
                "See the 'max_extrude_cross_section' config option for details"
            )

    @property
    def can_extrude(self) -> bool:
        self.heat()
        return self.config.min_extrude_temp <= 0 or self.heaters["extruder"].shown >= self.config.min_extrude_temp

    def dwell(self, command: Command) -> Generator[Wait]:
        """G4: P in ms. An S is not known, and is nothing."""
        yield self.drained()
        until = self._reactor.now + max(0.0, command.number("P", 0.0) or 0.0) / 1000
        self.stir()
        yield Wait(lambda: self._reactor.now >= until - 1e-9, until)
        self.stir()

    def home(self, command: Command) -> Generator[Wait]:
        axes = [axis for axis in range(3) if AXES[axis] in command.values] or [0, 1, 2]
        yield self.drained()
        if 2 in axes:
            self.recorder.boundary("home")
        for axis in axes:
            until = self._reactor.now + abs(self.physical[axis]) / HOMING[axis] + 0.2
            self.stir()
            yield Wait(lambda until=until: self._reactor.now >= until - 1e-9, until)  # type: ignore[misc]
            self.physical = _with(self.physical, axis, 0.0)
            self.offset = _with(self.offset, axis, 0.0)
            self.last[axis] = self.base[axis] = 0.0
            self.homed.add(axis)
        self.stir()

    def finish(self, _: Command) -> Generator[Wait]:
        yield self.drained()

    def motors_off(self, _: Command) -> Generator[Wait]:
        yield self.drained()
        self.homed.clear()

    def set_position(self, command: Command) -> None:
        offsets = [command.number(letter) for letter in AXES]
        for axis, offset in enumerate(offsets):
            if offset is not None:
                factor = self.extrude_factor if axis == 3 else 1.0
                self.base[axis] = self.last[axis] - offset * factor
        if all(offset is None for offset in offsets):
            self.base = list(self.last)

    def _flag(self, name: str, value: bool) -> Handler:
        def command(_: Command) -> None:
            setattr(self, name, value)

        return command

    def inches(self, _: Command) -> None:
        raise Refused("Machine does not support G20 (inches) command")

    def where(self, _: Command) -> None:
        x, y, z, e = (last - base for last, base in zip(self.last, self.base, strict=True))
        self._respond(f"X:{x:.3f} Y:{y:.3f} Z:{z:.3f} E:{e / self.extrude_factor:.3f}")

    # --- limits, factors, saved states ----------------------------------------------------------------------------

    def acceleration(self, command: Command) -> None:
        """M204: S, or P and T together; anything else is answered and ignored."""
        accel, p, t = (command.number(letter) for letter in "SPT")
        if accel is None and p is not None and t is not None:
            accel = min(p, t)
        if accel is None:
            self._respond(f'// Invalid M204 command "{command.line}"')
            return
        self._accelerate(accel)

    def velocity_limit(self, command: Command) -> None:
        self.max_velocity = command.number("VELOCITY") or self.max_velocity
        self._accelerate(command.number("ACCEL") or self.max_accel)

    def _accelerate(self, accel: float) -> None:
        self.max_accel = accel
        self.planner.limits = self._limits(accel)

    def speed_factor_set(self, command: Command) -> None:
        self.speed_factor = (command.number("S", 100.0) or 100.0) / 100

    def extrude_factor_set(self, command: Command) -> None:
        self.extrude_factor = (command.number("S", 100.0) or 100.0) / 100

    def save(self, command: Command) -> None:
        self.saved[command.values.get("NAME", "default")] = (
            list(self.last),
            list(self.base),
            self.absolute,
            self.absolute_extrude,
            self.speed,
            self.speed_factor,
            self.extrude_factor,
        )

    def restore(self, command: Command) -> Generator[Wait]:
        name = command.values.get("NAME", "default")
        if name not in self.saved:
            raise Refused(f"Unknown g-code state: {name}")
        last, base, absolute, absolute_extrude, speed, speed_factor, extrude_factor = self.saved[name]
        self.base = [*base[:3], base[3] + self.last[3] - last[3]]
        self.absolute, self.absolute_extrude = absolute, absolute_extrude
        self.speed, self.speed_factor, self.extrude_factor = speed, speed_factor, extrude_factor
        if command.number("MOVE"):
            before, target = list(self.last), [*last[:3], self.last[3]]
            self._check(before, target)
            yield Wait(lambda: self.planner.free > 0)
            self.last = list(target)
            self._append(before, target, command.number("MOVE_SPEED", speed) or speed)

    # --- heat -----------------------------------------------------------------------------------------------------

    def _heat(self, name: str, wait: bool) -> Handler:
        """M104, M109, M140, M190. Only S is known: without it the target is 0. PID waits for cooling, too."""

        def command(command: Command) -> Steps | None:
            target = command.number("S", 0.0) or 0.0
            heater = self.heaters[name]
            if not 0 <= target <= heater.highest:
                raise Refused(f"Requested temperature ({target:.1f}) out of range (0.0:{heater.highest:.1f})")
            self.heat()
            heater.set(target)
            return self._reached(heater) if wait and target else None

        return command

    def _reached(self, heater: Heater) -> Generator[Wait]:
        yield self.drained()
        while True:
            self.heat()
            if abs(heater.shown - heater.target) <= 1:
                return
            self._respond(self.temperatures())
            self.stir()
            until = self._reactor.now + 1.0
            yield Wait(lambda until=until: self._reactor.now >= until - 1e-9, until)  # type: ignore[misc]

    def temperatures(self) -> str:
        self.heat()
        shown = [("B", "heater_bed"), ("T0", "extruder")]
        words = [f"{k}:{h.shown:.1f} /{h.target:.1f}" for k, name in shown if (h := self.heaters.get(name)) is not None]
        return " ".join(words) or "T:0"

    def say_temperatures(self, _: Command) -> None:
        self._respond(self.temperatures())

    def turn_off(self, _: Command) -> None:
        self.off()

    def fan_on(self, command: Command) -> None:
        self.fan = min(1.0, (command.number("S", 255.0) or 0.0) / 255)

    def fan_off(self, _: Command) -> None:
        self.fan = 0.0

    def handlers(self) -> Mapping[str, Handler]:
        """Which command does what. What is not in printer.cfg is not known."""
        known: dict[str, Handler] = {
            "G0": self.move,
            "G1": self.move,
            "G4": self.dwell,
            "G20": self.inches,
            "G21": lambda _: None,
            "G28": self.home,
            "G90": self._flag("absolute", True),
            "G91": self._flag("absolute", False),
            "G92": self.set_position,
            "M18": self.motors_off,
            "M82": self._flag("absolute_extrude", True),
            "M83": self._flag("absolute_extrude", False),
            "M84": self.motors_off,
            "M105": self.say_temperatures,
            "M114": self.where,
            "M204": self.acceleration,
            "M220": self.speed_factor_set,
            "M221": self.extrude_factor_set,
            "M400": self.finish,
            "SET_VELOCITY_LIMIT": self.velocity_limit,
            "SAVE_GCODE_STATE": self.save,
            "RESTORE_GCODE_STATE": self.restore,
        }
        if self.heaters:
            known["TURN_OFF_HEATERS"] = self.turn_off
        if "extruder" in self.heaters:
            known |= {"M104": self._heat("extruder", False), "M109": self._heat("extruder", True)}
        if "heater_bed" in self.heaters:
            known |= {"M140": self._heat("heater_bed", False), "M190": self._heat("heater_bed", True)}
        if self.config.fan:
            known |= {"M106": self.fan_on, "M107": self.fan_off}
        return known


def _with(point: tuple[float, float, float], axis: int, value: float) -> tuple[float, float, float]:
    changed = list(point)
    changed[axis] = value
    return changed[0], changed[1], changed[2]
