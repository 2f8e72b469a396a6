"""Sunrise and sunset."""

from datetime import date

import voluptuous as vol

SCHEMA = vol.Schema({})


async def setup(hub, values):
    async def sun(data):
        from astral import LocationInfo
        from astral.sun import sun as times

        zone = hub.settings["time_zone"]
        place = LocationInfo("here", "", zone.key, hub.settings["latitude"], hub.settings["longitude"])
        found = times(place.observer, date.fromisoformat(data["date"]), tzinfo=zone)
        return {name: at.isoformat() for name, at in found.items()}

    hub.services["sun"] = sun
