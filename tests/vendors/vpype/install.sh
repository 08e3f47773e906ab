#!/bin/sh
# vpype (MIT), whose linesort the benchmark of path order is measured against, and elkai, the LKH solver of the best
# orders known. LKH's licence is for academic, non-commercial use: it is run as a yardstick here, never shipped.
set -eu
"$PYTHON" -m venv "$1/venv"
"$1/venv/bin/python" -m pip install --quiet --disable-pip-version-check vpype==1.15.0 elkai==2.0.1 numpy==2.4.6
