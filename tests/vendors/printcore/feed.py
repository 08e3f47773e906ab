"""Run by printcore's own Python: feed a file to the printer at a port. Prints what printcore was told went wrong."""

import sys
import time
from pathlib import Path

from printrun import gcoder
from printrun.printcore import printcore

port, path, seconds = sys.argv[1], sys.argv[2], float(sys.argv[3])
program = gcoder.LightGCode(Path(path).read_text().splitlines())
core = printcore()
ended = []
core.errorcb = lambda text: print(text, file=sys.stderr)
core.endcb = lambda: ended.append(True)
until = time.monotonic() + seconds
core.connect(port, 115200)
while not core.online and time.monotonic() < until:
    time.sleep(0.05)
assert core.online, "the printer at the port does not answer"
assert core.startprint(program), "it is printing already"
while not ended and time.monotonic() < until:
    time.sleep(0.05)
core.disconnect()
sys.exit(0 if ended else 1)
