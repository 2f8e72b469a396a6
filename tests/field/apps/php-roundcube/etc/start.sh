#!/bin/sh
set -e
dovecot
php-fpm8.4 --daemonize
exec lighttpd -D -f /etc/lighttpd/lighttpd.conf
