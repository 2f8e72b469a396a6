"""Tables in and out, in whatever the vet or the office uses."""

import io

import pyexcel
from pony.orm import desc, select, sum as total

from .models import Animal, Yield

HEAD = ["tag", "name", "born", "mother"]


def table():
    rows = [[one.tag, one.name, one.born.isoformat(), one.mother.tag if one.mother else ""] for one in Animal.select().order_by(Animal.tag)]
    return pyexcel.Sheet([HEAD, *rows], name="herd")


def written(kind):
    stream = table().save_to_memory(kind)
    body = stream.getvalue()
    return body if isinstance(body, bytes) else body.encode()


def read(body, kind):
    sheet = pyexcel.get_sheet(file_type=kind, file_stream=io.BytesIO(body) if kind in ("xls", "xlsx", "ods") else io.StringIO(body.decode()), name_columns_by_row=0)
    return list(sheet.to_records())


def best():
    return list(select((one.animal.name, total(one.litres), one.animal.tag) for one in Yield).order_by(desc(2)))
