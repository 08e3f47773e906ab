"""Paths and addresses: what is relative in the file is relative to the file, wherever the program was started."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, ValidationInfo

from fulfillment.positions import Mend

NOT_A_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|(tcp:)?[A-Za-z0-9.-]+:\d+$|tcp:\[[0-9a-fA-F:.]+\]:\d+$")
"""A URL, host:port, or a byte stream at such a place (tcp:host:port)."""


def folder_of(info: ValidationInfo) -> Path:
    """The folder of the file that is being read."""
    context: Any = info.context or {}
    return Path(context.get("folder", "."))


def beside(folder: Path, value: str | Path) -> Path:
    """A path of the file, as seen from the file's folder. Raises Mend for what cannot be a path."""
    if "\0" in str(value):
        raise Mend("A path holds no control characters.", "Write a file or folder.")
    try:
        return folder / Path(value).expanduser()
    except RuntimeError:
        raise Mend(f"{str(value)[:60]!r} names the home of a user who is not here.", "Write the whole path.") from None


def _anchored(value: object, info: ValidationInfo) -> Path:
    # A default is a Path already, and strict validation of JSON would refuse it.
    if not isinstance(value, (str, Path)):
        raise Mend("A path is expected here.", "Write a file or folder as text, in quotes if need be.")
    return beside(folder_of(info), value)


def _address(value: str, info: ValidationInfo) -> str:
    if not value.strip() or any(ord(c) < 32 for c in value):
        raise Mend("The address is empty or holds control characters.", "Write a device, a URL or a folder.")
    return value if NOT_A_PATH.match(value) else str(beside(folder_of(info), value))


def _database(value: str, info: ValidationInfo) -> str:
    scheme, separator, rest = value.partition("://")
    if not separator or scheme.partition("+")[0] not in ("sqlite", "postgresql"):
        raise Mend(
            "This is not a database URL.", "Write sqlite:///<path>, or postgresql+psycopg://<user>@<host>/<name>."
        )
    if re.match(r"[^/@]*:[^/@]*@", rest):
        raise Mend(
            "A password must not stand in this file.",
            "Put the whole URL into the environment: url_from: { env: DATABASE_URL }.",
        )
    if scheme.startswith("sqlite") and rest.startswith("/") and rest != "/:memory:":
        return f"{scheme}:///{beside(folder_of(info), rest[1:])}"
    return value


FilePath = Annotated[Path, PlainValidator(_anchored)]
Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]
DatabaseUrl = Annotated[str, Field(max_length=500), AfterValidator(_database)]
