#!/bin/sh
# Printrun's printcore from PyPI in an environment of its own, without the windows that the rest of Printrun needs.
set -eu
"$PYTHON" -m venv "$1/venv"
"$1/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  printrun==2.2.0 puremagic==1.30 pyserial==3.5
