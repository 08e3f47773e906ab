"""Klippy: its states, its objects, its endpoints. It satisfies :class:`simulators.serve.Machine`.

Everything happens in the machine's thread. Motion and heat are in simulated time; restarts, durations of prints and
what is pushed are in real time, as whoever listens lives in it.
"""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from simulators.klipper.gcode import Command, Dispatch, Handler
from simulators.klipper.prints import Stats, VirtualSD
from simulators.klipper.reactor import Reactor, Refused, Steps
from simulators.klipper.toolhead import Config, Toolhead
from simulators.record import Recorder

Json = dict[str, Any]

VERSION = "v0.13.0-simulated"
AWAY, STARTUP = 0.4, 0.3
"""Real seconds that a restart takes: without a socket, and until it is ready."""
ON_ERROR = "TURN_OFF_HEATERS"
"""on_error_gcode as it is by default."""
WITHOUT_PRINTER = ("M110", "M112", "M115", "M105", "M114", "STATUS", "ECHO", "RESTART", "FIRMWARE_RESTART")
"""Commands that are known in any state."""
TERMINAL = 200

READY = "Printer is ready"
STARTING = "Printer is not ready\nThe klippy host software is attempting to connect.  Please\nretry in a few moments.\n"
HALTED = (
    '\nOnce the underlying issue is corrected, use the\n"FIRMWARE_RESTART" command to reset the firmware, reload the\n'
    "config, and restart the host software.\nPrinter is shutdown\n"
)

FAULTS: Mapping[str, str] = {
    "kill": "the micro-controller is lost: shutdown",
    "thermal-runaway": "a heater does not heat as expected: shutdown",
    "runout": "the material runs out: the print is paused at the printer, with a message",
    "bad-line": "the next line of the file is refused, as one that leaves the printer would be",
    "crash": "the host software dies, and is back after ARGUMENT real seconds (2): the print is lost",
    "hang": "requests are not answered for ARGUMENT real seconds (3); what runs goes on",
    "cut": "its socket is closed, and opened again; what runs goes on",
}


class Client(Protocol):
    """Whoever is connected. ``send`` must not block."""

    def send(self, message: Json) -> None: ...


@dataclass(slots=True)
class Subscription:
    objects: Mapping[str, list[str] | None]
    template: Json
    told: dict[str, Json]
    """What was sent last, by object."""


Answer = Callable[[object], None]


