#!/usr/bin/env bash
# Registers QEMU for arm and arm64 in the kernel if there is no handler. Existing handlers are not
# changed. The flag F in Debian's files makes a handler work inside containers.
set -euo pipefail
. "$(dirname "$0")/steps.sh"

binfmt=/proc/sys/fs/binfmt_misc
wanted=()
for name in arm aarch64; do
    [ "$(uname -m)" = "$name" ] || [ -e "$binfmt/qemu-$name" ] || wanted+=("$name")
done
[ ${#wanted[@]} = 0 ] && exit 0
is_root || stop "no QEMU handler is registered for: ${wanted[*]}" \
    "register them: docker run --privileged --rm tonistiigi/binfmt --install arm,arm64" \
    "or let set-up do it: sudo make setup"

register() {
    if [ ! -e "$binfmt/register" ]; then
        mount -t binfmt_misc binfmt_misc "$binfmt"
    fi
    local name
    for name in "$@"; do
        # the handler may have existed before the mount
        [ -e "$binfmt/qemu-$name" ] && continue
        grep '^:' "/usr/lib/binfmt.d/qemu-$name.conf" >"$binfmt/register"
    done
}
step "registered QEMU for ${wanted[*]}" register "${wanted[@]}"
