#!/bin/sh
# Logs in as the administrator and asks the panel for a page: panel PAGE [NAME=VALUE ...]
page=$1
shift
login() {
    rm -f /tmp/jar
    token=$(curl -s -c /tmp/jar http://localhost/login.php | sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p')
    curl -s -o /dev/null -b /tmp/jar -c /tmp/jar --data-urlencode "fUsername=$ADMIN_MAIL" --data-urlencode "fPassword=$ADMIN_PASSWORD" -d "token=$token" -d lang=en -d submit=Login http://localhost/login.php
}
[ -s /tmp/jar ] || login
if [ $# -eq 0 ]; then exec curl -s -L -b /tmp/jar -c /tmp/jar "http://localhost/$page"; fi
token=$(curl -s -b /tmp/jar -c /tmp/jar "http://localhost/$page" | sed -n 's/.*name="token" value="\([^"]*\)".*/\1/p' | head -n 1)
set -- "token=$token" "$@"
for pair; do set -- "$@" --data-urlencode "$pair"; shift; done
exec curl -s -L -b /tmp/jar -c /tmp/jar "$@" "http://localhost/$page"
