#!/bin/sh
cat >> /tmp/alarms
