#!/bin/sh
# cadquery from PyPI in a folder of its own, pinned, for the CAD worker's tests: a gigabyte that the factory's own
# environment need not have. Only what the worker loads: no notebooks, no plots. The folder must fit the interpreter that
# the tests run on.
set -eu
python=.venv/bin/python
[ -x "$python" ] || python="$PYTHON"
"$python" -m pip install --quiet --disable-pip-version-check --no-deps --target "$1/site" \
  cadquery==2.8.0 cadquery-ocp==7.9.3.1.1 casadi==3.8.2 more-itertools==11.2.1 multimethod==1.12 nlopt==2.11.0 \
  runtype==0.5.3 vtk==9.6.2
