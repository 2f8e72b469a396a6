#!/bin/sh
# chime HERTZ FILE: one second of a tone that fades; - is standard output, as WAV.
set -e
out="$2"
[ "$out" != - ] || out="-t wav -"
# shellcheck disable=SC2086
exec sox -q -R -n -r 22050 -b 16 $out synth 1 sine "$1" fade t 0.05 1 0.3
