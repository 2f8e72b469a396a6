import os
from datetime import UTC, datetime
from pathlib import Path

from peewee import CharField, DateTimeField, ForeignKeyField, IntegerField, Model, TextField
from playhouse.sqlite_ext import FTS5Model, SearchField, SqliteExtDatabase

DATA = Path(os.environ.get("BOOKINGS_DATA", "data"))
database = SqliteExtDatabase(DATA / "bookings.db", pragmas={"journal_mode": "wal", "foreign_keys": 1})


class Table(Model):
    name = CharField(unique=True)
    seats = IntegerField()

    class Meta:
        database = database


class Booking(Model):
    table = ForeignKeyField(Table, backref="bookings")
    guest = CharField()
    email = CharField()
    starts = DateTimeField()
    people = IntegerField()
    note = TextField(default="")
    made = DateTimeField(default=lambda: datetime.now(UTC).replace(tzinfo=None))

    class Meta:
        database = database
        indexes = ((("table", "starts"), True),)


class Words(FTS5Model):
    text = SearchField()

    class Meta:
        database = database
        options = {"tokenize": "porter"}


class User(Model):
    name = CharField(unique=True)
    password = CharField()

    class Meta:
        database = database


class Migration(Model):
    name = CharField(unique=True)

    class Meta:
        database = database
