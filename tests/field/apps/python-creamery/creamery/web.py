"""The web server of the cellar."""
import gettext
import io
import os

import cbor2
import cherrypy
import drawsvg
import pendulum
from chameleon import PageTemplateLoader
from cherrypy.lib import auth_digest, cpstats, reprconf
from cherrypy.process.plugins import Monitor
from docxtpl import DocxTemplate

from creamery import care, probe, store

HERE = os.path.dirname(__file__)
LANGUAGES = ("en", "it", "fr")
PAGES = PageTemplateLoader(os.path.join(HERE, "pages"), ".pt")
CLIMATE = {"celsius": None, "humidity": None}


def _language():
    for entry in cherrypy.request.headers.elements("Accept-Language") or ():
        if entry.value[:2] in LANGUAGES:
            return entry.value[:2]
    return "en"


def _texts(language):
    return gettext.translation("creamery", os.path.join(HERE, "lang"), [language], fallback=True)


def _page(name, **values):
    language = _language()
    texts = _texts(language)

    def translate(msgid, domain=None, mapping=None, default=None, **_):
        text = texts.gettext(msgid)
        if text == msgid and default:
            text = default
        for key, value in (mapping or {}).items():
            text = text.replace("${%s}" % key, str(value))
        return text

    cherrypy.response.headers["Content-Language"] = language
    return PAGES[name].render(translate=translate, target_language=language, language=language, **values)


def _missing(status, message, traceback, version):
    return _page("missing", status=status, message=message)


def _wheel(number):
    found = store.wheel(int(number)) if number.isdigit() else None
    if found is None:
        raise cherrypy.NotFound()
    return found


@cherrypy.popargs("number")
class Wheels:
    @cherrypy.expose
    @cherrypy.tools.json_out()
    @cherrypy.tools.json_in(force=False)
    @cherrypy.tools.allow(methods=["GET", "POST", "DELETE", "HEAD"])
    def index(self, number=None, milk=None):
        method = cherrypy.request.method
        if method == "POST":
            added, problems = store.added([cherrypy.request.json])
            cherrypy.response.status = 201 if added else 422
            return problems.get(0, {"added": cherrypy.request.json["name"] if added else None})
        if method == "DELETE":
            if not (number or "").isdigit() or not store.removed(int(number)):
                raise cherrypy.HTTPError(404, "No such wheel")
            return {"eaten": int(number)}
        return _wheel(number) if number else store.wheels(milk)

    @cherrypy.expose
    def card(self, number, zone="Europe/Rome"):
        wheel, language = _wheel(number), _language()
        texts = _texts(language)
        template = DocxTemplate(os.path.join(HERE, "card.docx"))
        template.render({
            **wheel,
            "label_age": texts.gettext("Age"),
            "label_turns": texts.gettext("Turn it on"),
            "age": care.age(wheel["made"], language),
            "turns": care.turns(wheel["turn"], 4, language),
        })
        out = io.BytesIO()
        template.save(out)
        cherrypy.response.headers["Content-Disposition"] = f'attachment; filename="wheel-{number}.docx"'
        cherrypy.response.headers["Content-Type"] = (
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
        )
        return out.getvalue()

    @cherrypy.expose
    def curve(self, number):
        wheel = _wheel(number)
        drawing = drawsvg.Drawing(320, 120, id_prefix="c")
        drawing.append(drawsvg.Text(f"{wheel['name']}, °C", 12, 8, 16))
        values = [row["celsius"] for row in store.readings(int(number))][-30:] or [12.0]
        path = drawsvg.Path(stroke="#7a4", stroke_width=2, fill="none")
        path.M(8, 110 - 4 * values[0])
        for place, value in enumerate(values[1:], 1):
            path.L(8 + 10 * place, 110 - 4 * value)
        drawing.append(path)
        cherrypy.response.headers["Content-Type"] = "image/svg+xml"
        return drawing.as_svg().encode()

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def turns(self, number, count="3"):
        return care.turns(_wheel(number)["turn"], int(count), _language())


class Rpc(cherrypy._cptools.XMLRPCController):
    @cherrypy.expose
    def kilos(self, milk):
        return round(sum(wheel["kilos"] for wheel in store.wheels(milk)), 2)


class Admin:
    @cherrypy.expose
    def index(self):
        cherrypy.session["visits"] = visits = cherrypy.session.get("visits", 0) + 1
        return f"Good day, {cherrypy.request.login}. Visit {visits}."

    @cherrypy.expose
    def upload(self, book):
        import json

        added, problems = store.added(json.load(book.file))
        return f"{book.filename}: {added} added, {len(problems)} refused"


class Cellar:
    def __init__(self):
        self.wheels, self.rpc, self.admin, self.stats = Wheels(), Rpc(), Admin(), cpstats.StatsPage()

    @cherrypy.expose
    def index(self):
        language = _language()
        rows = [{**wheel, "age": care.age(wheel["made"], language)} for wheel in store.wheels()]
        return _page("index", wheels=rows, climate=CLIMATE)

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def health(self):
        return {"ok": True, "wheels": len(store.wheels())}

    @cherrypy.expose
    @cherrypy.tools.json_out()
    def climate(self):
        return CLIMATE

    @cherrypy.expose
    def export(self, form="csv"):
        if form not in ("csv", "json", "cbor"):
            raise cherrypy.HTTPError(400, "Not a form: " + form)
        cherrypy.response.headers["Content-Type"] = {"csv": "text/csv"}.get(form, "application/" + form)
        return store.exported(form)

    @cherrypy.expose
    @cherrypy.tools.allow(methods=["POST"])
    @cherrypy.config(**{"request.body.processors": {}})
    def readings(self):
        try:
            reading = cbor2.loads(cherrypy.request.body.fp.read())
            number, celsius = int(reading["wheel"]), float(reading["celsius"])
        except (cbor2.CBORDecodeError, KeyError, TypeError, ValueError) as error:
            raise cherrypy.HTTPError(400, f"Not a reading: {error}") from error
        _wheel(str(number))
        count = store.noted(number, celsius, pendulum.now().to_iso8601_string())
        cherrypy.response.headers["Content-Type"] = "application/cbor"
        return cbor2.dumps({"wheel": number, "readings": count})

    @cherrypy.expose
    @cherrypy.tools.caching(delay=60)
    def clock(self, zone="Europe/Rome"):
        try:
            return care.local("2026-07-01T10:00:00Z", zone)
        except Exception as error:
            raise cherrypy.HTTPError(400, f"Not a zone: {zone}") from error


def _look():
    CLIMATE["celsius"], CLIMATE["humidity"] = probe.read()


def serve():
    cherrypy.config.update("creamery.conf")
    cherrypy.config.update({"error_page.404": _missing, "tools.cpstats.on": True})
    Monitor(cherrypy.engine, _look, frequency=2).subscribe()
    users = {"norma": "rind", "elio": "whey"}
    cherrypy.quickstart(Cellar(), "/", {
        **reprconf.Parser.load("creamery.conf"),
        "/admin": {
            "tools.auth_digest.on": True,
            "tools.auth_digest.realm": "cellar",
            "tools.auth_digest.get_ha1": auth_digest.get_ha1_dict_plain(users),
            "tools.auth_digest.key": "a3f9c1",
            "tools.auth_digest.accept_charset": "UTF-8",
        },
    })
