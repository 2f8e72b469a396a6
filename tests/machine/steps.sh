# For the other scripts in this folder: functions for messages, steps and errors.
# shellcheck shell=bash

project=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
machine=$project/tests/machine
log=$project/build/setup.log
cache=/var/cache/ci-slim
registry=127.0.0.1:5055
mkdir -p "$project/build"

# say TEXT: print a line of progress.
say() { printf 'setup: %s\n' "$*" >&2; }

# stop WHAT NEXT: end with what is wrong and what to do next.
stop() {
    printf 'setup: %s\n' "$1" >&2
    shift
    printf '       %s\n' "$@" >&2
    exit 1
}

# step TEXT COMMAND…: run the command quietly and print its time. If it fails, print the end of its
# output.
step() {
    local text=$1 began=$SECONDS mark status
    shift
    touch "$log"
    mark=$(($(wc -l <"$log") + 1))
    # Not `if ( … )`, because errexit has no effect inside a condition.
    set +e
    (set -e; "$@") >>"$log" 2>&1 </dev/null
    status=$?
    set -e
    if [ "$status" = 0 ]; then
        say "$text ($((SECONDS - began)) s)"
    else
        say "$text FAILED after $((SECONDS - began)) s; the end of $log:"
        tail -n "+$mark" "$log" | tail -n 25 | sed 's/^/       | /' >&2
        exit 1
    fi
}

is_root() { [ "$(id -u)" = 0 ]; }
has() { command -v "$1" >/dev/null 2>&1; }

# detached LOG COMMAND…: start a command that continues after this shell, its terminal and make.
detached() {
    local to=$1
    shift
    setsid nohup "$@" >>"$to" 2>&1 </dev/null &
}

# The Hub answers 401 without a login. Only if it does not answer, it cannot be reached.
hub_answers() {
    python3 - <<'PY'
import sys, urllib.error, urllib.request
try:
    urllib.request.urlopen("https://registry-1.docker.io/v2/", timeout=5)
except urllib.error.HTTPError as error:
    sys.exit(error.code != 401)
except OSError:
    sys.exit(1)
PY
}

# engine_answers: whether a Docker engine answers. Works before the client is installed.
engine_answers() {
    if has docker; then
        timeout 20 docker version --format '{{.Server.Version}}' >/dev/null 2>&1
    else
        python3 - <<'PY'
import socket, sys
engine = socket.socket(socket.AF_UNIX)
engine.settimeout(5)
try:
    engine.connect("/var/run/docker.sock")
    engine.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
    sys.exit(b"OK" not in engine.recv(4096))
except OSError:
    sys.exit(1)
PY
    fi
}

# uses_mirror: whether the engine looks for the Hub's images in this machine's registry.
uses_mirror() {
    docker info --format '{{json .RegistryConfig.Mirrors}}' 2>/dev/null | grep -q "//$registry/"
}

# stand_ins_wanted: whether builds need the images of the Hub from this machine's registry.
stand_ins_wanted() {
    { has docker && uses_mirror; } || ! hub_answers
}

# in_registry NAME TAG
in_registry() {
    curl -fsS -o /dev/null --head --max-time 10 "http://$registry/v2/$1/manifests/$2" \
        -H 'Accept: application/vnd.oci.image.index.v1+json' \
        -H 'Accept: application/vnd.docker.distribution.manifest.v2+json' 2>/dev/null
}
