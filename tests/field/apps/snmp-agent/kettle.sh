#!/bin/sh
# The temperature of the kettle; a real one would read the sensor here.
echo "96 degrees"