class Klippy:
    def __init__(
        self, config: Config, folder: Path, recorder: Recorder, wall: Callable[[], float] = time.monotonic
    ) -> None:
        self.config, self.recorder, self.wall = config, recorder, wall
        self.reactor = Reactor()
        self.toolhead = Toolhead(config, recorder, self.reactor, self._say)
        self.dispatch = Dispatch(self._say, self._execute)
        self.stats = Stats(wall)
        self.sd = VirtualSD(folder, self.reactor, self.dispatch, self.stats, ON_ERROR)
        self.terminal: deque[str] = deque(maxlen=TERMINAL)
        self.disconnected: list[Callable[[], None]] = []
        """Told when the socket is closed from this side."""
        self.clockwork: list[Callable[[], None]] = []
        """What others want done again and again."""
        self._listeners: dict[Client, Json] = {}
        self._subscriptions: dict[Client, Subscription] = {}
        self._late: list[tuple[Client, Json]] = []
        self._hung_until = 0.0
        self._handlers = self._known()
        self._shown = ""
        self._bad_line = False
        self._back_at: float | None = None
        self._come_up()

    # --- states ---------------------------------------------------------------------------------------------------

    def _come_up(self) -> None:
        self.state, self.message = "startup", STARTING
        self._ready_at: float | None = self.wall() + STARTUP
        self.recorder.boundary("boot")

    @property
    def present(self) -> bool:
        """The process runs and its socket is there."""
        return self._back_at is None

    @property
    def watched(self) -> bool:
        """Somebody has subscribed to something, as Moonraker does once it has found it ready."""
        return bool(self._subscriptions)

    def shutdown(self, why: str) -> None:
        """Everything off, here and now. What the print's statistics say is then no longer true."""
        if self.state == "shutdown":
            return
        self.recorder.count("kills")
        self.recorder.event(self.reactor.now, "kill", why)
        self.toolhead.abort()
        self.toolhead.off()
        self.state, self.message = "shutdown", why + HALTED
        self.sd.halt()
        self.reactor.drop(Refused(why))
        self.dispatch.reset()
        self._say("// Klipper state: Shutdown")

    def restart(self, away: float = AWAY) -> None:
        """The host software begins anew: whatever it did is lost, and everybody is disconnected."""
        self.recorder.count("boots")
        self.recorder.event(self.reactor.now, "boot", "restart")
        self.cut()
        self.reactor.drop(Refused("Klipper restarts"))
        self.dispatch.reset()
        self.toolhead.reset()
        self.sd.reset()
        self.stats.reset()
        self._shown = ""
        self._back_at = self.wall() + away

    def cut(self) -> None:
        """Close the socket towards everybody."""
        self._listeners.clear()
        self._subscriptions.clear()
        self._late.clear()
        for tell in list(self.disconnected):
            tell()

    def _clockwork(self) -> None:
        """What real time brings."""
        now = self.wall()
        if self._back_at is not None and now >= self._back_at:
            self._back_at = None
            self._come_up()
        if self._ready_at is not None and now >= self._ready_at:
            self._ready_at = None
            self.state, self.message = "ready", READY
            self._say("// Klipper state: Ready")
        if self._late and now >= self._hung_until:
            late, self._late = self._late, []
            for client, message in late:
                self.request(client, message)
        if self.toolhead.rested > self.config.idle_timeout:
            self.toolhead.idle = "Idle"
            self.reactor.start(self.dispatch.script("TURN_OFF_HEATERS\nM84"))
        for turn in self.clockwork:
            turn()

    # --- as the loop sees it --------------------------------------------------------------------------------------

    @property
    def pressing(self) -> bool:
        """Time is all that it waits for: nobody outside adds lines while a file runs."""
        return (self.reactor.waiting or self.moving) and self.next_event() is not None

    @property
    def moving(self) -> bool:
        return bool(len(self.toolhead.planner))

    @property
    def moves(self) -> int:
        return self.toolhead.planner.appended

    @property
    def idle(self) -> bool:
        return not self.moving and not self.sd.active and not self.dispatch.busy

    def next_event(self) -> float | None:
        times = (self.toolhead.planner.next_event(), self.reactor.next_event(), self.toolhead.rests())
        return min((each for each in times if each is not None), default=None)

    def advance(self, now: float) -> None:
        self._clockwork()
        while (event := self.next_event()) is not None and event <= now:
            self.reactor.now = max(self.reactor.now, event)
            self._tick()
        self.reactor.now = max(self.reactor.now, now)
        self._tick()

    def _tick(self) -> None:
        self.toolhead.advance(self.reactor.flushing)
        while self.reactor.run():
            self.toolhead.advance(self.reactor.flushing)

    def receive(self, data: bytes) -> None:
        """Nobody is on a serial line."""

    def opened(self) -> None:
        """Nobody opens one."""

    def output(self) -> list[tuple[bytes, bool]]:
        return []

    def wishes(self) -> list[float]:
        return []

    # --- G-code ---------------------------------------------------------------------------------------------------

    def _say(self, text: str) -> None:
        self.terminal.append(text)
        for client, template in list(self._listeners.items()):
            client.send({**template, "params": {"response": text}})

    def _execute(self, command: Command) -> Steps | None:
        self.recorder.executed(None, command.line)
        if self.state != "ready" and command.name not in WITHOUT_PRINTER:
            raise Refused(self.message)
        if self._bad_line:
            self._bad_line = False
            raise Refused("Move out of range: 999.000 0.000 0.000 [0.000]")
        handler = self._handlers.get(command.name)
        if handler is not None:
            return handler(command)
        off = command.name in ("M104", "M140", "M106") and not command.number("S", 1.0 if command.name == "M106" else 0)
        if not off and command.name != "M107":
            self.recorder.count("unknown_commands")
            self.dispatch.info(f'Unknown command:"{command.name}"')
        return None

    def _known(self) -> dict[str, Handler]:
        def nothing(_: Command) -> None:
            """Taken, and of no effect."""

        def restart(_: Command) -> None:
            self.restart()

        def show(command: Command) -> None:
            self._shown = command.line.partition(" ")[2]

        return {
            **self.toolhead.handlers(),
            **self.sd.handlers(),
            "M110": nothing,
            "M112": lambda _: self.shutdown("Shutdown due to M112 command"),
            "M115": lambda _: self.dispatch.info(f"FIRMWARE_NAME:Klipper FIRMWARE_VERSION:{VERSION}"),
            "M117": show,
            "STATUS": lambda _: self.dispatch.info(f"Klipper state: {self.state.capitalize()}"),
            "ECHO": lambda command: self.dispatch.info(command.line),
            "RESTART": restart,
            "FIRMWARE_RESTART": restart,
            "WAIT_FOR_BUTTON": lambda _: self.sd.hold(),
        }

    # --- the API --------------------------------------------------------------------------------------------------

    def request(self, client: Client, message: Json) -> None:
        """One request; its answer is sent when there is one."""
        if self.wall() < self._hung_until:
            self._late.append((client, message))
            return
        identity, method, params = message.get("id"), message.get("method"), message.get("params") or {}

        def answer(result: object) -> None:
            if identity is not None:
                client.send({"id": identity, "result": result if result is not None else {}})

        def fail(why: str) -> None:
            if identity is not None:
                client.send({"id": identity, "error": {"error": "WebRequestError", "message": why}})

        endpoint = ENDPOINTS.get(str(method))
        if endpoint is None:
            fail(f"webhooks: No registered callback for path '{method}'")
            return
        try:
            endpoint(self, client, params, lambda error: answer(None) if error is None else fail(str(error)), answer)
        except Refused as refusal:
            fail(str(refusal))
        self._tick()

    def leave(self, client: Client) -> None:
        """A client has gone."""
        self._listeners.pop(client, None)
        self._subscriptions.pop(client, None)

    def push(self) -> None:
        """Send what has changed to whoever has subscribed. Klipper does so four times a second."""
        for client, each in list(self._subscriptions.items()):
            changed: Json = {}
            for name, fields in each.objects.items():
                now = self._query(name, fields)
                before = each.told.get(name, {})
                different = {key: value for key, value in now.items() if before.get(key) != value}
                if different:
                    changed[name] = different
                each.told[name] = now
            if changed:
                client.send({**each.template, "params": {"eventtime": self.wall(), "status": changed}})

    def _query(self, name: str, fields: Iterable[str] | None) -> Json:
        made = self.objects().get(name)
        status = made() if made is not None else {}
        return status if fields is None else {field: status.get(field) for field in fields}

    def query(self, objects: Mapping[str, list[str] | None]) -> Json:
        return {
            "eventtime": self.wall(),
            "status": {name: self._query(name, fields) for name, fields in objects.items()},
        }

    def objects(self) -> Mapping[str, Callable[[], Json]]:
        """What can be asked for in this state."""
        known: dict[str, Callable[[], Json]] = {
            "webhooks": lambda: {"state": self.state, "state_message": self.message},
            "gcode": lambda: {"commands": {name: {} for name in self._handlers}},
            "configfile": self._configfile,
        }
        if self.state == "startup":
            return known
        known |= {
            "print_stats": self.stats.status,
            "virtual_sdcard": lambda: {
                "file_path": str(self.sd.file) if self.sd.file is not None else None,
                "progress": self.sd.progress,
                "is_active": self.sd.active,
                "file_position": self.sd.position,
            },
            "pause_resume": lambda: {"is_paused": self.sd.is_paused},
            "idle_timeout": lambda: {"state": self.toolhead.idle, "printing_time": 0.0},
            "display_status": lambda: {"message": self._shown or None, "progress": self.sd.progress},
            "heaters": lambda: {"available_heaters": list(self.toolhead.heaters), "available_sensors": []},
            "toolhead": self._toolhead,
        }
        return known | {name: self._heater(name) for name in self.toolhead.heaters}

    def _heater(self, name: str) -> Callable[[], Json]:
        def status() -> Json:
            self.toolhead.heat()
            heater = self.toolhead.heaters[name]
            shown = {"temperature": round(heater.shown, 2), "target": heater.target, "power": heater.duty / 127}
            return {**shown, "can_extrude": self.toolhead.can_extrude} if name == "extruder" else shown

        return status

    def _toolhead(self) -> Json:
        head = self.toolhead
        return {
            "homed_axes": "".join("xyz"[axis] for axis in sorted(head.homed)),
            "axis_minimum": [0.0, 0.0, 0.0, 0.0],
            "axis_maximum": [*self.config.envelope, 0.0],
            "position": list(head.last),
            "extruder": "extruder" if self.config.extruder else "",
            "max_velocity": head.max_velocity,
            "max_accel": head.max_accel,
        }

    def _configfile(self) -> Json:
        config = self.config
        settings: Json = {
            "printer": {
                "kinematics": "cartesian",
                "max_velocity": config.max_velocity,
                "max_accel": config.max_accel,
                "max_z_velocity": config.max_z_velocity,
                "max_z_accel": 100.0,
            },
            "virtual_sdcard": {"path": str(self.sd.folder)},
        }
        if config.extruder:
            settings["extruder"] = {"min_extrude_temp": config.min_extrude_temp, "nozzle_diameter": 0.4}
        return {"settings": settings, "config": {"virtual_sdcard": {"path": str(self.sd.folder)}}, "warnings": []}

    def info(self) -> Json:
        return {
            "state": self.state,
            "state_message": self.message,
            "hostname": "simulated",
            "klipper_path": "/klipper",
            "python_path": "/klipper/bin/python",
            "process_id": os.getpid(),
            "user_id": os.getuid(),
            "group_id": os.getgid(),
            "log_file": None,
            "config_file": "/klipper/printer.cfg",
            "software_version": VERSION,
            "cpu_info": "simulated",
        }

    # --- endpoints ------------------------------------------------------------------------------------------------

    def _run(self, script: str, done: Callable[[Refused | None], None]) -> None:
        self.reactor.start(self.dispatch.script(script), done)

    def _subscribe(self, client: Client, params: Json) -> Json:
        objects = params.get("objects", {})
        answer = self.query(objects)
        self._subscriptions[client] = Subscription(objects, params.get("response_template", {}), answer["status"])
        return answer

    # --- hands ----------------------------------------------------------------------------------------------------

    def fault(self, spec: str) -> None:
        """``KIND[:ARGUMENT]`` of :data:`FAULTS`. Raises ValueError."""
        kind, _, argument = spec.partition(":")
        if kind not in FAULTS:
            raise ValueError(f"fault {kind!r} is not known: {', '.join(sorted(FAULTS))}")
        happens: Mapping[str, Callable[[], None]] = {
            "kill": lambda: self.shutdown("Lost communication with MCU 'mcu'"),
            "thermal-runaway": lambda: self.shutdown("Heater extruder not heating at expected rate"),
            "runout": self._runout,
            "bad-line": lambda: setattr(self, "_bad_line", True),
            "crash": lambda: self.restart(float(argument or 2)),
            "hang": lambda: setattr(self, "_hung_until", self.wall() + float(argument or 3)),
            "cut": self.cut,
        }
        happens[kind]()

    def _runout(self) -> None:
        self._shown = "filament runout"
        self._run("PAUSE", lambda _: None)

    def press(self) -> bool:
        """The button at the printer: on with it. False where nobody waits for that."""
        waited = self.sd.release()
        if self.sd.is_paused:
            self._run("RESUME", lambda _: None)
            waited = True
        return waited


