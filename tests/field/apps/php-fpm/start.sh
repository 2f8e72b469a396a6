#!/bin/sh
set -e
php-fpm8.4 --daemonize
exec nginx -g 'daemon off;'
