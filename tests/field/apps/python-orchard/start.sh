#!/bin/sh
set -e
mkdir -p /var/lib/orchard
alembic upgrade head
exec uvicorn orchard.main:app --host 0.0.0.0 --port 8000 --proxy-headers --forwarded-allow-ips '*'
