"""The rules of preflight: each looks at a whole program at once and yields at most a few findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from gcode.findings import Finding, Severity
from gcode.limits import KeepOut
from gcode.parse import code_of, name_of
from gcode.trace import G0, G4, G90, G91, M82, M83, carried
from gcode.units import BoolArray, IntArray
from gcode.views import View

TOOL_HEAT: Final = (code_of("M104"), code_of("M109"))
BED_HEAT: Final = (code_of("M140"), code_of("M190"))
TOOL_WAIT: Final = code_of("M109")
HEATERS: Final = {"tool": TOOL_HEAT, "bed": BED_HEAT}
"""Of each heater: the command that sets its target, and the one that waits for it, too."""
FAN_ON, FAN_OFF = code_of("M106"), code_of("M107")
COLD: Final = code_of("M302")
UNITS: Final = code_of("G21")
INCHES: Final = code_of("G20")
SLACK: Final = 0.0005
"""mm: half of the last digit that is written."""


def found(code: str, lines: IntArray, text: str, severity: Severity = Severity.ERROR) -> Iterator[Finding]:
    """One finding for all these lines, if there are any; those below 0 were told with an earlier piece."""
    lines = lines[lines > 0]
    if len(lines):
        yield Finding(severity, code, int(lines[0]), text, len(lines))


def too_long(seconds: float, limit: float) -> Finding:
    text = f"the program takes {seconds:.0f} s, {limit:.0f} s are allowed: make less of it, or allow more"
    return Finding(Severity.ERROR, "too-long", 0, text)


def writing(view: View) -> Iterator[Finding]:
    """Faults of the writing itself, and what only the raw bytes show."""
    for fault in view.program.faults:
        yield Finding(Severity.ERROR, fault.code, fault.line, fault.text, fault.count)
    if len(view.data) > view.limits.max_bytes:
        return
    if not view.program.lines:
        yield Finding(Severity.ERROR, "empty", 0, "the program is empty: render it anew")
    raw = np.frombuffer(view.data, dtype=np.uint8)
    ends = np.flatnonzero(raw == ord("\n"))
    ends = np.append(ends, len(raw))
    long = np.flatnonzero(np.diff(ends, prepend=-1) - 1 > view.dialect.line_bytes) + 1
    limit = view.dialect.line_bytes
    yield from found(
        "long-line", long + view.before.lines, f"a line of more than {limit} bytes, which firmwares cut: shorten it"
    )
    odd = np.flatnonzero((raw > 126) | ((raw < 32) & (raw != ord("\n")) & (raw != ord("\r")) & (raw != ord("\t"))))
    lines = np.unique(np.searchsorted(ends, odd) + 1)
    yield from found(
        "not-ascii",
        lines + view.before.lines,
        "a byte outside printable ASCII, in comments too: write the program anew",
    )


def allowed(view: View) -> Iterator[Finding]:
    """Each command and each word stands in the dialect's allow-list."""
    program, dialect = view.program, view.dialect
    for code in np.unique(program.code):
        name, chosen = name_of(int(code)) if code else "", program.code == code
        words = dialect.commands.get(name)
        if not code:
            continue
        if words is None:
            text = f"{name} is not allowed on {dialect.name}: remove it, or add it to the dialect after thought"
            yield from found("command-not-allowed", program.line[chosen], text)
            continue
        for letter, column in program.words.items():
            values = column[chosen]
            lines = program.line[chosen]
            given = ~np.isnan(values)
            if letter not in words:
                yield from found("word-not-allowed", lines[given], f"{name} of {dialect.name} takes no {letter} word")
                continue
            low, high = words[letter].low, words[letter].high
            outside = given & ~((values >= low) & (values <= high))
            text = f"a value of {name} {letter} outside {low:g} to {high:g} of {dialect.name}"
            yield from found("value-out-of-range", lines[outside], text)


