#!/bin/sh
set -e
touch /var/log/doors.log
lighttpd -f /etc/lighttpd/lighttpd.conf
exec collectd -f -C /etc/collectd/collectd.conf
