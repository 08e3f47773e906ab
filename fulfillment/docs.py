"""`make docs`: the parts of docs/ that the code prints of itself. A test fails where they are not current."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from fulfillment.cli import COMMANDS, ful
from fulfillment.config import reference
from jobs import states

FOLDER = Path(__file__).parent.parent / "docs"


def pages() -> dict[str, str]:
    """File name to text."""
    return {"states.md": states.markdown(), "config.md": _config(), "cli.md": _cli()}


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
