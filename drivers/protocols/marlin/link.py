"""Lines over a wire that loses, delays and corrupts: each is taken exactly once and in order, or the link fails.

The line number makes every repetition harmless: a machine takes a number once. An ``ok`` alone is weak evidence (one
can be lost, or belong to a refusal whose text was garbled); the answer to a numbered M105 names itself by its
temperatures and is strong. So silence is broken by such a probe, never by assuming an ``ok``, and ends are confirmed
by one.
"""

from __future__ import annotations

from collections import deque

from drivers.contract import MachineFault
from drivers.protocols.marlin.program import MAX_LINE, Program, frame, frames
from drivers.protocols.marlin.replies import Ok

ASK = b"M105"
"""The probe: harmless at any time, known to every Marlin, and its answer carries temperatures."""

BASE = 100
"""Number given to the counter at connection. A machine that restarted unseen asks for line 1, which then cannot be
mistaken for a line of ours."""

RING = 64
"""Sent lines kept for a resend (a power of two)."""

RECEIVE_BUFFER = 127
"""Bytes that the firmware takes while it is busy (RX_BUFFER_SIZE 128): more lines than that are not in flight."""

IDENTICAL = 10
"""Times that one line may be asked for before the wire is called broken."""

_FLUSH = b"\n"
"""Ends a line that lost its end on the way. Without it the next line would become part of that one, and one time in 256
the sum of both would pass as its checksum. It costs a byte, so it leads every line only once the wire has shown itself
bad, and where several lines are in flight."""


class LinkFailed(MachineFault):
    """Lines no longer get through. The attempt cannot go on."""


class CountLost(LinkFailed):
    """Machine and host do not agree on what was taken: it restarted, or it has another master."""


