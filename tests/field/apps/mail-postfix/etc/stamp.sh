#!/bin/sh
{ echo "X-Stamp: vineyard"; cat; } | /usr/sbin/sendmail -G -i "$@"
