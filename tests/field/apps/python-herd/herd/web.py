import json
import logging

import arrow
import parsedatetime
from beaker.middleware import SessionMiddleware
from bottle import Bottle, HTTPError, HTTPResponse, TEMPLATE_PATH, auth_basic, request, response, static_file, view
from pony.orm import commit, count, db_session, TransactionIntegrityError
from rapidfuzz import fuzz, process
from simpleeval import InvalidExpression, simple_eval
from unidecode import unidecode

from . import family, jobs, sheets
from .models import Animal, Yield
from .schemas import AnimalSchema, ValidationError, described

TEMPLATE_PATH.insert(0, "/srv/herd/herd/views")
app = Bottle()
app.install(db_session)
log = logging.getLogger("herd")
KINDS = {"csv": "text/csv", "tsv": "text/tab-separated-values", "xls": "application/vnd.ms-excel", "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "ods": "application/vnd.oasis.opendocument.spreadsheet", "html": "text/html", "rst": "text/plain", "json": "application/json", "mediawiki": "text/plain"}


def fail(status, **body):
    return HTTPResponse(json.dumps(body, ensure_ascii=False), status, {"Content-Type": "application/json"})


@app.error(404)
@view("missing")
def missing(error):
    return {"path": request.path}


@app.get("/health")
def health():
    return {"animals": count(one for one in Animal), "jobs": len(jobs.scheduler.get_jobs())}


@app.get("/")
@view("front")
def front():
    lang = request.query.lang or "en"
    animals = [(one, arrow.get(one.born).humanize(arrow.get("2026-11-10"), locale=lang)) for one in Animal.select().order_by(Animal.born)]
    return {"animals": animals, "best": sheets.best()}


@app.get("/animals/<tag:re:[A-Z]{2}-[0-9]{4}>")
def animal(tag):
    one = Animal.get(tag=tag) or fail_missing()
    return {**AnimalSchema().dump({**one.to_dict(), "mother": one.mother and one.mother.tag}), "young": sorted(y.tag for y in one.young), "line": family.line("ES-0001", tag) if one.mother else []}


def fail_missing():
    raise HTTPError(404)


@app.post("/animals")
def add():
    try:
        data = AnimalSchema().load(request.json or {})
        mother = data.pop("mother")
        Animal(**data, mother=Animal[mother] if mother else None)
        commit()
    except ValidationError as error:
        return fail(422, errors=error.messages)
    except TransactionIntegrityError:
        return fail(409, error="this tag is taken")
    except Exception as error:
        return fail(409, error=str(error))
    response.status = 201
    return {"stored": data["tag"]}


@app.get("/herd.<kind>")
def table(kind):
    if kind not in KINDS:
        return fail(406, error=f"no {kind} here")
    response.content_type = KINDS[kind]
    return sheets.written(kind)


@app.post("/herd.<kind>")
def take(kind):
    rows = sheets.read(request.body.read(), kind)
    for row in rows:
        data = AnimalSchema().load({**row, "born": str(row["born"])[:10], "mother": row["mother"] or None})
        mother = data.pop("mother")
        if not Animal.get(tag=data["tag"]):
            Animal(**data, mother=Animal.get(tag=mother) if mother else None)
    return {"read": len(rows)}


@app.get("/family.<kind>")
def relatives(kind):
    try:
        response.content_type = "text/plain; charset=utf-8"
        return family.as_format(kind)
    except KeyError:
        return fail(406, error=f"no {kind} here")


@app.get("/find")
def find():
    names = {one.tag: unidecode(one.name).lower() for one in Animal.select()}
    found = process.extract(unidecode(request.query.getunicode("q")).lower(), names, scorer=fuzz.WRatio, limit=2, score_cutoff=60)
    return {"found": [[tag, round(score)] for _, score, tag in found]}


@app.get("/when")
def when():
    calendar = parsedatetime.Calendar(parsedatetime.Constants(request.query.lang or "en_US", usePyICU=False))
    moment, good = calendar.parseDT(request.query.text, arrow.get("2026-11-10T12:00").naive)
    return {"moment": moment.isoformat()} if good else fail(422, error="not a time")


@app.get("/ration")
def ration():
    try:
        return {"kilos": simple_eval(request.query.formula, names={"litres": float(sum(one.litres for one in Yield.select()))}, functions={"round": round})}
    except (InvalidExpression, SyntaxError) as error:
        return fail(422, error=str(error))


@app.get("/jobs")
def planned():
    if request.query.cron:
        try:
            return {"times": jobs.next_times(request.query.cron)}
        except ValueError as error:
            return fail(422, error=str(error))
    return {"jobs": [[job.id, str(job.trigger)] for job in jobs.scheduler.get_jobs()]}


@app.post("/jobs/<name>/<what:re:pause|resume|now>")
def control(name, what):
    job = jobs.scheduler.get_job(name) or fail_missing()
    if what == "now":
        job.modify(next_run_time=arrow.utcnow().datetime)
    else:
        getattr(job, what)()
    return {"next": bool(jobs.scheduler.get_job(name).next_run_time)}


@app.get("/visits")
def visits():
    session = request.environ["beaker.session"]
    session["count"] = session.get("count", 0) + 1
    session.save()
    return {"visits": session["count"]}


@app.get("/office")
@auth_basic(lambda name, word: (name, word) == ("vet", "hoof"), realm="office")
def office():
    return {"welcome": request.auth[0], "done": jobs.done}


@app.get("/openapi.<kind:re:json|yaml>")
def openapi(kind):
    spec = described()
    return spec.to_dict() if kind == "json" else spec.to_yaml()


@app.get("/files/<path:path>")
def files(path):
    return static_file(path, "/srv/herd/imports", download=request.query.download or False)


served = SessionMiddleware(app, {"session.type": "file", "session.data_dir": "/tmp/sessions", "session.auto": True, "session.validate_key": "pasture"})
