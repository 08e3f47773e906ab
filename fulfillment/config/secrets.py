"""Secrets by reference: this file says where a key is kept, never the key itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, model_validator

from fulfillment.config.places import FilePath
from fulfillment.positions import Mend, Written

MAX_BYTES = 4096
ENV = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")


class SecretMissing(Exception):
    """A secret is not where the configuration says. The text names the place, never the value."""


def _env(value: str) -> str:
    if not ENV.fullmatch(value):
        raise Mend(
            "This is not the name of an environment variable.", "Write a name such as SHOPIFY_SECRET, not the secret."
        )
    return value


class Secret(Written):
    """Where a secret is kept: exactly one of the two."""

    env: Annotated[str, AfterValidator(_env)] | None = None
    """Name of an environment variable that holds it."""
    file: FilePath | None = None
    """A file that holds it and nothing else."""

    @model_validator(mode="before")
    @classmethod
    def _no_literal(cls, value: object) -> object:
        if not isinstance(value, dict):
            raise Mend("A key must not stand in this file.", "Say where it is kept: { env: NAME } or { file: path }.")
        return value

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.env is None) == (self.file is None):
            raise Mend("A secret is kept in exactly one place.", "Write either { env: NAME } or { file: path }.")
        return self

    def read(self, environment: Mapping[str, str]) -> str:
        """The secret itself. Raises SecretMissing. The value is never logged or kept."""
        if self.env is not None:
            value = environment.get(self.env, "")
            place = f"the environment variable {self.env}"
        else:
            place = f"the file {self.file}"
            try:
                raw = self.file.read_bytes() if self.file else b""
            except OSError as error:
                raise SecretMissing(
                    f"{place} cannot be read ({error.strerror}): create it, readable for this user"
                ) from None
            if len(raw) > MAX_BYTES:
                raise SecretMissing(
                    f"{place} has more than {MAX_BYTES} bytes: it should hold the secret and nothing else"
                )
            value = raw.decode("utf-8", "replace").strip()
        if not value:
            raise SecretMissing(f"{place} is empty or not set: put the secret there")
        return value
