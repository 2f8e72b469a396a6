#!/usr/bin/env bash
# Prepares this machine for the demo and the tests. Does only what is missing.
#
#   tests/machine/setup.sh            everything
#   RELOAD=1 tests/machine/setup.sh   may also add the mirror to a Docker that it did not start
#
# An empty Debian 13 and root are enough. A working Docker is not changed.
set -euo pipefail
. "$(dirname "$0")/steps.sh"

began=$SECONDS
: >"$log"
"$machine/python.sh" --check
"$machine/packages.sh"
"$machine/engine.sh"
"$machine/emulators.sh"
"$machine/base-images.sh"
"$machine/python.sh"
say "ready: Docker $(docker version --format '{{.Server.Version}}')," \
    "emulators for arm and arm64, base images, .venv ($((SECONDS - began)) s)"