def modes(view: View) -> Iterator[Finding]:
    """Units, positioning and extrusion are said, and the machine is homed, before anything moves."""
    inches = view.program.line[view.program.code == INCHES]
    yield from found("inches", inches, "G20: the program counts in inches, and nothing here does: write it in mm")
    if not len(view.moves):
        if view.ends and not view.before.first:
            yield Finding(Severity.ERROR, "no-motion", 0, "the program moves nothing: render it anew")
        return
    code, lines = view.program.code, np.abs(view.program.line)
    line = np.array([view.before.first or lines[view.moves.index[0]]])
    said = set(code[lines < line].tolist())
    extrudes = bool((view.moves.e != 0).any())
    wants = []
    if not view.before.first:
        wants += [
            ("units-not-set", {UNITS}, "G21 (mm) must stand before the first move"),
            ("positioning-not-set", {G90, G91}, "G90 or G91 must stand before the first move"),
        ]
    if extrudes and not view.before.fed:
        wants.append(("extrusion-not-set", {M82, M83}, "M82 or M83 must stand before the first move"))
    home = view.dialect.home
    if home is not None and not view.before.first:
        wants.append(
            ("not-homed", {code_of(home)}, f"{home} must stand before the first move: where the tool is is not known")
        )
    for name, codes, text in wants:
        if not codes & said:
            yield from found(name, line, text)
    if extrudes and not view.dialect.absolute_extrusion:
        told = view.program.line[code == M82]
        text = "M82: this dialect counts E relative: use M83"
        yield from found("absolute-extrusion", told if view.before.fed else np.abs(told), text)


def envelope(view: View) -> Iterator[Finding]:
    """Nothing goes where the machine ends: by axis and side."""
    x0, y0, z0, x1, y1, z1 = view.limits.envelope
    low, high = view.corners
    for axis, (letter, least, most) in enumerate((("X", x0, x1), ("Y", y0, y1), ("Z", z0, z1))):
        for values, outside, limit in (
            (low[:, axis], low[:, axis] < least - SLACK, least),
            (high[:, axis], high[:, axis] > most + SLACK, most),
        ):
            if outside.any():
                worst = values[outside].min() if limit == least else values[outside].max()
                text = f"{letter} reaches {worst:.3f} mm, the machine ends at {limit:g}: move or shrink the piece"
                yield from found("out-of-bounds", view.lines_of(outside), text)


def arcs(view: View) -> Iterator[Finding]:
    """An arc that a dialect allows must say its centre: without it its extent is not known."""
    bad = view.moves.arc & ~(np.isfinite(view.moves.radius) & (view.moves.radius > 0))
    yield from found(
        "arc-without-centre", view.lines_of(bad), "an arc without I and J: its extent is not known; use lines"
    )


def _enters(view: View, area: KeepOut) -> BoolArray:
    """Moves that come into a rectangle below its height (slab by slab, as a ray meets a box)."""
    start, steps = view.moves.start[:, :2], view.moves.end[:, :2] - view.moves.start[:, :2]
    with np.errstate(divide="ignore", invalid="ignore"):
        near = (np.array([area.x0, area.y0]) - start) / steps
        far = (np.array([area.x1, area.y1]) - start) / steps
    inside = (start > [area.x0, area.y0]) & (start < [area.x1, area.y1])
    still = steps == 0
    first = np.where(still, np.where(inside, -np.inf, np.inf), np.minimum(near, far)).max(axis=1)
    last = np.where(still, np.where(inside, np.inf, -np.inf), np.maximum(near, far)).min(axis=1)
    low, high = view.corners
    circle = (
        view.moves.arc & (low[:, 0] < area.x1) & (high[:, 0] > area.x0) & (low[:, 1] < area.y1) & (high[:, 1] > area.y0)
    )
    crosses = (first < last) & (last > 0) & (first < 1)
    entered: BoolArray = (crosses | circle) & (low[:, 2] < area.z)
    return entered


def keep_outs(view: View) -> Iterator[Finding]:
    for area in view.limits.keep_outs:
        where = f"{area.name} ({area.x0:g}, {area.y0:g} to {area.x1:g}, {area.y1:g})"
        text = f"a move through {where} below {area.z:g} mm: go round or over it"
        yield from found("keep-out", view.lines_of(_enters(view, area)), text)


def feeds(view: View) -> Iterator[Finding]:
    """A speed is said before the first move and stays within the axes."""
    missing = np.isnan(view.moves.feed) & (view.seconds != 0)
    yield from found("feed-not-set", view.lines_of(missing), "a move before any F word: say its speed")
    for axis, letter in enumerate("XYZE"):
        limit = view.limits.motion.max_feed[axis]
        fast = view.axis_speeds[:, axis] > limit * 1.001
        if fast.any():
            worst = view.axis_speeds[fast, axis].max()
            text = f"{letter} is to run {worst:.1f} mm/s, the machine does {limit:g}: lower the recipe's speed"
            yield from found("too-fast", view.lines_of(fast), text)


