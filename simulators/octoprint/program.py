"""``python -m simulators octoprint``: the command line."""

from __future__ import annotations

from collections.abc import Sequence

from simulators.hosted import serve
from simulators.hosted.program import parser
from simulators.octoprint.server import OctoPrint


def main(arguments: Sequence[str]) -> int:
    made = parser("octoprint", "A simulated OctoPrint with its printer.")
    made.add_argument("--base", default="", metavar="/PATH", help="serve below this path, as behind a proxy")
    return serve(made.parse_args(arguments), OctoPrint)
