from datetime import date

from babel.dates import format_date


def run(text):
    day, _, language = text.partition(" ")
    return format_date(date.fromisoformat(day), format="full", locale=language or "en")
