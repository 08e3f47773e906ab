"""Questions and answers that come late: none is taken for the answer to a later question."""

from __future__ import annotations

from collections.abc import Sequence

from drivers.loopback import Loopback
from drivers.protocols.zpl import ERRORS, STATUS, Frames, errors, host_status
from drivers.questions import Questions
from simulators.zpl.firmware import Build, Firmware
from tests.zpl.conftest import Clock

PATIENCE = 0.02


class Slow:
    """A printer whose answers are kept back for as long as somebody wants."""

    def __init__(self) -> None:
        self.printer = Firmware(Build())
        self.kept = b""
        self.slow = False
        self.wire = Loopback(self.answer)
        self.asks = Questions(self.wire, Frames(), Clock())

    def answer(self, data: bytes) -> bytes:
        self.printer.receive(data)
        said = self.kept + bytes(self.printer.out)
        self.printer.out.clear()
        self.kept = said if self.slow else b""
        return b"" if self.slow else said

    def paused(self) -> bool | None:
        status = self.asks.ask(STATUS, host_status, PATIENCE)
        return status.paused if status is not None else None


def test_a_late_answer_is_not_the_answer_to_the_next_question() -> None:
    host = Slow()
    assert host.paused() is False
    host.slow = True
    assert host.paused() is None
    host.printer.states.add("pause")
    host.slow = False
    assert host.paused() is True, "the late answer says how it was before"
    host.wire.close()


def test_an_answer_to_a_later_question_of_another_kind_ends_the_wait() -> None:
    host = Slow()
    host.printer.build = Build(quiet_errors=True)
    host.printer.states.add("paper-out")
    assert host.paused() is None
    assert host.asks.ask(ERRORS, errors, PATIENCE) == ["media out"]
    host.printer.mend()
    assert host.paused() is False
    host.wire.close()


def test_two_late_answers_in_one_breath() -> None:
    host = Slow()
    host.slow = True
    assert host.paused() is None and host.paused() is None
    host.slow = False
    seen: Sequence[bool | None] = [host.paused(), host.paused()]
    assert seen == [False, False]
    host.wire.close()
