#!/bin/sh
set -e
install -d -o mysql -g mysql /run/mysqld
mariadbd-safe --skip-networking --skip-syslog &
mariadb-admin --wait=30 --silent ping
exec apachectl -D FOREGROUND
