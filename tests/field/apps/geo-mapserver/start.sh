#!/bin/sh
set -e
spawn-fcgi -s /run/mapserv.sock -M 0666 -u www-data -g www-data -F 2 /usr/lib/cgi-bin/mapserv
exec lighttpd -D -f /etc/lighttpd/lighttpd.conf
