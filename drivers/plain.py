"""A server that speaks http where the address says https: the TLS library says so in words that help nobody."""

from __future__ import annotations

SIGNS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE")
"""OpenSSL's reasons for an answer that is no TLS record; which one depends on its version."""


def refusal(name: str, address: str, error: BaseException) -> str | None:
    """The sentence for a machine's address where that is what went wrong; None for every other failure."""
    if not any(sign in str(error) for sign in SIGNS):
        return None
    return f"{name}: what answers at {address} does not speak https; write http:// in its address, if that is meant"
