#!/bin/sh
# The installer's answers, and the first bookmarks.
set -e
php /tmp/seed/seed.php
chown -R www-data:www-data /var/lib/shaarli /var/cache/shaarli
lighttpd -D -f /etc/lighttpd/lighttpd.conf & server=$!
sleep 2
shaare POST /links '{"url": "https://wool.example/merino", "title": "Merino", "tags": ["fibre", "wool"], "description": "**Soft** and `fine`\n\n- spins well", "created": "2026-03-01T08:00:00+01:00"}'
shaare POST /links '{"url": "https://loom.example/plans.html", "title": "Loom plans", "tags": ["tools"], "description": "See #fibre", "created": "2026-03-02T09:30:00+01:00"}'
shaare POST /links '{"title": "Shopping", "tags": ["home"], "description": "Madder root", "private": true, "created": "2026-03-02T10:00:00+01:00"}'
kill $server
wait $server || true
