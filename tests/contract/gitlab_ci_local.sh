#!/bin/sh
# Fetches what the tests resolve and run the GitLab component with, into build/: gitlab-ci-local, of
# a version for the Node of Debian 13. It needs rsync, which tests/machine/packages.sh brings.
set -eu

folder="$(dirname "$0")/../../build/gitlab-ci-local"
wanted="gitlab-ci-local@4.65.1"

mkdir -p "$folder"
cd "$folder"
if [ "$(cat wanted 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
rm -f wanted
echo '{"private": true}' > package.json
npm install --no-audit --no-fund --ignore-scripts --save-exact "$wanted" >&2
echo "$wanted" > wanted
