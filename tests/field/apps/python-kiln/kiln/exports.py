"""What leaves the kiln: documents, sheets, calendars, charts, lines."""

import io
from datetime import datetime

import i18n
from influxdb_client import Point, WritePrecision

from kiln.programs import Program

i18n.load_path.append("kiln/lang")
i18n.set("fallback", "en")
i18n.set("filename_format", "{namespace}.{locale}.{format}")


def words(key: str, language: str) -> str:
    return i18n.t("kiln." + key, locale=language)


def report(program: Program, language: str) -> bytes:
    from docx import Document

    document = Document()
    document.core_properties.title = program.name
    document.add_heading(words("title", language), 0)
    document.add_paragraph(f"{words('program', language)}: {program.name}")
    table = document.add_table(rows=1, cols=2, style="Light Grid Accent 1")
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = words("hours", language), "°C"
    for hours, celsius in program.curve():
        cells = table.add_row().cells
        cells[0].text, cells[1].text = str(hours), str(celsius)
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def sheet(firings: list[dict]) -> bytes:
    from pyexcelerate import Workbook

    book = Workbook()
    rows = [["id", "program", "at", "note"]] + [[f["id"], f["program"], f["at"], f["note"]] for f in firings]
    book.new_sheet("Firings", data=rows)
    out = io.BytesIO()
    book._save(out)
    return out.getvalue()


def calendar(firings: list[dict], programs: dict[str, Program]) -> str:
    from ics import Calendar, Event

    found = Calendar()
    for firing in firings:
        program = programs[firing["program"]]
        event = Event(name=program.name, begin=firing["at"], uid=f"firing-{firing['id']}@kiln")
        event.duration = {"minutes": int(program.curve()[-1][0] * 60)}
        found.events.add(event)
    return found.serialize()


def chart(program: Program) -> bytes:
    import pygal
    from pygal.style import LightSolarizedStyle

    drawn = pygal.XY(style=LightSolarizedStyle, title=program.name, x_title="h", y_title="°C")
    drawn.add(program.clay, program.curve())
    return drawn.render()


def line(reading: dict[str, float], at: datetime) -> str:
    point = Point("kiln").tag("site", "studio one").time(at, WritePrecision.S)
    for key, value in reading.items():
        point = point.field(key, value)
    return point.to_line_protocol()
