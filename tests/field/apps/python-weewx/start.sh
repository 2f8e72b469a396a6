#!/bin/sh
# The pages of the station, and the daemon that writes them.
weectl report run
python3 -m http.server --directory /root/weewx-data/public_html 8080 &
exec weewxd
