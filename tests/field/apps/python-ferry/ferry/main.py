from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from advanced_alchemy.extensions.litestar import (
    AsyncSessionConfig, SQLAlchemyAsyncConfig, SQLAlchemyDTO, SQLAlchemyDTOConfig, SQLAlchemyPlugin,
)
from advanced_alchemy.filters import LimitOffset
from advanced_alchemy.repository import SQLAlchemyAsyncRepository
from litestar import Litestar, MediaType, Request, Response, get, post, websocket
from litestar.config.compression import CompressionConfig
from litestar.contrib.jinja import JinjaTemplateEngine
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException, NotAuthorizedException, NotFoundException
from litestar.middleware.rate_limit import RateLimitConfig
from litestar.middleware.session.server_side import ServerSideSessionConfig
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import (
    RapidocRenderPlugin, RedocRenderPlugin, ScalarRenderPlugin, SwaggerRenderPlugin, YamlRenderPlugin,
)
from litestar.params import Body, Parameter
from litestar.plugins.structlog import StructlogPlugin
from litestar.response import ServerSentEvent, Stream, Template
from litestar.security.jwt import JWTAuth, Token
from litestar.static_files import create_static_files_router
from litestar.stores.file import FileStore
from litestar.template.config import TemplateConfig
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from .models import Booking, Crossing
from .text import wanted, words

HERE = Path(__file__).parent
STATE = Path("/var/lib/ferry")
FIRST = [("Hella–Dragsvik", "06:30", 10, 60), ("Hella–Vangsnes", "07:15", 15, 1200), ("Fodnes–Mannheller", "08:00", 12, 1)]


class BookingDTO(SQLAlchemyDTO[Booking]):
    config = SQLAlchemyDTOConfig(exclude={"id", "created_at", "updated_at", "crossing"}, rename_strategy="camel")


class BookedDTO(SQLAlchemyDTO[Booking]):
    config = SQLAlchemyDTOConfig(exclude={"created_at", "updated_at", "crossing.bookings", "crossing.created_at", "crossing.updated_at"}, rename_strategy="camel", max_nested_depth=1)


class CrossingDTO(SQLAlchemyDTO[Crossing]):
    config = SQLAlchemyDTOConfig(exclude={"created_at", "updated_at", "bookings"})


class Bookings(SQLAlchemyAsyncRepository[Booking]):
    model_type = Booking


@dataclass
class Skipper:
    name: str


@dataclass
class Login:
    name: str
    password: str


async def skipper(token: Token, _: Any) -> Skipper | None:
    return Skipper(token.sub) if token.sub == "olav" else None


auth = JWTAuth[Skipper](
    retrieve_user_handler=skipper,
    token_secret="the-fjord-is-deep-and-the-ferry-is-slow",
    exclude=["^/$", "^/(?!skipper).+"],
)


def page(request: Request, name: str, status: int = 200, **shown: Any) -> Template:
    tongue = wanted(request.headers.get("accept-language", "en"))
    told = words(tongue)
    shown |= {"lang": tongue, "t": lambda key, **values: told.format_value(key, values)}
    return Template(name, context=shown, status_code=status)


@get("/", media_type=MediaType.HTML)
async def index(request: Request, db_session: AsyncSession) -> Template:
    found = (await db_session.scalars(select(Crossing).order_by(Crossing.id))).all()
    return page(request, "index.html", crossings=found, since=date(2019, 5, 17))


@get("/health", sync_to_thread=False)
def health() -> dict[str, str]:
    return {"status": "up"}


@get("/crossings", return_dto=CrossingDTO, cache=5)
async def crossings(db_session: AsyncSession) -> list[Crossing]:
    return list((await db_session.scalars(select(Crossing).order_by(Crossing.id))).all())


@get("/crossings.msgpack", media_type=MediaType.MESSAGEPACK)
async def packed(db_session: AsyncSession) -> list[dict[str, Any]]:
    return [{"route": c.route, "leaves": c.leaves} for c in await db_session.scalars(select(Crossing))]


@post("/bookings", dto=BookingDTO, return_dto=BookedDTO)
async def book(data: Booking, db_session: AsyncSession, request: Request) -> Booking:
    crossing = await db_session.get(Crossing, data.crossing_id)
    if crossing is None:
        raise NotFoundException("No such crossing")
    if data.cars > crossing.seats:
        raise ClientException(f"Only {crossing.seats} places", status_code=409)
    made = await Bookings(session=db_session).add(data, auto_commit=True, auto_refresh=True)
    request.logger.info("booked", name=made.name, cars=made.cars)
    return made


@get("/bookings", return_dto=BookedDTO)
async def bookings(
    db_session: AsyncSession,
    limit: Annotated[int, Parameter(ge=1, le=100)] = 20,
) -> list[Booking]:
    return await Bookings(session=db_session).list(LimitOffset(limit, 0))


@get("/tickets/{number:int}/{kind:str}")
async def ticket(number: int, kind: str, db_session: AsyncSession) -> Response[bytes]:
    found = await db_session.get(Booking, number)
    if found is None:
        raise NotFoundException("No such booking")
    match kind:
        case "pdf":
            made = import_module("fpdf").FPDF(format=(105, 148))
            made.set_compression(False)
            made.add_page()
            made.set_font("Helvetica", "B", 16)
            made.cell(text=f"Ticket {number}", new_x="LMARGIN", new_y="NEXT")
            made.set_font("Courier", size=10)
            made.write_html(f"<p>{found.name}: <b>{found.cars}</b></p>")
            return Response(bytes(made.output()), media_type="application/pdf")
        case "svg" | "png":
            import io

            out = io.BytesIO()
            import_module("segno").make(f"ferry:{number}", error="h").save(out, kind=kind, scale=3)
            return Response(out.getvalue(), media_type={"svg": "image/svg+xml", "png": "image/png"}[kind])
    raise NotFoundException("No such ticket")


