#!/bin/sh
install -d -m 750 /run/kea
kea-dhcp4 -p 1067 -c /etc/kea/kea-dhcp4.conf &
exec kea-ctrl-agent -c /etc/kea/kea-ctrl-agent.conf
