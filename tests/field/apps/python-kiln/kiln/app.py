"""The pages for people, and the routes for other programs."""

import datetime as dt

import dash_bootstrap_components as dbc
from dash import Dash, page_container
from flask import Response, abort, jsonify, request

from kiln import exports, notify, programs, store
from kiln.plc import Controller

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

app = Dash(
    __name__, use_pages=True, pages_folder="pages", assets_folder="assets", serve_locally=True,
    external_stylesheets=["/assets/kiln.css"], suppress_callback_exceptions=True, title="Kiln", update_title=None,
)
app.layout = dbc.Container([dbc.NavbarSimple(brand="Kiln"), page_container], fluid=True)
server = app.server


def _program(key):
    return programs.load().get(key) or abort(404, exports.words("none", _language()))


def _language():
    return request.accept_languages.best_match(["en", "pt"]) or "en"


@server.errorhandler(404)
def missing(error):
    return jsonify(error=error.description), 404


@server.get("/healthz")
def health():
    with store.db() as base:
        base.execute("select 1")
    return jsonify(ok=True)


@server.get("/api/now")
def now():
    with Controller() as controller:
        reading = controller.read()
    if request.args.get("as") == "influx":
        return Response(exports.line(reading, dt.datetime.now(dt.UTC)), mimetype="text/plain")
    return jsonify(reading)


@server.post("/api/fire/<key>")
def fire(key):
    program = _program(key)
    with Controller() as controller:
        if controller.read()["door"]:
            notify.tell("Door open", f"{program.name} was not started")
            return jsonify(error="the door is open"), 409
        controller.heat(program.steps[0]["to"], program.steps[0]["rate"])
    return jsonify(id=store.add(key, dt.datetime.now().isoformat("T", "minutes"), "fired")), 201


@server.put("/api/door/<state>")
def door(state):
    with Controller() as controller:
        controller.door(state == "open")
    return "", 204


@server.get("/programs/<key>.<kind>")
def program(key, kind):
    found = _program(key)
    if kind == "svg":
        return Response(exports.chart(found), mimetype="image/svg+xml")
    if kind == "docx":
        return Response(exports.report(found, _language()), mimetype=DOCX)
    if kind == "json":
        return jsonify(name=found.name, peak=found.peak, curve=found.curve())
    abort(404, f"no {kind} here")


@server.get("/firings.ics")
def ics():
    return Response(exports.calendar(store.firings(), programs.load()), mimetype="text/calendar")


@server.post("/api/readings")
def readings():
    rows = []
    for number, text in enumerate(request.get_data(as_text=True).splitlines(), 1):
        try:
            at, celsius = text.split(",")
            rows.append((int(at), float(celsius)))
        except ValueError:
            return jsonify(error=f"line {number}: {text!r}"), 400
    with store.db() as base:
        base.executemany("insert into reading (at, celsius) values (?, ?)", rows)
    return jsonify(kept=len(rows))
