"""What a machine has told of itself since it booted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import drivers.protocols.marlin.replies as replies
from drivers.contract import Temperature
from drivers.protocols.marlin.facts import Reach
from drivers.protocols.marlin.replies import Reply


class Known:
    """Facts, gathered from replies. No decision is taken here."""

    def __init__(self) -> None:
        self.firmware: str | None = None
        self.capabilities: set[str] = set()
        self.reach: Reach | None = None
        self.temperatures: dict[str, Temperature] = {}
        self.prompt: str | None = None
        self.dialog = False
        """The prompt is a dialog of the firmware, with buttons; otherwise the machine waits for a click or M108."""
        self.card = False
        """It prints from its own memory card."""
        self.busy = False
        """It works although nothing was sent."""

    @property
    def foreign(self) -> bool:
        return self.card or self.busy

    @property
    def immediate(self) -> bool:
        """M108, M112, M410 and M876 work past the queue."""
        return "EMERGENCY_PARSER" in self.capabilities

    @property
    def reports(self) -> bool:
        """Temperatures come by themselves, without a place in the queue."""
        return "AUTOREPORT_TEMP" in self.capabilities

    @property
    def has_card(self) -> bool:
        return not self.capabilities.isdisjoint({"SDCARD", "AUTOREPORT_SD_STATUS"})

    def hear(self, reply: Reply) -> bool:
        """Take a reply; True when it was one of those that tell a fact."""
        learn = _LEARN.get(type(reply))
        if learn is None:
            return False
        learn(self, reply)
        return True

    def answered(self) -> None:
        """The machine's wait for a person is over."""
        self.prompt, self.dialog = None, False

    def _report(self, reply: replies.Report) -> None:
        self.temperatures.update(reply.temperatures)

    def _firmware(self, reply: replies.Firmware) -> None:
        self.firmware = reply.name

    def _capability(self, reply: replies.Capability) -> None:
        if reply.present:
            self.capabilities.add(reply.name)

    def _reach(self, reply: Reach) -> None:
        self.reach = reply

    def _card(self, reply: replies.CardPrint) -> None:
        self.card = reply.printing

    def _waiting(self, reply: replies.Waiting) -> None:
        if not self.dialog:
            self.prompt = f"the machine is {reply.what}"

    def _dialog(self, reply: replies.Dialog) -> None:
        if reply.part == "end":
            self.answered()
        elif reply.part == "begin":
            self.prompt, self.dialog = reply.text or "the machine asks for a person", True
        elif self.dialog and reply.text:
            self.prompt = f"{self.prompt} [{reply.text}]"


_LEARN: Mapping[type, Callable[[Known, Any], None]] = {
    replies.Report: Known._report,
    replies.Firmware: Known._firmware,
    replies.Capability: Known._capability,
    Reach: Known._reach,
    replies.CardPrint: Known._card,
    replies.Waiting: Known._waiting,
    replies.Dialog: Known._dialog,
}
