#!/bin/sh
# The Debian packages that tests need: a browser for the dashboard, and letters for it. As root they are installed.
set -eu
command -v chromium >/dev/null 2>&1 && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "The browser tests need Chromium: as root, 'apt-get install chromium'." >&2
  exit 1
fi
echo "Installing Chromium (Debian)"
log=$(mktemp)
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"
