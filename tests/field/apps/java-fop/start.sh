#!/bin/sh
# Make a PDF of each form that is put into the inbox.
mkdir -p /inbox
while :; do
    for form in /inbox/*.fo; do
        [ -e "$form" ] && fop "$form" "${form%.fo}.pdf" && rm "$form"
    done
    sleep 5
done
