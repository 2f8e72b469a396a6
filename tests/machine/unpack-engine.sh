#!/usr/bin/env bash
# Unpacks the Docker engine that a release of Debian or Ubuntu has now below the cache folder, and
# prints the folder. Nothing is installed: the tests start it in addition to the machine's own.
#
#   unpack-engine.sh SUITE   a suite of Debian, or jammy, noble or resolute of Ubuntu, also with -updates
#
# apt checks the signatures. A new version of a release is tried as soon as the release has it.
set -euo pipefail
. "$(dirname "$0")/steps.sh"

suite=$1
case $suite in
    jammy* | noble* | resolute*) archive=http://archive.ubuntu.com/ubuntu ring=ubuntu parts="main universe" ;;
    *) archive=http://deb.debian.org/debian ring=debian parts=main ;;
esac
# What an engine needs and this machine may lack: libdevmapper before Docker 25, libnftables since 29.
packages=(docker.io containerd runc libdevmapper1.02.1 libnftables1 libnftnl11 libjansson4)

state=$cache/apt-$suite
private=(-o "Dir::Etc::SourceList=$state/sources" -o Dir::Etc::SourceParts=- -o "Dir::State::Lists=$state/lists"
    -o "Dir::State::Status=$state/status" -o "Dir::Cache=$state" -o APT::Architectures=amd64
    -o Acquire::Languages=none -o APT::Sandbox::User=root)

fetch() {
    mkdir -p "$state/lists/partial" "$state/archives/partial"
    : >"$state/status"
    local signed="[signed-by=/usr/share/keyrings/$ring-archive-keyring.gpg]" part
    {
        echo "deb $signed $archive $suite $parts"
        [ "$suite" != "${suite%-updates}" ] && echo "deb $signed $archive ${suite%-updates} $parts"
        case $suite in
            bullseye | bookworm | trixie)
                echo "deb $signed http://deb.debian.org/debian-security $suite-security main" ;;
        esac
    } >"$state/sources"
    apt-get "${private[@]}" -qq update
    rm -rf "$state/new"
    mkdir "$state/new"
    for part in "${packages[@]}"; do
        (cd "$state/new" && apt-get "${private[@]}" -qq download "$part")
    done
    (cd "$state/new" && sha256sum -- *.deb) >"$state/wanted"
}

unpack() {
    local path
    rm -rf "$cache/engine-$suite"-[0-9a-f]*
    for path in "$state/new"/*.deb; do dpkg -x "$path" "$folder.new"; done
    mv "$folder.new" "$folder"
}

mkdir -p "$cache"
exec 9>"$cache/apt-$suite.lock"
flock 9
# Once a day is enough.
if [ -z "$(find "$state/wanted" -mtime -1 2>/dev/null)" ]; then
    step "fetched the engine of $suite" fetch
fi
folder=$cache/engine-$suite-$(sha256sum <"$state/wanted" | cut -c 1-12)
[ -d "$folder" ] || step "unpacked the engine of $suite" unpack
echo "$folder"