Done = Callable[[Refused | None], None]
Endpoint = Callable[[Klippy, Client, Json, Done, Answer], None]
"""``done`` is told how a script ended; ``answer`` is given a result."""


def _script(script: Callable[[Json], str]) -> Endpoint:
    def endpoint(klippy: Klippy, _: Client, params: Json, done: Done, __: Answer) -> None:
        klippy._run(script(params), done)

    return endpoint


def _at_once(result: Callable[[Klippy, Client, Json], object]) -> Endpoint:
    def endpoint(klippy: Klippy, client: Client, params: Json, _: Done, answer: Answer) -> None:
        answer(result(klippy, client, params))

    return endpoint


ENDPOINTS: Mapping[str, Endpoint] = {
    "info": _at_once(lambda klippy, _, __: klippy.info()),
    "emergency_stop": _at_once(lambda klippy, _, __: klippy.shutdown("Shutdown due to webhooks request")),
    "list_endpoints": _at_once(lambda _, __, ___: {"endpoints": list(ENDPOINTS)}),
    "register_remote_method": _at_once(lambda _, __, ___: None),
    "objects/list": _at_once(lambda klippy, _, __: {"objects": list(klippy.objects())}),
    "objects/query": _at_once(lambda klippy, _, params: klippy.query(params.get("objects", {}))),
    "objects/subscribe": _at_once(lambda klippy, client, params: klippy._subscribe(client, params)),
    "gcode/help": _at_once(lambda _, __, ___: {}),
    "gcode/subscribe_output": _at_once(
        lambda klippy, client, params: klippy._listeners.update({client: params.get("response_template", {})})
    ),
    "gcode/script": _script(lambda params: str(params.get("script", ""))),
    "gcode/restart": _script(lambda _: "RESTART"),
    "gcode/firmware_restart": _script(lambda _: "FIRMWARE_RESTART"),
    "pause_resume/pause": _script(lambda _: "PAUSE"),
    "pause_resume/resume": _script(lambda _: "RESUME"),
    "pause_resume/cancel": _script(lambda _: "CANCEL_PRINT"),
}
