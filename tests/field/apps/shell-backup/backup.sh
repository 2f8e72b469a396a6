#!/bin/bash
set -euo pipefail
database=${DATABASE:-/tmp/out/shop.db}
case "${1:-}" in
    create) sqlite3 "$database" < /usr/local/share/worker/schema.sql ;;
    dump) sqlite3 "$database" .dump | gzip -9 > /tmp/out/dump.gz && zcat /tmp/out/dump.gz ;;
    zip) cd /tmp/out && zip -q all.zip heartbeat && echo zipped ;;
    report) sqlite3 -json "$database" 'select * from tea' | jq -r '.[].name' ;;
    clean) find /tmp/out -name '*.gz' -mtime -1 -print0 | xargs -0 rm -f && df -h / | awk 'NR == 2 {print "used", $5}' ;;
    *) echo "usage: backup.sh create|dump|zip|report|clean" >&2; exit 2 ;;
esac
