"""When wheels are turned, and how old they are, in words."""
import pendulum
from croniter import CroniterBadCronError, croniter


def turns(rule, count, locale="en", after=None):
    start = pendulum.parse(after) if after else pendulum.datetime(2026, 5, 1, tz="Europe/Rome")
    try:
        times = croniter(rule, start)
    except CroniterBadCronError as error:
        raise ValueError(str(error)) from error
    found = []
    for _ in range(count):
        at = pendulum.instance(times.get_next(type(start)))
        found.append(at.format("dddd D MMMM YYYY HH:mm", locale=locale))
    return found


def age(made, locale, today=None):
    day = pendulum.parse(today) if today else pendulum.datetime(2026, 5, 1)
    return (day - pendulum.parse(made)).in_words(locale=locale)


def local(text, zone):
    return pendulum.parse(text).in_timezone(zone).to_rfc2822_string()
