#!/usr/bin/env bash
# Unpacks Debian sid's Docker 28 below the cache folder, and prints the folder. It is not installed:
# the tests start it in addition to the running engine. Client and buildx are those of the image.
set -euo pipefail
. "$(dirname "$0")/steps.sh"

archives=(http://deb.debian.org/debian https://snapshot.debian.org/archive/debian/20261030T000000Z)
lists=("$machine/docker-28.sha256" "$project/docker-packages.sha256")
wanted=$(cat "${lists[@]}" | grep '_amd64.deb$')
key=$(printf '%s' "$wanted" | sha256sum | cut -c 1-12)
folder=$cache/docker-28-$key

unpack_docker() {
    local work path archive
    work=$(mktemp -d "$cache/docker-28.XXXXXX")
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
exec 9>"$cache/docker-28.lock"
flock 9
[ -d "$folder" ] || step "unpacked Docker 28 of Debian sid" unpack_docker
echo "$folder"
