import base64
import json

import pydantic
from argon2 import PasswordHasher, exceptions
from babel import core
from peewee import IntegrityError, fn
from tornado import httpserver, ioloop, web, websocket

from bookings import forms, jobs, models, texts


class Handler(web.RequestHandler):
    def language(self) -> str:
        wanted = self.request.headers.get("Accept-Language", "en").replace(";", ",").split(",")
        return core.negotiate_locale([one.strip() for one in wanted], ["en", "de"], sep="-") or "en"

    def page(self, name: str, **values) -> None:
        self.finish(texts.page(name, self.language(), handler=self, **values))

    def write_error(self, status: int, **_) -> None:
        self.page("error.html", status=status)


class Start(Handler):
    def get(self):
        self.page("start.html", tables=models.Table.select())


class Booked(Handler):
    def get(self, number: str):
        booking = models.Booking.get_or_none(int(number))
        if booking is None:
            raise web.HTTPError(404)
        self.page("booking.html", booking=booking)


class Api(Handler):
    def get(self):
        words = self.get_query_argument("q", "")
        found = models.Booking.select(models.Booking.id, models.Booking.guest, models.Booking.people)
        if words:
            hits = [hit.rowid for hit in models.Words.search(words)]
            found = found.where(models.Booking.id.in_(hits))
        self.finish({"bookings": list(found.dicts())})

    def post(self):
        try:
            wanted = forms.Wanted.model_validate_json(self.request.body)
        except pydantic.ValidationError as error:
            self.set_status(422)
            return self.finish(error.json(include_url=False))
        table = models.Table.get_or_none(models.Table.name == wanted.table)
        if table is None or table.seats < wanted.people:
            self.set_status(409)
            return self.finish({"error": "No table for so many"})
        try:
            made = models.Booking.create(**wanted.model_dump() | {"table": table})
        except IntegrityError:
            self.set_status(409)
            return self.finish({"error": "The table is taken"})
        models.Words.create(rowid=made.id, text=f"{wanted.guest} {wanted.note}")
        jobs.confirm(made.id)
        Live.tell({"booked": made.id})
        self.set_status(201)
        self.finish({"id": made.id})


class Calendar(Handler):
    def get(self):
        self.set_header("Content-Type", "text/calendar")
        self.finish(texts.calendar(models.Booking.select()))


class Admin(Handler):
    def prepare(self):
        kind, _, given = self.request.headers.get("Authorization", "").partition(" ")
        name, _, password = base64.b64decode(given).decode().partition(":")
        user = models.User.get_or_none(models.User.name == name)
        try:
            PasswordHasher().verify(user.password if user else "", password)
        except (exceptions.VerifyMismatchError, exceptions.InvalidHashError):
            self.set_header("WWW-Authenticate", "Basic")
            raise web.HTTPError(401) from None

    def get(self):
        people = models.Booking.select(fn.SUM(models.Booking.people)).scalar() or 0
        self.finish({"people": people, "jobs": jobs.huey.pending_count()})

    def post(self):
        task = jobs.report(self.get_body_argument("kind"))
        self.set_status(202)
        self.finish({"task": task.id})


class Live(websocket.WebSocketHandler):
    open_ones: set = set()

    def open(self):
        self.open_ones.add(self)
        self.write_message({"hello": "tea"})

    def on_close(self):
        self.open_ones.discard(self)

    @classmethod
    def tell(cls, what: dict) -> None:
        for one in cls.open_ones:
            one.write_message(json.dumps(what))


def application() -> web.Application:
    routes = [
        (r"/", Start), (r"/bookings/(\d+)", Booked), (r"/api/bookings", Api), (r"/bookings.ics", Calendar),
        (r"/admin", Admin), (r"/live", Live),
    ]
    return web.Application(
        routes, static_path=str(texts.HERE / "static"), default_handler_class=Missing, compress_response=True
    )


class Missing(Handler):
    def prepare(self):
        raise web.HTTPError(404)


def serve(port: int) -> None:
    httpserver.HTTPServer(application(), xheaders=True).listen(port)
    ioloop.IOLoop.current().start()
