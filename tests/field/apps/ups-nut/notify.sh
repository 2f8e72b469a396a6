#!/bin/sh
# upssched's CMDSCRIPT: keeps the last events for the display at the door.
echo "$(date +%F) $UPSNAME $1: $NOTIFYTYPE" >> /run/nut/events
