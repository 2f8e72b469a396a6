#!/bin/sh
echo "$1 changed at $(date +%Z)" >> /run/icecast/onair.log
