from functools import cache
from pathlib import Path

from babel import dates, support
from mako.lookup import TemplateLookup

HERE = Path(__file__).parent
LOOKUP = TemplateLookup([HERE / "templates"], module_directory="/tmp/mako", default_filters=["h"])


@cache
def translations(language: str):
    return support.Translations.load(HERE / "locale", [language], "bookings")


def text(language: str, words: str) -> str:
    return translations(language).gettext(words)


def page(name: str, language: str, **values) -> str:
    return LOOKUP.get_template(name).render_unicode(
        _=lambda words: text(language, words),
        when=lambda moment: dates.format_datetime(moment, "full", locale=language, tzinfo=dates.get_timezone("Europe/Berlin")),
        language=language,
        **values,
    )


def calendar(bookings) -> bytes:
    from icalendar import Calendar, Event

    all_ = Calendar()
    all_.add("prodid", "-//Tea house//Bookings//EN")
    all_.add("version", "2.0")
    for booking in bookings:
        event = Event()
        event.add("summary", f"{booking.guest}, {booking.people}")
        event.add("dtstart", booking.starts)
        event.add("uid", f"{booking.id}@tea.example")
        all_.add_component(event)
    return all_.to_ical()
