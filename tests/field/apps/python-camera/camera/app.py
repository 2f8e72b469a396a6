import importlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import aiohttp_jinja2
import jinja2
from aiohttp import web

from camera import frames

HERE = Path(__file__).parent
routes = web.RouteTableDef()
TYPES = {"jpg": "image/jpeg", "png": "image/png", "webp": "image/webp", "tiff": "image/tiff"}


@routes.get("/")
@aiohttp_jinja2.template("index.html")
async def index(request):
    return {"cameras": ["door", "garden"]}


@routes.get("/snapshot.{kind}")
async def snapshot(request):
    kind = request.match_info["kind"]
    if kind not in TYPES:
        raise web.HTTPNotFound
    return web.Response(body=frames.encoded(frames.frame(0), kind), content_type=TYPES[kind])


@routes.get("/camera/{name}")
@aiohttp_jinja2.template("camera.html")
async def camera(request):
    zone = ZoneInfo(request.query.get("zone", "UTC"))
    return {"name": request.match_info["name"], "at": datetime(2026, 1, 1, tzinfo=UTC).astimezone(zone)}


@routes.get("/detect/{what}")
async def detect(request):
    try:
        detector = importlib.import_module(f"camera.detect_{request.match_info['what']}")
    except ModuleNotFoundError:
        raise web.HTTPNotFound from None
    return web.json_response(detector.detect())


@routes.get("/clip.avi")
async def clip(request):
    return web.Response(body=frames.clip(), content_type="video/x-msvideo")


@routes.get("/log")
async def log(request):
    answer = web.Response(text="motion at the door\n" * 400)
    answer.enable_compression()
    return answer


@web.middleware
async def errors(request, handler):
    try:
        return await handler(request)
    except web.HTTPNotFound as error:
        return aiohttp_jinja2.render_template("errors/404.html", request, {"path": request.path}, status=error.status)


def make_app():
    app = web.Application(middlewares=[errors])
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(HERE / "templates"))
    app.add_routes(routes)
    app.router.add_static("/static", HERE / "static")
    return app
