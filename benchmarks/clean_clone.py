"""From a clean clone in an empty folder to the end of `make demo`: seconds of installing, and seconds after.

The ratio is against the installation alone, which any project with these packages pays. The package cache of pip
is used as it is found; the first line says whether it was.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def run(*argv: str, cwd: Path) -> float:
    """Seconds that a command took. Its output is shown only if it fails."""
    began = time.monotonic()
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("VIRTUAL_ENV", "PYTHON"))}
    done = subprocess.run(argv, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} failed:\n{done.stdout[-4000:]}{done.stderr[-4000:]}")
    return time.monotonic() - began


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="ful-clone-") as folder:
        clone = Path(folder) / "fulfillment"
        run("git", "clone", "--quiet", str(ROOT), str(clone), cwd=Path(folder))
        installing = run("make", "setup", cwd=clone)
        demo = run("make", "demo", cwd=clone)
    print(f"installing           {installing:7.1f} s")
    print(f"the demo after that  {demo:7.1f} s   ({demo / installing:.2f} of the installation)")


if __name__ == "__main__":
    main()
