#!/bin/sh
# The scale below the store of pellets.
while true; do
  echo "PUTVAL boiler/store/pellets interval=2 N:1250"
  sleep "${COLLECTD_INTERVAL%.*}"
done
