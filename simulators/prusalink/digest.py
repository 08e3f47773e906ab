"""Digest authentication as the two kinds do it: MD5, with RFC 7616's ``qop`` (the Pi) or without (the printer)."""

from __future__ import annotations

import hashlib
import re
import secrets
import time
from collections.abc import Mapping

FIELD = re.compile(r'(\w+)=(?:"([^"]*)"|([^\s,"]+))')


class Digest:
    """``lifetime``: real seconds for which a challenge may be answered."""

    def __init__(self, realm: str, user: str, password: str, qop: bool, lifetime: float) -> None:
        self._realm, self._user, self._password, self._qop, self._lifetime = realm, user, password, qop, lifetime
        self._nonces: dict[str, float] = {}

    def challenge(self, stale: bool = False) -> str:
        nonce = secrets.token_hex(8)
        self._nonces[nonce] = time.monotonic()
        qop = ', qop="auth", opaque="simulated"' if self._qop else ""
        return f'Digest realm="{self._realm}", nonce="{nonce}", stale={str(stale).lower()}, algorithm=MD5{qop}'

    def fresh(self, header: str) -> bool:
        asked = self._nonces.get(fields(header).get("nonce", ""))
        return asked is not None and time.monotonic() - asked < self._lifetime

    def good(self, method: str, target: str, header: str) -> bool:
        """Whether this answers a challenge, be it an old one."""
        said = fields(header)
        if said.get("uri") != target or said.get("username") != self._user:
            return False
        first = _md5(f"{self._user}:{self._realm}:{self._password}")
        second = _md5(f"{method}:{target}")
        middle = [said.get("nonce", "")]
        if self._qop:
            middle += [said.get("nc", ""), said.get("cnonce", ""), said.get("qop", "")]
        expected = _md5(":".join([first, *middle, second]))
        return secrets.compare_digest(expected, said.get("response", ""))


def fields(header: str) -> Mapping[str, str]:
    scheme, _, rest = header.partition(" ")
    return {name: quoted or plain for name, quoted, plain in FIELD.findall(rest)} if scheme == "Digest" else {}


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