class Link:
    """Numbering, window, resends and probes for one connection. Time is a number that the caller passes in."""

    def __init__(self, window: int, silence: float, patience: float) -> None:
        self._limit, self._silence, self._patience = window, silence, patience
        self.window = 1
        self.urgent: deque[bytes] = deque()
        self.total = 0
        self.feeding = False
        self._first: int | None = None
        self._program: Program | None = None
        self.reset(0.0)

    def reset(self, now: float) -> None:
        """Forget everything: a new epoch of the machine. The counter is set by the next :meth:`hello`."""
        self._ring = [b""] * RING
        self._high = self._next = BASE
        self._acked = BASE - 1
        self._asks: deque[int] = deque()
        self._lines: list[bytes] = []
        self._frames: list[bytes] = []
        self._before = self._at = self._block = 0
        self._swallow = self._plain = False
        self._refused: int | None = None
        self._stale = self._repeat = self._identical = self._counted = 0
        self._out_of_band = self._doubted = 0
        self._watched: tuple[bytes, int | None] | None = None
        self._names_itself = self._numbers = False
        self._lead = b""
        self._gap = self._silence
        self._last = self._heard = now
        self.resends = 0
        self.window = 1
        self.urgent.clear()
        self.drop()

    # --- what is to be sent ---------------------------------------------------------------------------------------

    def hello(self, now: float) -> bytes:
        """Set the machine's counter. The empty line before it ends whatever garbage stands in its buffer."""
        first = frame(b"M110 N%d" % BASE, BASE)
        self._ring[BASE % RING] = first
        self._high = self._next = BASE + 1
        self._last = self._heard = now
        self._gap = min(self._silence, 2.0)  # A board that boots slowly is greeted again.
        return _FLUSH + first

    def load(self, program: Program) -> None:
        """Take a program; nothing is sent of it until ``feeding`` is set."""
        self._program, self.total = program, program.total
        self._before = self._block = self._at = 0
        self._first = None
        self._lines, self._frames = program.lines(0), []

    def drop(self) -> None:
        """Feed no more; what is in flight stays in flight."""
        self._program, self.feeding, self._plain = None, False, False
        self._advance()
        self._lines = []

    @property
    def fed(self) -> int:
        """Lines of the program that were sent."""
        return self._before + self._at

    @property
    def sent(self) -> int:
        """Lines of this epoch, each counted once."""
        return self._high - BASE

    def asked(self) -> bool:
        """Whether an M105 waits for its answer, sent or still to be sent."""
        return bool(self._asks) or ASK in self.urgent

    def unqueue(self, *commands: bytes) -> None:
        """Take commands back that were not sent yet."""
        for command in commands:
            if command in self.urgent:
                self.urgent.remove(command)

    def watch(self, command: bytes) -> None:
        """Send a command between the program's lines, and see whether the machine has taken it."""
        self._watched = command, None
        self.urgent.append(command)
        self.slow()

    @property
    def watched(self) -> bool:
        """The watched command was taken: all that the machine said of it was heard."""
        number = self._watched[1] if self._watched is not None else None
        return number is not None and self._acked >= number

    @property
    def begun(self) -> bool:
        """The machine has taken the program's first line."""
        return self._first is not None and self._acked >= self._first

    @property
    def reached(self) -> bool:
        """The program's first line is in flight and nothing before it is."""
        return self._first is not None and self._next > self._first and self._acked + 1 >= self._first

    def slow(self) -> None:
        """The next ``ok`` is looked at in full."""
        self._plain = False

    @property
    def in_flight(self) -> int:
        return self._next - 1 - self._acked + self._out_of_band

    @property
    def quiet(self) -> bool:
        """Everything was sent and acknowledged."""
        return not (self.in_flight or self.urgent or self._swallow or self._next < self._high)

    def plain_ok(self, now: float) -> bytes:
        """The hot path: a bare ``ok`` while one line of the program is in flight. Empty: take the long way."""
        if not self._plain or self._at >= len(self._frames):
            return b""
        at, number = self._at, self._high
        line = self._frames[at]
        self._ring[number % RING] = line
        self._at = at + 1
        self._acked = number - 1
        self._high = self._next = number + 1
        self._last = self._heard = now
        return line

    def pump(self, now: float) -> bytes:
        """Every line that may go now."""
        out: list[bytes] = []
        while self._may_send():
            line = self._take()
            if line is None:
                break
            out.append(line)
        if out:
            self._last, self._gap = now, self._silence
        self._plain = (
            self.feeding
            and self.window == 1
            and self.begun
            and self._next == self._high == self._acked + 2
            and not (self._swallow or self._asks or self.urgent or self._out_of_band or self._stale)
        )
        return b"".join(out)

    def out_of_band(self, command: bytes, now: float) -> bytes:
        """A command for the emergency parser: unnumbered, past every queue, yet answered by an ``ok`` of its own."""
        self._out_of_band += 1
        self._plain = False
        self._last = now
        return command + b"\n"

    def _may_send(self) -> bool:
        if self._swallow:
            return False
        flying = self.in_flight
        if flying == 0:
            return True
        if self._next < self._high or self._stale or flying >= self.window or self._acked < BASE:
            return False
        held = sum(len(self._ring[n % RING]) for n in range(self._acked + 1, self._next))
        coming = len(self._frames[self._at]) if not self.urgent and self._at < len(self._frames) else MAX_LINE
        return held + coming <= RECEIVE_BUFFER

    def _take(self) -> bytes | None:
        number = self._next
        if number < self._high:
            line = _FLUSH + self._ring[number % RING].lstrip()
        elif self.urgent:
            self._advance()  # Prepared frames carry the number that is taken here; they are framed anew behind it.
            command = self.urgent.popleft()
            line = self._lead + frame(command, number)
            if self._watched is not None and command is self._watched[0]:
                self._watched = command, number
        elif self.feeding and (line := self._following()):
            pass
        else:
            return None
        self._ring[number % RING] = line
        self._next = number + 1
        if self._next > self._high:
            self._high = self._next
        if b" M105*" in line:
            self._asks.append(number)
        return line

    def _following(self) -> bytes:
        """The program's next line, numbered; empty at its end."""
        if self._program is None:
            return b""
        if self._at >= len(self._lines):
            if self._block + 1 >= len(self._program.blocks):
                return b""
            self._advance()
            self._block += 1
            self._lines = self._program.lines(self._block)
        if not self._frames:
            self._advance()
            if self._first is None:
                self._first = self._high
            self._frames = frames(self._lines, self._high, self._lead)
        self._at += 1
        return self._frames[self._at - 1]

    def _advance(self) -> None:
        """Let go of the block's lines that were sent, and of frames whose numbers no longer hold."""
        self._before += self._at
        self._lines, self._frames, self._at = self._lines[self._at :], [], 0

    # --- what the machine answers ---------------------------------------------------------------------------------

    def ok(self, reply: Ok, now: float) -> bool:
        """Count an ``ok``. True when it is the answer to an M105: everything before that has been executed."""
        self._last = self._heard = now
        self._gap = self._silence
        if self._refused is not None:
            self.resend(self._refused, now)  # The refusal came, the Resend behind it was lost.
        if self._swallow:
            self._swallow = False
            return False
        if reply.number is not None:
            self._numbers = True
            if self.window != self._limit:
                self.window = self._limit
                self._distrust()
        if self._asks and (reply.temperatures is not None or (self._asks[0] == self._acked + 1 and self._is_plain())):
            self._names_itself |= reply.temperatures is not None
            self._acknowledge(self._asks.popleft())
            self._out_of_band = 0
            return True
        if reply.number is not None:
            if self._acked < reply.number < self._next:
                self._acknowledge(reply.number)
        elif self._out_of_band:
            self._out_of_band -= 1
        elif (
            not self._numbers and self._acked < self._next - 1 and not (self._asks and self._asks[0] == self._acked + 1)
        ):
            # A bare ok while an M105 is the oldest line is one too many: that answer would name itself. So is one
            # from a firmware whose every other ok carries the number.
            self._acknowledge(self._acked + 1)
        return False

    def _is_plain(self) -> bool:
        """Whether a bare ``ok`` may answer an M105: only on a machine that was never seen to add temperatures."""
        return not self._names_itself

    def _acknowledge(self, number: int) -> None:
        self._acked = max(self._acked, number)
        self._identical = self._doubted = 0
        while self._asks and self._asks[0] < number:
            self._asks.popleft()  # Lines are executed in order: that answer was lost.
        if self._acked >= self._repeat:
            self._stale = 0

    def _distrust(self) -> None:
        """From here on every line begins with an end of line."""
        if not self._lead:
            self._lead = _FLUSH
            self._advance()

    def refused(self, last: int) -> None:
        """The machine dropped a line; normally its Resend follows."""
        self._refused = last + 1
        self._plain = False

    def resend(self, number: int, now: float) -> None:
        """Go back to ``number``. Raises LinkFailed where that cannot be done without making a line twice."""
        self._refused, self._swallow, self._plain = None, True, False
        self._distrust()
        self._last = self._heard = now
        if self._acked < BASE:
            self._next = BASE  # The counter itself is not set yet; whatever it asks for, this line is the answer.
            return
        if self._stale and number == self._repeat:
            self._stale -= 1
            if number < self._next:
                self._gap = min(self._silence, 1.0)  # Should it be the resent line after all, then ask soon.
                return
        # Each garbled refusal makes one ``ok`` look like a success, so a few acknowledged lines may be taken back.
        if not self._acked - self._limit <= number <= self._next or number <= BASE:
            self._doubt(number)
            return
        self._acked = number - 1
        while self._asks and self._asks[-1] >= number:
            self._asks.pop()
        if number < self._next:
            self._count(number)
            self._stale, self._repeat, self._next = self._next - 1 - number, number, number

    def _count(self, number: int) -> None:
        self.resends += 1
        self._identical = self._identical + 1 if number == self._counted else 1
        self._counted = number
        if self._identical > IDENTICAL:
            raise LinkFailed(
                f"line {number} was refused {IDENTICAL} times; look at the cable, its shield and the baud rate"
            )

    def _doubt(self, number: int) -> None:
        """A number that cannot be: once it may be garbled, so the machine is asked again; twice is the truth."""
        if self._doubted == number:
            raise CountLost(
                f"the machine asks for line {number} where {self._acked + 1} is due: it restarted, or something else "
                "writes to its port; position and heat are unknown"
            )
        self._doubted = number
        self._gap = 0.0

    def busy(self, now: float) -> None:
        """The machine is alive and at work: no probe is due."""
        self._last = self._heard = now
        self._gap = self._silence

    def heard(self, now: float) -> None:
        """Something else was said: the link lives, but an ``ok`` may be lost all the same."""
        self._heard = now

    # --- silence --------------------------------------------------------------------------------------------------

    @property
    def due(self) -> float:
        """When :meth:`tick` has something to do; infinity when nothing is waited for."""
        if not (self.in_flight or self._swallow or self._asks):
            return float("inf")
        return min(self._last + self._gap, self._heard + self._patience)

    def tick(self, now: float) -> bytes:
        """Break a silence. Raises LinkFailed when it has lasted longer than the configured patience."""
        if now < self.due:
            return b""
        if now >= self._heard + self._patience:
            raise LinkFailed(
                f"nothing was heard for {self._patience:g} s; look at the cable and at the machine's power"
            )
        gap = self._gap
        self._distrust()
        out = self._probe(now)
        self._last, self._gap = now, min(max(2 * gap, self._silence), 60.0)
        return out

    def _probe(self, now: float) -> bytes:
        if self._refused is not None:
            self.resend(self._refused, now)
        if self._swallow:
            self._swallow = False  # Its ok is lost. The machine asked for the line; sending it assumes nothing.
            return self.pump(now)
        while self._asks and self._asks[0] <= self._acked:
            self._asks.popleft()  # Its line was taken; the answer is lost.
        if not self.in_flight:
            return b""
        self._plain = False
        oldest = self._acked + 1
        if oldest >= self._next:
            oldest = self._next - 1
        if self._asks or self._next < self._high or oldest <= BASE:
            again = self._asks[0] if self._asks else max(oldest, BASE)
            self._stale, self._repeat = self._stale + (again > BASE), again + 1
            return _FLUSH + self._ring[again % RING]
        self.urgent.appendleft(ASK)
        return self._take() or b""
