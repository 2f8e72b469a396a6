#!/bin/sh
# The sites are read once at the start, then each EVERY seconds; the web server stays in front.
set -e
[ -n "$SITES" ] || { echo "SITES is empty" >&2; exit 64; }
for site in $SITES; do
    perl /usr/lib/cgi-bin/awstats.pl -config="$site" -update > "/tmp/$site.log"
done
(
    while sleep "$EVERY"; do
        for site in $SITES; do perl /usr/lib/cgi-bin/awstats.pl -config="$site" -update > "/tmp/$site.log" 2>&1 || true; done
    done
) &
exec lighttpd -D -f /etc/awstats/lighttpd.conf
