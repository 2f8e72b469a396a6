#!/usr/bin/env bash
# Unpacks packages of Debian sid below the cache folder, and prints the folder. Nothing is installed:
# the tests use it in addition to what the machine has.
#
#   unpack-sid.sh docker-28   the daemon of Docker 28, with the client and buildx of the image
#   unpack-sid.sh qemu-11     the emulators of QEMU 11
set -euo pipefail
. "$(dirname "$0")/steps.sh"

name=$1
lists=("$machine/$name.sha256")
# The archives of the day on which a list was made: Debian sid has only the newest packages.
case $name in
    docker-28) day=20261030 lists+=("$project/docker-packages.sha256") ;;
    qemu-11) day=20261125 ;;
esac
archives=(http://deb.debian.org/debian "https://snapshot.debian.org/archive/debian/${day}T000000Z")
wanted=$(cat "${lists[@]}" | grep '_amd64.deb$')
key=$(printf '%s' "$wanted" | sha256sum | cut -c 1-12)
folder=$cache/$name-$key

unpack() {
    local work path archive
    work=$(mktemp -d "$cache/$name.XXXXXX")
    while read -r _ path; do
        for archive in "${archives[@]}"; do
            if curl -fsS --retry 3 --output "$work/${path##*/}" "$archive/pool/main/$path"; then break; fi
        done
    done <<<"$wanted"
    (cd "$work" && sed 's#  .*/#  #' <<<"$wanted" | sha256sum --check --strict)
    for path in "$work"/*.deb; do dpkg -x "$path" "$work/root"; done
    rm "$work"/*.deb
    mv "$work/root" "$folder"
    rmdir "$work"
}

mkdir -p "$cache"
exec 9>"$cache/$name.lock"
flock 9
[ -d "$folder" ] || step "unpacked $name of Debian sid" unpack
echo "$folder"
