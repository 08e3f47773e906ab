#!/bin/sh
# The vendors' own programs that tests run against, each installed by the script in its folder, once for each version
# of that script. They are separate programs in environments of their own: nothing of ours imports them.
set -eu
cd "$(dirname "$0")/../.."
export PYTHON="${PYTHON:-python3}"
for script in tests/vendors/*/install.sh; do
  [ -e "$script" ] || continue
  name=$(basename "$(dirname "$script")")
  stamp=".vendors/$name/$(sha256sum "$script" | cut -c1-16).stamp"
  [ -e "$stamp" ] && continue
  echo "Installing $name into .vendors/$name, for the tests"
  rm -rf ".vendors/$name"
  mkdir -p ".vendors/$name"
  sh "$script" ".vendors/$name"
  touch "$stamp"
done
