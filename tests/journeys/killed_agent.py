"""An agent that dies as by `kill -9` at the N-th passage of a step of a start: killed_agent.py CONFIG STEP N."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections import Counter
from pathlib import Path

from fulfillment.daemon import run_agent


def main(config: str, fatal: str, number: str) -> int:
    logging.basicConfig(level=logging.INFO)
    passed: Counter[str] = Counter()

    def step(name: str, _attempt: str) -> None:
        passed[name] += 1
        if name == fatal and passed[name] == int(number):
            os.kill(os.getpid(), signal.SIGKILL)

    return run_agent(Path(config), step)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
