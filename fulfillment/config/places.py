"""Paths and addresses: what is relative in the file is relative to the file, wherever the program was started."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidationInfo

from fulfillment.positions import Mend

NOT_A_PATH = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[A-Za-z0-9.-]+:\d+$")
"""A URL, or host:port."""


def folder_of(info: ValidationInfo) -> Path:
    """The folder of the file that is being read."""
    context: Any = info.context or {}
    return Path(context.get("folder", "."))


def _anchored(value: Path, info: ValidationInfo) -> Path:
    return folder_of(info) / value.expanduser()


def _address(value: str, info: ValidationInfo) -> str:
    if not value.strip() or any(ord(c) < 32 for c in value):
        raise Mend("The address is empty or holds control characters.", "Write a device, a URL or a folder.")
    return value if NOT_A_PATH.match(value) else str(folder_of(info) / Path(value).expanduser())


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
        return f"{scheme}:///{folder_of(info) / rest[1:]}"
    return value


FilePath = Annotated[Path, AfterValidator(_anchored)]
Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]
DatabaseUrl = Annotated[str, Field(max_length=500), AfterValidator(_database)]
