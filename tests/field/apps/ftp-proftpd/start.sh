#!/bin/sh
mkdir -p /run/proftpd
exec proftpd --nodaemon