def pace(view: View) -> Iterator[Finding]:
    """No stretch asks for more lines than the controller takes in: it would stand still in the middle of it."""
    if view.limits.pace is None or not len(view.moves):
        return
    (rate, ahead), behind = view.limits.pace, view.backlog
    # What is planned ahead bridges a stretch, and is taken in anew behind it: twice that is the most that is waiting.
    late = behind > 2 * ahead
    if late.any():
        text = (
            f"{behind.max():.0f} lines more than the controller takes in ({rate:g} a second): it would stutter here; "
            "lower the recipe's speed"
        )
        yield from found("too-dense", view.lines_of(late), text, Severity.WARNING)


def extrusion(view: View) -> Iterator[Finding]:
    """Flow, jumps of E, and heat before E."""
    limits, moves = view.limits, view.moves
    over = view.flow > limits.max_flow * 1.001
    if over.any():
        worst = view.flow[over].max()
        text = f"a flow of {worst:.1f} mm3/s, the pump does {limits.max_flow:g}: lower the recipe's flow"
        yield from found("too-much-flow", view.lines_of(over), text)
    jumps = np.abs(moves.e) > limits.max_e_step
    text = f"E moves more than {limits.max_e_step:g} mm in one move: absolute and relative extrusion are mixed up"
    yield from found("e-jump", view.lines_of(jumps), text)
    cold_words = view.program.code == COLD
    if limits.cold_extrusion and "M302" not in view.dialect.commands:
        return  # whether it extrudes cold is said by the machine's own settings
    if limits.cold_extrusion:
        permitted = carried(np.where(cold_words, np.nan_to_num(view.program.word("P"), nan=1.0), np.nan))
        blocked = (moves.e != 0) & ~(permitted[moves.index] == 1.0)
        text = "E moves before M302 P1: the firmware would leave the piece empty without an error"
        yield from found("cold-extrusion", view.lines_of(blocked), text)
        return
    yield from found(
        "cold-extrusion-allowed", view.program.line[cold_words], "M302: this machine must be hot to extrude"
    )
    # A lower target takes the heat away at once, a higher one is reached only when it was waited for.
    waited = view.program.code == TOOL_WAIT
    lowered = np.isin(view.program.code, TOOL_HEAT) & (np.nan_to_num(view.heats) < limits.min_extrusion_temperature)
    targets = carried(np.where(waited | lowered, np.nan_to_num(view.heats), np.nan))
    targets = np.where(np.isnan(targets), 0.0, targets)[moves.index]
    cold = (moves.e != 0) & (targets < limits.min_extrusion_temperature)
    text = f"E moves before M109 waited for {limits.min_extrusion_temperature:g} degrees C: heat first"
    yield from found("cold-extrusion", view.lines_of(cold), text)


def tool(view: View) -> Iterator[Finding]:
    """A tool that is switched is off before the first move, on every travel, and at the end."""
    works, off, name = view.works, view.dialect.off, view.dialect.tool
    if works is None or off is None or not len(view.moves):
        return
    index, code = view.moves.index, view.program.code
    said = np.flatnonzero(code == code_of(off))
    if not len(said) or said[0] > index[0]:
        text = f"{off} must stand before the first move: whether the {name} works is not known"
        yield from found("tool-not-off", view.program.line[index[:1]], text)
    travels = works[index] & (code[index] == G0) & (not view.dialect.plunges)
    text = f"the {name} works on a travel (G0): switch it off before"
    yield from found("tool-on-travel", view.lines_of(travels), text)
    harmless = (G0, G4, *([code_of(view.dialect.last)] if view.dialect.last else []))
    behind = code[said[-1] + 1 :] if len(said) else code
    if works[-1] or not np.isin(behind, harmless).all():
        text = f"the {name} is not switched off at the end: nothing but travels may stand behind the last {off}"
        yield Finding(Severity.ERROR, "tool-left-on", view.program.lines, text)


