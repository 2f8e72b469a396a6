"""The hub: states, services, and the HTTP API."""

import asyncio
import json
from pathlib import Path

from aiohttp import WSMsgType, web

from bridge.config import integration

TRANSLATIONS = Path(__file__).parent / "translations"


class Hub:
    def __init__(self, settings):
        self.settings, self.states, self.services, self.exports = settings, {}, {}, {}

    def set(self, name, value, unit=""):
        self.states[name] = {"state": value, "unit": unit}


async def run(settings):
    hub = Hub(settings)
    for name, values in settings["integrations"].items():
        await integration(name).setup(hub, values)
    app = web.Application()
    app.add_routes([
        web.get("/", lambda request: web.json_response({"message": f"{settings['name']} runs"})),
        web.get("/api/states", lambda request: web.json_response(hub.states)),
        web.get("/api/states/{name}", one(hub)),
        web.post("/api/services/{name}", call(hub)),
        web.get("/api/export/{form}", export(hub)),
        web.get("/api/translations/{language}", translated),
        web.get("/api/websocket", socket(hub)),
    ])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "0.0.0.0", 8123).start()
    await asyncio.Event().wait()


def one(hub):
    async def handler(request):
        name = request.match_info["name"]
        if name not in hub.states:
            raise web.HTTPNotFound(text=f"no entity {name}")
        return web.json_response(hub.states[name])
    return handler


def call(hub):
    async def handler(request):
        service = hub.services.get(request.match_info["name"])
        if service is None:
            raise web.HTTPBadRequest(text="no such service")
        return web.json_response(await service(await request.json()))
    return handler


def export(hub):
    async def handler(request):
        form = request.match_info["form"]
        if form == "csv":
            import csv
            import io

            file = io.StringIO()
            csv.writer(file).writerows((name, s["state"]) for name, s in hub.states.items())
            return web.Response(text=file.getvalue(), content_type="text/csv")
        if form == "xml":
            import xml.etree.ElementTree as tree

            root = tree.Element("states")
            for name, state in hub.states.items():
                tree.SubElement(root, "state", name=name).text = str(state["state"])
            return web.Response(body=tree.tostring(root), content_type="text/xml")
        if form == "html":
            from jinja2 import Environment, PackageLoader

            page = Environment(loader=PackageLoader("bridge"), autoescape=True).get_template("states.html")
            return web.Response(text=page.render(states=hub.states), content_type="text/html")
        raise web.HTTPNotFound(text="csv, xml or html")
    return handler


async def translated(request):
    path = TRANSLATIONS / f"{request.match_info['language']}.json"
    return web.json_response(json.loads(path.read_text()) if path.exists() else {})


def socket(hub):
    async def handler(request):
        ws = web.WebSocketResponse()
        await ws.prepare(request)
        async for message in ws:
            if message.type == WSMsgType.TEXT:
                await ws.send_json(hub.states)
        return ws
    return handler
