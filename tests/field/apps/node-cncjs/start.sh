#!/bin/sh
# Without a router on the USB port a simulated one is used, for dry runs.
[ -e /dev/ttyUSB0 ] && SERIAL=/dev/ttyUSB0 ||
    socat "PTY,link=$SERIAL,rawer,wait-slave" "EXEC:node /opt/router/grblsim.js,pty,rawer" &
exec cncjs --port 8000 --host 0.0.0.0 --controller Grbl --watch-directory "$HOME/jobs" \
    --mount /pendant:/opt/router/pendant --access-token-lifetime 12h
