#!/usr/bin/env bash
# Where Docker Hub cannot be reached: makes stand-ins for the public images that the examples and
# the tests start FROM, in a registry on this machine that the engine asks as its mirror. So a
# Dockerfile says FROM debian:trixie-slim here as everywhere.
#
#   base-images.sh          what the demo needs
#   base-images.sh --push   golang:1.24 in the registry too, for an engine beside the first one
#
# debian:trixie-slim   linux/amd64, linux/arm64, linux/arm/v5 (which linux/arm/v6 takes, as with
#                      the official image)
# golang:1.24          linux/amd64, see golang.Dockerfile
set -euo pipefail
. "$(dirname "$0")/steps.sh"

store=$cache/registry
debian_key=$(cat "$0" "$machine"/{debian-slim-hook.sh,push_image.py} | sha256sum)
golang_key=$debian_key$(sha256sum <"$machine/golang.Dockerfile")
registry_log=/var/log/ci-slim-registry.log
old=1767225600 # 1 January 2026

registry_answers() { curl -fsS -o /dev/null --max-time 5 "http://$registry/v2/" 2>/dev/null; }

start_registry() {
    mkdir -p "$store"
    cat >"$cache/registry.yml" <<CONFIG
version: 0.1
log: {level: warn, accesslog: {disabled: true}}
storage:
  filesystem: {rootdirectory: $store}
http: {addr: "$registry", secret: not-a-secret-for-loopback-only}
CONFIG
    detached "$registry_log" docker-registry serve "$cache/registry.yml"
    local pid=$!
    for _ in $(seq 100); do
        registry_answers && return 0
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    echo "docker-registry does not answer at $registry; the end of its log:"
    tail -n 10 "$registry_log"
    return 1
}

reload_engine() {
    python3 - "http://$registry" <<'PY'
import json, sys
from pathlib import Path
path = Path("/etc/docker/daemon.json")
settings = json.loads(path.read_text()) if path.exists() else {}
settings["registry-mirrors"] = [*settings.get("registry-mirrors", []), sys.argv[1]]
path.parent.mkdir(exist_ok=True)
path.write_text(json.dumps(settings, indent=2) + "\n")
PY
    kill -HUP "$(cat /var/run/docker.pid)"
    for _ in $(seq 50); do
        uses_mirror && return 0
        sleep 0.1
    done
    echo "dockerd did not take the mirror from /etc/docker/daemon.json"
    return 1
}

# sealed DIR COMMAND…: run it with this machine's file systems read-only; only DIR and /tmp, both in
# memory, can be written. For maintainer scripts of another architecture, run by our own shell.
sealed() {
    # shellcheck disable=SC2016 # the inner shell expands these
    unshare --mount --propagation private bash -ec '
        work=$1; shift
        cd /
        mount -t tmpfs -o size=4g tmpfs "$work"
        mount -t tmpfs tmpfs /tmp
        for place in /etc /usr /var /opt /home /root /; do
            if mountpoint -q "$place"; then mount -o remount,bind,ro "$place"; fi
        done
        TMPDIR=$work exec "$@"' sealed "$@"
}

# root_files ARCH SUITE: make $work/ARCH.tar. Another architecture's packages are configured by this
# machine's programs (DPKG_ROOT, which Debian's essential packages support): 30 s, where maintainer
# scripts under QEMU take minutes.
root_files() {
    local arch=$1 suite=$2 options=()
    if [ "$arch" != "$(dpkg --print-architecture)" ]; then
        options+=(--mode=chrootless --skip=check/chrootless)
        # bookworm's usrmerge package would convert this machine instead of the new root
        if [ "$suite" = bookworm ]; then
            options+=(--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr --include=usr-is-merged)
        fi
    else
        options+=(--mode=root)
    fi
    local setting
    while read -r setting; do
        options+=("--aptopt=$setting")
    done < <(apt-config dump | grep -E '^Acquire::(Check-Valid-Until|Check-Date) ')
    mkdir -p "$work/$arch"
    SOURCE_DATE_EPOCH=$old sealed "$work/$arch" mmdebstrap --variant=minbase \
        --architectures="$arch" "${options[@]}" --skip=output/dev --format=tar \
        --dpkgopt=force-unsafe-io --customize-hook="$work/debian-slim-hook.sh" \
        "$suite" - >"$work/$arch.tar" 2>"$work/$arch.log" || {
        sed "s/^/$arch $suite: /" "$work/$arch.log" | tail -n 20
        return 1
    }
    echo "$suite" >"$work/$arch.suite"
}

