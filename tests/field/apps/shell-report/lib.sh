BASE=/srv/report
header() { printf 'Content-Type: text/plain\r\n\r\n'; }
