#!/bin/sh
# The web server, and the worker of the jobs beside it.
set -e
bookings migrate
huey_consumer bookings.jobs.huey --workers 1 --worker-type thread --logfile /data/jobs.log &
exec bookings serve
