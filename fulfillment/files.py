"""Customers' files: kept by their digest in the artifact store, fetched only from where the configuration allows.

A URL in an order is a customer's word. It is fetched only below a configured prefix, without following redirects, and
never beyond its limits of bytes and seconds.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

import httpx

from fulfillment.config import Downloads
from fulfillment.personalization import Problem
from jobs.artifacts import ArtifactStore
from jobs.store import NotFound


class FetchLater(Exception):
    """The other side did not answer as it should; it may later. ``field`` is whose file it is."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(reason)
        self.field = field


class FetchRefused(Exception):
    """It will not be fetched. ``problem`` says why, for the customer."""

    def __init__(self, field: str, reason: str, mend: str) -> None:
        super().__init__(reason)
        self.problem = Problem(field, reason, mend)


def fetch(field: str, url: str, downloads: Downloads) -> bytes:
    """The bytes behind a customer's URL. Raises FetchRefused, FetchLater."""
    if not downloads.allows(url):
        raise FetchRefused(
            field, f"The file's address {url[:100]!r} is not one of the shop's.", "Upload the file anew."
        )
    until, data = time.monotonic() + downloads.timeout, bytearray()
    try:
        # As it comes, and not compressed: neither a body that drips nor one that unfolds gets past the limits.
        plain = {"Accept-Encoding": "identity"}
        with httpx.stream("GET", url, headers=plain, timeout=downloads.timeout, follow_redirects=False) as answer:
            _check_answer(field, answer)
            for chunk in answer.iter_raw():
                data += chunk
                if len(data) > downloads.max_bytes:
                    raise FetchRefused(
                        field, f"The file has more than {downloads.max_size:g} MB.", "Send a smaller one."
                    )
                if time.monotonic() > until:
                    raise FetchLater(field, f"{url[:200]} took longer than {downloads.timeout:g} s")
    except httpx.InvalidURL as error:
        raise FetchRefused(
            field, f"The file's address {url[:100]!r} is no address.", "Upload the file anew."
        ) from error
    except httpx.HTTPError as error:
        raise FetchLater(field, f"{url[:200]}: {error}") from error
    return bytes(data)


def _check_answer(field: str, answer: httpx.Response) -> None:
    if answer.status_code >= 500 or answer.status_code == 429:
        raise FetchLater(field, f"{str(answer.url)[:200]} answered {answer.status_code}")
    if answer.status_code != 200:
        raise FetchRefused(
            field, f"The shop's server answered {answer.status_code} for the file.", "Upload the file anew."
        )


def gather(
    fields: Mapping[str, Any], downloads: Downloads, artifacts: ArtifactStore
) -> tuple[dict[str, str], dict[str, bytes]]:
    """An order's fields as (texts, files), fetching what is only an address so far. What is fetched is kept.

    A field is a text, ``{"sha256": ...}`` of a file that is here, or ``{"url": ...}``. Raises FetchRefused, FetchLater.
    """
    texts: dict[str, str] = {}
    files: dict[str, bytes] = {}
    for name, value in fields.items():
        if isinstance(value, str):
            texts[name] = value
            continue
        if "url" in value:
            digest = artifacts.put(fetch(name, str(value["url"]), downloads))
        else:
            digest = str(value.get("sha256", ""))
        try:
            files[name] = artifacts.get(digest)
        except NotFound:
            raise FetchRefused(name, "The file is not here.", "Upload it, then order again.") from None
    return texts, files
