#!/bin/sh
# mmdebstrap's customize hook: makes the root file system in $1 what debian:*-slim is. The settings
# are those of debuerreotype, which makes the official images (its scripts debuerreotype-minimizing-config
# and .slimify-excludes): no documents, manuals or translations, and an apt that leaves nothing behind.
set -eu
root=$1

find "$root/usr/share/doc" -type f ! -name copyright -delete
find "$root/usr/share/doc" -type l ! -name copyright -delete
find "$root/usr/share/doc" -mindepth 1 -type d -empty -delete
find "$root/usr/share/locale" -mindepth 1 -maxdepth 1 ! -name locale.alias -exec rm -rf {} +
rm -rf "$root/usr/share/man"/* "$root/usr/share/info"/* "$root/usr/share/groff"/* \
    "$root/usr/share/lintian" "$root/usr/share/linda" "$root/var/cache/debconf"/*-old \
    "$root/var/cache/apt"/*.bin "$root/var/cache/apt/archives"/*.deb "$root/var/lib/apt/lists"/*_* \
    "$root/var/lib/dpkg"/*-old "$root/var/log"/*.log "$root/var/log/apt"/* "$root/etc"/*-

# Another architecture's libraries are not found by this machine's ldconfig; its own runs in QEMU.
chroot "$root" /sbin/ldconfig

# This machine's name and resolver are nobody else's; Docker brings its own.
rm -f "$root/etc/resolv.conf" "$root/etc/hostname"
: >"$root/etc/resolv.conf"

cat >"$root/etc/dpkg/dpkg.cfg.d/docker" <<'CFG'
force-unsafe-io
path-exclude /usr/share/doc/*
path-include /usr/share/doc/*/copyright
path-exclude /usr/share/groff/*
path-exclude /usr/share/info/*
path-exclude /usr/share/lintian/*
path-exclude /usr/share/locale/*
path-include /usr/share/locale/locale.alias
path-exclude /usr/share/man/*
CFG
cat >"$root/etc/apt/apt.conf.d/docker-clean" <<'CFG'
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb /var/cache/apt/archives/partial/*.deb /var/cache/apt/*.bin || true"; };
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
Acquire::GzipIndexes "true";
Acquire::Languages "none";
Apt::AutoRemove::SuggestsImportant "false";
CFG
