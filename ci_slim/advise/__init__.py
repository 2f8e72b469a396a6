"""Advice on a Dockerfile: what to change, tried by building it and sending the image's probes."""