@post("/login", status_code=200)
async def login(data: Annotated[Login, Body(media_type=RequestEncodingType.URL_ENCODED)]) -> Response[Any]:
    if (data.name, data.password) != ("olav", "herring"):
        raise NotAuthorizedException("Wrong name or password")
    return auth.login(identifier=data.name, response_body={"hello": data.name})


@get("/skipper")
async def who(request: Request) -> dict[str, str]:
    return {"skipper": request.user.name}


@post("/manifest")
async def manifest(
    data: Annotated[UploadFile, Body(media_type=RequestEncodingType.MULTI_PART)],
    db_session: AsyncSession,
) -> dict[str, int]:
    csv = import_module("csv")
    rows = list(csv.DictReader((await data.read()).decode("latin-1").splitlines(), delimiter=";"))
    made = [Booking(crossing_id=int(r["crossing"]), name=r["name"], cars=int(r["cars"]), day=date.fromisoformat(r["day"])) for r in rows]
    await Bookings(session=db_session).add_many(made, auto_commit=True)
    return {"booked": len(made)}


@get("/basket")
async def basket(request: Request, add: str | None = None) -> list[str]:
    kept = [*request.session.get("basket", []), *([add] if add else [])]
    request.set_session({"basket": kept})
    return kept


@get("/bookings.jsonl")
async def lines(db_session: AsyncSession) -> Stream:
    found = await Bookings(session=db_session).list()
    encode = import_module("msgspec").json.encode

    async def each():
        for b in found:
            yield encode({"name": b.name, "cars": b.cars, "day": b.day}) + b"\n"

    return Stream(each(), media_type="application/jsonl")


@get("/departures")
async def departures(db_session: AsyncSession) -> ServerSentEvent:
    found = (await db_session.scalars(select(Crossing).order_by(Crossing.id))).all()

    async def each():
        for c in found:
            yield {"event": "leaves", "data": f"{c.leaves} {c.route}"}

    return ServerSentEvent(each())


@get("/guides/{name:str}", media_type=MediaType.HTML)
async def guide(name: str) -> str:
    path = HERE / "guides" / f"{name}.md"
    if not path.is_file():
        raise NotFoundException("No such guide")
    mistune = import_module("mistune")
    return mistune.create_markdown(plugins=["table", "footnotes", "strikethrough"])(path.read_text())


@get("/clock", sync_to_thread=False)
def clock(zone: str = "Europe/Oslo") -> dict[str, str]:
    try:
        there = ZoneInfo(zone)
    except (KeyError, ValueError) as error:
        raise ClientException(f"No such zone: {zone}") from error
    return {"at": datetime(2026, 7, 1, 12, tzinfo=UTC).astimezone(there).isoformat()}


@websocket("/radio")
async def radio(socket: Any) -> None:
    await socket.accept()
    heard = await socket.receive_json()
    await socket.send_msgpack({"heard": heard["say"]})
    await socket.close()


def missing(request: Request, error: NotFoundException) -> Response | Template:
    if "text/html" in request.headers.get("accept", ""):
        return page(request, "missing.html", 404)
    return Response({"detail": error.detail}, status_code=404, media_type=MediaType.JSON)


database = SQLAlchemyAsyncConfig(
    connection_string=f"sqlite+aiosqlite:///{STATE}/ferry.db",
    session_config=AsyncSessionConfig(expire_on_commit=False),
    create_all=True,
)


async def fill(app: Litestar) -> None:
    async with database.get_session() as opened:
        if not (await opened.scalars(select(Crossing))).first():
            for route, leaves, minutes, seats in FIRST:
                opened.add(Crossing(route=route, leaves=leaves, minutes=minutes, seats=seats))
                await opened.flush()
            await opened.commit()


sessions = ServerSideSessionConfig(store="sessions")

app = Litestar(
    [index, health, crossings, packed, book, bookings, ticket, login, who, manifest, basket, lines, departures, guide, clock, radio,
     create_static_files_router("/static", [HERE / "static"])],
    plugins=[SQLAlchemyPlugin(database), StructlogPlugin()],
    on_app_init=[auth.on_app_init],
    on_startup=[fill],
    middleware=[sessions.middleware, RateLimitConfig(("minute", 2), exclude=["^(?!/guides/lane)"]).middleware],
    stores={"sessions": FileStore(STATE / "sessions", create_directories=True)},
    template_config=TemplateConfig(directory=HERE / "templates", engine=JinjaTemplateEngine),
    compression_config=CompressionConfig(backend="brotli", brotli_gzip_fallback=True, minimum_size=100),
    exception_handlers={NotFoundException: missing},
    openapi_config=OpenAPIConfig(
        title="Ferry", version="3.1", path="/docs",
        render_plugins=[ScalarRenderPlugin(), SwaggerRenderPlugin(), RedocRenderPlugin(), RapidocRenderPlugin(), YamlRenderPlugin()],
    ),
)
