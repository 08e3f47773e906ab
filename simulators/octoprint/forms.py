"""Forms as browsers and clients send them (multipart/form-data), as far as an upload needs it."""

from __future__ import annotations

import re
from email.message import Message

LONGEST = 64 * 1024 * 1024
"""Bytes of a form."""
NAME = re.compile(rb'\bname="([^"]*)"')
FILE = re.compile(rb'\bfilename="([^"]*)"')


def parse(media_type: str, body: bytes) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    """Fields, and files as (name, bytes). What is no form has neither."""
    header = Message()
    header["Content-Type"] = media_type
    boundary = header.get_param("boundary")
    if header.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        return {}, {}
    fields: dict[str, str] = {}
    files: dict[str, tuple[str, bytes]] = {}
    for part in (b"\r\n" + body).split(f"\r\n--{boundary}".encode())[1:]:
        head, blank, content = part.partition(b"\r\n\r\n")
        name = NAME.search(head)
        if not blank or name is None:
            continue
        file = FILE.search(head)
        if file is None:
            fields[name[1].decode("utf-8", "replace")] = content.decode("utf-8", "replace")
        else:
            files[name[1].decode("utf-8", "replace")] = file[1].decode("utf-8", "replace"), content
    return fields, files
