#!/bin/sh
# OctoPrint from PyPI in an environment of its own, with everything that it brings pinned. Its printer is virtual.
set -eu
"$PYTHON" -m venv "$1/venv"
"$1/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  annotated-types==0.8.0 argon2-cffi-bindings==26.2.0 argon2-cffi==25.1.0 babel==2.16.0 blinker==1.8.2 \
  cachelib==0.13.0 certifi==2026.10.18 cffi==2.1.1 charset-normalizer==3.5.2 click==8.2.1 colorlog==6.12.0 \
  Deprecated==1.3.1 emoji==2.16.0 feedparser-sgmllib==2.1.0 feedparser==6.0.14 filetype==1.2.0 Flask-Assets==2.1.0 \
  flask-babel==4.0.0 Flask-Limiter==3.8.0 Flask-Login==0.6.3 Flask==3.0.3 frozendict==2.5.1 future==1.0.0 idna==3.20 \
  ifaddr==0.2.0 itsdangerous==2.2.0 Jinja2==3.1.6 libpass==1.9.4 limits==4.8.0 markdown-it-py==4.3.0 Markdown==3.7 \
  MarkupSafe==3.0.4 mdurl==0.1.2 more-itertools==11.2.1 netaddr==1.3.0 netifaces==0.11.0 \
  OctoPrint-FileCheck==2025.7.23 OctoPrint-FirmwareCheck==2025.7.23 OctoPrint-PiSupport==2025.7.23 OctoPrint==1.11.8 \
  ordered-set==4.1.0 packaging==24.2 pathvalidate==3.3.1 psutil==6.1.1 pycparser==3.12 pydantic==2.14.3 \
  pydantic_core==2.50.4 Pygments==2.21.0 pylru==1.3.3 pyserial==3.5 pytz==2026.6 PyYAML==6.0.3 regex==2026.11.15 \
  requests==2.34.2 rich==13.9.4 sarge==0.1.7.post1 semantic-version==2.10.0 sentry-sdk==2.75.0 setuptools==65.5.0 \
  tornado==6.5.10 typing-inspection==0.4.5 typing_extensions==4.16.0 Unidecode==1.4.0 urllib3==2.8.0 watchdog==4.0.2 \
  webassets==3.0.0 websocket-client==1.8.0 Werkzeug==3.0.6 wrapt==1.17.3 zeroconf==0.136.2 zipstream-ng==1.9.3 \
  zope.dottedname==7.1
