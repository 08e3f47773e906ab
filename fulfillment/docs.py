"""`make docs`: the parts of docs/ that the code prints of itself. A test fails where they are not current."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from fastapi.routing import APIRoute

from fulfillment import machines_page
from fulfillment.api.app import ROUTERS
from fulfillment.cli import COMMANDS, ful
from fulfillment.config import reference
from fulfillment.papers import page as papers_page
from fulfillment.press import page as press_page
from fulfillment.profiles import page as profiles_page
from jobs import states

API = """# API

Printed from the routes by `make docs`; the schema of every body is served at `/v1/openapi.json`. Errors are problem
details (RFC 9457): `title`, `detail`, and `errors` with a field, a reason and a mend each. Where keys are required
(`web.keys_required`), send `Authorization: Bearer ful_...`; `ful key add NAME --may order` makes one.

An order is identified by its `external_id` (or the header `Idempotency-Key`): sent again, it makes nothing new.

```
curl -X POST http://127.0.0.1:8137/v1/orders -H 'Content-Type: application/json' -d '{
  "external_id": "A-1", "ship_to": {"name": "Ada Lovelace", "first_name": "Ada"},
  "lines": [{"product": "pop-tart", "quantity": 1, "options": {"flavour": "strawberry"},
             "fields": {"message": "Happy Birthday Ada", "photo": {"data": "<base64 of a JPEG>"}}}]}'
```
"""
FOLDER = Path(__file__).parent.parent / "docs"


def pages() -> dict[str, str]:
    """File name to text."""
    return {
        "states.md": states.markdown(),
        "config.md": _config(),
        "cli.md": _cli(),
        "api.md": _api(),
        "machines.md": machines_page.markdown(FOLDER),
        "papers.md": papers_page.markdown(),
        "press.md": press_page.markdown(),
        "profiles.md": profiles_page.markdown(),
    }


def _api() -> str:
    """Methods and paths from the routes themselves, with the first line of what they say of themselves."""
    lines = [API, "| | path | what it does |", "| --- | --- | --- |"]
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute) and route.include_in_schema and router.include_in_schema:
                said = (route.endpoint.__doc__ or "").strip().replace("\n", " ")
                lines.append(
                    f"| {', '.join(sorted(route.methods or ()))} | `{route.path}` | {' '.join(said.split())} |"
                )
    return "\n".join(lines) + "\n"


def _config() -> str:
    head = "# Configuration\n\nPrinted from its own types by `make docs`. `ful config check` names mistakes.\n"
    return f"{head}\n{reference().rstrip()}\n"


def _cli() -> str:
    parts = ["# Command line\n\nPrinted from the commands' own help by `make docs`.\n"]
    for name in COMMANDS:
        context = click.Context(ful, info_name="ful")
        command = ful.get_command(context, name)
        if command is not None:
            parts += _help(command, _context(command, context, name))
    return "\n".join(parts)


def _context(command: click.Command, parent: click.Context, name: str) -> click.Context:
    """Of a fixed width: the page must not depend on the terminal that made it."""
    return click.Context(command, parent=parent, info_name=name, terminal_width=100)


def _help(command: click.Command, context: click.Context) -> list[str]:
    found = [f"## {context.command_path}\n\n```\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None:
                found += _help(child, _context(child, context, name))
    return found


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in pages().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"docs/{name}\n")


if __name__ == "__main__":
    main()
