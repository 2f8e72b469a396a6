import json


def export(entries):
    return json.dumps([{"title": entry.title, "link": entry.link} for entry in entries])
