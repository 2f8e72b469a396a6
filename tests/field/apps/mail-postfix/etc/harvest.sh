#!/bin/sh
{ echo "from $1 to $2"; cat; } > /srv/mail/harvest.txt
