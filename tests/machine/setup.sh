#!/usr/bin/env bash
# Makes this machine able to run the demo and the tests: does what is missing and nothing else.
#
#   tests/machine/setup.sh            everything
#   RELOAD=1 tests/machine/setup.sh   may also tell a Docker that it did not start about our mirror
#
# A fresh Debian 13 as root with nothing on it is enough. A working Docker is left alone.
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
