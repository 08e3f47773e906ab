#!/bin/sh
# Yardsticks of the benchmark of path order, in an environment of their own, which is no part of the project: vpype (MIT)
# and elkai, which holds the LKH solver. LKH's licence is for academic and non-commercial use: it is run to compare with,
# by who asks for it here, and neither shipped nor installed with anything else.
#   sh benchmarks/vpype/install.sh [FOLDER]     (.vendors/vpype)
set -eu
cd "$(dirname "$0")/../.."
folder="${1:-.vendors/vpype}"
"${PYTHON:-.venv/bin/python}" -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check vpype==1.15.0 elkai==2.0.1 numpy==2.4.6
