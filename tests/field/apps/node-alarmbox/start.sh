#!/bin/sh
# The box of the plant, and a second one that plays the mail server of the office.
cd /opt/alarmbox || exit 1
node_modules/.bin/maildev --smtp 2525 --web 2080 --mail-directory /var/spool/office --web-user boss --web-pass gate --base-pathname /office --hide-extensions SMTPUTF8 > /tmp/office.log 2>&1 &
exec node alarmbox.js
