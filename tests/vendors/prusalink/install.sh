#!/bin/sh
# PrusaLink from PyPI in an environment of its own, with everything that it brings pinned. It wants Python 3.11, and to
# build python-prctl a compiler and Debian's libcap-dev; it loads Debian's libturbojpeg0. Its printer is a simulator.
set -eu
is_3_11() { "$1" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null; }
python="$PYTHON"
is_3_11 "$python" || python=python3.11
is_3_11 "$python" || { echo "PrusaLink runs on Python 3.11 alone; install it beside $PYTHON" >&2; exit 1; }
folder="$1"
"$python" -m venv "$folder/venv"
install() { "$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps "$@"; }
# Its web pages look up versions by pkg_resources, which later setuptools do not have.
install setuptools==79.0.1 wheel==0.45.1
install --no-build-isolation \
  bidict==0.22.1 blinker==1.9.0 certifi==2026.10.18 charset-normalizer==3.5.2 decorator==5.3.1 docutils==0.23 \
  extendparser==0.3.1 idna==3.20 ifaddr==0.2.0 inotify-simple==1.3.5 Jinja2==3.1.6 Jinja2-template-info==0.2.4 \
  lockfile==0.12.2 MarkupSafe==3.0.4 mypy-extensions==1.0.0 numpy==2.4.6 packaging==23.2 PoorWSGI==2.5.0 \
  prusa.connect.sdk.printer==0.8.1 prusalink==0.8.1 py-gcode-metadata==0.2.0 pydantic==1.10.12 PyRIC==0.1.6.3 \
  python-daemon==3.0.1 python-magic==0.4.27 python-prctl==1.8.1 PyTurboJPEG==1.7.7 pyudev==0.24.5 PyYAML==6.0.3 \
  requests==2.34.2 sortedcontainers==2.4.0 typing_extensions==4.16.0 Unidecode==1.3.8 urllib3==2.8.0 \
  validators==0.20.0 zeroconf==0.47.4
