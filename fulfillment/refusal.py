"""What cannot be made, used or printed as it is: said once, for every kind of content."""

from __future__ import annotations


class Refusal(Exception):
    """``reason`` and ``mend`` are sentences, for the customer or the operator whose matter it is."""

    def __init__(self, reason: str, mend: str) -> None:
        super().__init__(f"{reason} {mend}")
        self.reason = reason
        self.mend = mend

    def __reduce__(self) -> tuple[type[Refusal], tuple[str, str]]:
        return type(self), (self.reason, self.mend)