def plunges(view: View) -> Iterator[Finding]:
    """A tool that goes into the piece: ways are at a safe height, and nothing is cut before the spindle has its speed.

    The safe height is where a program goes first.
    """
    moves, works = view.moves, view.works
    if not view.dialect.plunges or works is None or not len(moves):
        return
    rapid = view.program.code[moves.index] == G0
    rises = np.flatnonzero(rapid & (moves.start[:, 2] != moves.end[:, 2]))
    if not len(rises) or rises[0] > 0:
        text = "the program does not begin by going to a safe height (G0 Z): what stands on the bed is not known"
        yield from found("no-safe-height", view.program.line[moves.index[:1]], text)
        return
    safe = moves.end[rises[0], 2]
    low = rapid & (moves.end[:, 2] < safe - SLACK)
    beside = (np.abs(moves.end[:, :2] - moves.start[:, :2]).sum(axis=1) > 0) & (moves.start[:, 2] < safe - SLACK)
    text = f"a rapid (G0) below the safe height of {safe:g} mm: it would break the tool; rise before, and plunge by G1"
    yield from found("rapid-below", view.lines_of(low | (rapid & beside)), text)
    still = ~rapid & ~works[moves.index]
    yield from found("dry-cut", view.lines_of(still), "a cut while the spindle stands still: start it before (M3 S)")
    dwells = np.where(view.program.code == G4, np.nan_to_num(view.program.word("P")), 0.0)
    since = np.cumsum(dwells) - np.maximum.accumulate(np.where(works, 0.0, np.cumsum(dwells)))
    cold = ~rapid & works[moves.index] & (since[moves.index] <= 0)
    text = "a cut before the spindle has its speed: wait for it behind M3 (G4 P)"
    yield from found("no-spin-up", view.lines_of(cold), text)


def heat(view: View) -> Iterator[Finding]:
    """Targets are in range, and everything is off at the end."""
    program, value = view.program, view.heats
    for name, codes, span in (
        ("tool", TOOL_HEAT, view.limits.tool_temperature),
        ("bed", BED_HEAT, view.limits.bed_temperature),
    ):
        chosen = np.isin(program.code, codes)
        targets = np.nan_to_num(value)
        low, high = span or (0.0, 0.0)
        outside = chosen & (targets > 0) & ((targets < low) | (targets > high))
        if outside.any():
            allowed_range = f"{low:g} to {high:g}" if span else "no heat at all"
            text = (
                f"a target of {targets[outside].max():g} degrees C, the {name} takes {allowed_range}: change the recipe"
            )
            yield from found("temperature-out-of-range", program.line[outside], text)
        if view.ends and chosen.any() and targets[chosen][-1] > 0:
            line, text = np.abs(program.line[chosen][-1:]), f"the {name} is still heated at the end: end with S0"
            yield from found("heat-left-on", line, text)
        without = chosen & np.isnan(value)
        yield from found(
            "no-target", program.line[without], f"a command of the {name}'s heater without S: say the target"
        )
    fan = np.isin(program.code, (FAN_ON, FAN_OFF))
    if view.ends and fan.any() and program.code[fan][-1] == FAN_ON and program.word("S")[fan][-1] != 0:
        yield from found("fan-left-on", np.abs(program.line[fan][-1:]), "the fan still blows at the end: end with M107")


def held(view: View) -> Iterator[Finding]:
    """A heater that must be held in a window was waited for before material is laid, and is not set elsewhere then."""
    program, moves = view.program, view.moves
    presses = moves.e != 0
    for name, (low, high) in view.limits.held.items():
        to, wait = HEATERS[name]
        window = f"{low:g} to {high:g} degrees C"
        # Where R is known, S waits for warmth alone; where it is not (Klipper), S waits for cooling, too.
        word = "R" if "R" in view.dialect.commands[name_of(wait)] else "S"
        reached = np.where(program.code == wait, np.nan_to_num(program.word(word)), np.nan)
        waited = carried(reached)[moves.index]
        never = presses & ~((waited >= low) & (waited <= high))
        text = (
            f"material is laid before {name_of(wait)} {word} has waited for {window} of the {name}, which it is held in"
        )
        yield from found("not-held", view.lines_of(never), text)
        target = carried(np.where(np.isin(program.code, (to, wait)), np.nan_to_num(view.heats), np.nan))[moves.index]
        left = presses & ~never & ~((target >= low) & (target <= high))
        text = f"the {name} is set outside of {window} while material is laid: hold it there until the end"
        yield from found("not-held", view.lines_of(left), text)


def ending(view: View) -> Iterator[Finding]:
    """The dialect's last command is there, once, and nothing follows it."""
    last = view.dialect.last
    if last is None:
        return
    at = np.flatnonzero(view.program.code == code_of(last))
    if not len(at):
        if view.ends:
            text = f"the program does not end with {last}: it was cut short"
            yield Finding(Severity.ERROR, "no-end", view.program.lines, text)
    elif at[0] + 1 < len(view.program):
        text = f"a command after {last}, which ends the program: cut it"
        yield from found("after-the-end", view.program.line[at[0] + 1 :], text)
