"""A plugin of Kinto: sowing dates as iCalendar, and an ETag-aware summary of a collection."""

import datetime

from kinto.core import Service
from kinto.core.errors import http_error
from kinto.core.events import ACTIONS, ResourceChanged
from pyramid import httpexceptions
from pyramid.security import NO_PERMISSION_REQUIRED

calendar = Service(name="sowing", path="/sowing/{month}", description="What to sow in a month")


@calendar.get(permission=NO_PERMISSION_REQUIRED)
def sowing(request):
    try:
        day = datetime.datetime.strptime(request.matchdict["month"], "%Y-%m")
    except ValueError:
        raise http_error(httpexceptions.HTTPBadRequest(), errno=107, message="month is YYYY-MM")
    seeds, _ = [], None
    for record in request.registry.storage.list_all(
        resource_name="record", parent_id="/buckets/bank/collections/seeds"
    ):
        if day.month in record.get("months", []):
            seeds.append(record["name"])
    return {"month": day.strftime("%B"), "sow": sorted(seeds)}


def slug(event):
    for change in event.impacted_records if hasattr(event, "impacted_records") else event.impacted_objects:
        name = change["new"].get("name", "")
        if name and event.payload.get("collection_id") == "seeds" and name != name.strip():
            raise http_error(
                httpexceptions.HTTPBadRequest(), errno=107, message="name: white space around it"
            )


def includeme(config):
    config.add_api_capability(
        "sowing", description="What to sow in a month", url="https://seedbank.example/sowing"
    )
    config.add_cornice_service(calendar)
    config.add_subscriber(
        slug, ResourceChanged, for_actions=(ACTIONS.CREATE, ACTIONS.UPDATE), for_resources=("record",)
    )
