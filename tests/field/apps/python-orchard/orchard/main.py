import csv
import io
from datetime import UTC, date, datetime, timedelta
from gettext import translation
from importlib import import_module
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import jwt
from babel import Locale, negotiate_locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal
from fastapi import BackgroundTasks, Depends, FastAPI, HTTPException, Request, UploadFile, WebSocket
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import HTMLResponse, StreamingResponse
from fastapi.security import OAuth2PasswordBearer, OAuth2PasswordRequestForm
from fastapi.staticfiles import StaticFiles
from fastapi.templating import Jinja2Templates
from sqlmodel import Session, create_engine, func, select
from starlette.middleware.sessions import SessionMiddleware

from .models import Harvest, NewHarvest, NewTree, Tree
from .settings import settings

HERE = Path(__file__).parent
engine = create_engine(settings.database, connect_args={"check_same_thread": False})
app = FastAPI(title="Orchard", version="2.1")
app.add_middleware(GZipMiddleware, minimum_size=400)
app.add_middleware(SessionMiddleware, secret_key=settings.secret)
app.mount("/static", StaticFiles(directory=HERE / "static"), name="static")
pages = Jinja2Templates(HERE / "templates")
pages.env.add_extension("jinja2.ext.i18n")
token = OAuth2PasswordBearer("/token")
log: list[str] = []


def session():
    with Session(engine) as opened:
        yield opened


def owner(given: Annotated[str, Depends(token)]) -> str:
    try:
        return jwt.decode(given, settings.secret, algorithms=["HS256"])["sub"]
    except jwt.PyJWTError as error:
        raise HTTPException(401, f"The token does not hold: {error}") from error


Opened = Annotated[Session, Depends(session)]
Owner = Annotated[str, Depends(owner)]


def tongue(request: Request) -> str:
    wanted = request.headers.get("accept-language", "en").replace("-", "_").split(",")
    return negotiate_locale([w.split(";")[0] for w in wanted], ["en", "de", "ja"]) or "en"


@app.get("/health")
def health():
    return {"status": "ok"}


@app.get("/trees", response_model=list[Tree])
def trees(opened: Opened, kind: str | None = None):
    wanted = select(Tree)
    return opened.exec(wanted.where(Tree.kind == kind) if kind else wanted).all()


@app.post("/trees", status_code=201)
def plant(new: NewTree, opened: Opened, later: BackgroundTasks, _: Owner) -> Tree:
    tree = Tree.model_validate(new.model_dump())
    opened.add(tree)
    opened.commit()
    opened.refresh(tree)
    later.add_task(log.append, f"planted {tree.sort}")
    return tree


@app.get("/trees/{id}")
def tree(id: int, opened: Opened) -> Tree:
    if found := opened.get(Tree, id):
        return found
    raise HTTPException(404, "No such tree")


@app.post("/harvests", status_code=201)
def harvest(new: NewHarvest, opened: Opened) -> Harvest:
    brought = Harvest.model_validate(new.model_dump())
    opened.add(brought)
    opened.commit()
    opened.refresh(brought)
    return brought


@app.get("/harvests.csv")
def table(opened: Opened):
    out = io.StringIO()
    rows = csv.writer(out, dialect="excel")
    rows.writerow(["sort", "kilos"])
    total = select(Tree.sort, func.sum(Harvest.kilos)).join(Harvest).group_by(Tree.sort)
    rows.writerows(opened.exec(total).all())
    return StreamingResponse(iter([out.getvalue()]), media_type="text/csv")


@app.get("/harvests.xlsx")
def workbook(opened: Opened):
    made = import_module("openpyxl").Workbook()
    made.active.title = "Harvests"
    made.active.append(["sort", "planted"])
    for each in opened.exec(select(Tree)):
        made.active.append([each.sort, each.planted])
    out = io.BytesIO()
    made.save(out)
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return StreamingResponse(iter([out.getvalue()]), media_type=kind)


@app.post("/import")
async def read(file: UploadFile, opened: Opened, _: Owner):
    rows = csv.DictReader(io.StringIO((await file.read()).decode(), newline=""))
    new = [Tree(sort=r["sort"], kind=r["kind"], planted=date.fromisoformat(r["planted"])) for r in rows]
    opened.add_all(new)
    opened.commit()
    return {"read": len(new)}


@app.post("/token")
def enter(form: Annotated[OAuth2PasswordRequestForm, Depends()]):
    if (form.username, form.password) != (settings.owner, settings.password):
        raise HTTPException(401, "Wrong name or password")
    ends = datetime.now(UTC) + timedelta(hours=2)
    made = jwt.encode({"sub": form.username, "exp": ends}, settings.secret, "HS256")
    return {"access_token": made, "token_type": "bearer"}


@app.get("/log")
def notes(who: Owner):
    return {"who": who, "log": log}


@app.get("/", response_class=HTMLResponse)
def page(request: Request, opened: Opened):
    name = tongue(request)
    told = translation("orchard", HERE / "locale", [name], fallback=True)
    pages.env.install_gettext_translations(told, newstyle=True)
    shown = {
        "trees": opened.exec(select(Tree)).all(),
        "language": Locale.parse(name).get_display_name(),
        "day": lambda day: format_date(day, "long", locale=name),
        "number": lambda number: format_decimal(number, locale=name),
    }
    return pages.TemplateResponse(request, "trees.html", shown)


@app.get("/notes/{name}", response_class=HTMLResponse)
def note(name: str, request: Request):
    path = HERE / "notes" / f"{name}.md"
    if not path.is_file():
        return pages.TemplateResponse(request, "missing.html", {"name": name}, status_code=404)
    markdown = import_module("markdown")
    extensions = ["tables", "toc", "footnotes", "admonition"]
    return markdown.markdown(path.read_text(), extensions=extensions)


@app.get("/clock")
def clock(zone: str = "Europe/Vienna"):
    at = datetime(2026, 7, 1, 12, tzinfo=UTC)
    try:
        there = ZoneInfo(zone)
    except (KeyError, ValueError) as error:
        raise HTTPException(422, f"No such zone: {zone}") from error
    return {"at": format_datetime(at, "full", tzinfo=there, locale="en")}


@app.websocket("/live")
async def live(socket: WebSocket):
    await socket.accept()
    await socket.send_json({"heard": await socket.receive_text()})
    await socket.close()
