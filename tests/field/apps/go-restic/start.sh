#!/bin/sh
# The box of the cellar: restic's REST server, in front of any store that rclone knows.
set -e
mkdir -p /srv/backups /srv/store
exec rclone serve restic --addr :8000 --rc --rc-addr 127.0.0.1:5572 --rc-no-auth store:backups
