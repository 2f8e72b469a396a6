#!/bin/sh
# The page of the access point, and the proxy in front of it.
busybox httpd -p 127.0.0.1:8080 -h /srv/www
exec squid -N
