#!/bin/sh
set -e
mkdir -p /run/app
sed "s/NAME/$(id -un)/" >/run/app/lazy.txt <<TEXT
made by the wrapper for NAME
TEXT
echo "wrapper is $$"
/opt/server/server --port "$PORT" --lazy /run/app/lazy.txt
echo "the server ended"
