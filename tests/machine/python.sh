#!/usr/bin/env bash
# Makes .venv with ci-slim and its development tools. Makes it again only if pyproject.toml changed.
#
#   python.sh           make it
#   python.sh --check   only check whether this Python is new enough
set -euo pipefail
. "$(dirname "$0")/steps.sh"

# packages.sh installs a missing Python. A Python that is too old must be replaced by the user.
[ "${1:-}" = --check ] && ! has python3 && exit 0
if ! has python3 || ! python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    stop "Python 3.11 or newer is needed as python3; found: $(python3 --version 2>/dev/null || echo none)" \
        "on Debian 12 and newer: apt-get install python3 python3-venv"
fi
[ "${1:-}" = --check ] && exit 0

venv=$project/.venv
stamp=$venv/made-from
recipe=$(cat "$project/pyproject.toml" "$0" | sha256sum)
if [ -x "$venv/bin/ci-slim" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$recipe" ] &&
    "$venv/bin/python" -c '' 2>/dev/null; then
    exit 0
fi

make_venv() {
    "$venv/bin/python" -m pip --version || python3 -m venv --clear "$venv"
    # pip knows --group since 25.1. Debian 13 has 25.1.1, older Pythons have older versions.
    "$venv/bin/python" -m pip install -q --disable-pip-version-check 'pip>=25.1'
    "$venv/bin/python" -m pip install -q --disable-pip-version-check -e "$project" \
        --group "$project/pyproject.toml:dev"
    printf '%s\n' "$recipe" >"$stamp"
}
step "made .venv with ci-slim and its development tools" make_venv
