import csv
import gettext
import io
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import aiosqlite
from babel import Locale, UnknownLocaleError, dates, negotiate_locale
from icalendar import Calendar, Event
from PIL import Image, UnidentifiedImageError
from pydantic import BaseModel, Field
from sanic import Blueprint, Request, Sanic, json, raw, text
from sanic.exceptions import BadRequest, NotFound, SanicException
from sanic.response import empty, file, html
from sanic_ext import openapi, render, validate

from observatory import sky

HERE = Path(__file__).parent
app = Sanic("observatory")
app.config.OAS_UI_DEFAULT = "swagger"
app.config.TEMPLATING_PATH_TO_TEMPLATES = HERE / "templates"
app.config.HEALTH = True
app.config.HEALTH_ENDPOINT = True
app.config.CORS_ORIGINS = "https://stars.example"
app.ext.openapi.describe("Observatory", version="3.1.0", description="What was seen, and when")
app.static("/static", HERE / "static", use_content_range=True, name="static")


class Seen(BaseModel):
    what: str = Field(min_length=2, max_length=40)
    who: str
    on: date
    magnitude: float = Field(ge=-27, le=15)


@app.before_server_start
async def open_database(app, _):
    app.ctx.db = await aiosqlite.connect(app.config.DATABASE)
    await app.ctx.db.execute("PRAGMA journal_mode=WAL")
    await app.ctx.db.execute(
        "CREATE TABLE IF NOT EXISTS seen (id INTEGER PRIMARY KEY, what TEXT, who TEXT, day TEXT, magnitude REAL, sketch BLOB)"
    )
    await app.ctx.db.commit()


@app.after_server_stop
async def close_database(app, _):
    await app.ctx.db.close()


@app.on_request
async def language(request: Request):
    wanted = [part.split(";")[0].strip() for part in request.headers.get("accept-language", "").split(",")]
    request.ctx.lang = negotiate_locale(wanted, ["en", "de", "is"], sep="-") or "en"
    request.ctx.words = gettext.translation(
        "observatory", HERE / "locale", [request.ctx.lang], fallback=True
    )


@app.on_response
async def version(_, response):
    response.headers["X-Observatory"] = "3.1.0"


@app.signal("observatory.seen.new")
async def announce(what: str, **_):
    with open("/tmp/announced", "a") as out:
        out.write(f"{what} was seen\n")


@app.get("/health")
@openapi.exclude()
async def health(_):
    return json({"status": "ok"})


@app.get("/")
@openapi.exclude()
async def start(request):
    moon = sky.moon(datetime.now(UTC))
    founded = dates.format_date(date(1961, 3, 9), "full", locale=request.ctx.lang)
    return await render(
        "start.html",
        context={"_": request.ctx.words.gettext, "lang": request.ctx.lang, "founded": founded, "moon": moon},
    )


bodies = Blueprint("bodies", url_prefix="/bodies")


@bodies.get("/")
async def listing(_):
    return json(sky.names())


@bodies.get("/<name:str>")
@openapi.summary("Where a body stands")
async def body(request, name):
    try:
        when = datetime.fromisoformat(request.args.get("at", "2026-01-01T00:00:00"))
    except ValueError as wrong:
        raise BadRequest(str(wrong)) from wrong
    try:
        return json(sky.position(name, when))
    except KeyError:
        raise NotFound(f"{name} is not in the catalogue") from None


@bodies.get("/<name:str>/rise")
async def rise(request, name):
    try:
        zone = ZoneInfo(request.args.get("zone", app.config.ZONE))
    except (ZoneInfoNotFoundError, ValueError):
        raise SanicException("no such zone", status_code=422) from None
    day = date.fromisoformat(request.args.get("day", "2026-06-21"))
    place = request.args.get("place", "Reykjavik")
    try:
        return json({"rise": sky.rise(name, place, day).astimezone(zone).isoformat("T", "minutes")})
    except sky.NeverRises as never:
        return json({"rise": None, "why": str(never)})


