"""Wheels and readings in a TinyDB file."""
import csv
import io
import json
import os
import threading

from marshmallow import Schema, ValidationError, fields, validate, validates_schema
from tinydb import Query, TinyDB
from tinydb.middlewares import CachingMiddleware
from tinydb.storages import JSONStorage

PATH = os.environ.get("CREAMERY_DB", "/var/lib/creamery/cellar.json")
LOCK = threading.Lock()
FIRST = [
    {"id": 1, "name": "Fontina", "milk": "cow", "made": "2026-03-02", "kilos": 8.4, "turn": "0 6 * * 1,4"},
    {"id": 2, "name": "Pecorino", "milk": "sheep", "made": "2026-02-11", "kilos": 3.1, "turn": "30 7 */3 * *"},
    {"id": 3, "name": "Crottin", "milk": "goat", "made": "2026-04-20", "kilos": 0.1, "turn": "0 8 * * *"},
]


class Wheel(Schema):
    id = fields.Integer(required=True, validate=validate.Range(min=1))
    name = fields.String(required=True, validate=validate.Length(min=1, max=40))
    milk = fields.String(required=True, validate=validate.OneOf(["cow", "sheep", "goat", "buffalo"]))
    made = fields.Date(required=True)
    kilos = fields.Float(required=True, validate=validate.Range(min=0, min_inclusive=False))
    turn = fields.String(load_default="0 6 * * *")

    @validates_schema
    def goats_are_small(self, data, **_):
        if data.get("milk") == "goat" and data.get("kilos", 0) > 5:
            raise ValidationError("No goat gives that much.", "kilos")


class Flushing(CachingMiddleware):
    WRITE_CACHE_SIZE = 1


def database():
    fresh = not os.path.exists(PATH)
    db = TinyDB(PATH, storage=Flushing(JSONStorage), ensure_ascii=False)
    if fresh:
        db.table("wheels").insert_multiple(FIRST)
    return db


def wheels(milk=None):
    with LOCK, database() as db:
        table = db.table("wheels")
        return table.search(Query().milk == milk) if milk else table.all()


def wheel(number):
    with LOCK, database() as db:
        return db.table("wheels").get(Query().id == number)


def added(rows):
    """Add wheels; the number of new ones and the problems of the others."""
    good, problems = 0, {}
    with LOCK, database() as db:
        table = db.table("wheels")
        for place, row in enumerate(rows):
            try:
                loaded = Wheel().load(row)
            except ValidationError as error:
                problems[place] = error.normalized_messages()
                continue
            if table.contains(Query().id == loaded["id"]):
                problems[place] = {"id": ["There is such a wheel."]}
                continue
            table.insert(Wheel().dump(loaded))
            good += 1
    return good, problems


def removed(number):
    with LOCK, database() as db:
        return bool(db.table("wheels").remove(Query().id == number))


def noted(number, celsius, at):
    with LOCK, database() as db:
        db.table("readings").insert({"wheel": number, "celsius": celsius, "at": at})
        return db.table("readings").count(Query().wheel == number)


def readings(number):
    with LOCK, database() as db:
        return db.table("readings").search(Query().wheel == number)


def exported(form):
    rows = wheels()
    if form == "json":
        return json.dumps(rows, indent=1).encode() + b"\n"
    if form == "cbor":
        import cbor2

        return cbor2.dumps(rows)
    out = io.StringIO()
    writer = csv.DictWriter(out, list(Wheel().fields), delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()