# Some mirrors' index of trixie's armel is out of step with its Release file at times.
armel_files() { root_files armel trixie || root_files armel bookworm; }

debian() {
    local arch jobs=()
    # the project itself may lie below /tmp, which is another one where the hook runs
    cp "$machine/debian-slim-hook.sh" "$work/"
    for arch in amd64 arm64; do
        root_files "$arch" trixie &
        jobs+=($!)
    done
    armel_files &
    jobs+=($!)
    for job in "${jobs[@]}"; do wait "$job"; done
    suites=$(for arch in amd64 arm64 armel; do printf '%s from %s, ' "$arch" "$(cat "$work/$arch.suite")"; done)
    suites=${suites%, }
    python3 "$machine/push_image.py" "http://$registry" library/debian:trixie-slim \
        --layer "linux/amd64=$work/amd64.tar" --layer "linux/arm64=$work/arm64.tar" \
        --layer "linux/arm/v5=$work/armel.tar" \
        --note "ci-slim's stand-in for debian:trixie-slim, by mmdebstrap: $suites"
}

# As old as Debian's stand-in: a base image that is minutes old is taken for part of the application.
golang() {
    mkdir -p "$work/context"
    docker buildx build --progress=plain --load -t golang:1.24 \
        --build-arg "SOURCE_DATE_EPOCH=$old" \
        -f "$machine/golang.Dockerfile" "$work/context"
}

push_golang() {
    docker tag golang:1.24 "$registry/library/golang:1.24"
    docker push -q "$registry/library/golang:1.24"
    docker rmi "$registry/library/golang:1.24"
}

stand_ins_wanted || exit 0

if ! uses_mirror; then
    if [ "${RELOAD:-}" != 1 ]; then
        stop "Docker Hub cannot be reached, and this Docker does not know our stand-ins for its images" \
            "it was not started by this set-up, so it was left alone; either of these tells it:" \
            "    make setup RELOAD=1" \
            "    add \"registry-mirrors\": [\"http://$registry\"] to /etc/docker/daemon.json, then" \
            "    kill -HUP \$(cat /var/run/docker.pid)"
    fi
    is_root || stop "only root can change Docker's settings" "sudo make setup RELOAD=1"
    step "told dockerd about the mirror at $registry" reload_engine
fi

if ! registry_answers; then
    is_root || stop "the registry of stand-ins at $registry does not answer" "start it: sudo make setup"
    step "started a registry for stand-ins at $registry" start_registry
fi

# made_from IMAGE KEY: was it made from the recipe as it is now?
made_from() { [ "$(cat "$cache/$1.made-from" 2>/dev/null)" = "$2" ]; }

work=$(mktemp -d "$cache/work.XXXXXX" 2>/dev/null || mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! made_from debian "$debian_key" || ! in_registry library/debian trixie-slim; then
    is_root || stop "the stand-ins for Docker Hub's images are missing" "make them: sudo make setup"
    step "made debian:trixie-slim for amd64, arm64 and armel" debian
    for arch in amd64 arm64 armel; do
        suite=$(cat "$work/$arch.suite")
        [ "$suite" = trixie ] || say "  its $arch is Debian $suite: trixie's index for $arch could not be used"
    done
    echo "$debian_key" >"$cache/debian.made-from"
fi
if ! made_from golang "$golang_key" ||
    { ! docker image inspect golang:1.24 >/dev/null 2>&1 && ! in_registry library/golang 1.24; }; then
    is_root || stop "the stand-in for Docker Hub's golang:1.24 is missing" "make it: sudo make setup"
    step "made golang:1.24" golang
    echo "$golang_key" >"$cache/golang.made-from"
fi
if [ "${1:-}" = --push ] &&
    { ! made_from golang.pushed "$golang_key" || ! in_registry library/golang 1.24; }; then
    step "pushed golang:1.24 to $registry" push_golang
    echo "$golang_key" >"$cache/golang.pushed.made-from"
fi