@app.get("/chart/<kind:str>")
async def chart(request, kind):
    picture = sky.chart(datetime.fromisoformat(request.args.get("at", "2026-01-01T00:00:00")))
    out = io.BytesIO()
    try:
        picture.save(out, kind.upper())
    except KeyError:
        raise NotFound("no such format") from None
    return raw(out.getvalue(), content_type=f"image/{kind}")


seen = Blueprint("seen", url_prefix="/seen")


@seen.post("/")
@openapi.body({"application/json": Seen.model_json_schema()})
@validate(json=Seen)
async def add(request, body: Seen):
    cursor = await app.ctx.db.execute(
        "INSERT INTO seen (what, who, day, magnitude) VALUES (?, ?, ?, ?)",
        (body.what, body.who, body.on.isoformat(), body.magnitude),
    )
    await app.ctx.db.commit()
    await app.dispatch("observatory.seen.new", context={"what": body.what})
    return json({"id": cursor.lastrowid, **body.model_dump(mode="json")}, status=201)


@seen.get("/")
async def every(request):
    rows = await app.ctx.db.execute_fetchall("SELECT id, what, who, day, magnitude FROM seen ORDER BY id")
    if request.accept.match("application/json"):
        return json([dict(zip(("id", "what", "who", "on", "magnitude"), row)) for row in rows])
    if request.accept.match("text/calendar"):
        calendar = Calendar()
        calendar.add("prodid", "-//observatory//EN")
        calendar.add("version", "2.0")
        for row in rows:
            event = Event()
            event.add("summary", f"{row[1]} ({row[2]})")
            event.add("dtstart", date.fromisoformat(row[3]))
            event.add("uid", f"{row[0]}@observatory")
            calendar.add_component(event)
        return raw(calendar.to_ical(), content_type="text/calendar")
    if request.accept.match("text/csv"):
        out = io.StringIO()
        csv.writer(out, delimiter=";").writerows(rows)
        return text(out.getvalue(), content_type="text/csv")
    raise SanicException("json, calendar or csv", status_code=406)


@seen.post("/<number:int>/sketch")
async def sketch(request, number):
    upload = request.files.get("sketch")
    if upload is None:
        raise BadRequest("no sketch")
    try:
        picture = Image.open(io.BytesIO(upload.body))
    except UnidentifiedImageError:
        raise SanicException("not a picture", status_code=415) from None
    picture.thumbnail((64, 64))
    out = io.BytesIO()
    picture.convert("RGB").save(out, "WEBP")
    await app.ctx.db.execute("UPDATE seen SET sketch = ? WHERE id = ?", (out.getvalue(), number))
    await app.ctx.db.commit()
    return json({"width": picture.width, "height": picture.height, "format": picture.format or upload.type}, 201)


@seen.get("/<number:int>/sketch")
async def show(_, number):
    rows = list(await app.ctx.db.execute_fetchall("SELECT sketch FROM seen WHERE id = ?", (number,)))
    if not rows or rows[0][0] is None:
        raise NotFound("no sketch")
    return raw(rows[0][0], content_type="image/webp")


@seen.delete("/<number:int>")
async def forget(_, number):
    await app.ctx.db.execute("DELETE FROM seen WHERE id = ?", (number,))
    await app.ctx.db.commit()
    return empty()


@app.get("/watch")
@openapi.exclude()
async def watch(request):
    response = await request.respond(content_type="text/event-stream")
    for name in sky.names()[:3]:
        await response.send(f"event: body\ndata: {name}\n\n")
    await response.eof()


@app.websocket("/where")
async def where(request, ws):
    async for name in ws:
        try:
            await ws.send(sky.constellation(name))
        except KeyError:
            await ws.close(4004, "unknown")


@app.command
async def languages():
    """Lists the languages and what they call themselves."""
    for code in ("de", "en", "is"):
        print(code, Locale.parse(code).get_display_name())


app.blueprint(Blueprint.group(bodies, seen, url_prefix="/api/v1"))
