#!/bin/sh
# Fetches what the tests resolve and run the GitLab component with, into build/: gitlab-ci-local, of
# a version for the Node of Debian 13, and rsync, with which it copies a project for each job.
set -eu

folder="$(dirname "$0")/../../build/gitlab-ci-local"
wanted="gitlab-ci-local@4.65.1"

if ! command -v rsync >/dev/null 2>&1; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null 2>&1; then
    echo "rsync is missing: install it, Debian's package is called rsync" >&2
    exit 1
  fi
  DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends rsync >&2
fi
mkdir -p "$folder"
cd "$folder"
if [ "$(cat wanted 2>/dev/null)" = "$wanted" ]; then
  exit 0
fi
rm -f wanted
echo '{"private": true}' > package.json
npm install --no-audit --no-fund --ignore-scripts --save-exact "$wanted" >&2
echo "$wanted" > wanted
