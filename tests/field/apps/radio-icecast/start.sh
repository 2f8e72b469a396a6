#!/bin/sh
set -e
umask 077
fill() { sed -e "s/@SOURCE_PASSWORD@/$SOURCE_PASSWORD/g" -e "s/@ADMIN_PASSWORD@/$ADMIN_PASSWORD/g" "$@"; }
fill /etc/icecast2/icecast.xml.in > /run/icecast/icecast.xml
fill -e 's#@MOUNT@#/music.ogg#; s/@TITLE@/Saltholm by night/; s/@TYPE@/playlist/; s#@FILE@#/srv/music/rotation.m3u#' /etc/icecast2/ezstream.xml.in > /run/icecast/music.xml
fill -e 's#@MOUNT@#/members.ogg#; s/@TITLE@/For members/; s/@TYPE@/program/; s#@FILE@#/usr/local/bin/next.sh#' /etc/icecast2/ezstream.xml.in > /run/icecast/members.xml
touch /var/lib/icecast/members
for stream in music members; do
    (sleep 1; while :; do ezstream -c "/run/icecast/$stream.xml" >> "/run/icecast/$stream.log" 2>&1 || true; sleep 1; done) &
done
exec icecast2 -c /run/icecast/icecast.xml
