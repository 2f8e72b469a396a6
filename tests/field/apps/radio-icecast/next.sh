#!/bin/sh
# What the members hear next: the bell on the hour, else the foghorn.
[ "$(date +%M)" = 00 ] && echo /srv/music/bell.ogg || echo /srv/music/foghorn.ogg
