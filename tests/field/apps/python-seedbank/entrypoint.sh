#!/bin/sh
set -e
: "${SECRET:=$(head -c 32 /dev/urandom | od -An -tx1 | tr -d ' \n')}"
export SECRET
envsubst '$SECRET $THREADS $SMTP_HOST $SMTP_PORT' < /etc/kinto/kinto.ini.in > /etc/kinto/kinto.ini
exec "$@"
