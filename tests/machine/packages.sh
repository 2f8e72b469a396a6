#!/usr/bin/env bash
# Installs all missing Debian packages at once. Without root or apt, it prints their names.
#
#   packages.sh                  what the demo needs
#   packages.sh --engine-tests   what tests/engine needs as well
#   packages.sh --contract-tests what tests/contract needs as well
#   packages.sh --results        what the tables of docs/results.md need as well, after both
set -euo pipefail
. "$(dirname "$0")/steps.sh"

missing=()
why=()
want() { # want REASON PACKAGE…
    why+=("$1")
    shift
    missing+=("$@")
}

if ! engine_answers; then
    if [ -n "${DOCKER_HOST:-}" ]; then
        stop "no Docker engine answers at DOCKER_HOST=$DOCKER_HOST" \
            "start it there, or unset DOCKER_HOST to let set-up bring one to this machine"
    fi
    has dockerd || want "a Docker engine" docker.io iptables iproute2
fi
has docker || want "the docker client" docker-cli
if ! { has docker && docker buildx version >/dev/null 2>&1; }; then
    want "docker buildx" docker-buildx
fi
for name in arm aarch64; do
    [ "$(uname -m)" = "$name" ] && continue
    if [ ! -e "/proc/sys/fs/binfmt_misc/qemu-$name" ] && [ ! -e "/usr/lib/binfmt.d/qemu-$name.conf" ]; then
        want "the emulator for $name" qemu-user-static
    fi
done
has strace || want "strace" strace
has tar || want "tar" tar
has find || want "find" findutils
has curl || want "curl" curl
has python3 || want "Python" python3
python3 -c 'import ensurepip, venv' 2>/dev/null || want "Python's venv" python3-venv
if stand_ins_wanted; then
    has docker-registry || want "a registry for stand-ins of the Hub's images" docker-registry
    has mmdebstrap || want "the maker of stand-ins" mmdebstrap debian-archive-keyring
fi
if [ "${1:-}" = --engine-tests ]; then
    has sshd || want "a second host that is reached over ssh" openssh-server
    has skopeo || want "a reader of OCI layouts that is none of ours" skopeo
    has upx || want "the packer of executables" upx-ucl
    [ -e /usr/share/keyrings/ubuntu-archive-keyring.gpg ] || want "bases of Ubuntu" ubuntu-keyring
    has mmdebstrap || want "bases of other releases" mmdebstrap debian-archive-keyring
    [ -e /usr/share/doc/binutils-multiarch ] || want "strip for all processors" binutils-multiarch
    has ip || want "a bridge for the second engine" iproute2
    has cosign || want "the verifier of signatures" cosign
    has podman || want "podman, root and rootless" podman uidmap passt nftables
    compgen -G '/usr/lib/*/faketime/libfaketime.so.1' >/dev/null ||
        want "a clock that is wrong" libfaketime
    compgen -G '/usr/lib/*/libdeflate.so.0' >/dev/null ||
        want "the library that compresses a layer again on a device with podman" libdeflate0
    has fuse-overlayfs || want "one of the drivers of podman without root" fuse-overlayfs
    has sshd || [ -x /usr/sbin/sshd ] || want "a second host that is reached over ssh" openssh-server
    has apparmor_parser || want "the parser of AppArmor profiles" apparmor
    [ -d /usr/include/asm-generic ] || want "the kernel's list of system calls" linux-libc-dev
fi
if [ "${1:-}" = --contract-tests ]; then
    has chromium || want "a browser for report.html and the pictures" chromium fonts-noto-color-emoji
fi
if [ "${1:-}" = --engine-tests ] || [ "${1:-}" = --contract-tests ]; then
    has docker-registry || want "a registry that a release is pushed to" docker-registry
    has skopeo || want "a reader of OCI layouts that is not ci-slim" skopeo
    has npm || want "npm, for the descriptions of APIs and gitlab-ci-local" npm
    has zstd || want "zstd, with which a device applies deltas" zstd
    has rsync || want "rsync, with which gitlab-ci-local copies a project" rsync
    has qemu-riscv64-static || has qemu-riscv64 ||
        want "an emulator that is registered while a test runs" qemu-user-static
fi
if [ "${1:-}" = --results ]; then
    has casync || want "casync, with which updates are compared" casync
    has xdelta3 || want "xdelta3, with which updates are compared" xdelta3
fi

[ ${#missing[@]} = 0 ] && exit 0
mapfile -t missing < <(printf '%s\n' "${missing[@]}" | sort -u)
reasons=$(printf '%s, ' "${why[@]}")
if ! has apt-get; then
    stop "missing: ${reasons%, }" \
        "this is not Debian or Ubuntu: install them your system's way; Debian's packages are called" \
        "${missing[*]}"
fi
if ! is_root; then
    stop "missing: ${reasons%, }" "install them: sudo apt-get install -y ${missing[*]}" \
        "or let set-up do it: sudo make setup"
fi

export DEBIAN_FRONTEND=noninteractive
step "apt-get update" apt-get update -q

known=()
for package in "${missing[@]}"; do
    if [ -n "$(apt-cache madison "$package")" ]; then
        known+=("$package")
    # If there is no package docker-cli (Ubuntu, Debian 12), docker.io contains the client.
    elif [ "$package" = docker-cli ]; then
        known+=(docker.io)
    else
        stop "this release of $(. /etc/os-release && echo "$NAME") has no package $package" \
            "it is needed for: ${reasons%, }; install that by hand and run this again"
    fi
done

# Services must not start automatically: engine.sh starts the engine with the necessary flags, and
# Debian's registry would use port 5000.
policy=/usr/sbin/policy-rc.d
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' >"$policy"
    chmod 755 "$policy"
    trap 'rm -f "$policy"' EXIT
fi
step "installed ${known[*]}" \
    apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-unsafe-io "${known[@]}"
