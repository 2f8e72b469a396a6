#!/bin/sh
set -e
upsdrvctl start
exec upsd -FF
