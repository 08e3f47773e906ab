#!/bin/sh
# Cura's definitions of settings, which CuraEngine (a package of Debian 12 that the tests need) does not run without, out
# of Debian's package of Cura: only two files of it, as the package itself wants a hundred others for its windows. Where
# there is no such package, tests of CuraEngine are skipped.
set -eu
cd "$1"
if ! apt-get download -qq cura=4.13.0-1 2>/dev/null; then
  echo "There is no package cura 4.13.0-1 here: tests of CuraEngine are skipped." >&2
  exit 0
fi
echo "c6e638533a9f86d0781a82a1eeff14f6bddcca2e2bd25922b2be6da2199fb102  cura_4.13.0-1_all.deb" | sha256sum --check --quiet
dpkg-deb --fsys-tarfile cura_4.13.0-1_all.deb | tar -x --strip-components=5 \
  ./usr/share/cura/resources/definitions/fdmprinter.def.json ./usr/share/cura/resources/definitions/fdmextruder.def.json
rm cura_4.13.0-1_all.deb
