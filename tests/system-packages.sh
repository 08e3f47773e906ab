#!/bin/sh
# The Debian packages that tests need: a browser for the dashboard with letters for it, what the vendors' programs are
# built with, two slicers, a printer of IPP with the bus that it wants, and verifiers of PDFs.
# As root they are installed.
set -eu
packages="chromium cups-ipp-utils cura-engine dbus fonts-dejavu-core gcc ghostscript libc6-dev libcap-dev libmagic1 libsodium23 libturbojpeg0 poppler-utils prusa-slicer qpdf"
missing=""
for package in $packages; do
  dpkg-query -W -f='${Status}' "$package" 2>/dev/null | grep -q '^install ok installed' || missing="$missing $package"
done
[ -z "$missing" ] && exit 0
if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
  echo "Tests need these Debian packages: as root, 'apt-get install$missing'." >&2
  exit 1
fi
echo "Installing Debian packages:$missing"
log=$(mktemp)
# shellcheck disable=SC2086  (a list of names)
if ! { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } >"$log" 2>&1; then
  cat "$log" >&2
  exit 1
fi
rm -f "$log"
