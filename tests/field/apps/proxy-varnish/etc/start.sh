#!/bin/sh
nginx
exec varnishd -F -a :6081 -a :6082,PROXY -T localhost:6083 -S /etc/varnish/secret -f /etc/varnish/tea.vcl -s malloc,32M -s Transient=malloc,8M -p feature=+http2 -p feature=+esi_ignore_other_elements
